package dev.lanekeeper.canonical;

import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.fasterxml.jackson.core.io.JsonEOFException;
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
 * @param expected what should be there
 * @param found what is there
 */
public record JsonProblem(String field, String expected, String found) {

  /** How much of what is there is shown. */
  private static final int SHOWN = 200;

  /** Shows no control characters, and no more than helps. */
  public JsonProblem {
    field = PlainText.visible(field, PlainText.LINE);
    expected = PlainText.visible(expected, PlainText.LINE);
    found = PlainText.visible(found, SHOWN);
  }

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
      String inside = e.getCause() instanceof InvalidFieldException f ? f.field() : "";
      String joint = field.isEmpty() || inside.isEmpty() ? "" : ".";
      return own(field + joint + inside, e.getCause().getMessage());
    }
    if (e instanceof InvalidFormatException format && format.getTargetType().isEnum()) {
      return new JsonProblem(
          field,
          "one of " + List.of(format.getTargetType().getEnumConstants()),
          "'" + format.getValue() + "'");
    }
    if (e instanceof MismatchedInputException mismatch) {
      String message = String.valueOf(e.getOriginalMessage());
      if (message.startsWith("Missing required creator property '")) {
        String name = message.split("'")[1];
        return new JsonProblem(
            field.isEmpty() ? name : field, "the required field '" + name + "'", "nothing");
      }
      return new JsonProblem(field, expectedOf(mismatch), found(root, field));
    }
    return new JsonProblem(field, "a valid value", "another");
  }

  /**
   * What kind of fault a parser met, and where. Never a word of the input: what cannot be parsed
   * may be anything, a key for instance.
   */
  public static String firstLine(JsonProcessingException e) {
    JsonLocation at = e.getLocation();
    String place =
        at == null || at.getLineNr() < 1
            ? ""
            : " at line " + at.getLineNr() + ", column " + at.getColumnNr();
    return fault(e) + place;
  }

  private static String fault(JsonProcessingException e) {
    if (e instanceof StreamConstraintsException) {
      return "deeper nesting, or a longer name or number, than is read";
    }
    if (e instanceof JsonEOFException) {
      return "an end too early";
    }
    return String.valueOf(e.getOriginalMessage()).startsWith("Duplicate")
        ? "a field that is given twice"
        : "other text";
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
        : new JsonProblem(field, "a valid value", "another");
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
    if (node.isMissingNode()) {
      return "nothing";
    }
    return node.isContainerNode() || field.isEmpty() ? kind(node) : node.toString();
  }

  /** A whole file that is one text may be anything, so its kind is all that is said. */
  private static String kind(JsonNode node) {
    return switch (node.getNodeType()) {
      case ARRAY -> "a list";
      case OBJECT -> "a map";
      case STRING -> "text";
      case NUMBER -> "a number";
      case BOOLEAN -> "true or false";
      default -> "null";
    };
  }
}
