package dev.lanekeeper.starter;

import dev.lanekeeper.kb.LedgerEntry;
import dev.lanekeeper.kb.LedgerState;
import dev.lanekeeper.workflow.Owner;
import io.temporal.client.WorkflowExecutionMetadata;
import io.temporal.client.WorkflowStub;
import java.util.Optional;

/**
 * A run as a server names it.
 *
 * @param workflowId the workflow's id
 * @param firstRunId the id that the run began with, which a reset keeps
 */
record RunOnServer(String workflowId, String firstRunId) {

  /** The run of a workflow. */
  static RunOnServer of(WorkflowStub lane) {
    return new RunOnServer(
        lane.getExecution().getWorkflowId(),
        lane.describe().getWorkflowExecutionInfo().getFirstRunId());
  }

  /** The run of a line of a list, which knows the current run only. */
  static RunOnServer of(WorkflowExecutionMetadata line) {
    return new RunOnServer(line.getExecution().getWorkflowId(), line.getExecution().getRunId());
  }

  /** The run in a ledger; empty when that knows none of this server. */
  Optional<LedgerEntry.RunOpened> in(LedgerState ledger, Connection connection) {
    return ledger
        .all(LedgerEntry.RunOpened.class)
        .filter(opened -> is(opened.owner()) && connection.knows(opened.owner()))
        .reduce((first, second) -> second);
  }

  private boolean is(Owner owner) {
    return owner.workflowId().equals(workflowId) && owner.runId().value().equals(firstRunId);
  }
}
