package dev.lanekeeper.starter;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lanekeeper.canonical.DirHash;
import dev.lanekeeper.evidence.FileTree;
import dev.lanekeeper.kb.LedgerState;
import dev.lanekeeper.testkit.TestLane;
import dev.lanekeeper.worker.Home;
import dev.lanekeeper.workflow.LaneWorkflow;
import dev.lanekeeper.workflow.TaskQueues;
import io.temporal.client.WorkflowClient;
import io.temporal.client.WorkflowOptions;
import io.temporal.client.WorkflowStub;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/**
 * A home, a real Temporal server, and workers as processes of their own. The server's program is
 * named by the system property {@code lanekeeper.temporal}.
 */
final class TestBed implements AutoCloseable {

  private final Path folder;
  private final Server server;
  private final List<Process> workers = new ArrayList<>();
  private Connection connection;

  /** Prepares a home for the FIX7 lane and starts a server on a SQLite file. */
  TestBed(Path folder) throws Exception {
    this(folder, new SqliteServer(folder.resolve("server")));
  }

  /** The same with another server. */
  TestBed(Path folder, Server server) throws Exception {
    this.folder = folder;
    this.server = server;
    done(Cli.run("kb", "create", "--environment", "no-production", "--home", home()));
    done(Cli.run("kb", "import", TestLane.FIX7.resolve("kb"), "--home", home()));
    done(Cli.run("grant", "issue", TestLane.FIX7, "--home", home()));
    try {
      startServer();
    } catch (Exception | AssertionError e) {
      server.close();
      throw e;
    }
  }

  private static void done(Cli command) {
    assertThat(command.exitCode()).as(command.err()).isZero();
  }

  Path home() {
    return folder.resolve("home");
  }

  Path document(String name) {
    return home().resolve("kb/governance/fix7").resolve(name);
  }

  LedgerState ledger() throws IOException {
    return new Home(home(), Clock.systemUTC()).reader().ledger();
  }

  /** The digest of all documents. */
  String tree() throws IOException {
    return DirHash.ofBytes(FileTree.read(home().resolve("kb"))).hex();
  }

  /** How many facts the ledger holds. */
  int facts() throws IOException {
    Path ledger = home().resolve("ledger/ledger.jsonl");
    return Files.readString(ledger).split("\n", -1).length - 1;
  }

  String address() {
    return server.address();
  }

  void startServer() throws Exception {
    server.start();
    connection = connect();
    server.served();
  }

  private Connection connect() throws Exception {
    for (int i = 0; ; i++) {
      try {
        return Connection.server(
            Map.of("TEMPORAL_ADDRESS", address(), Connection.NO_FILE, "true"), "test", "test");
      } catch (CommandFailure notYet) {
        assertThat(server.alive()).as(server.log()).isTrue();
        if (i == 10) {
          throw notYet;
        }
      }
    }
  }

  /** kill -9. */
  void killServer() throws Exception {
    connection.close();
    server.kill();
  }

  Connection connection() {
    return connection;
  }

  WorkflowClient client() {
    return connection.client();
  }

  /** Starts a worker and waits until it says that it is ready. */
  Process worker(Object... words) throws Exception {
    return worker(Map.of(), TestLane.ROOT.resolve("examples"), words);
  }

  /** The same with more in its environment, and another catalogue. */
  Process worker(Map<String, String> environment, Path lanes, Object... words) throws Exception {
    Path output = folder.resolve("worker-" + workers.size() + ".txt");
    List<Object> all = new ArrayList<>(List.of("worker", "--home", home(), "--lanes", lanes));
    all.addAll(List.of(words));
    Map<String, String> with = new HashMap<>(environment);
    with.put("TEMPORAL_ADDRESS", address());
    Process worker = Jar.start(with, output, all.toArray());
    workers.add(worker);
    while (!Files.readString(output).contains(" ready on ")) {
      assertThat(worker.isAlive()).as(Files.readString(output)).isTrue();
      Thread.sleep(20);
    }
    return worker;
  }

  /** The worker's process that the server shows under this identity. */
  Process workerCalled(String identity) {
    return workers.stream()
        .filter(w -> identity.startsWith(w.pid() + "@"))
        .findFirst()
        .orElseThrow();
  }

  /** Sends a signal to a process of the test's own. */
  static void signal(Process process, String signal) throws Exception {
    assertThat(new ProcessBuilder("kill", "-" + signal, "" + process.pid()).start().waitFor())
        .isZero();
  }

  /** What the workers and the ledger say, for the message of a test that fails. */
  String said() throws IOException {
    StringBuilder said = new StringBuilder(ledger() + "\n");
    for (int i = 0; i < workers.size(); i++) {
      said.append(Files.readString(folder.resolve("worker-" + i + ".txt")));
    }
    return said.toString();
  }

  /** Runs a command against the server to its end. */
  Jar.Result command(Object... words) throws Exception {
    Path output = Files.createTempFile(folder, "out", ".txt");
    int code = Jar.start(Map.of("TEMPORAL_ADDRESS", address()), output, words).waitFor();
    return new Jar.Result(code, Files.readString(output));
  }

  /** Starts the lane as the Web UI does: a workflow id of the operator's own, one JSON value. */
  WorkflowStub lane(Object... input) {
    return workflow(LaneWorkflow.TYPE, input);
  }

  WorkflowStub workflow(String type, Object... input) {
    WorkflowStub lane =
        client()
            .newUntypedWorkflowStub(
                type,
                WorkflowOptions.newBuilder()
                    .setWorkflowId("lane-" + UUID.randomUUID())
                    .setTaskQueue(TaskQueues.EXECUTOR)
                    .build());
    lane.start(input);
    return lane;
  }

  /** kill -9. */
  void killWorkers() throws Exception {
    for (Process worker : workers) {
      worker.destroyForcibly().waitFor();
    }
  }

  @Override
  public void close() throws Exception {
    killWorkers();
    connection.close();
    server.close();
  }
}
