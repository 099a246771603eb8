package dev.lanekeeper.workflow;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.exc.UnrecognizedPropertyException;
import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.canonical.Json;
import dev.lanekeeper.lane.LaneName;
import dev.lanekeeper.verdict.RejectCode;
import io.temporal.api.common.v1.Payload;
import io.temporal.common.converter.RawValue;
import io.temporal.failure.ApplicationFailure;
import java.io.IOException;
import java.util.Optional;

/**
 * What starts a lane: one small JSON object; {@code {"lane": "fix7-p0"}} is enough.
 *
 * @param lane the lane's name
 * @param planDigest the plan that the requester means; refused when the bundle's differs
 * @param grant the SHA-256 of the grant's envelope; without it S0 takes the newest valid one
 * @param requester who asks, as recorded, not trusted
 * @param note anything the requester wants to say
 */
public record LaneRequest(
    @JsonProperty(required = true) LaneName lane,
    Optional<Digest> planDigest,
    Optional<Digest> grant,
    Optional<String> requester,
    Optional<String> note) {

  /** Puts empty values where the JSON says nothing. */
  public LaneRequest {
    planDigest = planDigest == null ? Optional.empty() : planDigest;
    grant = grant == null ? Optional.empty() : grant;
    requester = requester == null ? Optional.empty() : requester;
    note = note == null ? Optional.empty() : note;
    if (lane == null) {
      throw new IllegalArgumentException("expected the lane's name, found null");
    }
  }

  /**
   * Reads a workflow's input.
   *
   * @throws ApplicationFailure non-retryable, of type INVALID_LANE_INPUT, when the input is
   *     anything but one such object
   */
  static LaneRequest read(RawValue input) {
    return read(input, LaneRequest.class);
  }

  static <T> T read(RawValue input, Class<T> type) {
    try {
      if (input == null) {
        throw new IOException("expected one JSON object, found nothing");
      }
      Payload payload = input.getPayload();
      return Json.as(Json.parse(payload.getData().toByteArray()), type);
    } catch (IOException | IllegalArgumentException e) {
      throw ApplicationFailure.newNonRetryableFailure(
          "The input is not a lane request: "
              + explain(e)
              + ". Remedy: "
              + RejectCode.INVALID_LANE_INPUT.remedy()
              + ".",
          RejectCode.INVALID_LANE_INPUT.name());
    }
  }

  private static String explain(Exception e) {
    if (e instanceof UnrecognizedPropertyException unknown) {
      return "unknown field '"
          + unknown.getPropertyName()
          + "', known are "
          + unknown.getKnownPropertyIds();
    }
    return e instanceof JsonProcessingException json
        ? json.getOriginalMessage().lines().findFirst().orElse("no JSON")
        : e.getMessage();
  }
}
