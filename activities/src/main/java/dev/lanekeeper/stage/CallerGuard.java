package dev.lanekeeper.stage;

import dev.lanekeeper.verdict.RejectCode;
import dev.lanekeeper.workflow.Activities;
import dev.lanekeeper.workflow.LaneRollbackWorkflow;
import dev.lanekeeper.workflow.LaneWorkflow;
import io.temporal.activity.ActivityExecutionContext;
import io.temporal.activity.ActivityInfo;
import io.temporal.common.interceptors.ActivityInboundCallsInterceptor;
import io.temporal.common.interceptors.ActivityInboundCallsInterceptorBase;
import io.temporal.common.interceptors.WorkerInterceptorBase;
import io.temporal.failure.ApplicationFailure;
import java.util.Set;

/** Refuses every activity that no lane workflow scheduled. */
public final class CallerGuard extends WorkerInterceptorBase {

  @Override
  public ActivityInboundCallsInterceptor interceptActivity(ActivityInboundCallsInterceptor next) {
    return new ActivityInboundCallsInterceptorBase(next) {
      private ActivityInfo info;

      @Override
      public void init(ActivityExecutionContext context) {
        info = context.getInfo();
        super.init(context);
      }

      @Override
      public ActivityOutput execute(ActivityInput input) {
        refuseUnlessLane(
            info.isInWorkflow() && !info.isLocal(), info.getWorkflowType(), info.getActivityType());
        return super.execute(input);
      }
    };
  }

  /** The decision itself. */
  static void refuseUnlessLane(boolean inWorkflow, String workflowType, String activityType) {
    Set<String> callers =
        activityType.equals(Activities.ROLLBACK) || activityType.equals(Activities.SEAL)
            ? Set.of(LaneWorkflow.TYPE, LaneRollbackWorkflow.TYPE)
            : Set.of(LaneWorkflow.TYPE);
    if (!inWorkflow || !callers.contains(workflowType)) {
      throw ApplicationFailure.newNonRetryableFailure(
          activityType
              + " was called by "
              + (inWorkflow ? "the workflow type " + workflowType : "no workflow")
              + ", expected "
              + callers
              + ". Remedy: "
              + RejectCode.NOT_CALLED_BY_LANE.remedy()
              + ".",
          RejectCode.NOT_CALLED_BY_LANE.name());
    }
  }
}
