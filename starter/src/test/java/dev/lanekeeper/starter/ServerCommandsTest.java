package dev.lanekeeper.starter;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lanekeeper.testkit.TestLane;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
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
    assertThat(worker.err()).contains("kb create --help");
    assertThat(Cli.run("kb", "create", "--environment", "test", "--home", folder).exitCode())
        .isZero();
    refused(
        Cli.run("kb", "create", "--environment", "test", "--home", folder),
        ExitCode.REJECTED,
        "KB_PRESENT");
  }

  @Test
  void worker_inAnUnknownRole_isRefused_andTheCommandLeavesItOut() {
    Cli worker = Cli.run("worker", "--role", "king", "--home", folder);
    refused(worker, ExitCode.USAGE, "CONFIGURATION_INVALID option --role: role");
    assertThat(worker.err())
        .contains("expected: executor, reviewer or both")
        .contains("found:    \"king\"")
        .contains("remedy:   correct the option, or leave it out")
        .contains("worker --home " + folder)
        .doesNotContain("--role king");
  }

  @Test
  void worker_withAWrongFile_isRefused_andStartsNothing() throws Exception {
    Path file = folder.resolve("worker.yaml");
    Files.writeString(file, "health:\n  port: 70000\nlog: {formt: json}\n");
    Cli worker = Cli.run("worker", "--config", file, "--home", folder.resolve("home"));
    refused(worker, ExitCode.USAGE, "CONFIGURATION_INVALID " + file + ":");
    assertThat(worker.err())
        .contains(file + ":2: health.port")
        .contains("70000")
        .contains(file + ":3: log.formt")
        .contains("remedy:   correct the file, then check it")
        .contains("worker --config " + file);
    assertThat(worker.out()).isEmpty();
    assertThat(folder.resolve("home")).doesNotExist();
    String command = worker.err().lines().filter(l -> l.contains("command:")).findFirst().get();
    Files.writeString(file, "health:\n  port: 7000\nlog: {format: json}\n");
    Cli check = Cli.run((Object[]) command.replaceFirst(".*lanekeeper ", "").split(" "));
    assertThat(check.exitCode()).as(check.err()).isZero();
    assertThat(check.out().lines())
        .anyMatch(l -> l.matches("health\\.port +7000 +" + file + ":2"))
        .anyMatch(l -> l.matches("log\\.format +json +" + file + ":3"))
        .anyMatch(l -> l.matches("role +both +default"))
        .anyMatch(l -> l.matches("home +" + folder.resolve("home") + " +option --home"));
    assertThat(folder.resolve("home")).doesNotExist();
  }

  @Test
  void worker_onATakenPort_isRefused_beforeAnythingStarts() throws Exception {
    assertThat(Cli.run("kb", "create", "--environment", "test", "--home", folder).exitCode())
        .isZero();
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      Path file = folder.resolve("worker.yaml");
      Files.writeString(file, "health: {port: " + taken.getLocalPort() + "}");
      Cli worker = Cli.run("worker", "--config", file, "--home", folder);
      refused(worker, ExitCode.FAULT, "PORT_TAKEN 127.0.0.1:" + taken.getLocalPort());
      assertThat(worker.err()).contains("command:  env LANEKEEPER_HEALTH_PORT=");
      assertThat(folder.resolve("keys")).as("what a start makes").doesNotExist();
    }
  }

  @Test
  void import_intoAHomeWithoutAKnowledgeBase_isRefused() {
    refused(
        Cli.run("kb", "import", TestLane.FIX7.resolve("kb"), "--home", folder),
        ExitCode.USAGE,
        "KB_MISSING");
  }
}
