package dev.lanekeeper.workflow;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lanekeeper.canonical.Json;
import dev.lanekeeper.verdict.Verdict;
import java.util.List;
import java.util.Optional;

/**
 * What {@code Rollback} did, one line a document, in the order done (the reverse of publication).
 *
 * @param complete whether every head is as it was before the lane, read afresh
 * @param outcomes one line a document
 * @param refused why nothing was withdrawn or changed at all
 * @param signed the worker's {@link ResultStatement} about it, as a DSSE envelope
 */
public record WithdrawResult(
    boolean complete,
    List<String> outcomes,
    Optional<Verdict.Reject> refused,
    Optional<String> signed) {

  /** Puts an empty list where nothing is said. */
  public WithdrawResult {
    outcomes = outcomes == null ? List.of() : outcomes;
  }

  /** A result that nobody has signed yet. */
  public WithdrawResult(boolean complete, List<String> outcomes, Optional<Verdict.Reject> refused) {
    this(complete, outcomes, refused, Optional.empty());
  }

  /** What was done, without a refusal. */
  public WithdrawResult(boolean complete, List<String> outcomes) {
    this(complete, outcomes, Optional.empty());
  }

  /** The same, signed. */
  public WithdrawResult signed(String envelope) {
    return new WithdrawResult(complete, outcomes, refused, Optional.of(envelope));
  }

  /** What the signature covers. */
  public ObjectNode core() {
    ObjectNode core = Json.object().put("complete", complete);
    core.set("outcomes", Json.tree(outcomes));
    core.set("refused", Json.tree(refused));
    return core;
  }
}
