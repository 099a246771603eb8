package dev.lanekeeper.worker.health;

import com.uber.m3.tally.RootScopeBuilder;
import com.uber.m3.tally.Scope;
import com.uber.m3.tally.ScopeCloseException;
import com.uber.m3.util.Duration;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.core.instrument.config.MeterFilter;
import io.micrometer.core.instrument.distribution.DistributionStatisticConfig;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.temporal.common.interceptors.WorkerInterceptor;
import io.temporal.common.reporter.MicrometerClientStatsReporter;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The metrics of a worker process: the SDK's, the JVM's, and those of lanes and stages. */
public final class Metrics implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(Metrics.class);

  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final JvmGcMetrics garbage = new JvmGcMetrics();
  private final Scope scope;

  /** Metrics of this process; close them once. */
  public Metrics() {
    registry.config().meterFilter(new FewBuckets());
    new JvmMemoryMetrics().bindTo(registry);
    new JvmThreadMetrics().bindTo(registry);
    new ProcessorMetrics().bindTo(registry);
    new UptimeMetrics().bindTo(registry);
    garbage.bindTo(registry);
    scope =
        new RootScopeBuilder()
            .reporter(new MicrometerClientStatsReporter(registry))
            .reportEvery(Duration.ofSeconds(1));
  }

  /** Where the SDK counts; what it counts is shown within a second. */
  public Scope scope() {
    return scope;
  }

  /** What counts stages and lanes. */
  public List<WorkerInterceptor> watchers() {
    return List.of(new StageMetrics(registry), new LaneMetrics(registry));
  }

  /** All of them in Prometheus' text format 0.0.4. */
  String text() {
    return registry.scrape();
  }

  @Override
  public void close() {
    garbage.close();
    try {
      scope.close();
    } catch (ScopeCloseException e) {
      // The last counts of a process that ends; nobody would read them.
      LOG.debug("the metrics' scope did not close", e);
    }
  }

  /**
   * The SDK asks for a histogram of seventy buckets a timer, which are ten thousands of lines a
   * scrape. Nine show what an operator looks for.
   */
  private static final class FewBuckets implements MeterFilter {

    private static final double[] NANOS = {1e6, 1e7, 5e7, 1e8, 5e8, 1e9, 5e9, 1e10, 6e10};

    @Override
    public DistributionStatisticConfig configure(Meter.Id id, DistributionStatisticConfig config) {
      return id.getType() == Meter.Type.TIMER
          ? DistributionStatisticConfig.builder()
              .percentilesHistogram(false)
              .serviceLevelObjectives(NANOS)
              .build()
              .merge(config)
          : config;
    }
  }
}
