package dev.lanekeeper.guards;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.objectweb.asm.ClassReader;

/**
 * Takes each guard of a list out of the built classes and runs the tests that are named beside it.
 * A symbol that is not there, a patch that changes nothing, and a test that does not exist or that
 * fails with every guard in place are errors.
 */
final class Guards {

  private static final List<String> MODULES =
      List.of("workflows", "activities", "worker", "starter");

  private static final int AT_ONCE = 2;
  private static final int PATIENCE_SECONDS = 300;

  private final Path root;
  private final Path work;
  private final ClassPath classes;

  private Guards(Path root, Path work) throws IOException {
    this.root = root;
    this.work = work;
    this.classes = new ClassPath(root, MODULES);
  }

  /**
   * Runs a list: the repository, the list, and a regular expression that its lines have to meet.
   */
  public static void main(String[] arguments) throws Exception {
    Path root = Path.of(arguments[0]).toRealPath();
    Pattern wanted = Pattern.compile(arguments.length > 2 ? arguments[2] : "");
    List<Patch> patches = new ArrayList<>();
    for (String line : Files.readAllLines(Path.of(arguments[1]))) {
      if (!line.isBlank() && !line.startsWith("#") && wanted.matcher(line).find()) {
        patches.add(Patch.of(line));
      }
    }
    Path work = Files.createTempDirectory("guards");
    try {
      System.exit(new Guards(root, work).run(patches) ? 0 : 1);
    } finally {
      delete(work);
    }
  }

  private boolean run(List<Patch> patches) throws Exception {
    List<byte[]> patched = new ArrayList<>();
    List<String> wrong = new ArrayList<>();
    for (Patch patch : patches) {
      try {
        patched.add(patch.apply(classes));
      } catch (IllegalArgumentException e) {
        wrong.add(e.getMessage());
      }
    }
    if (!wrong.isEmpty()) {
      throw new IllegalArgumentException(String.join("\n", wrong));
    }
    whole(patches);
    ExecutorService workers = Executors.newFixedThreadPool(AT_ONCE);
    try {
      List<Future<Boolean>> caught = new ArrayList<>();
      for (int i = 0; i < patches.size(); i++) {
        Patch patch = patches.get(i);
        byte[] without = patched.get(i);
        Path folder = work.resolve("guard-" + i);
        Callable<Boolean> look = () -> caught(patch, without, folder);
        caught.add(workers.submit(look));
      }
      int survived = 0;
      for (Future<Boolean> one : caught) {
        survived += one.get() ? 0 : 1;
      }
      System.out.println(
          "guards: " + (patches.size() - survived) + " caught, " + survived + " survived");
      return survived == 0;
    } finally {
      workers.shutdownNow();
    }
  }

  /** Every test that is named has to pass while nothing is taken out. */
  private void whole(List<Patch> patches) throws Exception {
    Set<String> tests = new LinkedHashSet<>();
    patches.forEach(patch -> tests.addAll(patch.tests()));
    Path folder = work.resolve("whole");
    if (tests(List.copyOf(tests), folder) != NamedTests.PASSED) {
      throw new IllegalStateException(
          "expected every test to pass with every guard in place, found\n" + said(folder));
    }
  }

  private boolean caught(Patch patch, byte[] without, Path folder) throws Exception {
    Path file = folder.resolve("classes/" + new ClassReader(without).getClassName() + ".class");
    Files.createDirectories(file.getParent());
    Files.write(file, without);
    int answer = tests(patch.tests(), folder);
    if (answer != NamedTests.PASSED && answer != NamedTests.FAILED) {
      throw new IllegalStateException(
          patch.words() + ": expected tests that run, found\n" + said(folder));
    }
    boolean caught = answer == NamedTests.FAILED;
    Matcher by = Pattern.compile("(?m)^FAILED (.*)$").matcher(said(folder));
    String line = patch.words() + (by.find() ? "  by " + by.group(1) : "");
    System.out.println((caught ? "caught    " : "SURVIVED  ") + line);
    delete(folder);
    return caught;
  }

  private int tests(List<String> tests, Path folder) throws Exception {
    Path temporary = Files.createDirectories(folder.resolve("tmp"));
    List<String> path = new ArrayList<>();
    path.add(folder.resolve("classes").toString());
    classes.folders().forEach(f -> path.add(f.toString()));
    path.add(System.getProperty("java.class.path"));
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of(
            "-XX:TieredStopAtLevel=1",
            "-XX:+UseSerialGC",
            "-Djava.io.tmpdir=" + temporary,
            "-Dlanekeeper.root=" + root,
            "-cp",
            String.join(File.pathSeparator, path),
            NamedTests.class.getName()));
    for (String test : tests) {
      String[] parts = test.split("#", 2);
      command.add(
          classes.name(parts[0]).replace('/', '.') + (parts.length > 1 ? "#" + parts[1] : ""));
    }
    Process process =
        new ProcessBuilder(command)
            .directory(root.resolve("starter").toFile())
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("said").toFile())
            .start();
    try {
      if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
        throw new IllegalStateException("expected " + tests + " to end, found none that did");
      }
      return process.exitValue();
    } finally {
      process.destroyForcibly();
    }
  }

  private static String said(Path folder) throws IOException {
    return Files.readString(folder.resolve("said"));
  }

  private static void delete(Path folder) throws IOException {
    List<Path> all;
    try (Stream<Path> found = Files.walk(folder)) {
      all = found.sorted(Comparator.reverseOrder()).toList();
    }
    for (Path one : all) {
      Files.deleteIfExists(one);
    }
  }
}
