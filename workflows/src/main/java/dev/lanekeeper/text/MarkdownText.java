package dev.lanekeeper.text;

/**
 * Text for Markdown, in one line: it begins no heading, list, link, image, cell or HTML, in
 * CommonMark and in GitHub's form of it. At most {@value #MOST} characters of it are shown where an
 * operator looks at it.
 */
public final class MarkdownText {

  /** How many characters of a value are shown. */
  public static final int MOST = 500;

  private MarkdownText() {}

  /** The text as code; escaped instead where it holds a pipe, which would end a table's cell. */
  public static String code(String text) {
    String line = line(text);
    if (line.isBlank() || line.contains("|")) {
      return escape(line);
    }
    String fence = "`".repeat(longestRun(line) + 1);
    boolean apart = fence.length() > 1 || line.startsWith(" ") || line.endsWith(" ");
    return apart ? fence + " " + line + " " + fence : fence + line + fence;
  }

  /** The text as text. */
  public static String escaped(String text) {
    return escape(line(text));
  }

  /** A value as text among a document's own, at whatever length. */
  public static String value(String text) {
    return escape(TerminalText.line(text));
  }

  /**
   * A value where a document has opened code with one backtick or more, and closes it after it.
   * Code knows no escapes, so a backtick becomes an apostrophe and a pipe a broken bar.
   */
  public static String insideCode(String text) {
    String line = TerminalText.line(text).replace('`', '\'').replace('|', '¦');
    return line.isEmpty() ? " " : line;
  }

  private static String line(String text) {
    return TerminalText.line(TerminalText.cut(text, MOST));
  }

  private static int longestRun(String text) {
    int longest = 0;
    int run = 0;
    for (int i = 0; i < text.length(); i++) {
      run = text.charAt(i) == '`' ? run + 1 : 0;
      longest = Math.max(longest, run);
    }
    return longest;
  }

  private static String escape(String line) {
    String text = line.strip();
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < text.length(); i++) {
      if (means(text, i)) {
        out.append('\\');
      }
      out.append(text.charAt(i));
    }
    return out.toString();
  }

  /** Whether a character means something to Markdown at its place. */
  private static boolean means(String text, int i) {
    return switch (text.charAt(i)) {
      case '\\', '`', '*', '[', ']', '<', '|', '~', '@', '$' -> true;
      case '&' -> word(text, i + 1) || text.startsWith("#", i + 1);
      case '_' -> !word(text, i - 1) || !word(text, i + 1);
      case ':' -> i == 0 || text.startsWith("//", i + 1);
      case '#', '+', '-', '=', '>' -> i == 0;
      case '.' -> text.regionMatches(true, i - 3, "www", 0, 3) || numberBefore(text, i);
      case ')' -> numberBefore(text, i);
      default -> false;
    };
  }

  private static boolean word(String text, int i) {
    return i >= 0 && i < text.length() && Character.isLetterOrDigit(text.charAt(i));
  }

  /** Whether a list's number, or nothing, is before a character. */
  private static boolean numberBefore(String text, int i) {
    return text.substring(0, i).chars().allMatch(c -> c >= '0' && c <= '9');
  }
}
