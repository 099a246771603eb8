package dev.lanekeeper.worker.health;

import dev.lanekeeper.workflow.LaneAttributes;
import dev.lanekeeper.workflow.LaneStatus;
import dev.lanekeeper.workflow.LaneWorkflow;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.temporal.common.SearchAttributeKey;
import io.temporal.common.SearchAttributeUpdate;
import io.temporal.common.interceptors.WorkerInterceptorBase;
import io.temporal.common.interceptors.WorkflowInboundCallsInterceptor;
import io.temporal.common.interceptors.WorkflowInboundCallsInterceptorBase;
import io.temporal.common.interceptors.WorkflowOutboundCallsInterceptor;
import io.temporal.common.interceptors.WorkflowOutboundCallsInterceptorBase;
import io.temporal.workflow.Workflow;
import io.temporal.workflow.unsafe.WorkflowUnsafe;
import java.util.Optional;
import java.util.stream.Stream;

/** Counts lanes as they hold and end, seen where they say so in their search attributes. */
final class LaneMetrics extends WorkerInterceptorBase {

  private final MeterRegistry registry;

  LaneMetrics(MeterRegistry registry) {
    this.registry = registry;
  }

  @Override
  public WorkflowInboundCallsInterceptor interceptWorkflow(WorkflowInboundCallsInterceptor next) {
    return new WorkflowInboundCallsInterceptorBase(next) {
      @Override
      public void init(WorkflowOutboundCallsInterceptor outbound) {
        super.init(
            new WorkflowOutboundCallsInterceptorBase(outbound) {
              @Override
              public void upsertTypedSearchAttributes(SearchAttributeUpdate<?>... updates) {
                super.upsertTypedSearchAttributes(updates);
                value(LaneAttributes.STATUS, updates).ifPresent(status -> count(status, updates));
              }
            });
      }
    };
  }

  private void count(String status, SearchAttributeUpdate<?>... updates) {
    // While a history is replayed, what it says was counted before, here or elsewhere. The rollback
    // of a lane is none, nor is what names no lane.
    if (WorkflowUnsafe.isReplaying()
        || status.equals(LaneStatus.Phase.RUNNING.name())
        || !Workflow.getInfo().getWorkflowType().equals(LaneWorkflow.TYPE)
        || value(LaneAttributes.NAME, updates).isEmpty()) {
      return;
    }
    Counter.Builder counter =
        status.equals(LaneStatus.Phase.HELD.name())
            ? Counter.builder("lanekeeper.lanes.held")
                .description("Lanes that were held here")
                .tag("code", value(LaneAttributes.REJECT_CODE, updates).orElse(""))
            : Counter.builder("lanekeeper.lanes.ended")
                .description("Lanes that ended here")
                .tag("end", status);
    counter.register(registry).increment();
  }

  private static Optional<String> value(
      SearchAttributeKey<String> key, SearchAttributeUpdate<?>... updates) {
    return Stream.of(updates)
        .filter(update -> update.getKey().equals(key))
        .flatMap(update -> update.getValue().stream())
        .map(String::valueOf)
        .findFirst();
  }
}
