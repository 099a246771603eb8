package dev.lanekeeper.canonical;

import java.util.Optional;

/**
 * Text from outside that may be shown: without control sequences, without characters that nobody
 * sees or that turn the line around, and of bounded length.
 *
 * <p>The ranges are given as numbers, so that two Java versions with two versions of Unicode agree
 * on them; the lane file's JSON Schema has the same ones.
 */
public final class PlainText {

  /** The longest text, in characters (code points). */
  public static final int TEXT = 65_536;

  /** The longest text of one line, in characters. */
  public static final int LINE = 1_000;

  /**
   * First and last code point of each range that is refused; tab and line feed are treated apart.
   */
  private static final int[][] REFUSED = {
    {0x0000, 0x0008}, // C0
    {0x000B, 0x001F},
    {0x007F, 0x009F}, // DEL, C1
    {0x00AD, 0x00AD}, // soft hyphen
    {0x034F, 0x034F}, // combining grapheme joiner
    {0x061C, 0x061C}, // Arabic letter mark
    {0x115F, 0x1160}, // Hangul fillers
    {0x17B4, 0x17B5}, // Khmer inherent vowels
    {0x180B, 0x180F}, // Mongolian selectors
    {0x200B, 0x200F}, // zero width, direction marks
    {0x2028, 0x202E}, // line and paragraph separator, bidirectional controls
    {0x2060, 0x206F}, // word joiner, invisible operators, bidirectional isolates
    {0x3164, 0x3164}, // Hangul filler
    {0xD800, 0xDFFF}, // lone surrogates
    {0xFDD0, 0xFDEF}, // noncharacters
    {0xFE00, 0xFE0D}, // variation selectors but those of text and emoji
    {0xFEFF, 0xFEFF}, // byte order mark
    {0xFFA0, 0xFFA0}, // Hangul filler
    {0xFFF0, 0xFFFB}, // interlinear annotation
    {0xFFFE, 0xFFFF}, // noncharacters
    {0x1BCA0, 0x1BCA3}, // shorthand format controls
    {0x1D173, 0x1D17A}, // musical format controls
    {0xE0000, 0xE0FFF}, // tags, variation selectors
  };

  private PlainText() {}

  /**
   * Why a text is not plain, as {@code expected …, found …}; empty when it is.
   *
   * @param multiline whether it may hold line feeds and tabs
   * @param limit the most characters (code points)
   */
  public static Optional<String> problem(String text, boolean multiline, int limit) {
    int characters = 0;
    for (int at = 0; at < text.length(); characters++) {
      int c = text.codePointAt(at);
      if (characters == limit) {
        return Optional.of("expected at most " + limit + " characters, found more");
      }
      if (!allowed(c, multiline)) {
        return Optional.of(
            String.format(
                "expected %s without control characters and invisible ones,"
                    + " found U+%04X as character %d",
                multiline ? "text" : "one line of text", c, characters + 1));
      }
      at += Character.charCount(c);
    }
    return Optional.empty();
  }

  /**
   * A text of one line that says something, as it is.
   *
   * @param field its name, for the refusal
   * @throws InvalidFieldException when it is missing, empty, blank, longer than {@link #LINE}, or
   *     not plain
   */
  public static String line(String field, String text) {
    if (text == null || text.isBlank()) {
      throw new InvalidFieldException(field, "expected one line of text, found nothing");
    }
    problem(text, false, LINE)
        .ifPresent(
            problem -> {
              throw new InvalidFieldException(field, problem);
            });
    return text;
  }

  /**
   * Any text in a form that can be shown on one line: what is not plain becomes {@code \}{@code
   * u001b} and the like, and what is longer than the limit is cut.
   *
   * @param limit the most characters of the text that are shown
   */
  public static String visible(String text, int limit) {
    StringBuilder out = new StringBuilder();
    int shown = 0;
    for (int at = 0; at < text.length(); shown++) {
      if (shown == limit) {
        return out.append('\u2026').toString();
      }
      int c = text.codePointAt(at);
      if (allowed(c, false)) {
        out.appendCodePoint(c);
      } else {
        for (char unit : Character.toChars(c)) {
          out.append(String.format("\\u%04x", (int) unit));
        }
      }
      at += Character.charCount(c);
    }
    return out.toString();
  }

  private static boolean allowed(int c, boolean multiline) {
    if (c == '\n' || c == '\t') {
      return multiline;
    }
    if (c >= 0x20 && c < 0x7F) {
      return true;
    }
    for (int[] range : REFUSED) {
      if (c >= range[0] && c <= range[1]) {
        return false;
      }
    }
    return (c & 0xFFFE) != 0xFFFE;
  }
}
