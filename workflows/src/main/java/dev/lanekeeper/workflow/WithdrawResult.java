package dev.lanekeeper.workflow;

import dev.lanekeeper.verdict.Verdict;
import java.util.List;
import java.util.Optional;

/**
 * What {@code Rollback} did, one line a document, in the order done (the reverse of publication).
 *
 * @param complete whether every head is as it was before the lane, read afresh
 * @param outcomes one line a document
 * @param refused why nothing was withdrawn or changed at all
 */
public record WithdrawResult(
    boolean complete, List<String> outcomes, Optional<Verdict.Reject> refused) {

  /** Puts an empty value where an earlier release said nothing. */
  public WithdrawResult {
    refused = refused == null ? Optional.empty() : refused;
  }

  /** What was done, without a refusal. */
  public WithdrawResult(boolean complete, List<String> outcomes) {
    this(complete, outcomes, Optional.empty());
  }
}
