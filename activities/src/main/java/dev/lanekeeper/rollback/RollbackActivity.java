package dev.lanekeeper.rollback;

import dev.lanekeeper.kb.KnowledgeBase;
import dev.lanekeeper.kb.LedgerEntry;
import dev.lanekeeper.scope.Effect;
import dev.lanekeeper.stage.StageEnvironment;
import dev.lanekeeper.workflow.Activities;
import dev.lanekeeper.workflow.Owner;
import dev.lanekeeper.workflow.WithdrawCall;
import dev.lanekeeper.workflow.WithdrawResult;
import io.temporal.activity.Activity;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The compensation. It needs no live grant, asks for no scope, and takes nothing from its caller
 * but whose claim it is: an expired grant must never strand a half-applied change.
 */
public final class RollbackActivity implements Activities.Rollback {

  private static final Logger LOG = LoggerFactory.getLogger(RollbackActivity.class);

  private final StageEnvironment environment;

  /** The activity on a worker. */
  public RollbackActivity(StageEnvironment environment) {
    this.environment = environment;
  }

  @Override
  public WithdrawResult withdraw(WithdrawCall call) {
    try {
      Owner owner = call.run().orElseGet(() -> environment.owner(call.runId()));
      recordEffects(owner);
      KnowledgeBase.Withdrawal withdrawal = environment.kb().withdraw(owner);
      List<String> outcomes =
          withdrawal.steps().stream()
              .map(
                  s -> s.changeId() + " " + s.path() + ": " + s.outcome() + " (" + s.detail() + ")")
              .toList();
      LOG.info("withdrawal {}: {}", withdrawal.complete() ? "complete" : "not complete", outcomes);
      return new WithdrawResult(withdrawal.complete(), outcomes);
    } catch (IOException e) {
      throw Activity.wrap(e);
    }
  }

  /** Each withdrawal is in the ledger before it happens. */
  private void recordEffects(Owner owner) throws IOException {
    Optional<LedgerEntry.Claimed> claim = environment.kb().ledger().openClaim(owner);
    if (claim.isPresent()) {
      for (LedgerEntry.Intent intent : environment.kb().ledger().intents(claim.get().epoch())) {
        environment
            .kb()
            .record(
                new LedgerEntry.EffectRecorded(
                    owner,
                    Activities.ROLLBACK,
                    Effect.of("kb.document.withdraw", "kb:" + intent.path()),
                    true,
                    ""));
      }
    }
  }
}
