package dev.lanekeeper.worker;

import io.temporal.activity.ActivityExecutionContext;
import io.temporal.client.ActivityCompletionException;
import io.temporal.common.interceptors.ActivityInboundCallsInterceptor;
import io.temporal.common.interceptors.ActivityInboundCallsInterceptorBase;
import io.temporal.common.interceptors.WorkerInterceptorBase;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

/**
 * Says from a side thread again and again that a stage is alive, so that the death of its worker is
 * noticed within seconds however long the stage works.
 */
final class Heartbeats extends WorkerInterceptorBase implements AutoCloseable {

  /** Several beats fit into the time after which a silent worker counts as dead. */
  static final Duration EVERY = Duration.ofMillis(300);

  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(
          work -> {
            Thread thread = new Thread(work, "lanekeeper-heartbeat");
            thread.setDaemon(true);
            return thread;
          });

  @Override
  public ActivityInboundCallsInterceptor interceptActivity(ActivityInboundCallsInterceptor next) {
    return new ActivityInboundCallsInterceptorBase(next) {
      private ActivityExecutionContext context;

      @Override
      public void init(ActivityExecutionContext activity) {
        context = activity;
        super.init(activity);
      }

      @Override
      public ActivityOutput execute(ActivityInput input) {
        ScheduledFuture<?> beat =
            timer.scheduleAtFixedRate(
                this::beat, EVERY.toMillis(), EVERY.toMillis(), TimeUnit.MILLISECONDS);
        try {
          return super.execute(input);
        } finally {
          beat.cancel(false);
        }
      }

      private void beat() {
        try {
          context.heartbeat(null);
        } catch (ActivityCompletionException seenByTheStageAtItsNextSafePoint) {
          // The context keeps it and throws it again when the stage asks.
        }
      }
    };
  }

  @Override
  public void close() {
    timer.shutdownNow();
  }
}
