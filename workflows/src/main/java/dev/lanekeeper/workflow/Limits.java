package dev.lanekeeper.workflow;

import io.temporal.activity.ActivityOptions;
import io.temporal.common.converter.DataConverterException;
import io.temporal.worker.WorkerOptions;
import io.temporal.worker.WorkflowImplementationOptions;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;

/**
 * When the silent count as dead. A machine that is only busy must not look like one, so both limits
 * are far longer than the waits of a working process. They are set in a worker's options and in no
 * history, so a lane goes on under other ones.
 *
 * @param heartbeat after so long without a sign of life a stage is given to another worker
 * @param deadlock after so long a workflow that neither waits nor ends its turn fails that turn
 */
public record Limits(Duration heartbeat, Duration deadlock) {

  /** For a server whose lanes go on with another worker: docs/worker.md says what that costs. */
  public static final Limits DEFAULT = new Limits(Duration.ofSeconds(5), Duration.ofSeconds(10));

  /** For an engine that ends with its only worker: there is nobody to hurry for. */
  public static final Limits EMBEDDED = new Limits(Duration.ofMinutes(1), Duration.ofMinutes(1));

  /** What a worker, or a replay, of the workflows is given. */
  public WorkerOptions.Builder worker() {
    return WorkerOptions.newBuilder().setDefaultDeadlockDetectionTimeout(deadlock.toMillis());
  }

  /** What the workflows are registered with. */
  public WorkflowImplementationOptions workflows() {
    Map<String, ActivityOptions> activities = new TreeMap<>();
    for (String type : Activities.types()) {
      activities.put(type, ActivityOptions.newBuilder().setHeartbeatTimeout(heartbeat).build());
    }
    return WorkflowImplementationOptions.newBuilder()
        .setActivityOptions(activities)
        .setFailWorkflowExceptionTypes(DataConverterException.class)
        .build();
  }
}
