package dev.lanekeeper.stage;

import io.temporal.activity.Activity;
import io.temporal.activity.ActivityInfo;
import java.time.Instant;

/** Asks Temporal. */
public final class TemporalCalls implements Calls {

  @Override
  public Caller current() {
    ActivityInfo info = Activity.getExecutionContext().getInfo();
    return new Caller(
        info.getNamespace(),
        info.getWorkflowId(),
        info.getWorkflowRunId(),
        info.getAttempt(),
        Instant.ofEpochMilli(info.getCurrentAttemptScheduledTimestamp()));
  }

  @Override
  public void stopIfCanceled() {
    Activity.getExecutionContext().heartbeat(null);
  }
}
