package dev.lanekeeper.stage;

import dev.lanekeeper.workflow.RunId;
import java.time.Instant;

/** Who calls an activity, told by Temporal and not by the arguments. */
public interface Calls {

  /**
   * The caller.
   *
   * @param namespace the Temporal namespace
   * @param workflowId the workflow that scheduled the activity
   * @param originalRunId the run that it began as, which a reset keeps
   * @param runId its current run, which a reset changes
   * @param activityType the type under which the activity was called
   * @param attempt which attempt, from 1
   * @param scheduled when the service scheduled this attempt, by its own clock; the attempts of one
   *     lane run, those of a reset among them, are ordered by it
   * @param started when the service started the run, by its own clock
   */
  record Caller(
      String namespace,
      String workflowId,
      RunId originalRunId,
      String runId,
      String activityType,
      int attempt,
      Instant scheduled,
      Instant started) {}

  /** The caller of the activity that runs now. */
  Caller current();

  /**
   * Stops the stage at a safe point when its lane was canceled or another attempt took over.
   *
   * @throws io.temporal.client.ActivityCompletionException then
   */
  void stopIfCanceled();
}
