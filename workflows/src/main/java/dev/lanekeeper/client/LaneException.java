package dev.lanekeeper.client;

import dev.lanekeeper.text.TerminalText;

/**
 * A call that did not do what it was asked. {@link Unanswered} when nobody answered in time, so
 * that the same call may be made again; {@link Refused} when the answer was no, which it will be
 * again.
 */
public abstract sealed class LaneException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  /** Why; codes are added, and never change their meaning. */
  public enum Code {
    /** No server answers at the address. */
    UNREACHABLE(true),
    /** The server takes no more calls for now. */
    BUSY(true),
    /** The server answers, and no worker does. */
    NO_WORKERS(true),
    /** The server has no such namespace. */
    NAMESPACE_MISSING(false),
    /** The server does not let the caller do this. */
    DENIED(false),
    /** The server has no such run, or no longer. */
    RUN_UNKNOWN(false),
    /** The run has ended, so nobody can answer it. */
    ALREADY_ENDED(false),
    /** The lane does not wait at the hold that was answered. */
    STALE_HOLD(false),
    /** What was sent is wrong in itself. */
    INVALID(false),
    /** Under the workflow id another request runs. */
    CONFLICT(false),
    /** What was sent is larger than is taken. */
    TOO_LARGE(false),
    /** What came back cannot be read by this release. */
    UNREADABLE(false),
    /** The call failed for a reason that no other code names; {@link #found} quotes it. */
    FAULT(false);

    private final boolean retryable;

    Code(boolean retryable) {
      this.retryable = retryable;
    }
  }

  private final Code code;
  private final String subject;
  private final String expected;
  private final String found;

  private LaneException(Code code, String subject, String expected, String found, Throwable cause) {
    super(code + " " + subject + ": expected " + expected + ", found " + found, cause);
    this.code = code;
    this.subject = subject;
    this.expected = expected;
    this.found = found;
  }

  /** Nobody answered in time. */
  public static final class Unanswered extends LaneException {
    private static final long serialVersionUID = 1L;

    private Unanswered(Code code, String subject, String expected, String found, Throwable cause) {
      super(code, subject, expected, found, cause);
    }
  }

  /** The answer was no. */
  public static final class Refused extends LaneException {
    private static final long serialVersionUID = 1L;

    private Refused(Code code, String subject, String expected, String found, Throwable cause) {
      super(code, subject, expected, found, cause);
    }
  }

  static LaneException of(
      Code code, String subject, String expected, String found, Throwable cause) {
    String line = TerminalText.line(TerminalText.cut(String.valueOf(found), 2000));
    return code.retryable
        ? new Unanswered(code, subject, expected, line, cause)
        : new Refused(code, subject, expected, line, cause);
  }

  static LaneException of(Code code, String subject, String expected, String found) {
    return of(code, subject, expected, found, null);
  }

  /** Why. */
  public Code code() {
    return code;
  }

  /** Whether the same call may succeed later. */
  public boolean retryable() {
    return code.retryable;
  }

  /** What the call was about: a workflow id, or a field of what was sent. */
  public String subject() {
    return subject;
  }

  /** What the call needs. */
  public String expected() {
    return expected;
  }

  /** What was there. */
  public String found() {
    return found;
  }
}
