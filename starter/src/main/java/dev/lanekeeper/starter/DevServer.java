package dev.lanekeeper.starter;

import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

/**
 * The Temporal CLI's dev server with its Web UI, on a SQLite file that keeps every commit: WAL with
 * full sync.
 */
final class DevServer implements AutoCloseable {

  static final String HOST = "127.0.0.1";

  private static final String DATABASE = "temporal.db";
  private static final String SERVED = "has-served";

  /**
   * By default a server lets a timer of less than a second fire up to a second late. The timers of
   * heartbeats and retries are such: a stage whose worker died would come late to the next one.
   */
  private static final String PROMPT_TIMERS = "history.timerProcessorMaxTimeShift=\"100ms\"";

  private static final Set<Integer> GIVEN = ConcurrentHashMap.newKeySet();

  private final Process process;
  private final Path folder;
  private final Path log;

  private DevServer(Process process, Path folder, Path log) {
    this.process = process;
    this.folder = folder;
    this.log = log;
  }

  /** The Temporal CLI: TEMPORAL_CLI, or the first {@code temporal} on PATH. */
  static Optional<Path> cli(Map<String, String> environment) {
    String named = environment.getOrDefault("TEMPORAL_CLI", "");
    if (!named.isEmpty()) {
      return Optional.of(Path.of(named)).filter(Files::isExecutable);
    }
    for (String folder : environment.getOrDefault("PATH", "").split(File.pathSeparator)) {
      Path candidate = Path.of(folder, "temporal");
      if (!folder.isEmpty() && Files.isExecutable(candidate)) {
        return Optional.of(candidate);
      }
    }
    return Optional.empty();
  }

  /**
   * Starts it.
   *
   * @param folder where its database and its log are
   */
  static DevServer start(Path cli, Path folder, int port, int uiPort) throws IOException {
    Files.createDirectories(folder);
    // The server makes its tables only in a file that is not there yet. One whose first start was
    // cut short would never start again, and holds no lane: without the mark it is begun anew.
    if (!Files.exists(folder.resolve(SERVED))) {
      for (String end : new String[] {"", "-wal", "-shm"}) {
        Files.deleteIfExists(folder.resolve(DATABASE + end));
      }
    }
    Path log = folder.resolve("dev-server.log");
    List<String> command = new ArrayList<>();
    if (Files.isExecutable(Path.of("/usr/bin/setsid"))) {
      // Ctrl-C goes to every process of the terminal's group; the worker must end before the
      // server.
      command.add("/usr/bin/setsid");
    }
    command.addAll(List.of(cli.toString(), "server", "start-dev", "--ip", HOST));
    command.addAll(List.of("--port", "" + port, "--ui-port", "" + uiPort));
    command.addAll(List.of("--http-port", "" + freePort()));
    command.addAll(List.of("--db-filename", folder.resolve(DATABASE).toString()));
    command.addAll(List.of("--sqlite-pragma", "journal_mode=WAL"));
    command.addAll(List.of("--sqlite-pragma", "synchronous=FULL", "--log-level", "warn"));
    command.addAll(List.of("--dynamic-config-value", PROMPT_TIMERS));
    command.add("--ui-disable-news-fetch");
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
            .start();
    return new DevServer(process, folder, log);
  }

  /**
   * A port that nothing listens on now, below those that the system gives to connections: one of
   * these could be taken before the server is there. None is given twice by one process.
   */
  static int freePort() throws IOException {
    for (int i = 0; i < 100; i++) {
      int port = ThreadLocalRandom.current().nextInt(15_000, 32_000);
      if (!taken(port) && GIVEN.add(port)) {
        return port;
      }
    }
    throw new IOException("expected a free port between 15000 and 32000, found none");
  }

  /** Whether something listens on a port. */
  static boolean taken(int port) {
    try (ServerSocket socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
      return false;
    } catch (IOException e) {
      return true;
    }
  }

  /** Marks the database as one that has served. */
  void served() throws IOException {
    Files.writeString(folder.resolve(SERVED), "");
  }

  boolean alive() {
    return process.isAlive();
  }

  Path log() {
    return log;
  }

  /** Kills the server process without a warning, as kill -9 does. */
  void kill() throws InterruptedException {
    process.destroyForcibly().waitFor();
  }

  @Override
  public void close() {
    process.destroy();
    try {
      if (!process.waitFor(10, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      process.destroyForcibly();
    }
  }
}
