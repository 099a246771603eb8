package dev.lanekeeper.starter;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lanekeeper.testkit.TestLane;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code dev}: from nothing to a server with a worker, and on again after Ctrl-C. */
class DevServerIT {

  @TempDir private Path folder;
  private int port;
  private int uiPort;
  private Process dev;

  @BeforeEach
  void choosePorts() throws Exception {
    port = DevServer.freePort();
    do {
      uiPort = DevServer.freePort();
    } while (uiPort == port);
  }

  @AfterEach
  void stop() throws Exception {
    if (dev != null && dev.isAlive()) {
      interrupt();
    }
  }

  private Path home() {
    return folder.resolve("home");
  }

  /** Starts it and waits for the last line that it prints; all that it printed. */
  private String start() throws Exception {
    Path output = Files.createTempFile(folder, "dev", ".txt");
    dev =
        Jar.startInForeground(
            Map.of("TEMPORAL_CLI", System.getProperty("lanekeeper.temporal")),
            output,
            "dev",
            "--home",
            home(),
            "--lanes",
            TestLane.ROOT.resolve("examples"),
            "--port",
            port,
            "--ui-port",
            uiPort);
    while (!Files.readString(output).contains("Ctrl-C stops both")) {
      assertThat(dev.isAlive()).as(Files.readString(output)).isTrue();
      Thread.sleep(50);
    }
    return Files.readString(output);
  }

  /** Starts one that is to be refused. */
  private static Process dev(Path output, Path home, int port, int uiPort) throws Exception {
    return Jar.start(
        Map.of("TEMPORAL_CLI", System.getProperty("lanekeeper.temporal")),
        output,
        "dev",
        "--home",
        home,
        "--port",
        port,
        "--ui-port",
        uiPort);
  }

  /** Ctrl-C. */
  private void interrupt() throws Exception {
    TestBed.signal(dev, "INT");
    dev.waitFor();
  }

  private Jar.Result command(Object... words) throws Exception {
    Path output = Files.createTempFile(folder, "out", ".txt");
    Map<String, String> server = Map.of("TEMPORAL_ADDRESS", DevServer.HOST + ":" + port);
    int code = Jar.start(server, output, words).waitFor();
    return new Jar.Result(code, Files.readString(output));
  }

  @Test
  void interruptedDev_stopsItsServer_andTheNextGoesOnWithItsLanes() throws Exception {
    assertThat(start())
        .contains("signed a grant for fix7-p0 with the local owner key (SELF_ISSUED)")
        .contains("no grant for handbook-release: it is for the environment ")
        .contains("http://" + DevServer.HOST + ":" + uiPort)
        .contains("export TEMPORAL_ADDRESS=" + DevServer.HOST + ":" + port)
        .contains("{\"lane\": \"fix7-p0\"}")
        .doesNotContain("{\"lane\": \"handbook-release\"}");
    Cli run = Cli.run("run", TestLane.FIX7, "--home", home());
    assertThat(run.exitCode()).isEqualTo(ExitCode.FAULT);
    assertThat(run.err()).contains("HOME_IN_USE");
    Path output = Files.createTempFile(folder, "second", ".txt");
    Process second = dev(output, home(), DevServer.freePort(), DevServer.freePort());
    assertThat(second.waitFor()).isEqualTo(ExitCode.FAULT);
    assertThat(Files.readString(output)).contains("no other 'lanekeeper dev'");
    Path foreign = home().resolve("kb/governance/fix7").resolve(Fix7.PRIMARY);
    Files.writeString(foreign, "foreign");
    Jar.Result held = command("start", TestLane.FIX7, "--wait", "--home", home());
    assertThat(held.exitCode()).as(held.out()).isEqualTo(ExitCode.HELD);
    interrupt();
    assertThat(DevServer.taken(port)).as("the server's port").isFalse();
    assertThat(DevServer.taken(uiPort)).as("the page's port").isFalse();

    start();
    assertThat(command("list", "--status", "HELD").out()).contains("fix7-p0:");
    Files.delete(foreign);
    Jar.Result resumed = command("resume", "fix7-p0");
    assertThat(resumed.exitCode()).as(resumed.out()).isZero();
    Jar.Result ended = command("watch", "fix7-p0", "--home", home());
    assertThat(ended.exitCode()).as(ended.out()).isZero();
    assertThat(ended.out()).contains("APPLIED");

    interrupt();
    Path index = home().resolve("kb/governance/00-index.md");
    Files.delete(index);
    start();
    assertThat(index).as("a document that somebody took out of a used home").doesNotExist();
  }

  @Test
  void dev_withoutTheCli_orWhereAPortIsTaken_saysWhatToDo_andMakesNothing() throws Exception {
    Path other = folder.resolve("other");
    Path output = Files.createTempFile(folder, "out", ".txt");
    Map<String, String> without = Map.of("TEMPORAL_CLI", "", "PATH", folder.toString());
    assertThat(Jar.start(without, output, "dev", "--home", other).waitFor())
        .isEqualTo(ExitCode.FAULT);
    assertThat(Files.readString(output))
        .contains("TEMPORAL_CLI_MISSING")
        .contains("TEMPORAL_CLI=$(.ci/temporal) ");
    try (ServerSocket taken = new ServerSocket(port)) {
      assertThat(dev(output, other, taken.getLocalPort(), uiPort).waitFor())
          .isEqualTo(ExitCode.FAULT);
    }
    assertThat(Files.readString(output)).contains("PORT_TAKEN " + port).contains("a free port");
    try (ServerSocket taken = new ServerSocket(uiPort)) {
      assertThat(dev(output, other, port, taken.getLocalPort()).waitFor())
          .isEqualTo(ExitCode.FAULT);
    }
    assertThat(Files.readString(output)).contains("PORT_TAKEN " + uiPort);
    assertThat(other.resolve("kb")).doesNotExist();
  }
}
