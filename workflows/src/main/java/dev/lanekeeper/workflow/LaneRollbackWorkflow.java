package dev.lanekeeper.workflow;

import io.temporal.common.converter.RawValue;
import io.temporal.workflow.QueryMethod;
import io.temporal.workflow.WorkflowInterface;
import io.temporal.workflow.WorkflowMethod;

/** Withdraws what a failed, interrupted or lost lane run published, and only that. */
@WorkflowInterface
public interface LaneRollbackWorkflow {

  /** The workflow type. */
  String TYPE = "LaneRollback";

  /**
   * Runs the rollback.
   *
   * @param input a {@link RollbackRequest} as JSON
   */
  @WorkflowMethod(name = TYPE)
  LaneOutcome run(RawValue input);

  /** The state of the rollback. */
  @QueryMethod(name = "status", description = "What the rollback does, and how it ended")
  LaneStatus status();
}
