package dev.lanekeeper.worker.config;

import dev.lanekeeper.kb.Leases;
import dev.lanekeeper.worker.LaneWorker;
import dev.lanekeeper.worker.Role;
import dev.lanekeeper.workflow.Limits;
import dev.lanekeeper.workflow.TaskQueues;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * What a worker process is told. {@link Settings} says what each field means.
 *
 * @param role what it does
 * @param identity what server and evidence show as this worker
 * @param home the home folder
 * @param lanes the catalogue: a folder with a folder for each lane
 * @param queue the executor's task queue
 * @param concurrency how many stages run at once, at most
 * @param drain how long running stages may go on after the process was told to end
 * @param settled how long a lane that owes a review may be silent
 * @param limits when a silent worker and a workflow that does not end its turn count as dead
 * @param health where health and metrics are served; empty for nowhere
 * @param log what is logged, how, and where to
 */
public record WorkerConfiguration(
    Role role,
    String identity,
    Path home,
    Path lanes,
    String queue,
    int concurrency,
    Duration drain,
    Duration settled,
    Limits limits,
    Optional<Health> health,
    Log log) {

  /** With the defaults of the other fields. */
  public static WorkerConfiguration of(Role role, String identity, Path home, Path lanes) {
    return new WorkerConfiguration(
        role,
        identity,
        home,
        lanes,
        TaskQueues.EXECUTOR,
        LaneWorker.CONCURRENCY,
        LaneWorker.DRAIN,
        Leases.SETTLED,
        Limits.DEFAULT,
        Optional.empty(),
        Log.DEFAULT);
  }

  /**
   * Where health and metrics are served.
   *
   * @param host the address to listen on
   * @param port the TCP port; 0 for any free one
   */
  public record Health(String host, int port) {}

  /**
   * What is logged.
   *
   * @param format how a line looks
   * @param output where lines go
   * @param level the least level that is logged
   */
  public record Log(Format format, Output output, Level level) {

    /** How a command logs that was told nothing. */
    public static final Log DEFAULT = new Log(Format.TEXT, Output.FILE, Level.INFO);
  }

  /** How a line of the log looks. */
  public enum Format {
    TEXT,
    JSON
  }

  /** Where lines of the log go. */
  public enum Output {
    /** A file in the home. */
    FILE,
    /** Standard output, as containers want it. */
    CONSOLE
  }

  /** The least level that is logged. */
  public enum Level {
    ERROR,
    WARN,
    INFO,
    DEBUG,
    TRACE
  }
}
