package dev.lanekeeper.report;

/**
 * From where a report has what it says.
 *
 * @param kind found, signed or said
 * @param by who signed or said it; empty where it was found
 * @param what the place in the evidence, or what was signed or said
 */
public record Source(Kind kind, String by, String what) {

  /** The three ways in which a report knows something. */
  public enum Kind {
    /** Computed from evidence. */
    FOUND,
    /** Somebody's key stands for it. */
    SIGNED,
    /** Somebody wrote it, and nobody checked it. */
    SAID
  }

  /** Who speaks in a lane's own titles, reasons and prose. */
  public static final String LANE_FILE = "the lane file";

  /** Computed from this. */
  public static Source found(String where) {
    return new Source(Kind.FOUND, "", where);
  }

  /** Signed by a key. */
  public static Source signed(String by, String what) {
    return new Source(Kind.SIGNED, by, what);
  }

  /** Said by somebody. */
  public static Source said(String by, String what) {
    return new Source(Kind.SAID, by, what);
  }

  /** A text that the lane file says. */
  static Fact lane(String text) {
    return new Fact(text, said(LANE_FILE, ""));
  }
}
