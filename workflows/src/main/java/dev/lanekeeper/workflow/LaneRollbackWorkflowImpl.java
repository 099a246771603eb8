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

  private final TrustedKeys keys;

  private LaneStatus.Phase phase = LaneStatus.Phase.WITHDRAWING;
  private Optional<LaneOutcome> ended = Optional.empty();

  /** A rollback whose results nobody's signature bears out; a replay reads what was asked. */
  public LaneRollbackWorkflowImpl() {
    this((role, key) -> false);
  }

  /**
   * A rollback on a worker.
   *
   * @param keys whose signatures the worker's installation believes
   */
  public LaneRollbackWorkflowImpl(TrustedKeys keys) {
    this.keys = keys;
  }

  @Override
  public LaneOutcome run(RawValue input) {
    ResultCheck results = new ResultCheck(keys);
    RollbackRequest request = RollbackRequest.read(input);
    Owner run = request.run();
    Page.markRunning(Optional.of(request.lane()), Optional.empty());
    WithdrawResult withdrawn =
        new Compensation(
                "withdraw what the ledger shows under the run's claim",
                () ->
                    rollback.withdraw(
                        new WithdrawCall(Optional.of(run), request.grant(), request.kbId())))
            .run(results);
    if (withdrawn.refused().isPresent()) {
      throw refused(request, withdrawn.refused().get());
    }
    LaneName lane = request.lane();
    phase = LaneStatus.Phase.SEALING;
    Optional<SealedPacket> packet =
        Sealing.seal(seal, lane, new SealCall(Optional.of(run), results.kbId().or(request::kbId)));
    // The end that a run had before remains, also when its documents could not be withdrawn.
    LaneEnd end =
        withdrawn.complete()
            ? results
                .end(packet, Optional.of(run))
                .map(EndStatement::end)
                .orElse(LaneEnd.ROLLED_BACK)
            : LaneEnd.ROLLBACK_FAILED;
    LaneOutcome outcome =
        new LaneOutcome(
            lane,
            end,
            false,
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            withdrawn.outcomes(),
            packet);
    ends(outcome);
    Workflow.setCurrentDetails(Details.rollback(request, outcome));
    if (end == LaneEnd.ROLLBACK_FAILED) {
      throw Refusal.of(end.name(), outcome.sentence(), outcome);
    }
    return outcome;
  }

  @Override
  public LaneStatus status() {
    return new LaneStatus(
        phase,
        List.of(),
        Optional.empty(),
        Optional.empty(),
        ended.map(LaneOutcome::end),
        ended.flatMap(LaneOutcome::packet));
  }

  private void ends(LaneOutcome outcome) {
    phase = LaneStatus.Phase.ENDED;
    ended = Optional.of(outcome);
    Page.markEnded(outcome);
  }

  /** The lane stays applied: nothing was withdrawn, and its ledger and evidence are as before. */
  private ApplicationFailure refused(RollbackRequest request, Verdict.Reject reject) {
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
    ends(outcome);
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
