package dev.lanekeeper.starter;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lanekeeper.evidence.FileTree;
import dev.lanekeeper.testkit.TestLane;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The product as built, started as a process of its own. */
final class Jar {

  private static final Path JAR = TestLane.ROOT.resolve("starter/target/lanekeeper.jar");

  private static final Path ARCHIVE = archive();

  /** What a process printed. */
  record Result(int exitCode, String out) {}

  private Jar() {}

  private static List<String> java(String archiveOption) {
    assertThat(JAR).as("the jar as built").exists();
    return List.of(
        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "-XX:+UseSerialGC",
        "-XX:TieredStopAtLevel=1",
        archiveOption,
        "-Xlog:disable",
        "-Xlog:all=off",
        "-jar",
        JAR.toString());
  }

  private static List<String> java() {
    return java("-XX:SharedArchiveFile=" + ARCHIVE);
  }

  /**
   * The class-data archive that lets the many processes of the tests start fast: made by one run
   * for each build of the jar, by the first test that wants it; tests in other JVMs wait.
   */
  private static Path archive() {
    Path archive = JAR.resolveSibling("tests.jsa");
    try (FileChannel lock =
            FileChannel.open(
                JAR.resolveSibling("tests.jsa.lock"),
                StandardOpenOption.CREATE,
                StandardOpenOption.WRITE);
        FileLock held = lock.lock()) {
      if (Files.exists(archive)
          && Files.getLastModifiedTime(archive).compareTo(Files.getLastModifiedTime(JAR)) > 0) {
        return archive;
      }
      Path folder = Files.createTempDirectory("archive");
      Path fresh = JAR.resolveSibling("tests.jsa.new");
      Files.deleteIfExists(fresh);
      List<String> command = new ArrayList<>(java("-XX:ArchiveClassesAtExit=" + fresh));
      command.addAll(
          List.of("run", TestLane.FIX7.toString(), "--home", folder.resolve("home").toString()));
      Path output = folder.resolve("out.txt");
      Process process =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(output.toFile())
              .start();
      assertThat(process.waitFor()).as(Files.readString(output)).isZero();
      Files.move(fresh, archive, StandardCopyOption.ATOMIC_MOVE);
      FileTree.delete(folder);
      return archive;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Starts the command; its output goes to a file. */
  static Process start(Path output, Object... words) throws IOException {
    return start(Map.of(), output, words);
  }

  /** The same with more in its environment. */
  static Process start(Map<String, String> environment, Path output, Object... words)
      throws IOException {
    return start(List.of(), environment, output, words);
  }

  /**
   * The same as on a terminal, where Ctrl-C ends it: what is started in the background of a script
   * ignores that.
   */
  static Process startInForeground(Map<String, String> environment, Path output, Object... words)
      throws IOException {
    return start(List.of("env", "--default-signal=INT"), environment, output, words);
  }

  private static Process start(
      List<String> before, Map<String, String> environment, Path output, Object... words)
      throws IOException {
    List<String> command = new ArrayList<>(before);
    command.addAll(java());
    for (Object word : words) {
      command.add(word.toString());
    }
    ProcessBuilder process =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile());
    process.environment().putAll(environment);
    return process.start();
  }

  /** Runs the command to its end. */
  static Result run(Path folder, Object... words) throws Exception {
    Path output = Files.createTempFile(folder, "out", ".txt");
    int code = start(output, words).waitFor();
    return new Result(code, Files.readString(output));
  }

  /** A launcher that RERUN.sh can call. */
  static Path launcher(Path folder) throws IOException {
    Path script = folder.resolve("lanekeeper");
    Files.writeString(script, "#!/bin/sh\nexec " + Shell.line(java()) + " \"$@\"\n");
    Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-xr-x"));
    return script;
  }

  /** Runs a shell script to its end. */
  static Result sh(Path folder, Object... words) throws Exception {
    Path output = Files.createTempFile(folder, "out", ".txt");
    List<String> command = new ArrayList<>();
    command.add("sh");
    for (Object word : words) {
      command.add(word.toString());
    }
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    return new Result(process.waitFor(), Files.readString(output));
  }
}
