package dev.lanekeeper.text;

/**
 * Text for a line of a log: it cannot begin another line, nor act on the terminal that shows it.
 */
public final class LogText {

  private LogText() {}

  /** The text in one line. */
  public static String line(String text) {
    return TerminalText.line(text);
  }
}
