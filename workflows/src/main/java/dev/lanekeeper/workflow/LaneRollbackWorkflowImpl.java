package dev.lanekeeper.workflow;

import dev.lanekeeper.lane.LaneName;
import dev.lanekeeper.verdict.Verdict;
import io.temporal.common.converter.RawValue;
import io.temporal.failure.ApplicationFailure;
import io.temporal.workflow.Workflow;
import java.util.List;
import java.util.Optional;

/** One undo step for a run whose own workflow can no longer do it. */
public class LaneRollbackWorkflowImpl implements LaneRollbackWorkflow {

  private final Activities.Rollback rollback =
      StageStubs.compensation(Activities.Rollback.class, "withdraw what the lane published");
  private final Activities.Seal seal =
      StageStubs.compensation(Activities.Seal.class, "seal the evidence");

  @Override
  public LaneOutcome run(RawValue input) {
    Page page = new Page();
    RollbackRequest request =
        Input.read(
            input,
            RollbackRequest.class,
            "a rollback request",
            "start it with 'lanekeeper rollback', which names the run");
    Owner run = request.run();
    page.runs(Optional.of(request.lane()), Optional.empty());
    Compensations undo = new Compensations();
    undo.register(
        "withdraw what the ledger shows under the run's claim",
        () ->
            rollback.withdraw(
                new WithdrawCall(run.runId().value(), Optional.of(run), request.grant())));
    WithdrawResult withdrawn = undo.run();
    if (withdrawn.refused().isPresent()) {
      throw refused(page, request, withdrawn.refused().get());
    }
    LaneEnd end = withdrawn.complete() ? LaneEnd.ROLLED_BACK : LaneEnd.ROLLBACK_FAILED;
    LaneName lane = request.lane();
    SealCall call =
        new SealCall(
            lane,
            run.runId().value(),
            Optional.of(run),
            Optional.empty(),
            Optional.empty(),
            end,
            Optional.empty(),
            Optional.empty(),
            withdrawn);
    LaneOutcome outcome =
        new LaneOutcome(
            lane,
            end,
            false,
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            withdrawn.outcomes(),
            Sealing.seal(seal, call));
    page.ends(outcome);
    Workflow.setCurrentDetails(Details.rollback(request, outcome));
    if (end == LaneEnd.ROLLBACK_FAILED) {
      throw Refusal.of(end.name(), outcome.sentence(), outcome);
    }
    return outcome;
  }

  /** The lane stays applied: nothing was withdrawn, and its ledger and evidence are as before. */
  private static ApplicationFailure refused(
      Page page, RollbackRequest request, Verdict.Reject reject) {
    LaneOutcome outcome =
        new LaneOutcome(
            request.lane(),
            LaneEnd.REJECTED,
            false,
            Optional.empty(),
            Optional.empty(),
            Optional.of(reject),
            List.of(),
            Optional.empty());
    page.ends(outcome);
    Workflow.setCurrentDetails(Details.rollback(request, outcome));
    return Refusal.of(
        LaneEnd.REJECTED.name(),
        "The rollback of lane "
            + request.lane()
            + " was refused and changed nothing: "
            + reject.sentence()
            + ". Remedy: "
            + reject.code().remedy()
            + ".",
        outcome);
  }
}
