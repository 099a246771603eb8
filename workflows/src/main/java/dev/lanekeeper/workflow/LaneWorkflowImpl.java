package dev.lanekeeper.workflow;

import dev.lanekeeper.lane.LaneName;
import dev.lanekeeper.lane.Stage;
import dev.lanekeeper.text.CommandName;
import dev.lanekeeper.verdict.RejectCode;
import dev.lanekeeper.verdict.Verdict;
import io.temporal.common.converter.RawValue;
import io.temporal.failure.ActivityFailure;
import io.temporal.failure.ApplicationFailure;
import io.temporal.failure.CanceledFailure;
import io.temporal.workflow.DynamicSignalHandler;
import io.temporal.workflow.Workflow;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;

/** A lane run as the list of its stages. What decides is in {@link LaneRules}. */
public class LaneWorkflowImpl implements LaneWorkflow {

  private enum Answer {
    RESUME,
    ROLLBACK,
    ABORT
  }

  private final Activities.S0Preflight s0 = StageStubs.of(Stage.S0, Activities.S0Preflight.class);
  private final Activities.S1SealVersusBytes s1 =
      StageStubs.of(Stage.S1, Activities.S1SealVersusBytes.class);
  private final Activities.S2StagingRollbackProof s2 =
      StageStubs.of(Stage.S2, Activities.S2StagingRollbackProof.class);
  private final Activities.S3HardenedGate s3 =
      StageStubs.of(Stage.S3, Activities.S3HardenedGate.class);
  private final Activities.S4ExecutionProbes s4 =
      StageStubs.of(Stage.S4, Activities.S4ExecutionProbes.class);
  private final Activities.S5PublishPrimary s5 =
      StageStubs.of(Stage.S5, Activities.S5PublishPrimary.class);
  private final Activities.S6PublishAddenda s6 =
      StageStubs.of(Stage.S6, Activities.S6PublishAddenda.class);
  private final Activities.S7Review s7 = StageStubs.of(Stage.S7, Activities.S7Review.class);
  private final Activities.Rollback rollback =
      StageStubs.compensation(Activities.Rollback.class, "withdraw what the lane published");
  private final Activities.Seal seal =
      StageStubs.compensation(Activities.Seal.class, "seal the evidence");

  private final TrustedKeys keys;
  private final Progress progress = new Progress();
  private Optional<LaneRequest> request = Optional.empty();
  private Optional<Hold> hold = Optional.empty();
  private Optional<Answer> answer = Optional.empty();
  private Optional<String> approval = Optional.empty();
  private Optional<SealedPacket> appliedBefore = Optional.empty();
  private Optional<LaneOutcome> outcome = Optional.empty();
  private ResultCheck results;
  private LaneName lane;
  private int holds;
  private int resumes;

  /** A lane whose results nobody's signature bears out; a replay reads what was asked before. */
  public LaneWorkflowImpl() {
    this((role, key) -> false);
  }

  /**
   * A lane on a worker.
   *
   * @param keys whose signatures the worker's installation believes
   */
  public LaneWorkflowImpl(TrustedKeys keys) {
    this.keys = keys;
  }

  @Override
  public LaneOutcome run(RawValue input) {
    results = new ResultCheck(keys);
    Workflow.registerListener((DynamicSignalHandler) (name, arguments) -> {});
    LaneRequest request = read(input);
    this.request = Optional.of(request);
    lane = request.lane();
    Page.markRunning(Optional.of(lane), progress.plan());
    Compensation undo =
        new Compensation(
            "withdraw what the ledger shows under this claim",
            () ->
                rollback.withdraw(
                    new WithdrawCall(Optional.empty(), Optional.empty(), results.kbId())));
    try {
      SealedPacket packet = throughStages(request);
      return finish(applied(request, false, Optional.of(packet)));
    } catch (LaneStopped stopped) {
      if (stopped.reject().filter(r -> r.code() == RejectCode.ALREADY_APPLIED).isPresent()) {
        return finish(applied(request, true, appliedBefore));
      }
      return end(request, stopped, undo);
    } catch (ApplicationFailure forbidden) {
      Verdict.Reject reject =
          Verdict.reject(
              RejectCode.STAGE_FORBIDDEN,
              "",
              "the ten activity types of a lane",
              forbidden.getOriginalMessage());
      return end(request, new LaneStopped(LaneEnd.REJECTED, null, Optional.of(reject)), undo);
    }
  }

  private LaneRequest read(RawValue input) {
    try {
      return LaneRequest.read(input);
    } catch (ApplicationFailure refused) {
      progress.enters(LaneStatus.Phase.ENDED);
      Page.markRefused(RejectCode.INVALID_LANE_INPUT);
      throw refused;
    }
  }

  private SealedPacket throughStages(LaneRequest request) {
    while (true) {
      try {
        PreflightResult preflight =
            stage(
                Stage.S0,
                () -> s0.preflight(request, resumes),
                PreflightResult::result,
                result -> results.refuse(result, resumes));
        StageCall call =
            new StageCall(
                request.lane(),
                results.kbId(),
                resumes,
                preflight.planDigest().orElseThrow(),
                preflight.grant().orElseThrow());
        progress.plan(preflight.planDigest());
        stage(Stage.S1, () -> s1.recheck(call));
        stage(Stage.S2, () -> s2.prove(call));
        GatePass gate = new GatePass(stage(Stage.S3, () -> s3.judge(call)));
        ProbePass probes = new ProbePass(stage(Stage.S4, () -> s4.probe(call)));
        PublishPass primary =
            new PublishPass(stage(Stage.S5, () -> s5.publish(call, gate, probes, approval)));
        stage(Stage.S6, () -> s6.publish(call, primary));
        return stage(Stage.S7, () -> s7.review(call), ReviewResult::result, this::refuseReview)
            .packet()
            .orElseThrow();
      } catch (Resumed resumed) {
        progress.restartAt(resumed.at());
        Page.markRunning(Optional.of(lane), progress.plan());
      }
    }
  }

  private StageResult stage(Stage stage, Supplier<StageResult> activity) {
    return stage(
        stage, activity, Function.identity(), result -> results.refuse(stage, result, resumes));
  }

  /** A pass of S7 is believed with the end that the reviewer recorded, and not without. */
  private Optional<Verdict.Reject> refuseReview(ReviewResult review) {
    Optional<Verdict.Reject> refused = results.refuse(Stage.S7, review.result(), resumes);
    boolean ended =
        !review.result().verdict().passed()
            || results
                .end(review.packet(), Optional.empty())
                .filter(end -> end.end() == LaneEnd.APPLIED)
                .isPresent();
    return refused.isPresent() || ended
        ? refused
        : Optional.of(
            Verdict.reject(
                RejectCode.RESULT_UNVERIFIED,
                Stage.S7.name(),
                "the end APPLIED of this run, signed by a reviewer that the trust root names",
                "none"));
  }

  /**
   * Performs a stage unless it has passed; returns only with a pass.
   *
   * @param refuse why a result is not one to believe
   */
  @SuppressWarnings("unchecked") // what passed in a stage came from the same supplier's type
  private <R> R stage(
      Stage stage,
      Supplier<R> activity,
      Function<R, StageResult> resultOf,
      Function<R, Optional<Verdict.Reject>> refuse) {
    Optional<Object> before = progress.passed(stage);
    if (before.isPresent()) {
      return (R) before.get();
    }
    progress.begins(stage);
    show();
    Verdict.Reject reject;
    try {
      Optional<R> answered = ResultCheck.readable(activity);
      Optional<Verdict.Reject> unverified =
          answered.isPresent()
              ? refuse.apply(answered.get())
              : Optional.of(ResultCheck.unreadable(stage.name()));
      StageResult result =
          unverified
              .map(r -> new StageResult(stage, r, Optional.empty(), "not by a worker"))
              .orElseGet(() -> resultOf.apply(answered.orElseThrow()));
      progress.ends(stage, result);
      if (unverified.isEmpty() && answered.get() instanceof PreflightResult preflight) {
        progress.plan(preflight.planDigest());
        appliedBefore = preflight.applied();
      }
      if (LaneRules.after(result.verdict(), progress.mayHavePublished())
          == LaneRules.Next.ADVANCE) {
        progress.passes(stage, answered.orElseThrow());
        return answered.get();
      }
      reject = result.verdict().rejection().orElseThrow();
    } catch (ActivityFailure failure) {
      if (failure.getCause() instanceof CanceledFailure) {
        throw new LaneStopped(LaneEnd.CANCELED, stage, Optional.empty());
      }
      reject = LaneRules.fault(stage, failure);
      progress.ends(stage, new StageResult(stage, reject, Optional.empty(), "fault"));
    } catch (CanceledFailure canceled) {
      throw new LaneStopped(LaneEnd.CANCELED, stage, Optional.empty());
    }
    if (LaneRules.after(reject, progress.mayHavePublished()) == LaneRules.Next.HOLD) {
      waitForAnswer(stage, reject);
    }
    throw new LaneStopped(LaneEnd.REJECTED, stage, Optional.of(reject));
  }

  private void waitForAnswer(Stage stage, Verdict.Reject reject) {
    holds++;
    Hold open = new Hold(holds, stage, reject, reject.code().remedy());
    hold = Optional.of(open);
    answer = Optional.empty();
    progress.enters(LaneStatus.Phase.HELD);
    Page.markHeld(lane, open, progress.plan());
    show();
    try {
      Workflow.await(() -> answer.isPresent());
    } catch (CanceledFailure canceled) {
      throw new LaneStopped(LaneEnd.CANCELED, stage, Optional.of(reject));
    } finally {
      hold = Optional.empty();
    }
    switch (answer.orElseThrow()) {
      case RESUME -> {
        resumes++;
        throw new Resumed(LaneRules.resumeAt(stage, reject.code()));
      }
      case ROLLBACK -> throw new LaneStopped(LaneEnd.ROLLED_BACK, stage, Optional.of(reject));
      case ABORT -> throw new LaneStopped(LaneEnd.ABORTED, stage, Optional.of(reject));
    }
  }

  /** Undoes, seals the evidence, and ends the workflow as the ledger says that the run ended. */
  private LaneOutcome end(LaneRequest request, LaneStopped stopped, Compensation undo) {
    progress.enters(LaneStatus.Phase.WITHDRAWING);
    show();
    WithdrawResult withdrawn = undo.run(results);
    progress.enters(LaneStatus.Phase.SEALING);
    show();
    Optional<SealedPacket> packet =
        Sealing.seal(seal, request.lane(), new SealCall(Optional.empty(), results.kbId()));
    Optional<EndStatement> recorded = results.end(packet, Optional.empty());
    LaneEnd end =
        recorded
            .map(EndStatement::end)
            .orElse(withdrawn.complete() ? stopped.end() : LaneEnd.ROLLBACK_FAILED);
    if (end == LaneEnd.APPLIED) {
      // S7 had applied the lane before its answer was lost; nothing was undone.
      return finish(applied(request, packet.isEmpty(), packet));
    }
    LaneOutcome ended =
        finish(
            new LaneOutcome(
                request.lane(),
                end,
                false,
                progress.plan(),
                Optional.ofNullable(stopped.stage()),
                stopped.reject(),
                withdrawn.outcomes(),
                packet));
    if (end == LaneEnd.CANCELED) {
      throw new CanceledFailure(ended.sentence());
    }
    throw Refusal.of(end.name(), ended.sentence(), ended);
  }

  private LaneOutcome applied(LaneRequest request, boolean before, Optional<SealedPacket> packet) {
    return new LaneOutcome(
        request.lane(),
        LaneEnd.APPLIED,
        before,
        progress.plan(),
        Optional.empty(),
        Optional.empty(),
        List.of(),
        packet);
  }

  private LaneOutcome finish(LaneOutcome ended) {
    progress.enters(LaneStatus.Phase.ENDED);
    outcome = Optional.of(ended);
    show();
    Page.markEnded(ended);
    Workflow.newDetachedCancellationScope(() -> Workflow.await(Workflow::isEveryHandlerFinished))
        .run();
    return ended;
  }

  /** Renews what the page of this run shows. */
  private void show() {
    Workflow.setCurrentDetails(
        Details.markdown(status(), outcome) + request.map(Details::request).orElse(""));
  }

  @Override
  public LaneStatus status() {
    return progress.status(hold, outcome);
  }

  @Override
  public void resume(RawValue ref) {
    answer = Optional.of(Answer.RESUME);
  }

  @Override
  public void mayResume(RawValue ref) {
    validate("resume", ref);
  }

  @Override
  public void approve(RawValue value) {
    approval = Optional.of(approveRequest(value).approval().toString());
    answer = Optional.of(Answer.RESUME);
  }

  @Override
  public void mayApprove(RawValue value) {
    LaneRules.refuseApproval(
            open(),
            readAnswer(() -> approveRequest(value)),
            resumes,
            progress.plan(),
            new RunId(Workflow.getInfo().getOriginalExecutionRunId()),
            Instant.ofEpochMilli(Workflow.currentTimeMillis()))
        .ifPresent(LaneWorkflowImpl::refuse);
  }

  private static ApproveRequest approveRequest(RawValue value) {
    return Input.read(
        value,
        ApproveRequest.class,
        "an answer such as {\"hold\": 1, \"approval\": {...}}",
        "sign one with "
            + CommandName.APPROVE.quoted()
            + ", which sends it or writes it to a file with --out");
  }

  @Override
  public void rollback(RawValue ref) {
    answer = Optional.of(Answer.ROLLBACK);
  }

  @Override
  public void mayRollback(RawValue ref) {
    validate("rollback", ref);
  }

  @Override
  public void abort(RawValue ref) {
    answer = Optional.of(Answer.ABORT);
  }

  @Override
  public void mayAbort(RawValue ref) {
    validate("abort", ref);
  }

  private void validate(String update, RawValue value) {
    HoldRef ref =
        readAnswer(
            () ->
                Input.read(
                    value,
                    HoldRef.class,
                    "an answer such as {\"hold\": 1}",
                    "send the number of the hold that the lane's details show"));
    LaneRules.refuseUpdate(update, open(), ref, resumes).ifPresent(LaneWorkflowImpl::refuse);
  }

  /** The hold that an update may answer: one that is answered already takes no other. */
  private Optional<Hold> open() {
    return answer.isPresent() ? Optional.empty() : hold;
  }

  private static <T> T readAnswer(Supplier<T> read) {
    try {
      return read.get();
    } catch (ApplicationFailure unreadable) {
      throw Refusal.ofUpdate(new LaneRules.No(false, unreadable.getOriginalMessage()));
    }
  }

  private static void refuse(LaneRules.No why) {
    throw Refusal.ofUpdate(why);
  }

  /** Sends the walk back to an earlier stage. */
  private static final class Resumed extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private final Stage at;

    Resumed(Stage at) {
      super("resumed at " + at, null, false, false);
      this.at = at;
    }

    Stage at() {
      return at;
    }
  }
}
