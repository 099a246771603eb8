package dev.lanekeeper.stage;

/** Who calls an activity, told by Temporal and not by the arguments. */
public interface Calls {

  /**
   * The caller.
   *
   * @param namespace the Temporal namespace
   * @param workflowId the workflow that scheduled the activity
   * @param runId its current run, which a reset changes
   * @param attempt which attempt, from 1
   */
  record Caller(String namespace, String workflowId, String runId, int attempt) {}

  /** The caller of the activity that runs now. */
  Caller current();

  /**
   * Stops the stage at a safe point when its lane was canceled or another attempt took over.
   *
   * @throws io.temporal.client.ActivityCompletionException then
   */
  void stopIfCanceled();
}
