package dev.lanekeeper.canonical;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.exc.InvalidFormatException;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import com.fasterxml.jackson.databind.exc.UnrecognizedPropertyException;
import com.fasterxml.jackson.databind.exc.ValueInstantiationException;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Why a tree does not fit a type, in the words of whoever wrote the tree.
 *
 * @param field where, as {@code changes[0].path}; empty for the whole
 * @param expected what should stand there
 * @param found what stands there
 */
public record JsonProblem(String field, String expected, String found) {

  /** What Jackson's refusal to read a tree means. */
  public static JsonProblem of(JsonNode root, JsonMappingException e) {
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
      return new JsonProblem(
          field,
          "one of "
              + unknown.getKnownPropertyIds().stream()
                  .map(Object::toString)
                  .sorted()
                  .collect(Collectors.joining(", ")),
          "the unknown field '" + unknown.getPropertyName() + "'");
    }
    if (e instanceof ValueInstantiationException && e.getCause() != null) {
      return own(field, e.getCause().getMessage());
    }
    if (e instanceof InvalidFormatException format && format.getTargetType().isEnum()) {
      return new JsonProblem(
          field,
          "one of " + List.of(format.getTargetType().getEnumConstants()),
          "'" + format.getValue() + "'");
    }
    if (e instanceof MismatchedInputException mismatch) {
      String message = firstLine(e);
      if (message.startsWith("Missing required creator property '")) {
        String name = message.split("'")[1];
        return new JsonProblem(
            field.isEmpty() ? name : field, "the required field '" + name + "'", "nothing");
      }
      return new JsonProblem(field, expectedOf(mismatch), found(root, field));
    }
    return own(field, firstLine(e));
  }

  /** The first line of what a parser says, without its place in the source. */
  public static String firstLine(JsonProcessingException e) {
    return e.getOriginalMessage().lines().findFirst().orElse("not readable");
  }

  /** The problem as part of a sentence. */
  public String sentence() {
    return (field.isEmpty() ? "" : "field '" + field + "': ")
        + "expected "
        + expected
        + ", found "
        + found;
  }

  /** Our own types say "expected X, found Y". */
  private static JsonProblem own(String field, String message) {
    String[] parts = String.valueOf(message).split(", found ", 2);
    return parts.length == 2
        ? new JsonProblem(field, parts[0].replaceFirst("^expected ", ""), parts[1])
        : new JsonProblem(field, "a valid value", message);
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

  private static String found(JsonNode root, String field) {
    JsonNode node =
        field.isEmpty() ? root : root.at("/" + field.replaceAll("[.\\[]", "/").replace("]", ""));
    return node.isMissingNode() ? "nothing" : node.isContainerNode() ? kind(node) : node.toString();
  }

  private static String kind(JsonNode node) {
    return node.isArray() ? "a list" : "a map";
  }
}
