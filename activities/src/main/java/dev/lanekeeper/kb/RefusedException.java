package dev.lanekeeper.kb;

import dev.lanekeeper.verdict.RejectCode;
import dev.lanekeeper.verdict.Verdict;
import java.util.Objects;
import java.util.Optional;

/**
 * Carries a rejection out of a store to the stage that asked, which turns it back into data. It
 * never leaves an activity.
 */
public final class RefusedException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private final transient Verdict.Reject reject;

  /** Carries this rejection. */
  public RefusedException(Verdict.Reject reject) {
    super(reject.sentence(), null, false, false);
    this.reject = reject;
  }

  /** The rejection. */
  public Verdict.Reject reject() {
    return reject;
  }

  /**
   * Refuses unless the verdict is a pass; a check that gave none is a fault, and admits nothing.
   */
  public static void unlessPassed(Verdict verdict) {
    Optional<Verdict.Reject> reject = Objects.requireNonNull(verdict, "a verdict").rejection();
    if (reject.isPresent()) {
      throw new RefusedException(reject.get());
    }
  }

  /**
   * This refusal, if it is a verdict. An attempt that another has overtaken has none: the service
   * no longer listens to it. Should it listen after all, the attempt is faulty, and is retried.
   *
   * @throws IllegalStateException when a later attempt has overtaken the refused one
   */
  public RefusedException unlessOvertaken() {
    if (reject.code() == RejectCode.STALE_FENCE) {
      throw new IllegalStateException(reject.render() + ": found " + reject.actual(), this);
    }
    return this;
  }
}
