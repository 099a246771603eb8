package dev.lanekeeper.starter;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lanekeeper.testkit.TestLane;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the commands for a server refuse before they need one. */
class ServerCommandsTest {

  @TempDir private Path folder;

  private static void refused(Cli command, int exitCode, String code) {
    assertThat(command.exitCode()).as(command.err()).isEqualTo(exitCode);
    assertThat(command.err())
        .startsWith(code)
        .contains("expected: ")
        .contains("found: ")
        .contains("remedy: ")
        .contains("command:  ")
        .doesNotContain("\tat ");
  }

  @Test
  void worker_inAHomeWithoutAKnowledgeBase_isRefused_andItsCommandHelps() {
    Cli worker = Cli.run("worker", "--home", folder);
    refused(worker, ExitCode.USAGE, "KB_MISSING");
    assertThat(worker.err()).contains("kb create --environment ENVIRONMENT");
    assertThat(Cli.run("kb", "create", "--environment", "test", "--home", folder).exitCode())
        .isZero();
    refused(
        Cli.run("kb", "create", "--environment", "test", "--home", folder),
        ExitCode.REJECTED,
        "KB_PRESENT");
  }

  @Test
  void worker_inAnUnknownRole_isRefused() {
    refused(Cli.run("worker", "--role", "king", "--home", folder), ExitCode.USAGE, "ROLE_UNKNOWN");
  }

  @Test
  void import_intoAHomeWithoutAKnowledgeBase_isRefused() {
    refused(
        Cli.run("kb", "import", TestLane.FIX7.resolve("kb"), "--home", folder),
        ExitCode.USAGE,
        "KB_MISSING");
  }
}
