package dev.lanekeeper.workflow;

import dev.lanekeeper.lane.Stage;
import io.temporal.activity.ActivityCancellationType;
import io.temporal.activity.ActivityOptions;
import io.temporal.common.RetryOptions;
import io.temporal.workflow.Workflow;
import java.time.Duration;

/** How the workflow calls its activities: time limits, retries, queues. */
final class StageStubs {

  /** A reviewer that does not come is noticed after this long. */
  private static final Duration REVIEWER_WAIT = Duration.ofMinutes(5);

  private StageStubs() {}

  static <T> T of(Stage stage, Class<T> type) {
    ActivityOptions.Builder options = options(5).setSummary(stage + " " + stage.title());
    if (stage == Stage.S7) {
      options.setTaskQueue(TaskQueues.reviewer(queue())).setScheduleToStartTimeout(REVIEWER_WAIT);
    }
    return Workflow.newActivityStub(type, options.build());
  }

  static <T> T compensation(Class<T> type, String summary) {
    return Workflow.newActivityStub(type, options(10).setSummary(summary).build());
  }

  /** A lane's stages run on the queue that it was started on itself. */
  private static String queue() {
    return Workflow.getInfo().getTaskQueue();
  }

  private static ActivityOptions.Builder options(int attempts) {
    return ActivityOptions.newBuilder()
        .setTaskQueue(queue())
        .setStartToCloseTimeout(Duration.ofMinutes(30))
        // What the worker is configured with counts before this: Limits.
        .setHeartbeatTimeout(Limits.DEFAULT.heartbeat())
        .setCancellationType(ActivityCancellationType.WAIT_CANCELLATION_COMPLETED)
        .setRetryOptions(
            RetryOptions.newBuilder()
                .setInitialInterval(Duration.ofMillis(200))
                .setMaximumInterval(Duration.ofSeconds(5))
                .setMaximumAttempts(attempts)
                .build());
  }
}
