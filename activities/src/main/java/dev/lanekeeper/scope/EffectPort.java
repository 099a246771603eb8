package dev.lanekeeper.scope;

import dev.lanekeeper.verdict.Verdict;
import java.io.IOException;

/** The only way to the outside: asks the scope guard, records, and only then acts. */
public final class EffectPort {

  /** Where effects are recorded before they happen. */
  public interface EffectLog {
    /** Records an effect with the guard's verdict. */
    void record(Effect effect, Verdict verdict) throws IOException;
  }

  /** What an effect does. */
  public interface Action<T> {
    /** Performs the effect; called only when it was admitted. */
    T run() throws IOException;
  }

  /** Turns a refusal into the caller's way of refusing. */
  public interface Refusal {
    /** Throws the refusal, or returns the exception to throw. */
    RuntimeException of(Verdict verdict);
  }

  private final ScopeGuard guard;
  private final EffectLog log;
  private final Refusal refusal;

  /** A port behind this guard. */
  public EffectPort(ScopeGuard guard, EffectLog log, Refusal refusal) {
    this.guard = guard;
    this.log = log;
    this.refusal = refusal;
  }

  /**
   * Performs an effect if the guard admits it.
   *
   * @throws RuntimeException of the caller's kind when the guard refuses
   */
  public <T> T perform(Effect effect, Action<T> action) throws IOException {
    Verdict verdict = guard.decide(effect);
    log.record(effect, verdict);
    if (!verdict.passed()) {
      throw refusal.of(verdict);
    }
    return action.run();
  }
}
