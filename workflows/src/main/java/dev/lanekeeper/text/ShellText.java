package dev.lanekeeper.text;

import java.util.List;
import java.util.stream.Collectors;

/**
 * Commands that a person copies into a POSIX shell: what runs is exactly the words.
 *
 * <p>A word with a character that is not seen, a line break included, cannot be copied as it is and
 * be understood by the one who copies it. Such a command is not printed: a comment is in its place,
 * that does nothing when it is copied.
 */
public final class ShellText {

  /** Without '=': the first word of a command would set a variable, and zsh looks up '=word'. */
  private static final String PLAIN = "[A-Za-z0-9_./:,@%+-]+";

  private ShellText() {}

  /** A command of these words. */
  public static String line(List<String> words) {
    if (words.stream().allMatch(TerminalText::shows)) {
      return words.stream().map(ShellText::quote).collect(Collectors.joining(" "));
    }
    return "# not to be copied, it holds characters that are not seen: "
        + TerminalText.line(String.join(" ", words));
  }

  private static String quote(String word) {
    return word.matches(PLAIN) ? word : "'" + word.replace("'", "'\\''") + "'";
  }
}
