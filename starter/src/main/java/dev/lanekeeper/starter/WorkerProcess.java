package dev.lanekeeper.starter;

import dev.lanekeeper.worker.Catalogue;
import dev.lanekeeper.worker.Home;
import dev.lanekeeper.worker.LaneWorker;
import dev.lanekeeper.worker.QueueGuard;
import dev.lanekeeper.worker.SearchAttributes;
import dev.lanekeeper.worker.Wiring;
import dev.lanekeeper.worker.config.WorkerConfiguration;
import dev.lanekeeper.worker.health.Check;
import dev.lanekeeper.worker.health.Health;
import dev.lanekeeper.worker.health.WorkerChecks;
import io.temporal.serviceclient.OperatorServiceStubs;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.channels.FileChannel;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A worker of a real server, from its connection to its end. */
final class WorkerProcess implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(WorkerProcess.class);

  private final FileChannel lock;
  private final Connection connection;
  private final LaneWorker worker;
  private final Duration patience;
  private final Optional<Health> health;

  private WorkerProcess(
      FileChannel lock,
      Connection connection,
      LaneWorker worker,
      Duration patience,
      Optional<Health> health) {
    this.lock = lock;
    this.connection = connection;
    this.worker = worker;
    this.patience = patience;
    this.health = health;
  }

  /**
   * A new name for a process. In containers every process has the same number, and hosts may share
   * a name; two workers that seemed one would make a review look dependent that is not.
   */
  static String identity() {
    return ManagementFactory.getRuntimeMXBean().getName()
        + "-"
        + UUID.randomUUID().toString().substring(0, 6);
  }

  /**
   * Starts a worker; it owns what it is given from then on.
   *
   * @param lock the home's shared lock
   * @param health what serves health and metrics, if anything does
   * @param again the command, to copy
   * @throws CommandFailure when a worker of another knowledge base polls the queue
   */
  static WorkerProcess start(
      WorkerConfiguration configuration,
      Home home,
      FileChannel lock,
      Connection connection,
      Optional<Health> health,
      String again)
      throws CommandFailure, IOException {
    requireQueue(home, connection, configuration.queue(), again);
    Wiring wiring =
        new Wiring(
            home,
            connection.client(),
            connection.engine(),
            connection,
            new Catalogue(configuration.lanes(), home.evidence()),
            configuration.identity(),
            configuration.queue(),
            configuration.settled());
    LaneWorker worker =
        LaneWorker.start(
            configuration.role(),
            wiring,
            configuration.concurrency(),
            configuration.limits(),
            health.map(Health::watchers).orElse(List.of()));
    if (health.isPresent()) {
      List<Check> checks = WorkerChecks.of(configuration.role(), wiring);
      health.get().running(worker::takesWork, checks);
    }
    return new WorkerProcess(lock, connection, worker, configuration.drain(), health);
  }

  /** A stage on a queue that two knowledge bases share would be given to either's worker. */
  private static void requireQueue(Home home, Connection connection, String queue, String again)
      throws CommandFailure, IOException {
    String kbId = home.reader().identity().id();
    Optional<String> stranger =
        QueueGuard.stranger(connection.client(), queue, kbId, Clock.systemUTC().instant());
    if (stranger.isPresent()) {
      connection.close();
      throw new CommandFailure(
          ExitCode.FAULT,
          CommandCode.QUEUE_TAKEN,
          queue,
          "a task queue that no worker of another knowledge base than " + kbId + " polls",
          "worker " + stranger.get() + ", which polled within the last minute",
          "give this knowledge base's workers and commands a queue of their own",
          "env LANEKEEPER_QUEUE=lanekeeper-" + kbId + " " + again);
    }
  }

  /**
   * Registers the search attributes of lanes; a workflow that sets an unregistered one would hang.
   *
   * @throws CommandFailure with the command that registers them, when this process may not or
   *     cannot
   */
  static void register(Connection connection) throws CommandFailure {
    OperatorServiceStubs operator = connection.operator();
    Optional<String> unregistered = SearchAttributes.register(operator, connection.namespace());
    if (unregistered.isPresent()) {
      throw new CommandFailure(
          ExitCode.FAULT,
          CommandCode.SEARCH_ATTRIBUTES_MISSING,
          connection.namespace(),
          "the search attributes of lanes, or the right and the room to register them",
          unregistered.get(),
          "let an administrator of the namespace run the command; a lane would hang without them",
          SearchAttributes.command(connection.address(), connection.namespace()));
    }
  }

  /** The server and the namespace, in words. */
  String server() {
    return connection.address() + ", namespace " + connection.namespace();
  }

  @Override
  public void close() throws IOException {
    health.ifPresent(Health::draining);
    LOG.info("draining: no more work is taken, running stages may go on for {}", patience);
    if (worker.drain(patience)) {
      LOG.info("drained");
    } else {
      LOG.warn("stages still run after {}; another worker takes them up", patience);
    }
    connection.close();
    health.ifPresent(Health::close);
    lock.close();
  }
}
