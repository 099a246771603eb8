package dev.lanekeeper.worker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.client.LaneClient;
import dev.lanekeeper.evidence.Bundle;
import dev.lanekeeper.evidence.EvidenceStore;
import dev.lanekeeper.evidence.FileTree;
import dev.lanekeeper.evidence.LaneFolder;
import dev.lanekeeper.kb.Document;
import dev.lanekeeper.kb.LedgerEntry;
import dev.lanekeeper.lane.Stage;
import dev.lanekeeper.s1seal.S1SealVersusBytesActivity;
import dev.lanekeeper.s7review.S7ReviewActivity;
import dev.lanekeeper.stage.StageEnvironment;
import dev.lanekeeper.testkit.EditedLane;
import dev.lanekeeper.testkit.Environments;
import dev.lanekeeper.testkit.NearMiss;
import dev.lanekeeper.testkit.Readers;
import dev.lanekeeper.testkit.TestLane;
import dev.lanekeeper.testkit.Triggers;
import dev.lanekeeper.verdict.RejectCode;
import dev.lanekeeper.workflow.Activities;
import dev.lanekeeper.workflow.Hold;
import dev.lanekeeper.workflow.LaneEnd;
import dev.lanekeeper.workflow.LaneOutcome;
import dev.lanekeeper.workflow.LaneRequest;
import dev.lanekeeper.workflow.LaneRules;
import io.temporal.activity.Activity;
import io.temporal.api.enums.v1.RetryState;
import io.temporal.api.enums.v1.TimeoutType;
import io.temporal.client.WorkflowStub;
import io.temporal.failure.ActivityFailure;
import io.temporal.failure.TimeoutFailure;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** Codes that only a whole lane can meet, with the lane that comes close and is applied. */
@Execution(ExecutionMode.CONCURRENT) // each has a bench of its own, and waits much of its time
class LaneCodesTest {

  @TempDir private Path folder;

  private EditedLane lane() throws IOException {
    return EditedLane.copyOf(TestLane.FIX7, folder.resolve("lane"));
  }

  private Bench bench(Bundle bundle) throws Exception {
    return new Bench(folder.resolve("home"), bundle);
  }

  /** Runs a lane that must be rejected in a stage and leave nothing behind. */
  private void rejected(Bundle bundle, Stage stage, RejectCode code) throws Exception {
    try (Bench bench = bench(bundle).start()) {
      Digest before = bench.home().reader().inventory().tree();
      LaneOutcome outcome = bench.outcome(bench.run());
      assertThat(outcome.end()).isEqualTo(LaneEnd.REJECTED);
      assertThat(outcome.stage()).contains(stage);
      assertThat(outcome.reject().orElseThrow().code()).isEqualTo(code);
      assertThat(bench.home().reader().inventory().tree()).isEqualTo(before);
    }
  }

  private void applied(Bundle bundle) throws Exception {
    try (Bench bench = bench(bundle).start()) {
      assertThat(bench.outcome(bench.run()).end()).isEqualTo(LaneEnd.APPLIED);
    }
  }

  @Test
  @Triggers(RejectCode.ENVIRONMENT_MISMATCH)
  void lane_ofAnotherEnvironmentThanTheKnowledgeBase_isRejected() throws Exception {
    Bundle elsewhere =
        lane()
            .edit("  environment: no-production\n\n", "  environment: production\n\n")
            .edit("      environment: no-production\n", "      environment: production\n")
            .bundle();
    rejected(elsewhere, Stage.S0, RejectCode.ENVIRONMENT_MISMATCH);
  }

  private static final String MARKER =
      "            <!-- FIX7-P0 birth blueprint: OPERATIVE since 2026-06-12 -->\n";

  @Test
  @Triggers(RejectCode.COUNTERFACTUAL_HARMLESS)
  void exclusion_whoseCounterfactualBreaksNoPin_isRejected() throws Exception {
    rejected(
        lane().edit("append: |\n\n" + MARKER, "append: \"  \\n\\n\"\n").bundle(),
        Stage.S0,
        RejectCode.COUNTERFACTUAL_HARMLESS);
  }

  @Test
  @NearMiss({RejectCode.COUNTERFACTUAL_HARMLESS, RejectCode.ENVIRONMENT_MISMATCH})
  void exclusion_whoseCounterfactualAddsOneCharacter_isApplied() throws Exception {
    applied(lane().edit("append: |\n\n" + MARKER, "append: \".\"\n").bundle());
  }

  @Test
  @Triggers({RejectCode.CEILING_MISMATCH, RejectCode.RESERVATION_NOT_CARRIED})
  void reservation_thatRegistryOrAddendumBelies_isRejected() throws Exception {
    rejected(
        lane().edit("    ceiling: 441\n", "    ceiling: 440\n").bundle(),
        Stage.S0,
        RejectCode.CEILING_MISMATCH);
    FileTree.delete(folder.resolve("home"));
    rejected(
        lane().edit("    to: 461\n", "    to: 462\n").bundle(),
        Stage.S0,
        RejectCode.RESERVATION_NOT_CARRIED);
  }

  @Test
  @Triggers(RejectCode.PLAN_DIGEST_MISMATCH)
  @NearMiss(RejectCode.PLAN_DIGEST_MISMATCH)
  void request_forAnotherPlanThanTheBundles_isRejected_andForItsOwnApplied() throws Exception {
    try (Bench bench = bench(LaneFolder.read(TestLane.FIX7)).start()) {
      LaneOutcome outcome = bench.outcome(start(bench, "other", Digest.of("another plan")));
      assertThat(outcome.end()).isEqualTo(LaneEnd.REJECTED);
      assertThat(outcome.reject().orElseThrow().code()).isEqualTo(RejectCode.PLAN_DIGEST_MISMATCH);
      assertThat(bench.home().reader().ledger().all(LedgerEntry.Intent.class)).isEmpty();
      assertThat(bench.outcome(start(bench, "own", bench.plan().digest())).end())
          .isEqualTo(LaneEnd.APPLIED);
    }
  }

  private static WorkflowStub start(Bench bench, String id, Digest plan) {
    return new LaneClient(bench.client())
        .start(
            id,
            new LaneRequest(
                bench.lane(),
                Optional.empty(),
                Optional.of(plan),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty()))
        .stub();
  }

  /** Somebody writes while the packet is sealed: it would hold what S5 did not publish. */
  @Test
  @Triggers(RejectCode.PACKET_INVALID)
  void packet_withOtherBytesThanWerePublished_isInvalid_andTheLaneUndone() throws Exception {
    try (Bench bench = bench(LaneFolder.read(TestLane.FIX7))) {
      Digest before = bench.home().reader().inventory().tree();
      Digest published = bench.plan().sourceDigest(bench.plan().spec().changes().get(0));
      StageEnvironment reviewer = bench.reviewer("reviewer");
      StageEnvironment.ReaderOpener other =
          () ->
              Readers.reading(
                  reviewer.freshReader().open(),
                  read -> read.map(document -> changed(document, published)));
      bench.replace(
          Activities.S7Review.class,
          new S7ReviewActivity(Environments.with(reviewer, Map.of("freshReader", other))));
      bench.start();
      LaneOutcome outcome = bench.outcome(bench.run());
      assertThat(outcome.end()).isEqualTo(LaneEnd.REJECTED);
      assertThat(outcome.stage()).contains(Stage.S7);
      assertThat(outcome.reject().orElseThrow().render()).isEqualTo("PACKET_INVALID:SIGNATURE");
      assertThat(bench.home().reader().inventory().tree()).isEqualTo(before);
    }
  }

  private static Document changed(Document document, Digest which) {
    return document.head().sha256().equals(which)
        ? new Document(document.head(), "other bytes".getBytes(StandardCharsets.UTF_8))
        : document;
  }

  /** An evidence store whose disk is full for the first so many writes. */
  private static EvidenceStore full(EvidenceStore real, AtomicInteger times) {
    return (EvidenceStore)
        Proxy.newProxyInstance(
            EvidenceStore.class.getClassLoader(),
            new Class<?>[] {EvidenceStore.class},
            (proxy, method, arguments) -> {
              if (method.getName().equals("put") && times.getAndDecrement() > 0) {
                throw new IOException("/store/new/x: No space left on device");
              }
              try {
                return method.invoke(real, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }

  @Test
  @Triggers(RejectCode.STORE_FULL)
  @NearMiss(RejectCode.STORE_FULL)
  void store_thatIsFull_holdsWhereItStopped_andGoesOnWhenThereIsRoom() throws Exception {
    try (Bench bench = bench(LaneFolder.read(TestLane.FIX7))) {
      StageEnvironment e = bench.environment();
      StageEnvironment crowded =
          Environments.with(e, Map.of("evidence", full(e.evidence(), new AtomicInteger(1))));
      bench.replace(Activities.S1SealVersusBytes.class, new S1SealVersusBytesActivity(crowded));
      bench.start();
      WorkflowStub lane = bench.run();
      Hold hold = bench.awaitHold(lane, 1);
      assertThat(hold.stage()).isEqualTo(Stage.S1);
      assertThat(hold.reject().render()).isEqualTo("STORE_FULL:S1");
      bench.answer(lane, "resume", 1);
      assertThat(bench.outcome(lane).end()).isEqualTo(LaneEnd.APPLIED);
    }
  }

  @Test
  @Triggers(RejectCode.REVIEWER_ABSENT)
  @NearMiss(RejectCode.REVIEWER_ABSENT)
  void review_thatNobodyTakes_lacksAReviewer_andAnotherStageDoesNot() {
    ActivityFailure nobody =
        new ActivityFailure(
            "failed",
            1,
            2,
            "S7Review",
            "id",
            RetryState.RETRY_STATE_TIMEOUT,
            "worker",
            new TimeoutFailure("late", null, TimeoutType.TIMEOUT_TYPE_SCHEDULE_TO_START));
    assertThat(LaneRules.fault(Stage.S7, nobody).code()).isEqualTo(RejectCode.REVIEWER_ABSENT);
    assertThat(LaneRules.fault(Stage.S6, nobody).code()).isEqualTo(RejectCode.STAGE_FAULT);
  }

  @Test
  @Triggers(RejectCode.LANE_CLOSED)
  void review_afterTheClaimWasWithdrawn_isClosed() throws Exception {
    try (Bench bench = bench(LaneFolder.read(TestLane.FIX7))) {
      Activities.S7Review real = bench.realActivity(Activities.S7Review.class);
      bench.replace(
          Activities.S7Review.class,
          call -> {
            try {
              bench.home().knowledgeBase().withdraw(bench.environment().owner());
            } catch (IOException e) {
              throw Activity.wrap(e);
            }
            return real.review(call);
          });
      bench.start();
      LaneOutcome outcome = bench.outcome(bench.run());
      assertThat(outcome.end()).isEqualTo(LaneEnd.REJECTED);
      assertThat(outcome.reject().orElseThrow().code()).isEqualTo(RejectCode.LANE_CLOSED);
      assertThat(Files.exists(bench.file("M-1"))).isFalse();
    }
  }
}
