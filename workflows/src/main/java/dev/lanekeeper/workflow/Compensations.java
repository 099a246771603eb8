package dev.lanekeeper.workflow;

import dev.lanekeeper.verdict.Verdict;
import io.temporal.failure.TemporalFailure;
import io.temporal.workflow.Workflow;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * The saga's undo steps: registered before what they undo, run in reverse and detached from
 * cancellation; a step that fails is recorded and the next one runs all the same.
 */
final class Compensations {

  private record Step(String name, Supplier<WithdrawResult> undo) {}

  private final Deque<Step> steps = new ArrayDeque<>();
  private final ResultCheck results;

  Compensations(ResultCheck results) {
    this.results = results;
  }

  void register(String name, Supplier<WithdrawResult> undo) {
    steps.push(new Step(name, undo));
  }

  WithdrawResult run() {
    List<String> outcomes = new ArrayList<>();
    List<Verdict.Reject> refused = new ArrayList<>();
    boolean[] complete = {true};
    Workflow.newDetachedCancellationScope(
            () -> {
              for (Step step : steps) {
                try {
                  WithdrawResult result =
                      ResultCheck.readable(step.undo())
                          .orElseGet(() -> new WithdrawResult(false, List.of()));
                  Optional<String> unverified = results.problem(result);
                  if (unverified.isPresent()) {
                    outcomes.add(step.name() + ": UNVERIFIED: " + unverified.get());
                    complete[0] = false;
                    continue;
                  }
                  outcomes.addAll(result.outcomes());
                  result.refused().ifPresent(refused::add);
                  complete[0] &= result.complete();
                } catch (TemporalFailure e) {
                  outcomes.add(step.name() + ": FAILED: " + rootMessage(e));
                  complete[0] = false;
                }
              }
            })
        .run();
    return new WithdrawResult(complete[0], List.copyOf(outcomes), refused.stream().findFirst());
  }

  private static String rootMessage(Throwable failure) {
    Throwable root = failure;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    return String.valueOf(root.getMessage());
  }
}
