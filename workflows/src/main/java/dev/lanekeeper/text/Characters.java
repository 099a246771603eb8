package dev.lanekeeper.text;

/** Which characters act on a reader's screen without being seen there, and how they are shown. */
final class Characters {

  /**
   * What Unicode calls default-ignorable without calling it a format character, blanks that look
   * like nothing, and code points that no text has (Source: Unicode 15.1, DerivedCoreProperties).
   */
  private static final int[][] INVISIBLE = {
    {0x034f, 0x034f},
    {0x115f, 0x1160},
    {0x17b4, 0x17b5},
    {0x180b, 0x180f},
    {0x2065, 0x2065},
    {0x2800, 0x2800},
    {0x3164, 0x3164},
    {0xfdd0, 0xfdef},
    {0xfe00, 0xfe0f},
    {0xffa0, 0xffa0},
    {0xfff0, 0xfff8},
    {0xe0000, 0xe0fff}
  };

  private Characters() {}

  /** Control, format, bidirectional, invisible, and what is no character; also LF and TAB. */
  static boolean hidden(int c) {
    if (c >= ' ' && c < 0x7f) {
      return false;
    }
    boolean acts =
        switch (Character.getType(c)) {
          case Character.CONTROL,
              Character.FORMAT,
              Character.SURROGATE,
              Character.PRIVATE_USE,
              Character.LINE_SEPARATOR,
              Character.PARAGRAPH_SEPARATOR ->
              true;
          default -> (c & 0xfffe) == 0xfffe;
        };
    if (acts) {
      return true;
    }
    for (int[] range : INVISIBLE) {
      if (c >= range[0] && c <= range[1]) {
        return true;
      }
    }
    return false;
  }

  /**
   * Appends a hidden character so that it is seen: backslash x and two digits below U+0020, and
   * else as a string of JSON has it, so that JSON stays JSON and means the same.
   */
  static void show(StringBuilder out, int c) {
    if (c < ' ') {
      hex(out.append("\\x"), c, 2);
      return;
    }
    for (char unit : Character.toChars(c)) {
      hex(out.append("\\u"), unit, 4);
    }
  }

  private static void hex(StringBuilder out, int number, int digits) {
    for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4) {
      out.append(Character.forDigit(number >> shift & 0xf, 16));
    }
  }
}
