package dev.lanekeeper.report;

/** A report template names evidence that is not there. */
public final class ReportException extends Exception {

  private static final long serialVersionUID = 1L;

  /** Says which template and which name. */
  public ReportException(String message) {
    super(message);
  }
}
