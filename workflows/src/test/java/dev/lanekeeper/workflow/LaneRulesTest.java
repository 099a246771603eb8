package dev.lanekeeper.workflow;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lanekeeper.canonical.CanonicalJson;
import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.canonical.Json;
import dev.lanekeeper.lane.Stage;
import dev.lanekeeper.signature.Envelope;
import dev.lanekeeper.signature.SigningKey;
import dev.lanekeeper.verdict.RejectCode;
import dev.lanekeeper.verdict.Verdict;
import io.temporal.api.enums.v1.RetryState;
import io.temporal.api.enums.v1.TimeoutType;
import io.temporal.failure.ActivityFailure;
import io.temporal.failure.ApplicationFailure;
import io.temporal.failure.TimeoutFailure;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a lane does next, without Temporal. */
final class LaneRulesTest {

  private static final Set<RejectCode> RESUMES_WHERE_IT_STOPPED =
      EnumSet.of(
          RejectCode.KB_MISMATCH,
          RejectCode.RESULT_UNVERIFIED,
          RejectCode.FROZEN,
          RejectCode.REVIEW_NOT_INDEPENDENT,
          RejectCode.REVIEWER_ABSENT,
          RejectCode.STAGE_FAULT,
          RejectCode.STORE_FULL,
          RejectCode.KB_UNREACHABLE);

  private static Verdict.Reject reject(RejectCode code) {
    return Verdict.reject(code, "subject", "expected", "actual");
  }

  @Test
  void pass_advances_andUnknownStops() {
    assertThat(LaneRules.after(Verdict.pass(), true)).isEqualTo(LaneRules.Next.ADVANCE);
    assertThat(LaneRules.after(new Verdict.Unknown("why"), false)).isEqualTo(LaneRules.Next.STOP);
  }

  @ParameterizedTest
  @EnumSource(RejectCode.class)
  void rejection_holdsOrStopsAsItsCodeSays_andNeverAdvances(RejectCode code) {
    for (boolean published : new boolean[] {false, true}) {
      assertThat(LaneRules.after(reject(code), published))
          .isEqualTo(code.holds(published) ? LaneRules.Next.HOLD : LaneRules.Next.STOP);
    }
  }

  @ParameterizedTest
  @EnumSource(RejectCode.class)
  void resume_startsAtS0_unlessOnlyRunningWasAtFault(RejectCode code) {
    for (Stage stage : Stage.values()) {
      Stage others = LaneRules.asksForApproval(code) ? Stage.S5 : Stage.S0;
      assertThat(LaneRules.resumeAt(stage, code))
          .isEqualTo(RESUMES_WHERE_IT_STOPPED.contains(code) ? stage : others);
    }
  }

  private static ActivityFailure failed(Throwable cause) {
    return new ActivityFailure(
        "failed", 1, 2, "S7Review", "id", RetryState.RETRY_STATE_TIMEOUT, "worker", cause);
  }

  private static ActivityFailure timeout(TimeoutType type) {
    return failed(new TimeoutFailure("late", null, type));
  }

  @Test
  void fault_thatNoReviewerTookTheStage_isReviewerAbsent_inS7Only() {
    ActivityFailure absent = timeout(TimeoutType.TIMEOUT_TYPE_SCHEDULE_TO_START);
    assertThat(LaneRules.fault(Stage.S7, absent).code()).isEqualTo(RejectCode.REVIEWER_ABSENT);
    assertThat(LaneRules.fault(Stage.S6, absent).code()).isEqualTo(RejectCode.STAGE_FAULT);
  }

  @ParameterizedTest
  @EnumSource(
      value = TimeoutType.class,
      names = {
        "TIMEOUT_TYPE_START_TO_CLOSE",
        "TIMEOUT_TYPE_HEARTBEAT",
        "TIMEOUT_TYPE_SCHEDULE_TO_CLOSE"
      })
  void fault_thatAReviewerWasTooSlow_isAStageFault(TimeoutType type) {
    assertThat(LaneRules.fault(Stage.S7, timeout(type)).code()).isEqualTo(RejectCode.STAGE_FAULT);
  }

  @Test
  void fault_thatNamesACodeOfOurs_isThatCode_andAnyOtherIsAStageFault() {
    Set<RejectCode> ours = Set.of(RejectCode.KB_MISMATCH);
    for (RejectCode code : RejectCode.values()) {
      Verdict.Reject named =
          LaneRules.fault(
              Stage.S3, failed(ApplicationFailure.newNonRetryableFailure("why", code.name())));
      assertThat(named.code()).isEqualTo(ours.contains(code) ? code : RejectCode.STAGE_FAULT);
      assertThat(LaneRules.after(named, true)).as("whoever said so").isEqualTo(LaneRules.Next.HOLD);
      assertThat(named.actual()).isEqualTo("why");
    }
    ActivityFailure other = failed(ApplicationFailure.newFailure("why", "grant_missing"));
    assertThat(LaneRules.fault(Stage.S3, other).code()).isEqualTo(RejectCode.STAGE_FAULT);
    assertThat(LaneRules.fault(Stage.S3, failed(null)).code()).isEqualTo(RejectCode.STAGE_FAULT);
    assertThat(LaneRules.fault(Stage.S3, failed(new IllegalStateException("x"))).actual())
        .isEqualTo("x");
  }

  @Test
  void fault_ofAStore_isThatItCannotBeReached_andOneThatOnlySoundsLikeItIsNot() {
    for (String type : new String[] {"java.io.IOException", "java.nio.file.NoSuchFileException"}) {
      assertThat(
              LaneRules.fault(Stage.S0, failed(ApplicationFailure.newFailure("why", type))).code())
          .isEqualTo(RejectCode.KB_UNREACHABLE);
    }
    for (String type :
        new String[] {"java.iota.X", "java.lang.IllegalStateException", "x.java.io."}) {
      assertThat(
              LaneRules.fault(Stage.S0, failed(ApplicationFailure.newFailure("why", type))).code())
          .isEqualTo(RejectCode.STAGE_FAULT);
    }
  }

  private static Optional<Hold> hold(int number) {
    Verdict.Reject why = reject(RejectCode.PIN_CHANGED);
    return Optional.of(new Hold(number, Stage.S0, why, why.code().remedy()));
  }

  private static Optional<LaneRules.No> stale(String sentence) {
    return Optional.of(new LaneRules.No(true, sentence));
  }

  private static Optional<LaneRules.No> invalid(String sentence) {
    return Optional.of(new LaneRules.No(false, sentence));
  }

  @ParameterizedTest
  @ValueSource(strings = {"resume", "rollback", "abort"})
  void update_thatNamesTheHold_isAccepted_andEveryOtherRefused(String update) {
    assertThat(LaneRules.refuseUpdate(update, hold(3), new HoldRef(3), 2)).isEmpty();
    assertThat(LaneRules.refuseUpdate(update, hold(3), new HoldRef(2), 2))
        .isEqualTo(stale("The lane is at hold 3, not 2. Send {\"hold\": 3}."));
    assertThat(LaneRules.refuseUpdate(update, hold(3), new HoldRef(4), 2)).isPresent();
    assertThat(LaneRules.refuseUpdate(update, Optional.empty(), new HoldRef(3), 2))
        .isEqualTo(stale("The lane is not held, so there is nothing to " + update + "."));
  }

  @Test
  void resume_forTheHundredthTime_isAccepted_andOnceMoreOnlyRollbackOrAbort() {
    HoldRef ref = new HoldRef(101);
    assertThat(LaneRules.refuseUpdate("resume", hold(101), ref, 99)).isEmpty();
    assertThat(LaneRules.refuseUpdate("resume", hold(101), ref, 100))
        .isEqualTo(invalid("The lane was resumed 100 times. Only rollback or abort remain."));
    assertThat(LaneRules.refuseUpdate("approve", hold(101), ref, 100)).isPresent();
    assertThat(LaneRules.refuseUpdate("rollback", hold(101), ref, 100)).isEmpty();
    assertThat(LaneRules.refuseUpdate("abort", hold(101), ref, 100)).isEmpty();
  }

  private static final Instant NOW = Instant.parse("2026-06-12T09:00:00Z");
  private static final Digest PLAN = Digest.of("plan");
  private static final RunId RUN = new RunId("00000000-0000-4000-8000-000000000001");
  private static final RunId ANOTHER = new RunId("00000000-0000-4000-8000-000000000002");

  private static ApproveRequest approval(
      int hold, Digest plan, Optional<RunId> run, Instant expiresAt) {
    Approval approval = new Approval(1, "approval-1", plan, "kb-1", run, expiresAt);
    byte[] envelope =
        Envelope.sign(
                Approval.PAYLOAD_TYPE,
                CanonicalJson.bytes(Json.tree(approval)),
                SigningKey.generate())
            .bytes();
    try {
      return new ApproveRequest(hold, Json.parse(envelope));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Optional<String> refused(RejectCode heldFor, ApproveRequest request) {
    Hold hold = new Hold(1, Stage.S5, reject(heldFor), "");
    return LaneRules.refuseApproval(Optional.of(hold), request, 0, Optional.of(PLAN), RUN, NOW)
        .map(LaneRules.No::sentence);
  }

  @Test
  void approval_ofThisPlanForThisRunOrForAny_isAccepted_untilItExpires() {
    Instant later = NOW.plusSeconds(1);
    for (Optional<RunId> run : List.of(Optional.of(RUN), Optional.<RunId>empty())) {
      assertThat(refused(RejectCode.APPROVAL_MISSING, approval(1, PLAN, run, later))).isEmpty();
    }
    assertThat(refused(RejectCode.APPROVAL_MISSING, approval(1, PLAN, Optional.of(RUN), NOW)))
        .contains("The approval expired at " + NOW + ".");
  }

  @Test
  void approval_ofAnotherHoldCausePlanRunOrForm_isRefused() {
    Instant later = NOW.plusSeconds(1);
    ApproveRequest good = approval(1, PLAN, Optional.of(RUN), later);
    RejectCode asked = RejectCode.APPROVAL_MISSING;
    assertThat(refused(asked, approval(2, PLAN, Optional.of(RUN), later)).orElse(""))
        .startsWith("The lane is at hold 1");
    assertThat(refused(RejectCode.FROZEN, good).orElse("")).contains("held for FROZEN");
    assertThat(refused(asked, new ApproveRequest(1, Json.object())).orElse(""))
        .startsWith("That is no approval");
    assertThat(refused(asked, approval(1, Digest.of("other"), Optional.of(RUN), later)).orElse(""))
        .contains("not of " + PLAN.hex());
    assertThat(refused(asked, approval(1, PLAN, Optional.of(ANOTHER), later)).orElse(""))
        .contains("of run " + ANOTHER);
    Hold hold = new Hold(1, Stage.S5, reject(asked), "");
    assertThat(
            LaneRules.refuseApproval(Optional.of(hold), good, 0, Optional.empty(), RUN, NOW)
                .map(LaneRules.No::sentence)
                .orElse(""))
        .contains("not of any");
  }
}
