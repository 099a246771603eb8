package dev.lanekeeper.starter;

import dev.lanekeeper.worker.Catalogue;
import dev.lanekeeper.worker.Home;
import dev.lanekeeper.worker.LaneWorker;
import dev.lanekeeper.worker.Role;
import dev.lanekeeper.worker.SearchAttributes;
import dev.lanekeeper.worker.Wiring;
import io.temporal.serviceclient.OperatorServiceStubs;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;

/** A worker of a real server, from its connection to its end. */
final class WorkerProcess implements AutoCloseable {

  private static final Duration DRAIN = Duration.ofMinutes(1);

  private final FileChannel lock;
  private final Connection connection;
  private final LaneWorker worker;

  private WorkerProcess(FileChannel lock, Connection connection, LaneWorker worker) {
    this.lock = lock;
    this.connection = connection;
    this.worker = worker;
  }

  /** What the server shows as this process. */
  static String identity() {
    return ManagementFactory.getRuntimeMXBean().getName();
  }

  /**
   * Starts a worker; it owns the connection and the lock from then on.
   *
   * @param lock the home's shared lock
   */
  static WorkerProcess start(
      Home home, FileChannel lock, Connection connection, Role role, Path lanes, String identity)
      throws IOException {
    Wiring wiring =
        new Wiring(
            home,
            connection.client(),
            connection.engine(),
            connection,
            new Catalogue(lanes, home.evidence()),
            identity);
    LaneWorker worker =
        LaneWorker.start(role, connection.client(), wiring.executor(), wiring.reviewer());
    return new WorkerProcess(lock, connection, worker);
  }

  /**
   * Registers the search attributes of lanes; a workflow that sets an unregistered one would hang.
   *
   * @return the command that registers them, when this process may not
   */
  static Optional<String> register(Connection connection) {
    OperatorServiceStubs operator = connection.operator();
    return SearchAttributes.register(operator, connection.namespace())
        ? Optional.empty()
        : Optional.of(SearchAttributes.command(connection.address(), connection.namespace()));
  }

  /** Waits for the end of the process, and then until the running stages have ended. */
  static void untilStopped(AutoCloseable... closedInOrder) {
    CountDownLatch stopped = new CountDownLatch(1);
    Thread hook =
        new Thread(
            () -> {
              for (AutoCloseable part : closedInOrder) {
                try {
                  part.close();
                } catch (Exception e) {
                  System.err.println("while stopping: " + e.getMessage());
                }
              }
              stopped.countDown();
            },
            "lanekeeper-stop");
    Runtime.getRuntime().addShutdownHook(hook);
    try {
      stopped.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() throws IOException {
    worker.drain(DRAIN);
    connection.close();
    lock.close();
  }
}
