package dev.lanekeeper.workflow;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lanekeeper.canonical.CanonicalJson;
import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.canonical.Json;
import dev.lanekeeper.signature.Signed;
import dev.lanekeeper.signature.SigningKey;
import java.util.Optional;

/**
 * What a worker signs about a result that it returns: whose it is, and which one. The service keeps
 * results as anybody completed them; with this, who reads one can tell whether a worker made it.
 *
 * @param caller the run that called the activity, by the service
 * @param kbId the knowledge base that the worker serves
 * @param activity the activity's type
 * @param round how often the lane was resumed before
 * @param attempt which attempt, from 1
 * @param result the SHA-256 of the canonical form of the result's core
 */
public record ResultStatement(
    @JsonProperty(required = true) int formatVersion,
    @JsonProperty(required = true) Owner caller,
    @JsonProperty(required = true) String kbId,
    @JsonProperty(required = true) String activity,
    @JsonProperty(required = true) int round,
    @JsonProperty(required = true) int attempt,
    @JsonProperty(required = true) Digest result) {

  /** The DSSE payload type. */
  public static final String PAYLOAD_TYPE = "application/vnd.lanekeeper.result+json";

  public ResultStatement {
    Json.requireFormat(formatVersion);
  }

  /** About a result with this core. */
  public ResultStatement(
      Owner caller, String kbId, String activity, int round, int attempt, ObjectNode core) {
    this(1, caller, kbId, activity, round, attempt, CanonicalJson.digest(core));
  }

  /** Signs the statement, as the text of a DSSE envelope. */
  public String sign(SigningKey key) {
    return Signed.write(PAYLOAD_TYPE, this, key);
  }

  /** The statement in an envelope; empty when it is none, or its signature is not its key's. */
  static Optional<Signed<ResultStatement>> read(Optional<String> envelope) {
    return envelope.flatMap(e -> Signed.read(PAYLOAD_TYPE, ResultStatement.class, e));
  }
}
