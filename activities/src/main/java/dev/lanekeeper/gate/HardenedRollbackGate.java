package dev.lanekeeper.gate;

import com.fasterxml.jackson.databind.JsonNode;
import dev.lanekeeper.verdict.RejectCode;
import dev.lanekeeper.verdict.Verdict;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The gate {@code hardened-rollback/v1}: does this evidence prove that each rollback works?
 *
 * <p>Evidence: {@code laneId}, {@code productionRollbackStatus}, {@code rollbacks[]} with {@code
 * rollbackId, changeId, path, before, afterApply, afterRollback} (a head: {@code "ABSENT"} or
 * {@code {revision, sha256}}), and {@code trees} with the digests {@code before, afterApply,
 * afterRollback} of the whole staging tree.
 */
public final class HardenedRollbackGate {

  /** What evidence may say of a rollback in production: that there is none, or no proof. */
  private static final Set<String> NO_CLAIM = Set.of("NOT_APPLICABLE", "NOT_PROVEN");

  /** The gate's name and version. */
  public static final String NAME = "hardened-rollback/v1";

  private static final String HEX = "[0-9a-f]{64}";

  /**
   * Judges evidence.
   *
   * @param evidence the evidence
   * @param laneId the lane whose evidence it must be
   * @param rollbackIds the rollbacks that must be proved
   */
  public Verdict judge(JsonNode evidence, String laneId, Collection<String> rollbackIds) {
    JsonNode rollbacks = evidence.path("rollbacks");
    if (rollbackIds.isEmpty() || !rollbacks.isArray()) {
      return Verdict.reject(
          RejectCode.GATE_EVALUATED_NOTHING, "", "evidence of rollbacks", "no rollbacks");
    }
    if (!evidence.path("laneId").asText("").equals(laneId)) {
      String foreign = evidence.path("laneId").asText("");
      return Verdict.reject(RejectCode.FOREIGN_LANE_ID, foreign, laneId, foreign);
    }
    String production = evidence.path("productionRollbackStatus").asText("");
    if (!NO_CLAIM.contains(production)) {
      return Verdict.reject(
          RejectCode.PRODUCTION_STATUS_CLAIMED, production, "NOT_APPLICABLE", production);
    }
    Map<String, JsonNode> proofs = new HashMap<>();
    for (JsonNode proof : rollbacks) {
      String id = proof.path("rollbackId").asText("");
      if (proofs.put(id, proof) != null) {
        return Verdict.reject(
            RejectCode.ROLLBACK_PROOF_MISSING, id, "one proof of each rollback id", "two of " + id);
      }
    }
    for (String id : rollbackIds) {
      Verdict verdict =
          proofs.containsKey(id)
              ? rollback(id, proofs.get(id))
              : Verdict.reject(RejectCode.ROLLBACK_PROOF_MISSING, id, "a proof of " + id, "none");
      if (!verdict.passed()) {
        return verdict;
      }
    }
    if (!proofs.keySet().equals(Set.copyOf(rollbackIds))) {
      return Verdict.reject(
          RejectCode.ROLLBACK_PROOF_MISSING,
          "",
          "proofs of exactly " + rollbackIds,
          "proofs of " + proofs.keySet());
    }
    return trees(evidence.path("trees"));
  }

  private static Verdict rollback(String id, JsonNode proof) {
    for (String moment : new String[] {"before", "afterApply", "afterRollback"}) {
      Optional<Verdict> bad = head(id, moment, proof.path(moment));
      if (bad.isPresent()) {
        return bad.get();
      }
    }
    JsonNode before = proof.path("before");
    JsonNode applied = proof.path("afterApply");
    JsonNode restored = proof.path("afterRollback");
    if (applied.equals(before) || !applied.isObject()) {
      return Verdict.reject(
          RejectCode.ROLLBACK_APPLY_DID_NOT_MUTATE,
          id,
          "a head after apply that differs from " + before,
          applied.toString());
    }
    if (applied.path("sha256").equals(before.path("sha256"))) {
      return Verdict.reject(
          RejectCode.ROLLBACK_APPLY_EQUALS_BEFORE,
          id,
          "bytes after apply that differ from before",
          "the same sha256 " + applied.path("sha256").asText());
    }
    if (!restored.equals(before)) {
      return Verdict.reject(
          RejectCode.ROLLBACK_DID_NOT_RESTORE, id, before.toString(), restored.toString());
    }
    return Verdict.pass();
  }

  private static Optional<Verdict> head(String id, String moment, JsonNode head) {
    if (head.isTextual() && head.asText().equals("ABSENT")) {
      return Optional.empty();
    }
    if (!head.isObject()) {
      return Optional.of(
          Verdict.reject(
              RejectCode.ROLLBACK_PROOF_MISSING, id, "the head " + moment, head.toString()));
    }
    if (!head.path("sha256").asText("").matches(HEX) || !head.path("revision").isInt()) {
      return Optional.of(
          Verdict.reject(
              RejectCode.ROLLBACK_HASH_MISSING,
              id,
              "revision and sha256 of the head " + moment,
              head.toString()));
    }
    return Optional.empty();
  }

  private static Verdict trees(JsonNode trees) {
    String before = trees.path("before").asText("");
    String applied = trees.path("afterApply").asText("");
    String restored = trees.path("afterRollback").asText("");
    if (!before.matches(HEX) || !applied.matches(HEX) || !restored.matches(HEX)) {
      return Verdict.reject(
          RejectCode.ROLLBACK_HASH_MISSING, "trees", "three tree digests", trees.toString());
    }
    if (applied.equals(before)) {
      return Verdict.reject(
          RejectCode.ROLLBACK_APPLY_DID_NOT_MUTATE, "trees", "a changed tree", applied);
    }
    return restored.equals(before)
        ? Verdict.pass()
        : Verdict.reject(RejectCode.ROLLBACK_DID_NOT_RESTORE, "trees", before, restored);
  }
}
