package dev.lanekeeper.lane;

import dev.lanekeeper.canonical.PlainText;
import java.lang.reflect.RecordComponent;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * One thing that is wrong with a lane file, or another file that is read as strictly.
 *
 * @param file the file as the reader was told
 * @param line the line, from 1; 0 when the problem has none
 * @param field the field, such as {@code spec.changes[0].path}; empty for the whole file
 * @param expected what would be right
 * @param found what is there
 */
public record LaneProblem(String file, int line, String field, String expected, String found) {

  /** How much of what is there is shown. */
  private static final int SHOWN = 200;

  /** The names of all fields of a lane file. */
  private static final Set<String> FIELDS =
      Stream.concat(Stream.of(Lane.class), Stream.of(Lane.class.getDeclaredClasses()))
          .filter(Class::isRecord)
          .flatMap(type -> Stream.of(type.getRecordComponents()))
          .map(RecordComponent::getName)
          .map(name -> name.equals("wanted") ? "equals" : name)
          .collect(Collectors.toUnmodifiableSet());

  /** Shows no control characters, and no more than helps. */
  public LaneProblem {
    file = PlainText.visible(file, PlainText.LINE);
    field = PlainText.visible(field, PlainText.LINE);
    expected = PlainText.visible(expected, PlainText.LINE);
    found = PlainText.visible(found, SHOWN);
  }

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

  /**
   * The same without anything from the file, for an answer that leaves the machine: {@code
   * file:line: field: expected …}, the field as far as its names are a lane's.
   */
  public String renderWithoutFound() {
    String known =
        Stream.of(field.split("\\.", -1))
            .takeWhile(name -> FIELDS.contains(name.replaceAll("(\\[[0-9]+])+$", "")))
            .collect(Collectors.joining("."));
    return file
        + (line > 0 ? ":" + line : "")
        + ": "
        + (known.isEmpty() ? "" : known + ": ")
        + "expected "
        + expected
        + ", found something else";
  }
}
