package dev.lanekeeper.lane;

import dev.lanekeeper.canonical.InvalidFieldException;
import dev.lanekeeper.canonical.PlainText;
import java.util.regex.Pattern;

/**
 * A range of governance ids, such as {@code TKT-OBJ-442..461}.
 *
 * @param prefix what is before the number
 * @param from the first number
 * @param to the last number
 */
public record IdRange(String prefix, int from, int to) {

  /** The largest range. */
  public static final int MOST = 100_000;

  private static final Pattern PREFIX = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,49}");

  /**
   * Checks the range.
   *
   * @throws IllegalArgumentException when it is empty, negative or larger than 100,000 ids
   */
  public IdRange {
    prefix("prefix", prefix);
    if (from < 0 || to < from || to - from >= MOST) {
      throw new IllegalArgumentException(
          "expected a range of at most 100000 ids with from <= to, found "
              + prefix
              + from
              + ".."
              + to);
    }
  }

  /**
   * The text of a prefix, which is the beginning of an id and short enough to leave room for it.
   */
  static String prefix(String field, String text) {
    if (text == null || !PREFIX.matcher(text).matches()) {
      throw new InvalidFieldException(
          field,
          "expected a prefix of at most 50 ASCII letters, digits, '.', '-' and '_' that begins with"
              + " a letter or a digit, found "
              + (text == null ? "nothing" : "'" + PlainText.visible(text, 50) + "'"));
    }
    return text;
  }

  /** Whether two ranges share an id. */
  public boolean overlaps(IdRange other) {
    return prefix.equals(other.prefix) && from <= other.to && other.from <= to;
  }

  /** How many ids it holds. */
  public int size() {
    return to - from + 1;
  }

  @Override
  public String toString() {
    return prefix + from + ".." + to;
  }
}
