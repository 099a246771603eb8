package dev.lanekeeper.worker;

import com.fasterxml.jackson.databind.JsonNode;
import dev.lanekeeper.canonical.Json;
import dev.lanekeeper.kb.KbReader;
import dev.lanekeeper.kb.LedgerEntry;
import dev.lanekeeper.lane.LaneName;
import dev.lanekeeper.lane.Stage;
import dev.lanekeeper.workflow.LaneRequest;
import dev.lanekeeper.workflow.Owner;
import dev.lanekeeper.workflow.SealCall;
import dev.lanekeeper.workflow.StageCall;
import dev.lanekeeper.workflow.WithdrawCall;
import io.temporal.activity.ActivityExecutionContext;
import io.temporal.common.converter.RawValue;
import io.temporal.common.interceptors.ActivityInboundCallsInterceptor;
import io.temporal.common.interceptors.ActivityInboundCallsInterceptorBase;
import io.temporal.common.interceptors.WorkerInterceptorBase;
import io.temporal.common.interceptors.WorkflowInboundCallsInterceptor;
import io.temporal.common.interceptors.WorkflowInboundCallsInterceptorBase;
import io.temporal.common.interceptors.WorkflowOutboundCallsInterceptor;
import io.temporal.common.interceptors.WorkflowOutboundCallsInterceptorBase;
import io.temporal.workflow.Workflow;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;
import org.slf4j.MDC;

/**
 * Puts lane, run and stage into the logging context of everything that a worker does for a lane.
 *
 * <p>It never takes them out again: the SDK clears the context of a thread when its task is done,
 * and what the SDK itself logs at the end of a task, such as the failure of a stage, shall have
 * them too.
 */
public final class LogContext extends WorkerInterceptorBase {

  /** The lane's name. */
  public static final String LANE = "lane";

  /** The original run id. */
  public static final String RUN = "run";

  /** S0 to S7, Rollback or Seal; in a workflow the stage that it scheduled last. */
  public static final String STAGE = "stage";

  private final Function<String, Optional<LaneName>> names;

  /**
   * A context.
   *
   * @param names the lane of a run id, for the one activity that is not told it
   */
  LogContext(Function<String, Optional<LaneName>> names) {
    this.names = names;
  }

  /** The lanes of runs by the ledger. */
  static Function<String, Optional<LaneName>> namesOf(KbReader kb) {
    return run -> {
      try {
        return kb.ledger()
            .all(LedgerEntry.RunOpened.class)
            .filter(opened -> opened.owner().runId().value().equals(run))
            .map(LedgerEntry.RunOpened::lane)
            .findFirst();
      } catch (IOException | UncheckedIOException e) {
        // The stage itself will meet the fault and say so.
        return Optional.empty();
      }
    };
  }

  /** What an activity type is called in logs and metrics: S0 to S7, or its own name. */
  public static String stage(String activityType) {
    return Stream.of(Stage.values())
        .filter(stage -> stage.activityType().equals(activityType))
        .map(Stage::name)
        .findFirst()
        .orElse(activityType);
  }

  @Override
  public ActivityInboundCallsInterceptor interceptActivity(ActivityInboundCallsInterceptor next) {
    return new ActivityInboundCallsInterceptorBase(next) {
      private String caller = "";

      @Override
      public void init(ActivityExecutionContext context) {
        caller = String.valueOf(context.getInfo().getWorkflowRunId());
        MDC.put(STAGE, stage(context.getInfo().getActivityType()));
        super.init(context);
      }

      @Override
      public ActivityInboundCallsInterceptor.ActivityOutput execute(
          ActivityInboundCallsInterceptor.ActivityInput input) {
        Object[] arguments = input.getArguments();
        Object call = arguments.length == 0 ? "" : arguments[0];
        if (call instanceof LaneRequest request) {
          put(request.lane().value(), caller);
        } else if (call instanceof StageCall stage) {
          put(stage.lane().value(), caller);
        } else if (call instanceof SealCall seal) {
          byLedger(seal.run());
        } else if (call instanceof WithdrawCall withdraw) {
          byLedger(withdraw.run());
        }
        return super.execute(input);
      }

      /** These are not told the lane, and may be about another run than their caller. */
      private void byLedger(Optional<Owner> another) {
        String run = another.map(owner -> owner.runId().value()).orElse(caller);
        put(names.apply(run).map(LaneName::value).orElse(""), run);
      }
    };
  }

  private static void put(String lane, String run) {
    MDC.put(LANE, lane);
    MDC.put(RUN, run);
  }

  @Override
  public WorkflowInboundCallsInterceptor interceptWorkflow(WorkflowInboundCallsInterceptor next) {
    return new WorkflowInboundCallsInterceptorBase(next) {
      @Override
      public void init(WorkflowOutboundCallsInterceptor outbound) {
        super.init(
            new WorkflowOutboundCallsInterceptorBase(outbound) {
              @Override
              public <R> WorkflowOutboundCallsInterceptor.ActivityOutput<R> executeActivity(
                  WorkflowOutboundCallsInterceptor.ActivityInput<R> input) {
                MDC.put(STAGE, stage(input.getActivityName()));
                return super.executeActivity(input);
              }
            });
      }

      @Override
      public WorkflowOutput execute(WorkflowInput input) {
        JsonNode request = request(input.getArguments());
        // A rollback is about a run that is not its own.
        put(
            lane(request),
            request.at("/run/runId").asText(Workflow.getInfo().getOriginalExecutionRunId()));
        MDC.put(STAGE, "");
        return super.execute(input);
      }
    };
  }

  /** What a workflow was started with; the workflow itself judges it. */
  private static JsonNode request(Object[] arguments) {
    if (arguments.length == 0 || !(arguments[0] instanceof RawValue input)) {
      return Json.object();
    }
    try {
      return Json.parse(input.getPayload().getData().toByteArray());
    } catch (IOException e) {
      return Json.object();
    }
  }

  private static String lane(JsonNode request) {
    try {
      return new LaneName(request.path("lane").asText()).value();
    } catch (IllegalArgumentException e) {
      return "";
    }
  }
}
