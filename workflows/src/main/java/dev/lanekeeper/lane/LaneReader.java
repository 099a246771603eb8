package dev.lanekeeper.lane;

import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.exc.InvalidFormatException;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import com.fasterxml.jackson.databind.exc.UnrecognizedPropertyException;
import com.fasterxml.jackson.databind.exc.ValueInstantiationException;
import dev.lanekeeper.canonical.Json;
import java.io.IOException;
import java.util.List;
import java.util.stream.Collectors;

/** Reads a lane file strictly: what it does not know, it refuses, with file, line and field. */
public final class LaneReader {

  private LaneReader() {}

  /**
   * A lane file's tree and what it means.
   *
   * @param tree the values as they stand in the file
   * @param lane the same, typed and checked
   */
  public record Source(JsonNode tree, Lane lane) {}

  /**
   * Reads a lane file; a name that ends in {@code .json} is read as JSON, any other as YAML.
   *
   * @throws InvalidLaneException when anything in it is wrong
   */
  public static Source read(String file, byte[] bytes) throws InvalidLaneException {
    SourceTree source = SourceTree.read(file, bytes, "lane");
    Lane lane = map(source);
    List<LaneProblem> problems = LaneRulesOfForm.check(lane, source);
    if (!problems.isEmpty()) {
      throw new InvalidLaneException(problems);
    }
    return new Source(source.root(), lane);
  }

  private static Lane map(SourceTree source) throws InvalidLaneException {
    try {
      return Json.as(source.root(), Lane.class);
    } catch (JsonMappingException e) {
      throw new InvalidLaneException(List.of(explain(source, e)));
    } catch (IOException e) {
      throw new InvalidLaneException(List.of(source.problem("", "a lane", e.getMessage())));
    }
  }

  private static LaneProblem explain(SourceTree source, JsonMappingException e) {
    String field =
        e.getPath().stream()
            .map(
                step ->
                    step.getFieldName() == null
                        ? "[" + step.getIndex() + "]"
                        : "." + step.getFieldName())
            .collect(Collectors.joining())
            .replaceFirst("^\\.", "");
    if (e instanceof UnrecognizedPropertyException unknown) {
      return source.problem(
          field,
          "one of "
              + unknown.getKnownPropertyIds().stream()
                  .map(Object::toString)
                  .sorted()
                  .collect(Collectors.joining(", ")),
          "the unknown field '" + unknown.getPropertyName() + "'");
    }
    if (e instanceof ValueInstantiationException && e.getCause() != null) {
      return own(source, field, e.getCause().getMessage());
    }
    if (e instanceof InvalidFormatException format && format.getTargetType().isEnum()) {
      return source.problem(
          field,
          "one of " + List.of(format.getTargetType().getEnumConstants()),
          "'" + format.getValue() + "'");
    }
    if (e instanceof MismatchedInputException mismatch) {
      String message = SourceTree.firstLine(e);
      if (message.startsWith("Missing required creator property '")) {
        String name = message.split("'")[1];
        return source.problem(
            field.isEmpty() ? name : field, "the required field '" + name + "'", "nothing");
      }
      return source.problem(field, expectedOf(mismatch), found(source, field));
    }
    return own(source, field, SourceTree.firstLine(e));
  }

  /** Our own types say "expected X, found Y". */
  private static LaneProblem own(SourceTree source, String field, String message) {
    String[] parts = String.valueOf(message).split(", found ", 2);
    return parts.length == 2
        ? source.problem(field, parts[0].replaceFirst("^expected ", ""), parts[1])
        : source.problem(field, "a valid value", message);
  }

  private static String expectedOf(MismatchedInputException e) {
    Class<?> type = e.getTargetType();
    if (type == null) {
      return "another value";
    }
    if (type == int.class || type == Integer.class) {
      return "an integer";
    }
    if (type == boolean.class) {
      return "true or false";
    }
    if (List.class.isAssignableFrom(type)) {
      return "a list";
    }
    return type.isRecord() && type.getRecordComponents().length > 1 ? "a map" : "text";
  }

  private static String found(SourceTree source, String field) {
    JsonNode node =
        field.isEmpty()
            ? source.root()
            : source.root().at("/" + field.replaceAll("[.\\[]", "/").replace("]", ""));
    return node.isMissingNode() ? "nothing" : node.isContainerNode() ? kind(node) : node.toString();
  }

  private static String kind(JsonNode node) {
    return node.isArray() ? "a list" : "a map";
  }
}
