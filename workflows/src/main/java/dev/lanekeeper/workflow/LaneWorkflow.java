package dev.lanekeeper.workflow;

import io.temporal.common.converter.RawValue;
import io.temporal.workflow.QueryMethod;
import io.temporal.workflow.UpdateMethod;
import io.temporal.workflow.UpdateValidatorMethod;
import io.temporal.workflow.WorkflowInterface;
import io.temporal.workflow.WorkflowMethod;

/** A lane run: stages S0 to S7, undone as a saga when one refuses. */
@WorkflowInterface
public interface LaneWorkflow {

  /** The workflow type. */
  String TYPE = "Lane";

  /**
   * Runs the lane.
   *
   * @param input a {@link LaneRequest} as JSON; anything else fails the workflow cleanly
   * @return the outcome of an applied lane; every other end is a failure that carries it
   */
  @WorkflowMethod(name = TYPE)
  LaneOutcome run(RawValue input);

  /** The state of the lane. */
  @QueryMethod(name = "status", description = "Which stage the lane is in, and why it waits")
  LaneStatus status();

  /**
   * Goes on from the first stage whose evidence may be stale.
   *
   * @param hold a {@link HoldRef} as JSON, as for every answer
   */
  @UpdateMethod(name = "resume", description = "Go on, after the cause of the hold was put right")
  void resume(RawValue hold);

  /** Refuses a resume that cannot be. */
  @UpdateValidatorMethod(updateName = "resume")
  void mayResume(RawValue hold);

  /**
   * Goes on with the publication that an approver allows.
   *
   * @param approval an {@link ApproveRequest} as JSON
   */
  @UpdateMethod(
      name = "approve",
      description = "Allow the publication, with an approval that an approver's key signed")
  void approve(RawValue approval);

  /** Refuses an approval that cannot be. */
  @UpdateValidatorMethod(updateName = "approve")
  void mayApprove(RawValue approval);

  /** Withdraws what the lane published and ends it. */
  @UpdateMethod(name = "rollback", description = "Withdraw what the lane published, and end it")
  void rollback(RawValue hold);

  /** Refuses a rollback that cannot be. */
  @UpdateValidatorMethod(updateName = "rollback")
  void mayRollback(RawValue hold);

  /** Gives the lane up: a rollback, then the end. */
  @UpdateMethod(name = "abort", description = "Give the lane up: roll back, then end")
  void abort(RawValue hold);

  /** Refuses an abort that cannot be. */
  @UpdateValidatorMethod(updateName = "abort")
  void mayAbort(RawValue hold);
}
