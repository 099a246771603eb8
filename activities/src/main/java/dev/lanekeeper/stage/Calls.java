package dev.lanekeeper.stage;

import java.time.Instant;

/** Who calls an activity, told by Temporal and not by the arguments. */
public interface Calls {

  /**
   * The caller.
   *
   * @param namespace the Temporal namespace
   * @param workflowId the workflow that scheduled the activity
   * @param runId its current run, which a reset changes
   * @param attempt which attempt, from 1
   * @param scheduled when the service scheduled this attempt, by its own clock; the attempts of one
   *     lane run, those of a reset among them, are ordered by it
   */
  record Caller(
      String namespace, String workflowId, String runId, int attempt, Instant scheduled) {}

  /** The caller of the activity that runs now. */
  Caller current();

  /**
   * Stops the stage at a safe point when its lane was canceled or another attempt took over.
   *
   * @throws io.temporal.client.ActivityCompletionException then
   */
  void stopIfCanceled();
}
