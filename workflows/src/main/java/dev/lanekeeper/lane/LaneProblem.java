package dev.lanekeeper.lane;

/**
 * One thing that is wrong with a lane file, or another file that is read as strictly.
 *
 * @param file the file as the reader was told
 * @param line the line, from 1; 0 when the problem has none
 * @param field the field, such as {@code spec.changes[0].path}; empty for the whole file
 * @param expected what would be right
 * @param found what stands there
 */
public record LaneProblem(String file, int line, String field, String expected, String found) {

  /** {@code file:line: field: expected …, found …}. */
  public String render() {
    return file
        + (line > 0 ? ":" + line : "")
        + ": "
        + (field.isEmpty() ? "" : field + ": ")
        + "expected "
        + expected
        + ", found "
        + found;
  }
}
