package dev.lanekeeper.workflow;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.canonical.Json;
import dev.lanekeeper.lane.Id;
import dev.lanekeeper.signature.Envelope;
import java.io.IOException;
import java.time.Instant;
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
    Json.requireFormat(formatVersion);
    Id.of("id", id);
    Id.of("kbId", kbId);
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
  public static Approval in(Envelope envelope) throws IOException {
    return envelope.payloadAs(PAYLOAD_TYPE, Approval.class);
  }
}
