package dev.lanekeeper.authority;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.canonical.Json;
import dev.lanekeeper.lane.LaneName;
import dev.lanekeeper.signature.Signed;
import dev.lanekeeper.signature.SigningKey;
import java.time.Instant;
import java.util.Optional;

/**
 * What an agent signs to show that a request is its own: for one start of one workflow. A grant
 * that names the agent's key is of no use to anybody else.
 *
 * @param lane the lane's name
 * @param planDigest the plan
 * @param kbId the knowledge base
 * @param workflowId the workflow that it starts
 * @param at when it was signed
 */
public record RequestProof(
    @JsonProperty(required = true) int formatVersion,
    @JsonProperty(required = true) LaneName lane,
    @JsonProperty(required = true) Digest planDigest,
    @JsonProperty(required = true) String kbId,
    @JsonProperty(required = true) String workflowId,
    @JsonProperty(required = true) Instant at) {

  /** The DSSE payload type. */
  public static final String PAYLOAD_TYPE = "application/vnd.lanekeeper.request+json";

  public RequestProof {
    Json.requireFormat(formatVersion);
  }

  /** Signs the proof with the agent key, as the text of a DSSE envelope. */
  public String sign(SigningKey agent) {
    return Signed.write(PAYLOAD_TYPE, this, agent);
  }

  /** The proof in an envelope; empty when it is none, or its signature is not its key's. */
  public static Optional<Signed<RequestProof>> read(String envelope) {
    return Signed.read(PAYLOAD_TYPE, RequestProof.class, envelope);
  }
}
