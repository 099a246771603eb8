package dev.lanekeeper.worker.health;

import dev.lanekeeper.files.FaultText;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.LongSupplier;

/**
 * Whether a worker can take work now. Each check is asked anew, at most once a second; one that
 * does not come back in time does not answer, and is not asked again before it has come back.
 */
public final class Readiness implements AutoCloseable {

  /** What a process is doing. */
  public enum Phase {
    STARTING,
    RUNNING,
    DRAINING
  }

  /**
   * What a check found.
   *
   * @param name the check
   * @param problem why it does not answer; empty when it does
   */
  public record Finding(String name, Optional<String> problem) {}

  /**
   * What was found.
   *
   * @param phase what the process is doing
   * @param findings one a check; none before all is started
   */
  public record Report(Phase phase, List<Finding> findings) {

    /** Running, and everything answers. */
    public boolean ready() {
      return phase == Phase.RUNNING && findings.stream().allMatch(f -> f.problem().isEmpty());
    }
  }

  private final LongSupplier nanos;
  private final Duration fresh;
  private final Duration patience;
  private final ExecutorService threads =
      Executors.newCachedThreadPool(
          work -> {
            Thread thread = new Thread(work, "lanekeeper-check");
            thread.setDaemon(true);
            return thread;
          });
  private final Map<String, CompletableFuture<Optional<String>>> asked = new HashMap<>();
  private List<Check> checks = List.of();
  private List<Finding> findings = List.of();
  private long foundAt;
  private volatile Phase phase = Phase.STARTING;

  /** With a second of freshness and two of patience. */
  public Readiness() {
    this(System::nanoTime, Duration.ofSeconds(1), Duration.ofSeconds(2));
  }

  /**
   * A readiness.
   *
   * @param nanos the time, in nanoseconds from anywhere
   * @param fresh how long findings count
   * @param patience how long all checks together may take
   */
  Readiness(LongSupplier nanos, Duration fresh, Duration patience) {
    this.nanos = nanos;
    this.fresh = fresh;
    this.patience = patience;
  }

  /** Everything is started, and from now on these must answer. */
  public synchronized void running(List<Check> wanted) {
    checks = List.copyOf(wanted);
    findings = List.of();
    phase = Phase.RUNNING;
  }

  /** No more work is taken. */
  public void draining() {
    phase = Phase.DRAINING;
  }

  /** What the process is doing. */
  Phase phase() {
    return phase;
  }

  /** How it is now. */
  public synchronized Report report() {
    if (findings.isEmpty() || nanos.getAsLong() - foundAt >= fresh.toNanos()) {
      findings = ask();
      foundAt = nanos.getAsLong();
    }
    return new Report(phase, findings);
  }

  private List<Finding> ask() {
    checks.forEach(
        check -> {
          CompletableFuture<Optional<String>> before = asked.get(check.name());
          if (before == null || before.isDone()) {
            asked.put(check.name(), CompletableFuture.supplyAsync(() -> problem(check), threads));
          }
        });
    long until = System.nanoTime() + patience.toNanos();
    List<Finding> found = new ArrayList<>();
    for (Check check : checks) {
      found.add(new Finding(check.name(), await(asked.get(check.name()), until)));
    }
    return List.copyOf(found);
  }

  private static Optional<String> problem(Check check) {
    try {
      check.trial().run();
      return Optional.empty();
    } catch (Exception e) {
      return Optional.of(FaultText.of(e));
    }
  }

  private Optional<String> await(CompletableFuture<Optional<String>> answer, long until) {
    try {
      return answer.get(Math.max(0, until - System.nanoTime()), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      return Optional.of("no answer within " + patience.toMillis() + " ms");
    } catch (ExecutionException e) {
      return Optional.of(String.valueOf(e.getCause()));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Optional.of("interrupted");
    }
  }

  @Override
  public void close() {
    threads.shutdownNow();
  }
}
