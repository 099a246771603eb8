package dev.lanekeeper.canonical;

/** A value that its field cannot have; the message says {@code expected …, found …}. */
public final class InvalidFieldException extends IllegalArgumentException {

  private static final long serialVersionUID = 1L;

  private final String field;

  /** The field of the record that was being made, and why its value is none. */
  public InvalidFieldException(String field, String message) {
    super(message);
    this.field = field;
  }

  /** The field, relative to the record that was being made. */
  public String field() {
    return field;
  }
}
