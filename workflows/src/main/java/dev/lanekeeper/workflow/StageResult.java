package dev.lanekeeper.workflow;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.canonical.Json;
import dev.lanekeeper.lane.Stage;
import dev.lanekeeper.verdict.Verdict;
import java.util.Optional;

/**
 * What a stage found.
 *
 * @param stage the stage
 * @param verdict its verdict
 * @param evidence the digest of the evidence that it wrote; absent when it could write none
 * @param note a few words for people
 * @param signed the worker's {@link ResultStatement} about it, as a DSSE envelope
 */
public record StageResult(
    Stage stage, Verdict verdict, Optional<Digest> evidence, String note, Optional<String> signed) {

  /** Puts an empty value where an earlier release said nothing; wants what every result says. */
  public StageResult {
    if (stage == null || verdict == null || note == null) {
      throw new IllegalArgumentException("expected stage, verdict and note, found null");
    }
    evidence = evidence == null ? Optional.empty() : evidence;
    signed = signed == null ? Optional.empty() : signed;
  }

  /** A result that nobody has signed yet. */
  public StageResult(Stage stage, Verdict verdict, Optional<Digest> evidence, String note) {
    this(stage, verdict, evidence, note, Optional.empty());
  }

  /** The same, signed. */
  public StageResult signed(String envelope) {
    return new StageResult(stage, verdict, evidence, note, Optional.of(envelope));
  }

  /** What the signature covers. */
  public ObjectNode core() {
    ObjectNode core = Json.object().put("stage", stage.name()).put("note", note);
    core.set("verdict", Json.tree(verdict));
    core.put("evidence", evidence.map(Digest::hex).orElse(""));
    return core;
  }
}
