package dev.lanekeeper.hostile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import dev.lanekeeper.canonical.PlainText;
import dev.lanekeeper.starter.Cli;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.stream.Stream;

/**
 * A folder in which hostile input is tried: a home, and around it what must stay as it is, secrets
 * among it. What an answer must be is checked here, once for all commands.
 */
final class Sandbox {

  /** A guard against what hangs; nothing takes nearly as long. */
  private static final Duration GUARD = Duration.ofMinutes(4);

  /** The most characters that an answer has. */
  private static final int ANSWER = 100_000;

  private static final List<Integer> CODES = List.of(0, 1, 2, 3, 4, 5, 6, 7, 10, 11, 12, 13);

  /** What only a stack trace, a Java exception or a parser's own message holds. */
  private static final List<String> JAVA =
      List.of(
          "Exception",
          "\tat ",
          "java.",
          "dev.lanekeeper",
          "com.fasterxml",
          "org.yaml",
          "io.temporal",
          "StackOverflow",
          "OutOfMemory");

  private final Path folder;
  private final Canaries canaries = new Canaries();

  Sandbox(Path folder) throws IOException {
    this.folder = folder.toRealPath();
    Path outside = Files.createDirectories(this.folder.resolve("outside/trust"));
    Files.writeString(outside.resolve("root.json"), "{}\n");
    Files.writeString(
        this.folder.resolve("outside/secret.txt"), "secret: CANARY-beside-the-home-5f1c7a90\n");
    Files.writeString(this.folder.resolve("secret.md"), "# CANARY-above-the-lane-7be2d14c33\n");
    canaries.add("CANARY-beside-the-home-5f1c7a90").add("CANARY-above-the-lane-7be2d14c33");
  }

  Path folder() {
    return folder;
  }

  Path home() {
    return folder.resolve("home");
  }

  Canaries canaries() {
    return canaries;
  }

  /** Everything around the home, with kinds, sizes, times and rights. */
  Map<String, String> around() throws IOException {
    Map<String, String> found = new TreeMap<>();
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.filter(f -> !f.startsWith(home())).toList()) {
        boolean itself = file.equals(folder);
        Map<String, Object> of =
            Files.readAttributes(file, "unix:mode,size,ino,nlink", LinkOption.NOFOLLOW_LINKS);
        found.put(
            folder.relativize(file).toString(),
            itself
                ? "" + of.get("mode")
                : of + " " + Files.getLastModifiedTime(file, LinkOption.NOFOLLOW_LINKS));
      }
    }
    return found;
  }

  /** Runs a command: the answer is one, comes soon, and nothing around the home changes. */
  Cli run(String what, Object... words) throws IOException {
    Map<String, String> before = around();
    Cli cli = soon(what, () -> Cli.run(words));
    assertThat(around()).as(what + ": what stands around the home").isEqualTo(before);
    answer(what + ", " + words[0], cli, Arrays.asList(words).contains("--json"));
    return cli;
  }

  /** What is done within the guard. */
  static <T> T soon(String what, Callable<T> work) {
    return assertTimeoutPreemptively(GUARD, work::call, () -> what + " hangs");
  }

  private void answer(String what, Cli cli, boolean json) throws IOException {
    String said = what + " answered " + cli.exitCode() + ":\n" + cut(cli.out() + cli.err());
    assertThat(CODES).as(said).contains(cli.exitCode());
    for (String java : JAVA) {
      assertThat(cli.out().contains(java) || cli.err().contains(java))
          .as("'" + java + "': " + said)
          .isFalse();
    }
    assertThat(cli.out().length() + cli.err().length()).as(said).isLessThan(ANSWER);
    shown(said, cli.out());
    shown(said, cli.err());
    if (cli.exitCode() != 0) {
      assertThat(cli.err()).as(said).matches("(?s)[A-Z][A-Z0-9_]+[ :\n].*");
      assertThat(cli.err()).as(said).doesNotStartWith("FAULT");
    }
    if (json) {
      assertThat(cli.json().isObject()).as(said).isTrue();
    }
    canaries.absentIn(what, cli.out() + cli.err());
    assertThat(Path.of(HostileCorpus.TOUCHED)).as(said).doesNotExist();
  }

  private static void shown(String said, String text) {
    for (String line : text.split("\n")) {
      assertThat(PlainText.problem(line, false, ANSWER)).as(said).isEmpty();
      assertThat(line).as(said).doesNotStartWith(HostileCorpus.FORGED);
    }
  }

  private static String cut(String text) {
    return text.length() < 2000 ? text : text.substring(0, 2000) + " ...";
  }

  /** No secret of this sandbox or of its home's keys is in what the home keeps. */
  void requireNoLeak(Path home) throws IOException {
    Canaries all = canaries;
    if (Files.isDirectory(home.resolve("keys"))) {
      all.addKeys(home.resolve("keys"));
    }
    all.absentBelow(home, home.resolve("keys"));
    for (String name : List.of(HostileCorpus.TOUCHED)) {
      try (Stream<Path> files = Files.walk(folder)) {
        assertThat(files.map(f -> f.getFileName().toString())).doesNotContain(name);
      }
    }
  }
}
