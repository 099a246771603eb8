package dev.lanekeeper.workflow;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.JsonNode;
import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.canonical.Json;
import dev.lanekeeper.canonical.PlainText;
import dev.lanekeeper.lane.Id;
import java.io.IOException;
import java.time.Instant;
import java.util.Base64;
import java.util.Optional;

/**
 * A second person's yes to the publication of one plan on one knowledge base.
 *
 * @param id unique
 * @param planDigest the plan
 * @param kbId the knowledge base
 * @param runId the run that it is for; without one, the next run of the plan that asks
 * @param expiresAt valid until, exclusive
 */
@JsonInclude(JsonInclude.Include.NON_ABSENT)
public record Approval(
    @JsonProperty(required = true) int formatVersion,
    @JsonProperty(required = true) String id,
    @JsonProperty(required = true) Digest planDigest,
    @JsonProperty(required = true) String kbId,
    Optional<RunId> runId,
    @JsonProperty(required = true) Instant expiresAt) {

  /** The DSSE payload type. */
  public static final String PAYLOAD_TYPE = "application/vnd.lanekeeper.approval+json";

  public Approval {
    if (formatVersion != 1) {
      throw new IllegalArgumentException("expected formatVersion 1, found " + formatVersion);
    }
    Id.of("id", id);
    Id.of("kbId", kbId);
    runId = runId == null ? Optional.empty() : runId;
  }

  /** An approval for the next run of the plan that asks. */
  public Approval(int formatVersion, String id, Digest planDigest, String kbId, Instant expiresAt) {
    this(formatVersion, id, planDigest, kbId, Optional.empty(), expiresAt);
  }

  /**
   * What an envelope says, whoever signed it.
   *
   * @throws IOException when it holds no approval
   */
  public static Approval in(JsonNode envelope) throws IOException {
    String type = envelope.path("payloadType").asText("");
    if (!type.equals(PAYLOAD_TYPE)) {
      throw new IOException(
          "expected a DSSE envelope of type "
              + PAYLOAD_TYPE
              + ", found type '"
              + PlainText.visible(type, 100)
              + "'");
    }
    try {
      byte[] payload = Base64.getDecoder().decode(envelope.path("payload").asText());
      return Json.whole(Json.parse(payload), Approval.class);
    } catch (IllegalArgumentException e) {
      throw new IOException("expected the payload in Base64, found other text");
    }
  }
}
