package dev.lanekeeper.text;

/** Text for a terminal: nothing in it moves a cursor, changes a colour or turns words round. */
public final class TerminalText {

  private TerminalText() {}

  /**
   * The text with every hidden character made visible but LF and TAB. A text that has none is left
   * as it is; one that spells an escape itself looks the same as one that had it.
   */
  public static String of(String text) {
    return shown(text, true);
  }

  /** The same in one line: LF and TAB are made visible as well. */
  public static String line(String text) {
    return shown(text, false);
  }

  /** Whether a text shows all that it holds, in one line. */
  public static boolean shows(String text) {
    return text.codePoints().noneMatch(Characters::hidden);
  }

  /**
   * At most so many characters of a text.
   *
   * @param most how many code points; the last one tells that there were more
   */
  public static String cut(String text, int most) {
    return text.codePointCount(0, text.length()) <= most
        ? text
        : text.substring(0, text.offsetByCodePoints(0, most - 1)) + "…";
  }

  private static String shown(String text, boolean lines) {
    StringBuilder out = new StringBuilder(text.length());
    text.codePoints()
        .forEach(
            c -> {
              if (!Characters.hidden(c) || (lines && (c == '\n' || c == '\t'))) {
                out.appendCodePoint(c);
              } else if (c == '\n' || c == '\t') {
                out.append(c == '\n' ? "\\n" : "\\t");
              } else {
                Characters.show(out, c);
              }
            });
    return out.toString();
  }
}
