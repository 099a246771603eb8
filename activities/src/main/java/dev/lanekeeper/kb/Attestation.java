package dev.lanekeeper.kb;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lanekeeper.canonical.CanonicalJson;
import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.canonical.Json;
import dev.lanekeeper.lane.Plan;
import dev.lanekeeper.lane.Stage;
import dev.lanekeeper.signature.Envelope;
import dev.lanekeeper.signature.SigningKey;
import dev.lanekeeper.signature.VerifyKey;
import dev.lanekeeper.verdict.RejectCode;
import dev.lanekeeper.workflow.Owner;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * What a stage signs about itself: an in-toto Statement v1 in a DSSE envelope. The verification key
 * travels beside it, and counts only if a grant names its thumbprint.
 */
public final class Attestation {

  /** The DSSE payload type of in-toto statements. */
  public static final String PAYLOAD_TYPE = "application/vnd.in-toto+json";

  /** The in-toto statement type. */
  public static final String TYPE = "https://in-toto.io/Statement/v1";

  /** The in-toto predicate type of a stage. */
  public static final String PREDICATE_TYPE = "https://lanekeeper.dev/stage/v1";

  private Attestation() {}

  /**
   * Signs a stage's statement.
   *
   * @param subjects digests by name
   * @param details further fields of the predicate
   */
  public static String sign(
      SigningKey key,
      Owner owner,
      String stage,
      Digest planDigest,
      String verdict,
      Map<String, Digest> subjects,
      ObjectNode details) {
    ObjectNode statement = Json.object();
    statement.put("_type", TYPE);
    ArrayNode list = statement.putArray("subject");
    new TreeMap<>(subjects)
        .forEach(
            (name, digest) -> {
              ObjectNode subject = list.addObject().put("name", name);
              subject.putObject("digest").put("sha256", digest.hex());
            });
    statement.put("predicateType", PREDICATE_TYPE);
    ObjectNode predicate = statement.putObject("predicate");
    predicate.setAll(details);
    predicate.put("stage", stage);
    predicate.put("planDigest", planDigest.hex());
    predicate.put("verdict", verdict);
    predicate.set("run", Json.tree(owner));
    predicate.put("keySpki", key.verifyKey().base64());
    return new String(
        Envelope.sign(PAYLOAD_TYPE, CanonicalJson.bytes(statement), key).bytes(),
        StandardCharsets.UTF_8);
  }

  /** The statement in an envelope whose key has this thumbprint. */
  public static Optional<JsonNode> verified(String attestation, Digest thumbprint) {
    try {
      Envelope envelope = Envelope.read(attestation.getBytes(StandardCharsets.UTF_8));
      JsonNode statement = Json.parse(envelope.payload());
      Json.refuseNulls(statement);
      VerifyKey key =
          VerifyKey.ofSpki(Base64.getDecoder().decode(statement.at("/predicate/keySpki").asText()));
      boolean holds =
          envelope.payloadType().equals(PAYLOAD_TYPE)
              && key.thumbprint().equals(thumbprint)
              && envelope.signedBy(java.util.List.of(key)).isPresent();
      return holds ? Optional.of(statement) : Optional.empty();
    } catch (IOException | IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  /** The code of the refusal that a statement tells of, whoever signed it. */
  static Optional<RejectCode> rejectCode(String attestation) {
    try {
      Envelope envelope = Envelope.read(attestation.getBytes(StandardCharsets.UTF_8));
      String reject = Json.parse(envelope.payload()).at("/predicate/reject").asText();
      String word = reject.split(":", 2)[0];
      return Stream.of(RejectCode.values()).filter(code -> code.name().equals(word)).findFirst();
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /** Why an attestation is not a pass of the stage by this run and key; empty when it is. */
  static Optional<String> problem(
      String attestation, Owner owner, Stage stage, Plan plan, Digest thumbprint) {
    Optional<JsonNode> statement = verified(attestation, thumbprint);
    if (statement.isEmpty()) {
      return Optional.of("a record of " + stage + " that this key did not sign");
    }
    JsonNode predicate = statement.get().path("predicate");
    if (!predicate.path("stage").asText().equals(stage.name())
        || !predicate.path("run").equals(Json.tree(owner))
        || !predicate.path("planDigest").asText().equals(plan.digest().hex())) {
      return Optional.of("a signed record of another stage, run or plan");
    }
    String verdict = predicate.path("verdict").asText();
    return verdict.equals("PASS") ? Optional.empty() : Optional.of("the verdict " + verdict);
  }
}
