package dev.lanekeeper.worker.config;

import dev.lanekeeper.kb.Leases;
import dev.lanekeeper.worker.LaneWorker;
import dev.lanekeeper.worker.Role;
import dev.lanekeeper.workflow.Limits;
import dev.lanekeeper.workflow.TaskQueues;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Every field of the configuration, in the order of the documentation. */
final class Settings {

  /** The fields that are also options of the command. */
  static final Set<String> OPTIONS = Set.of("role", "identity", "home", "lanes");

  static final Setting<Role> ROLE =
      Setting.fixed(
          "role",
          Form.oneOf(Role.class),
          "both",
          "`executor` runs workflows, S0 to S6, Rollback and Seal; `reviewer` runs S7. With `both`"
              + " the review is not independent, and evidence says so.");

  static final Setting<String> IDENTITY =
      Setting.computed(
          "identity",
          Form.name(),
          "process, host and a random end",
          "executor-1",
          "What the server and evidence show as this worker. Executor and reviewer need two.");

  static final Setting<Path> HOME =
      Setting.computed(
          "home",
          Form.path(),
          "`lanekeeper` in the XDG data folder",
          "/var/lib/lanekeeper",
          "The home folder: knowledge base, ledger, evidence, keys.");

  static final Setting<Path> LANES =
      Setting.computed(
          "lanes",
          Form.path(),
          "`lanes` in the home",
          "/etc/lanekeeper/lanes",
          "The catalogue: a folder with a folder for each lane. One that is named must be there.");

  static final Setting<String> QUEUE =
      Setting.fixed(
          "queue",
          Form.queue(),
          TaskQueues.EXECUTOR,
          "The task queue; S7's is this one with `-review`. Workers of each knowledge base need one"
              + " of their own; commands read the same variable.");

  static final Setting<Integer> CONCURRENCY =
      Setting.fixed(
          "concurrency",
          Form.integer(1, 1000),
          String.valueOf(LaneWorker.CONCURRENCY),
          "How many stages of a role run at once, at most. The others wait on the server.");

  static final Setting<Duration> DRAIN =
      Setting.fixed(
          "drain",
          Form.duration(),
          LaneWorker.DRAIN.toString(),
          "How long running stages may go on after SIGTERM or Ctrl-C. What is not done by then is"
              + " done by another worker.");

  static final Setting<Duration> SETTLED =
      Setting.fixed(
          "settled",
          Form.duration(),
          Leases.SETTLED.toString(),
          "How long a lane that has published everything may go without a try at its review. Then"
              + " the workers withdraw it, unless it waits for a person.");

  static final Setting<Duration> HEARTBEAT =
      Setting.fixed(
          "heartbeat",
          Form.duration(),
          Limits.DEFAULT.heartbeat().toString(),
          "After so long without a sign of life from its worker, a stage is given to another one."
              + " The executor says it, for S7 too.");

  static final Setting<Duration> DEADLOCK =
      Setting.fixed(
          "deadlock",
          Form.duration(),
          Limits.DEFAULT.deadlock().toString(),
          "After so long a workflow's turn that computes and does not end fails, and is tried"
              + " again.");

  static final Setting<String> HEALTH_HOST =
      Setting.fixed(
          "health.host",
          Form.host(),
          "127.0.0.1",
          "The address that health and metrics listen on. In a container: `0.0.0.0`.");

  static final Setting<Optional<Integer>> HEALTH_PORT =
      Setting.computed(
          "health.port",
          Form.port(),
          "off",
          "9464",
          "The port of `/healthz`, `/readyz` and `/metrics`. 0 takes a free one and prints it.");

  static final Setting<WorkerConfiguration.Format> LOG_FORMAT =
      Setting.fixed(
          "log.format",
          Form.oneOf(WorkerConfiguration.Format.class),
          "text",
          "`json` writes one JSON object a line.");

  static final Setting<WorkerConfiguration.Output> LOG_OUTPUT =
      Setting.fixed(
          "log.output",
          Form.oneOf(WorkerConfiguration.Output.class),
          "file",
          "`file` is `logs/lanekeeper.log` in the home, or `logs/lanekeeper.jsonl` for JSON;"
              + " `console` is standard output.");

  static final Setting<WorkerConfiguration.Level> LOG_LEVEL =
      Setting.fixed(
          "log.level",
          Form.oneOf(WorkerConfiguration.Level.class),
          "info",
          "The least level that is logged.");

  static final List<Setting<?>> ALL =
      List.of(
          ROLE,
          IDENTITY,
          HOME,
          LANES,
          QUEUE,
          CONCURRENCY,
          DRAIN,
          SETTLED,
          HEARTBEAT,
          DEADLOCK,
          HEALTH_HOST,
          HEALTH_PORT,
          LOG_FORMAT,
          LOG_OUTPUT,
          LOG_LEVEL);

  private Settings() {}
}
