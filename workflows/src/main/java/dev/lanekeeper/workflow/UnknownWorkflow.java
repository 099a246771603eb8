package dev.lanekeeper.workflow;

import dev.lanekeeper.verdict.RejectCode;
import io.temporal.common.converter.EncodedValues;
import io.temporal.failure.ApplicationFailure;
import io.temporal.workflow.DynamicWorkflow;
import io.temporal.workflow.Workflow;

/** Answers every workflow type that Lanekeeper does not know, so that none hangs. */
public class UnknownWorkflow implements DynamicWorkflow {

  @Override
  public Object execute(EncodedValues args) {
    throw ApplicationFailure.newNonRetryableFailure(
        "There is no workflow type '"
            + Workflow.getInfo().getWorkflowType()
            + "'. Remedy: "
            + RejectCode.UNKNOWN_WORKFLOW_TYPE.remedy()
            + ".",
        RejectCode.UNKNOWN_WORKFLOW_TYPE.name());
  }
}
