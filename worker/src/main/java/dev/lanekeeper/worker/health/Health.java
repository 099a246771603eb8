package dev.lanekeeper.worker.health;

import com.uber.m3.tally.Scope;
import io.temporal.common.interceptors.WorkerInterceptor;
import java.io.IOException;
import java.util.List;
import java.util.function.BooleanSupplier;

/** Health and metrics of one worker process, served from before its start to after its drain. */
public final class Health implements AutoCloseable {

  private final Metrics metrics;
  private final Readiness readiness;
  private final HealthServer server;

  private Health(Metrics metrics, Readiness readiness, HealthServer server) {
    this.metrics = metrics;
    this.readiness = readiness;
    this.server = server;
  }

  /**
   * Begins to serve.
   *
   * @param port the TCP port; 0 for any free one
   * @throws IOException when the address cannot be listened on
   */
  public static Health serve(String host, int port) throws IOException {
    Metrics metrics = new Metrics();
    Readiness readiness = new Readiness();
    try {
      return new Health(metrics, readiness, HealthServer.start(host, port, readiness, metrics));
    } catch (IOException | RuntimeException e) {
      readiness.close();
      metrics.close();
      throw e;
    }
  }

  /** The port that is served. */
  public int port() {
    return server.port();
  }

  /** Where the SDK counts. */
  public Scope scope() {
    return metrics.scope();
  }

  /** What counts stages and lanes. */
  public List<WorkerInterceptor> watchers() {
    return metrics.watchers();
  }

  /**
   * The worker is started.
   *
   * @param takesWork whether it still takes work
   * @param checks what it cannot work without
   */
  public void running(BooleanSupplier takesWork, List<Check> checks) {
    server.watch(takesWork);
    readiness.running(checks);
  }

  /** The worker takes no more work. */
  public void draining() {
    readiness.draining();
  }

  @Override
  public void close() {
    server.close();
    readiness.close();
    metrics.close();
  }
}
