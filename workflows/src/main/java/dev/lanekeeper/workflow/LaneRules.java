package dev.lanekeeper.workflow;

import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.lane.Stage;
import dev.lanekeeper.signature.Envelope;
import dev.lanekeeper.verdict.RejectCode;
import dev.lanekeeper.verdict.Verdict;
import io.temporal.api.enums.v1.TimeoutType;
import io.temporal.failure.ActivityFailure;
import io.temporal.failure.ApplicationFailure;
import io.temporal.failure.TimeoutFailure;
import java.io.IOException;
import java.time.Instant;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;

/** What a lane does next: pure decisions, without Temporal's runtime. */
public final class LaneRules {

  /** After so many resumes only rollback or abort remain. */
  public static final int MAX_RESUMES = 100;

  private static final Set<RejectCode> APPROVALS =
      EnumSet.of(
          RejectCode.APPROVAL_MISSING, RejectCode.APPROVAL_INVALID, RejectCode.APPROVAL_EXPIRED);

  /**
   * What an activity of ours fails with, and all that a failure's name is believed: it holds the
   * lane. Whoever may write to the namespace can fail an activity under any name.
   */
  private static final Set<RejectCode> FAULTS = EnumSet.of(RejectCode.KB_MISMATCH);

  private LaneRules() {}

  /** What follows a stage's verdict. */
  public enum Next {
    ADVANCE,
    HOLD,
    STOP
  }

  /**
   * A pass advances; a fixable rejection holds; everything else, unknown included, stops.
   *
   * @param published whether the run may have published something
   */
  public static Next after(Verdict verdict, boolean published) {
    return verdict
        .rejection()
        .map(reject -> reject.code().holds(published) ? Next.HOLD : Next.STOP)
        .orElse(Next.ADVANCE);
  }

  /**
   * Where a resumed lane starts again: the first stage whose evidence may be stale. Only where
   * nothing but running was at fault does it start where it stopped, and S5 is the stage that takes
   * an approval.
   */
  public static Stage resumeAt(Stage stoppedAt, RejectCode code) {
    return switch (code) {
      case REVIEWER_ABSENT,
          REVIEW_NOT_INDEPENDENT,
          STAGE_FAULT,
          STORE_FULL,
          KB_UNREACHABLE,
          KB_MISMATCH,
          RESULT_UNVERIFIED,
          FROZEN ->
          stoppedAt;
      case APPROVAL_MISSING, APPROVAL_INVALID, APPROVAL_EXPIRED -> Stage.S5;
      default -> Stage.S0;
    };
  }

  /** What an activity that failed for good means for the lane. */
  public static Verdict.Reject fault(Stage stage, ActivityFailure failure) {
    Throwable cause = failure.getCause();
    if (cause instanceof TimeoutFailure timeout
        && timeout.getTimeoutType() == TimeoutType.TIMEOUT_TYPE_SCHEDULE_TO_START) {
      return Verdict.reject(
          stage == Stage.S7 ? RejectCode.REVIEWER_ABSENT : RejectCode.STAGE_FAULT,
          stage.name(),
          "a worker that takes the stage",
          "none within the waiting time");
    }
    if (cause instanceof ApplicationFailure application) {
      Optional<RejectCode> named =
          FAULTS.stream().filter(code -> code.name().equals(application.getType())).findFirst();
      String type = String.valueOf(application.getType());
      boolean store = type.startsWith("java.io.") || type.startsWith("java.nio.");
      return Verdict.reject(
          named.orElse(store ? RejectCode.KB_UNREACHABLE : RejectCode.STAGE_FAULT),
          stage.name(),
          "the stage to complete",
          String.valueOf(application.getOriginalMessage()));
    }
    return Verdict.reject(
        RejectCode.STAGE_FAULT,
        stage.name(),
        "the stage to complete",
        cause == null ? failure.getMessage() : String.valueOf(cause.getMessage()));
  }

  /** Whether a lane refused for this reason waits for an approver. */
  static boolean asksForApproval(RejectCode code) {
    return APPROVALS.contains(code);
  }

  /**
   * Why an update is refused.
   *
   * @param staleHold whether it answers a hold that the lane does not wait at any more
   * @param sentence why, for people
   */
  public record No(boolean staleHold, String sentence) {}

  /** Why an approval is refused now; whether its signature counts is for S5 and the commit. */
  public static Optional<No> refuseApproval(
      Optional<Hold> hold,
      ApproveRequest request,
      int resumes,
      Optional<Digest> plan,
      RunId run,
      Instant now) {
    Optional<No> no = refuseUpdate("approve", hold, new HoldRef(request.hold()), resumes);
    if (no.isPresent()) {
      return no;
    }
    RejectCode code = hold.orElseThrow().reject().code();
    if (!asksForApproval(code)) {
      return invalid("The lane is held for " + code + ", which no approval puts right.");
    }
    Approval approval;
    try {
      approval = Approval.in(Envelope.of(request.approval()));
    } catch (IOException e) {
      return invalid("That is no approval: " + e.getMessage() + ".");
    }
    if (plan.filter(approval.planDigest()::equals).isEmpty()) {
      return invalid(
          "The approval is of plan "
              + approval.planDigest()
              + ", not of "
              + plan.map(Digest::hex).orElse("any")
              + ".");
    }
    if (approval.runId().filter(r -> !r.equals(run)).isPresent()) {
      return invalid("The approval is of run " + approval.runId().get() + ", not of " + run + ".");
    }
    if (!now.isBefore(approval.expiresAt())) {
      return invalid("The approval expired at " + approval.expiresAt() + ".");
    }
    return Optional.empty();
  }

  /** Why an update is refused now; empty when it is accepted. */
  public static Optional<No> refuseUpdate(
      String update, Optional<Hold> hold, HoldRef answered, int resumes) {
    if (hold.isEmpty()) {
      return stale("The lane is not held, so there is nothing to " + update + ".");
    }
    int current = hold.get().number();
    if (answered.hold() != current) {
      return stale(
          "The lane is at hold "
              + current
              + ", not "
              + answered.hold()
              + ". Send {\"hold\": "
              + current
              + "}.");
    }
    boolean goesOn = update.equals("resume") || update.equals("approve");
    if (goesOn && resumes >= MAX_RESUMES) {
      return invalid("The lane was resumed " + resumes + " times. Only rollback or abort remain.");
    }
    return Optional.empty();
  }

  private static Optional<No> stale(String sentence) {
    return Optional.of(new No(true, sentence));
  }

  private static Optional<No> invalid(String sentence) {
    return Optional.of(new No(false, sentence));
  }
}
