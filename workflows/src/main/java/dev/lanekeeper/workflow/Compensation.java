package dev.lanekeeper.workflow;

import io.temporal.failure.TemporalFailure;
import io.temporal.workflow.Workflow;
import java.util.List;
import java.util.function.Supplier;

/**
 * The saga's undo: made before what it undoes, run detached from cancellation; that it failed, or
 * that no trusted worker says what it did, is recorded.
 */
record Compensation(String name, Supplier<WithdrawResult> undo) {

  WithdrawResult run(ResultCheck results) {
    WithdrawResult[] done = new WithdrawResult[1];
    Workflow.newDetachedCancellationScope(() -> done[0] = attempt(results)).run();
    return done[0];
  }

  private WithdrawResult attempt(ResultCheck results) {
    try {
      WithdrawResult result =
          ResultCheck.readable(undo).orElseGet(() -> new WithdrawResult(false, List.of()));
      return results
          .problem(result)
          .map(unverified -> failed("UNVERIFIED: " + unverified))
          .orElse(result);
    } catch (TemporalFailure e) {
      return failed("FAILED: " + rootMessage(e));
    }
  }

  private WithdrawResult failed(String how) {
    return new WithdrawResult(false, List.of(name + ": " + how));
  }

  private static String rootMessage(Throwable failure) {
    Throwable root = failure;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    return String.valueOf(root.getMessage());
  }
}
