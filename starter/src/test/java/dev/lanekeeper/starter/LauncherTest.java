package dev.lanekeeper.starter;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lanekeeper.testkit.TestLane;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The launcher with a Java that says what it was told, in folders and environments of all kinds.
 */
class LauncherTest {

  @TempDir private Path folder;

  /** A copy of the launcher, as if it had been built. */
  private Path built(Path root) throws IOException {
    Path launcher = copied(root);
    Path target = Files.createDirectories(root.resolve("starter/target"));
    Files.writeString(root.resolve("pom.xml"), "");
    Files.writeString(target.resolve("lanekeeper.jar"), "the jar");
    Files.writeString(
        Files.createDirectories(target.resolve("lib")).resolve("lanekeeper-x.jar"), "");
    Files.writeString(target.resolve("launcher.stamp"), "");
    return launcher;
  }

  private Path copied(Path root) throws IOException {
    Path launcher = Files.createDirectories(root).resolve("lanekeeper");
    Files.copy(TestLane.ROOT.resolve("lanekeeper"), launcher);
    assertThat(launcher.toFile().setExecutable(true)).isTrue();
    return launcher;
  }

  /** What is said, and what Java is told. */
  private String run(Map<String, String> environment, String... words) throws IOException {
    Path java = Files.createDirectories(folder.resolve("jdk/bin")).resolve("java");
    Files.writeString(java, "#!/bin/sh\nprintf 'told: %s\\n' \"$@\" \"LC_ALL=$LC_ALL\"\n");
    assertThat(java.toFile().setExecutable(true)).isTrue();
    ProcessBuilder process =
        new ProcessBuilder(words).directory(folder.toFile()).redirectErrorStream(true);
    process.environment().keySet().removeAll(List.of("TERM", "LC_ALL", "LANG", "CDPATH"));
    process.environment().put("JAVA_HOME", folder.resolve("jdk").toString());
    process.environment().put("XDG_CACHE_HOME", folder.resolve("cache").toString());
    process.environment().putAll(environment);
    Process started = process.start();
    started.getOutputStream().close();
    return new String(started.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
  }

  @Test
  void cdpath_whereTheLaunchersFolderIsThereToo_leadsNowhereElse() throws Exception {
    built(folder.resolve("here/lk"));
    Files.createDirectories(folder.resolve("elsewhere/here/lk"));
    String cdpath = folder.resolve("elsewhere") + ":" + folder;
    assertThat(run(Map.of("CDPATH", cdpath), "here/lk/lanekeeper", "x"))
        .contains("told: " + folder.resolve("here/lk/starter/target/lanekeeper.jar") + "\n");
  }

  @Test
  void launcher_thatALinkNames_isFound() throws Exception {
    Path launcher = built(folder.resolve("there"));
    Files.createSymbolicLink(folder.resolve("link"), folder.relativize(launcher));
    assertThat(run(Map.of(), "./link", "x")).contains("told: -jar", "told: x");
  }

  /** As a reader of somebody else's clone would; the superuser may write anywhere but in a file. */
  @Test
  void clone_inWhichNothingCanBeMade_isNotWaitedFor() throws Exception {
    Path launcher = copied(folder.resolve("lk"));
    Files.writeString(folder.resolve("lk/starter"), "no folder");
    assertThat(run(Map.of(), launcher.toString()))
        .startsWith("lanekeeper: expected a folder to build in, found: ")
        .contains(folder.resolve("lk/starter").toString())
        .doesNotContain("told:", "waiting");
  }

  @ParameterizedTest
  @ValueSource(strings = {"bang!", "a:b"})
  void folder_thatJavaHasNoWayToWrite_runsFromACopy(String name) throws Exception {
    Path launcher = built(folder.resolve(name));
    String told = run(Map.of(), launcher.toString(), "x");
    assertThat(told).contains("told: " + folder.resolve("cache/lanekeeper"));
    assertThat(told.lines().filter(l -> l.endsWith(".jar")))
        .singleElement()
        .asString()
        .doesNotContain(name);
    Path jar = folder.resolve(name).resolve("starter/target/lib/lanekeeper-x.jar");
    Files.writeString(jar, "a later jar");
    run(Map.of(), launcher.toString(), "x");
    try (var copies = Files.list(folder.resolve("cache/lanekeeper"))) {
      assertThat(copies.toList())
          .singleElement()
          .satisfies(c -> assertThat(c.resolve("lib/lanekeeper-x.jar")).hasContent("a later jar"));
    }
    Files.writeString(folder.resolve("no-folder"), "");
    assertThat(
            run(
                Map.of("XDG_CACHE_HOME", folder.resolve("no-folder").toString()),
                launcher.toString()))
        .contains("expected room for a copy of " + folder.resolve(name))
        .doesNotContain("told:");
    Files.delete(folder.resolve(name).resolve("starter/target/lanekeeper.jar"));
    assertThat(run(Map.of(), launcher.toString()))
        .contains("expected a folder whose path Java's class path can name")
        .doesNotContain("told:");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"a%20b", "c#d", "e?f", "it's a \"folder\"", "back\\slash", "-dash", "$HOME"})
  void folder_ofAnyOtherName_isJavasOwn(String name) throws Exception {
    Path launcher = built(folder.resolve(name));
    assertThat(run(Map.of(), launcher.toString(), "x"))
        .contains("told: " + folder.resolve(name).resolve("starter/target/lanekeeper.jar") + "\n");
    assertThat(folder.resolve("cache")).doesNotExist();
  }

  /** In the locale C, Java has no way to open a file with an umlaut in its name. */
  @Test
  void locale_thatHasNotAllCharacters_isLeft_andAnotherKept() throws Exception {
    Path launcher = built(folder.resolve("lk"));
    for (Map<String, String> poor :
        List.of(Map.of("LC_ALL", "C"), Map.of("LANG", "POSIX"), Map.<String, String>of())) {
      assertThat(run(poor, launcher.toString())).contains("told: LC_ALL=C.UTF-8\n");
    }
    assertThat(run(Map.of("LANG", "C.UTF-8"), launcher.toString())).contains("told: LC_ALL=\n");
  }

  /** On a terminal of its own, so many columns wide. */
  private String onATerminal(Map<String, String> environment, int columns) throws Exception {
    Path launcher = folder.resolve("lk/lanekeeper");
    if (Files.notExists(launcher)) {
      built(folder.resolve("lk"));
    }
    String command = "stty cols " + columns + " && sh " + launcher;
    return run(environment, "script", "-qec", command, "/dev/null");
  }

  @Test
  void terminal_thatMovesItsCursor_isKnown_withItsColumns() throws Exception {
    assertThat(onATerminal(Map.of("TERM", "xterm"), 20))
        .contains("lanekeeper.jar", "-Dlanekeeper.terminal=true", "-Dlanekeeper.columns=20");
    for (Map<String, String> none :
        List.of(Map.of("TERM", "dumb"), Map.of("TERM", ""), Map.<String, String>of())) {
      assertThat(onATerminal(none, 80))
          .as(none.toString())
          .contains("lanekeeper.jar")
          .doesNotContain("lanekeeper.terminal", "\u001b");
    }
  }
}
