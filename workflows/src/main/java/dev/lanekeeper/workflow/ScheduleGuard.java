package dev.lanekeeper.workflow;

import dev.lanekeeper.verdict.RejectCode;
import io.temporal.common.interceptors.WorkerInterceptorBase;
import io.temporal.common.interceptors.WorkflowInboundCallsInterceptor;
import io.temporal.common.interceptors.WorkflowInboundCallsInterceptorBase;
import io.temporal.common.interceptors.WorkflowOutboundCallsInterceptor;
import io.temporal.common.interceptors.WorkflowOutboundCallsInterceptorBase;
import io.temporal.failure.ApplicationFailure;

/**
 * Keeps every workflow of a worker to the ten activity types: whatever else it tries to schedule is
 * refused before a command is emitted, and the workflow fails.
 */
public final class ScheduleGuard extends WorkerInterceptorBase {

  @Override
  public WorkflowInboundCallsInterceptor interceptWorkflow(WorkflowInboundCallsInterceptor next) {
    return new WorkflowInboundCallsInterceptorBase(next) {
      @Override
      public void init(WorkflowOutboundCallsInterceptor outbound) {
        super.init(new Outbound(outbound));
      }
    };
  }

  private static ApplicationFailure forbidden(String what) {
    return Refusal.of(RejectCode.STAGE_FORBIDDEN, "A lane may not schedule " + what + ".");
  }

  private static final class Outbound extends WorkflowOutboundCallsInterceptorBase {

    Outbound(WorkflowOutboundCallsInterceptor next) {
      super(next);
    }

    @Override
    public <R> ActivityOutput<R> executeActivity(ActivityInput<R> input) {
      if (!Activities.types().contains(input.getActivityName())) {
        throw forbidden("the activity " + input.getActivityName());
      }
      return super.executeActivity(input);
    }

    @Override
    public <R> LocalActivityOutput<R> executeLocalActivity(LocalActivityInput<R> input) {
      throw forbidden("the local activity " + input.getActivityName());
    }

    @Override
    public <R> ChildWorkflowOutput<R> executeChildWorkflow(ChildWorkflowInput<R> input) {
      throw forbidden("the child workflow " + input.getWorkflowType());
    }

    @Override
    public <R> ExecuteNexusOperationOutput<R> executeNexusOperation(
        ExecuteNexusOperationInput<R> input) {
      throw forbidden("the Nexus operation " + input.getOperation());
    }

    @Override
    public SignalExternalOutput signalExternalWorkflow(SignalExternalInput input) {
      throw forbidden("a signal to another workflow");
    }

    @Override
    public CancelWorkflowOutput cancelWorkflow(CancelWorkflowInput input) {
      throw forbidden("the cancellation of another workflow");
    }

    @Override
    public void continueAsNew(ContinueAsNewInput input) {
      throw forbidden("a continuation as a new run");
    }
  }
}
