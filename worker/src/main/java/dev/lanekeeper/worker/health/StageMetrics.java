package dev.lanekeeper.worker.health;

import dev.lanekeeper.worker.LogContext;
import dev.lanekeeper.workflow.PreflightResult;
import dev.lanekeeper.workflow.ReviewResult;
import dev.lanekeeper.workflow.StageResult;
import dev.lanekeeper.workflow.WithdrawResult;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.temporal.activity.ActivityExecutionContext;
import io.temporal.common.interceptors.ActivityInboundCallsInterceptor;
import io.temporal.common.interceptors.ActivityInboundCallsInterceptorBase;
import io.temporal.common.interceptors.WorkerInterceptorBase;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Counts the attempts of stages that ended in this process, by what they returned or threw. An
 * attempt that a killed process began is counted nowhere.
 */
final class StageMetrics extends WorkerInterceptorBase {

  private static final String FAULT = "FAULT";

  private final MeterRegistry registry;
  private final AtomicInteger running;

  StageMetrics(MeterRegistry registry) {
    this.registry = registry;
    this.running = registry.gauge("lanekeeper.stages.running", new AtomicInteger());
  }

  @Override
  public ActivityInboundCallsInterceptor interceptActivity(ActivityInboundCallsInterceptor next) {
    return new ActivityInboundCallsInterceptorBase(next) {
      private String stage = "";

      @Override
      public void init(ActivityExecutionContext context) {
        stage = LogContext.stage(context.getInfo().getActivityType());
        super.init(context);
      }

      @Override
      public ActivityOutput execute(ActivityInput input) {
        Timer.Sample sample = Timer.start(registry);
        running.incrementAndGet();
        String verdict = FAULT;
        try {
          ActivityOutput output = super.execute(input);
          verdict = verdict(output.getResult());
          return output;
        } finally {
          running.decrementAndGet();
          sample.stop(
              Timer.builder("lanekeeper.stage.duration")
                  .description("Time of stages' attempts that ended here")
                  .tag("stage", stage)
                  .register(registry));
          Counter.builder("lanekeeper.stages")
              .description("Stages' attempts that ended here")
              .tags("stage", stage, "verdict", verdict)
              .register(registry)
              .increment();
        }
      }
    };
  }

  /** In words; the sealing of evidence passes by returning. */
  private static String verdict(Object result) {
    if (result instanceof StageResult stage) {
      return stage.verdict().word();
    }
    if (result instanceof PreflightResult preflight) {
      return preflight.result().verdict().word();
    }
    if (result instanceof ReviewResult review) {
      return review.result().verdict().word();
    }
    return result instanceof WithdrawResult withdrawn && !withdrawn.complete()
        ? "INCOMPLETE"
        : "PASS";
  }
}
