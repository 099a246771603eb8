package dev.lanekeeper.lane;

/**
 * A range of governance ids, such as {@code TKT-OBJ-442..461}.
 *
 * @param prefix what stands before the number
 * @param from the first number
 * @param to the last number
 */
public record IdRange(String prefix, int from, int to) {

  /** The largest range. */
  public static final int MOST = 100_000;

  /**
   * Checks the range.
   *
   * @throws IllegalArgumentException when it is empty, negative or larger than 100,000 ids
   */
  public IdRange {
    if (prefix.isBlank() || from < 0 || to < from || to - from >= MOST) {
      throw new IllegalArgumentException(
          "expected a range of at most 100000 ids with from <= to, found "
              + prefix
              + from
              + ".."
              + to);
    }
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
