package dev.lanekeeper.workflow;

import dev.lanekeeper.verdict.RejectCode;
import io.temporal.common.converter.EncodedValues;
import io.temporal.workflow.DynamicWorkflow;
import io.temporal.workflow.Workflow;

/** Answers every workflow type that Lanekeeper does not know, so that none hangs. */
public class UnknownWorkflow implements DynamicWorkflow {

  @Override
  public Object execute(EncodedValues args) {
    new Page().markRefused(RejectCode.UNKNOWN_WORKFLOW_TYPE);
    throw Refusal.of(
        RejectCode.UNKNOWN_WORKFLOW_TYPE,
        "There is no workflow type '" + Workflow.getInfo().getWorkflowType() + "'.");
  }
}
