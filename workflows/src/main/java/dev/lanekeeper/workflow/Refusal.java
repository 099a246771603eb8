package dev.lanekeeper.workflow;

import dev.lanekeeper.text.TerminalText;
import dev.lanekeeper.verdict.RejectCode;
import io.temporal.failure.ApplicationFailure;

/**
 * Failures that a person reads in the Web UI: a sentence, and no trace of where in the worker it
 * was made.
 */
public final class Refusal {

  private static final StackTraceElement[] NO_TRACE = {};
  private static final int MOST = 2000;

  private Refusal() {}

  /** A refusal with its remedy. */
  static ApplicationFailure of(RejectCode code, String sentence) {
    return of(code.name(), sentence + " Remedy: " + code.remedy() + ".");
  }

  /** A failure for good, of this type. */
  static ApplicationFailure of(String type, String sentence, Object... details) {
    ApplicationFailure failure =
        ApplicationFailure.newNonRetryableFailure(shown(sentence), type, details);
    failure.setStackTrace(NO_TRACE);
    return failure;
  }

  /**
   * Why an update is refused. It is no Temporal failure: the SDK would wrap one, with a trace of
   * its own, and log it.
   */
  static IllegalArgumentException ofUpdate(LaneRules.No no) {
    IllegalArgumentException refusal =
        no.staleHold()
            ? new StaleHoldException(shown(no.sentence()))
            : new IllegalArgumentException(shown(no.sentence()));
    refusal.setStackTrace(NO_TRACE);
    return refusal;
  }

  /** Whether an update was refused for the hold that it answers, by the type of its failure. */
  public static boolean isStaleHold(ApplicationFailure refused) {
    return StaleHoldException.class.getName().equals(refused.getType());
  }

  /** What is refused can be quoted in a sentence, which is read on terminals and pages. */
  private static String shown(String sentence) {
    return TerminalText.line(TerminalText.cut(sentence, MOST));
  }
}
