package dev.lanekeeper.workflow;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.canonical.Json;
import dev.lanekeeper.lane.LaneName;
import dev.lanekeeper.lane.Stage;
import dev.lanekeeper.signature.Signed;
import dev.lanekeeper.signature.SigningKey;
import dev.lanekeeper.verdict.Verdict;
import java.time.Instant;
import java.util.Optional;

/**
 * How a run ended, as the worker that recorded it in the ledger signs it: the reviewer for an
 * applied run, the executor for every other.
 *
 * @param run the run
 * @param lane its lane
 * @param kbId the knowledge base whose ledger says so
 * @param planDigest the plan, if S0 found one
 * @param grant the SHA-256 of the grant's envelope, if S0 verified one
 * @param ownerSpki the key that signed the grant, as DER SubjectPublicKeyInfo in Base64
 * @param end the end
 * @param stage where it stopped, if a stage refused
 * @param reject why, if a stage refused
 * @param location the packet, relative to the evidence store
 * @param packetTree the digest of its files
 * @param stableTree the same without what varies from run to run
 * @param at when, by the worker's clock
 */
@JsonInclude(JsonInclude.Include.NON_ABSENT)
public record EndStatement(
    @JsonProperty(required = true) int formatVersion,
    @JsonProperty(required = true) Owner run,
    @JsonProperty(required = true) LaneName lane,
    @JsonProperty(required = true) String kbId,
    Optional<Digest> planDigest,
    Optional<Digest> grant,
    Optional<String> ownerSpki,
    @JsonProperty(required = true) LaneEnd end,
    Optional<Stage> stage,
    Optional<Verdict.Reject> reject,
    @JsonProperty(required = true) String location,
    @JsonProperty(required = true) Digest packetTree,
    @JsonProperty(required = true) Digest stableTree,
    @JsonProperty(required = true) Instant at) {

  /** The DSSE payload type. */
  public static final String PAYLOAD_TYPE = "application/vnd.lanekeeper.end+json";

  public EndStatement {
    Json.requireFormat(formatVersion);
  }

  /** Signs the statement, as the text of a DSSE envelope. */
  public String sign(SigningKey key) {
    return Signed.write(PAYLOAD_TYPE, this, key);
  }

  /** The statement in an envelope; empty when it is none, or its signature is not its key's. */
  public static Optional<Signed<EndStatement>> read(String envelope) {
    return Signed.read(PAYLOAD_TYPE, EndStatement.class, envelope);
  }
}
