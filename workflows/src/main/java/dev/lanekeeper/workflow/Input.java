package dev.lanekeeper.workflow;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonNode;
import dev.lanekeeper.canonical.Json;
import dev.lanekeeper.canonical.JsonProblem;
import dev.lanekeeper.verdict.RejectCode;
import io.temporal.common.converter.RawValue;
import io.temporal.failure.ApplicationFailure;
import java.io.IOException;

/** Reads what people send to a workflow: strictly, and with a sentence where it is wrong. */
public final class Input {

  /** More than any request or answer needs, in bytes; an approval is the longest. */
  public static final int MOST = 64 * 1024;

  private Input() {}

  /**
   * Reads one JSON object.
   *
   * @param input what was sent; null when nothing was
   * @param what what it should be, with its article
   * @param remedy what to send instead, as a request
   * @throws ApplicationFailure non-retryable, of type INVALID_LANE_INPUT, when it is anything else
   */
  static <T> T read(RawValue input, Class<T> type, String what, String remedy) {
    JsonNode json = Json.object();
    try {
      if (input == null) {
        throw new IOException("expected one JSON object, found nothing");
      }
      int size = input.getPayload().getData().size();
      if (size > MOST) {
        throw new IOException("expected at most " + MOST + " bytes, found " + size);
      }
      json = Json.parse(input.getPayload().getData().toByteArray());
      if (!json.isObject()) {
        throw new IOException("expected one JSON object, found " + kind(json));
      }
      return Json.as(json, type);
    } catch (IOException | IllegalArgumentException e) {
      throw Refusal.of(
          RejectCode.INVALID_LANE_INPUT.name(),
          "What was sent is not " + what + ": " + explain(json, e) + ". Remedy: " + remedy + ".");
    }
  }

  private static String kind(JsonNode json) {
    return switch (json.getNodeType()) {
      case ARRAY -> "an array";
      case STRING -> "text";
      case NUMBER -> "a number";
      default -> json.toString();
    };
  }

  private static String explain(JsonNode json, Exception e) {
    if (e instanceof JsonMappingException mismatch) {
      return JsonProblem.of(json, mismatch).sentence();
    }
    return e instanceof JsonProcessingException syntax
        ? JsonProblem.firstLine(syntax)
        : e.getMessage();
  }
}
