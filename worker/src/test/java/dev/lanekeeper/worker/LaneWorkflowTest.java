package dev.lanekeeper.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.canonical.Json;
import dev.lanekeeper.client.LaneClient;
import dev.lanekeeper.client.LaneException;
import dev.lanekeeper.evidence.Bundle;
import dev.lanekeeper.evidence.LaneFolder;
import dev.lanekeeper.kb.LedgerEntry;
import dev.lanekeeper.kb.RefusedException;
import dev.lanekeeper.lane.Stage;
import dev.lanekeeper.packet.PacketVerifier;
import dev.lanekeeper.signature.SigningKey;
import dev.lanekeeper.stage.ResultSigner;
import dev.lanekeeper.stage.StageEnvironment;
import dev.lanekeeper.testkit.NearMiss;
import dev.lanekeeper.testkit.RunIds;
import dev.lanekeeper.testkit.TestLane;
import dev.lanekeeper.testkit.Triggers;
import dev.lanekeeper.verdict.RejectCode;
import dev.lanekeeper.verdict.Verdict;
import dev.lanekeeper.workflow.Activities;
import dev.lanekeeper.workflow.Hold;
import dev.lanekeeper.workflow.LaneAttributes;
import dev.lanekeeper.workflow.LaneEnd;
import dev.lanekeeper.workflow.LaneOutcome;
import dev.lanekeeper.workflow.Limits;
import dev.lanekeeper.workflow.Owner;
import dev.lanekeeper.workflow.PreflightResult;
import dev.lanekeeper.workflow.ReviewResult;
import dev.lanekeeper.workflow.RollbackRequest;
import dev.lanekeeper.workflow.SealedPacket;
import dev.lanekeeper.workflow.StageResult;
import dev.lanekeeper.workflow.TaskQueues;
import io.temporal.activity.Activity;
import io.temporal.api.common.v1.Payload;
import io.temporal.api.common.v1.WorkflowExecution;
import io.temporal.api.enums.v1.WorkflowExecutionStatus;
import io.temporal.api.history.v1.ActivityTaskScheduledEventAttributes;
import io.temporal.api.history.v1.HistoryEvent;
import io.temporal.api.workflowservice.v1.DescribeWorkflowExecutionRequest;
import io.temporal.client.WorkflowFailedException;
import io.temporal.client.WorkflowOptions;
import io.temporal.client.WorkflowStub;
import io.temporal.failure.ApplicationFailure;
import io.temporal.failure.CanceledFailure;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The workflow on a Temporal server, with the real stages but for the one that is made to fail. */
@Execution(ExecutionMode.CONCURRENT) // each has a bench of its own, and waits much of its time
class LaneWorkflowTest {

  @TempDir private Path folder;

  private Bench bench() throws Exception {
    return new Bench(folder.resolve("home"));
  }

  /** Makes one stage return or throw what the test wants. */
  private static void stageDoes(Bench bench, Stage stage, Supplier<Verdict> verdict) {
    Supplier<StageResult> result =
        () -> new StageResult(stage, verdict.get(), Optional.empty(), "replaced");
    switch (stage) {
      case S0 ->
          bench.replace(
              Activities.S0Preflight.class,
              (request, round) ->
                  new PreflightResult(
                      result.get(), Optional.of(bench.plan().digest()), Optional.empty()));
      case S1 -> bench.replace(Activities.S1SealVersusBytes.class, call -> result.get());
      case S2 -> bench.replace(Activities.S2StagingRollbackProof.class, call -> result.get());
      case S3 -> bench.replace(Activities.S3HardenedGate.class, call -> result.get());
      case S4 -> bench.replace(Activities.S4ExecutionProbes.class, call -> result.get());
      case S5 -> bench.replace(Activities.S5PublishPrimary.class, (call, g, p, a) -> result.get());
      case S6 -> bench.replace(Activities.S6PublishAddenda.class, (call, p) -> result.get());
      case S7 ->
          bench.replace(
              Activities.S7Review.class, call -> new ReviewResult(result.get(), Optional.empty()));
    }
  }

  private static Digest inventory(Bench bench) throws IOException {
    return bench.home().reader().inventory().tree();
  }

  private static void assertEndedClean(Bench bench, Digest before, LaneOutcome outcome)
      throws Exception {
    assertThat(inventory(bench)).as("the knowledge base as before").isEqualTo(before);
    assertThat(bench.home().reader().ledger().openClaims()).isEmpty();
    if (bench.home().reader().ledger().all(LedgerEntry.RunOpened.class).findAny().isEmpty()) {
      assertThat(outcome.packet()).as("of a run that the ledger does not know").isEmpty();
      return;
    }
    assertThat(outcome.packet()).as("every end gets a packet").isPresent();
    var files = bench.home().evidence().packet(outcome.packet().get().location());
    PacketVerifier.Finding finding =
        new PacketVerifier(
                files,
                Optional.of(
                    bench.home().keys().find("owner").orElseThrow().verifyKey().thumbprint().hex()))
            .verify(bench.home().workspaces().resolve("verify"));
    assertThat(finding.answer())
        .as(finding.toString())
        .isIn(PacketVerifier.Answer.PASS, PacketVerifier.Answer.INCOMPLETE);
  }

  @Test
  @NearMiss({
    RejectCode.STAGE_FORBIDDEN,
    RejectCode.INVALID_LANE_INPUT,
    RejectCode.UNKNOWN_WORKFLOW_TYPE,
    RejectCode.BUNDLE_MISSING,
    RejectCode.INVENTORY_CHANGED,
    RejectCode.HISTORY_UNEXPECTED,
    RejectCode.SELF_CHECK_FAILED,
    RejectCode.REVIEW_CHECK_FAILED,
    RejectCode.PACKET_INVALID,
    RejectCode.RESULT_UNVERIFIED
  })
  void lane_whoseStagesAllPass_isApplied() throws Exception {
    try (Bench bench = bench().start()) {
      WorkflowStub lane = bench.run();
      LaneOutcome outcome = bench.outcome(lane);
      assertThat(outcome.end()).isEqualTo(LaneEnd.APPLIED);
      assertThat(bench.file("M-1")).exists();
      assertThat(bench.file("M-2")).exists();
      assertThat(bench.home().reader().ledger().openClaims()).isEmpty();
      List<ActivityTaskScheduledEventAttributes> scheduled =
          bench.client().fetchHistory(lane.getExecution().getWorkflowId()).getEvents().stream()
              .filter(e -> e.hasActivityTaskScheduledEventAttributes())
              .map(e -> e.getActivityTaskScheduledEventAttributes())
              .toList();
      assertThat(scheduled)
          .as("the worker's own limit, not the workflow's")
          .allMatch(
              a -> a.getHeartbeatTimeout().getSeconds() == Limits.EMBEDDED.heartbeat().toSeconds());
      assertThat(scheduled)
          .extracting(a -> a.getActivityType().getName())
          .containsExactly(
              "S0Preflight",
              "S1SealVersusBytes",
              "S2StagingRollbackProof",
              "S3HardenedGate",
              "S4ExecutionProbes",
              "S5PublishPrimary",
              "S6PublishAddenda",
              "S7Review");
    }
  }

  @ParameterizedTest
  @EnumSource(Stage.class)
  @NearMiss(RejectCode.UNKNOWN_VERDICT)
  void stage_thatRejects_undoesAndEndsRejected(Stage stage) throws Exception {
    try (Bench bench = bench()) {
      Digest before = inventory(bench);
      stageDoes(
          bench,
          stage,
          () -> Verdict.reject(RejectCode.SURFACE_FORBIDDEN, "test", "nothing", "something"));
      bench.start();
      WorkflowStub lane = bench.run();
      assertThatThrownBy(() -> lane.getResult(LaneOutcome.class))
          .isInstanceOfSatisfying(
              WorkflowFailedException.class,
              e ->
                  assertThat(e.getCause())
                      .isInstanceOfSatisfying(
                          ApplicationFailure.class,
                          f -> {
                            assertThat(f.getType()).isEqualTo("REJECTED");
                            assertThat(f.getOriginalMessage())
                                .contains("ended REJECTED in " + stage)
                                .contains("Remedy");
                          }));
      LaneOutcome outcome = bench.outcome(lane);
      assertThat(outcome.stage()).contains(stage);
      assertEndedClean(bench, before, outcome);
    }
  }

  @ParameterizedTest
  @EnumSource(Stage.class)
  @Triggers(RejectCode.UNKNOWN_VERDICT)
  void stage_whoseVerdictIsUnknown_isHandledAsRejected(Stage stage) throws Exception {
    try (Bench bench = bench()) {
      Digest before = inventory(bench);
      stageDoes(bench, stage, () -> new Verdict.Unknown("cannot tell"));
      bench.start();
      LaneOutcome outcome = bench.outcome(bench.run());
      assertThat(outcome.end()).isEqualTo(LaneEnd.REJECTED);
      assertThat(outcome.reject().orElseThrow().code()).isEqualTo(RejectCode.UNKNOWN_VERDICT);
      assertEndedClean(bench, before, outcome);
    }
  }

  @ParameterizedTest
  @EnumSource(Stage.class)
  @Triggers(RejectCode.STAGE_FAULT)
  @NearMiss(RejectCode.KB_UNREACHABLE)
  void stage_thatFaultsForGood_holdsAndCanBeAborted(Stage stage) throws Exception {
    try (Bench bench = bench()) {
      Digest before = inventory(bench);
      stageDoes(
          bench,
          stage,
          () -> {
            throw ApplicationFailure.newNonRetryableFailure("broken", "Broken");
          });
      bench.start();
      WorkflowStub lane = bench.run();
      Hold hold = bench.awaitHold(lane, 1);
      assertThat(hold.stage()).isEqualTo(stage);
      assertThat(hold.reject().code()).isEqualTo(RejectCode.STAGE_FAULT);
      bench.answer(lane, "abort", 1);
      LaneOutcome outcome = bench.outcome(lane);
      assertThat(outcome.end()).isEqualTo(LaneEnd.ABORTED);
      assertEndedClean(bench, before, outcome);
    }
  }

  @Test
  @Triggers(RejectCode.KB_UNREACHABLE)
  void knowledgeBase_thatCannotBeReached_holds_andResumesWhereItStopped() throws Exception {
    try (Bench bench = bench().start()) {
      Path documents = bench.home().documents();
      Path away = folder.resolve("away");
      Files.move(documents, away);
      WorkflowStub lane = bench.run();
      Verdict.Reject reject = bench.awaitHold(lane, 1).reject();
      assertThat(reject.code()).isEqualTo(RejectCode.KB_UNREACHABLE);
      assertThat(reject.actual()).isEqualTo("no such folder");
      Files.move(away, documents);
      bench.answer(lane, "resume", 1);
      assertThat(bench.outcome(lane).end()).isEqualTo(LaneEnd.APPLIED);
    }
  }

  static Stream<Arguments> faults() {
    return Stream.of(
        Arguments.of(
            new AccessDeniedException("/kb/lock"),
            RejectCode.KB_UNREACHABLE,
            "no right to read or write at /kb/lock"),
        Arguments.of(
            new UncheckedIOException(new NoSuchFileException("/kb")),
            RejectCode.KB_UNREACHABLE,
            "nothing at /kb"),
        Arguments.of(
            new NoSuchElementException("No value present"),
            RejectCode.STAGE_FAULT,
            "an error in Lanekeeper itself"));
  }

  /** The bare path of a platform's message, or a class's name, tells nobody what to put right. */
  @ParameterizedTest
  @MethodSource("faults")
  void fault_thatHolds_saysInWordsWhatWasFound(Exception fault, RejectCode code, String found)
      throws Exception {
    try (Bench bench = bench()) {
      stageDoes(
          bench,
          Stage.S1,
          () -> {
            throw Activity.wrap(fault);
          });
      bench.start();
      WorkflowStub lane = bench.run();
      Verdict.Reject reject = bench.awaitHold(lane, 1).reject();
      assertThat(reject.code()).isEqualTo(code);
      assertThat(reject.actual()).isEqualTo(found);
      bench.answer(lane, "abort", 1);
      assertThat(bench.outcome(lane).end()).isEqualTo(LaneEnd.ABORTED);
    }
  }

  @Test
  @NearMiss({RejectCode.STAGE_FAULT, RejectCode.KB_UNREACHABLE})
  void fault_thatPasses_isRetried() throws Exception {
    try (Bench bench = bench()) {
      Activities.S1SealVersusBytes real = bench.realActivity(Activities.S1SealVersusBytes.class);
      int[] calls = {0};
      bench.replace(
          Activities.S1SealVersusBytes.class,
          call -> {
            if (calls[0]++ == 0) {
              throw new IllegalStateException("once");
            }
            return real.recheck(call);
          });
      bench.start();
      assertThat(bench.outcome(bench.run()).end()).isEqualTo(LaneEnd.APPLIED);
      assertThat(calls[0]).isEqualTo(2);
    }
  }

  @Test
  @Triggers(RejectCode.DOCUMENT_PRESENT)
  @NearMiss(RejectCode.DOCUMENT_PRESENT)
  void hold_answeredWithTheWrongNumber_isRefused_andResumedAfterTheCauseIsGone() throws Exception {
    try (Bench bench = bench().start()) {
      bench.foreign("M-1", "foreign");
      WorkflowStub lane = bench.run();
      Hold hold = bench.awaitHold(lane, 1);
      assertThat(hold.reject().code()).isEqualTo(RejectCode.DOCUMENT_PRESENT);
      assertThat(hold.remedy()).isNotBlank();
      assertThatThrownBy(() -> bench.answer(lane, "resume", 2))
          .isInstanceOf(LaneException.Refused.class)
          .hasStackTraceContaining("The lane is at hold 1, not 2. Send {\"hold\": 1}.");
      bench.answer(lane, "resume", 1);
      assertThat(bench.awaitHold(lane, 2).reject().code())
          .as("the cause is still there")
          .isEqualTo(RejectCode.DOCUMENT_PRESENT);
      Files.delete(bench.file("M-1"));
      bench.answer(lane, "resume", 2);
      assertThat(bench.outcome(lane).end()).isEqualTo(LaneEnd.APPLIED);
      assertThatThrownBy(() -> bench.answer(lane, "resume", 2)).isInstanceOf(Exception.class);
    }
  }

  @Test
  void answer_thatIsNoAnswer_isRefusedInASentence() throws Exception {
    try (Bench bench = bench().start()) {
      bench.foreign("M-1", "foreign");
      WorkflowStub lane = bench.run();
      bench.awaitHold(lane, 1);
      Map<Object, String> wrong =
          Map.of(
              Map.of("hold", "x"), "field 'hold': expected an integer, found \"x\"",
              Map.of("hold", 1, "more", 2), "expected one of hold, found the unknown field 'more'",
              Map.of(), "expected the required field 'hold', found nothing",
              List.of(1), "expected one JSON object, found an array");
      for (String update : List.of("resume", "rollback", "abort")) {
        wrong.forEach(
            (sent, why) ->
                assertThatThrownBy(() -> lane.update(update, Void.class, sent))
                    .cause()
                    .isInstanceOfSatisfying(
                        ApplicationFailure.class,
                        f -> {
                          assertThat(f.getOriginalMessage()).contains(why);
                          assertThat(f.getStackTrace())
                              .noneMatch(
                                  line ->
                                      line.getClassName().startsWith("dev.lanekeeper.workflow"));
                        }));
      }
      bench.answer(lane, "abort", 1);
      assertThat(bench.outcome(lane).end()).isEqualTo(LaneEnd.ABORTED);
    }
  }

  /** What an operator sees of a run without asking it: attributes in order. */
  private static List<String> page(Bench bench, WorkflowStub lane) {
    List<String> seen = new ArrayList<>();
    String id = lane.getExecution().getWorkflowId();
    for (HistoryEvent event : bench.client().fetchHistory(id).getEvents()) {
      if (event.hasUpsertWorkflowSearchAttributesEventAttributes()) {
        Map<String, Payload> fields =
            event
                .getUpsertWorkflowSearchAttributesEventAttributes()
                .getSearchAttributes()
                .getIndexedFieldsMap();
        if (fields.containsKey("LaneStatus")) {
          seen.add(text(fields.get("LaneStatus")) + " " + text(fields.get("LaneRejectCode")));
        }
      }
    }
    return seen;
  }

  private static String text(Payload payload) {
    return payload.getData().toStringUtf8().replace("\"", "").replace("\\", "");
  }

  @Test
  void lane_thatIsHeldAndResumed_saysSoAtEachMoment() throws Exception {
    try (Bench bench = bench().start()) {
      bench.foreign("M-1", "foreign");
      WorkflowStub lane = bench.run();
      bench.awaitHold(lane, 1);
      Files.delete(bench.file("M-1"));
      bench.answer(lane, "resume", 1);
      assertThat(bench.outcome(lane).end()).isEqualTo(LaneEnd.APPLIED);
      assertThat(page(bench, lane))
          .containsExactly("RUNNING null", "HELD DOCUMENT_PRESENT", "RUNNING null", "APPLIED null");
    }
  }

  @Test
  void workflow_thatIsNoLane_isShownAsRejected() throws Exception {
    try (Bench bench = bench().start()) {
      Map<String, String> codes =
          Map.of("Lane", "INVALID_LANE_INPUT", "lane", "UNKNOWN_WORKFLOW_TYPE");
      for (Map.Entry<String, String> wrong : codes.entrySet()) {
        WorkflowStub lane =
            bench
                .client()
                .newUntypedWorkflowStub(
                    wrong.getKey(),
                    WorkflowOptions.newBuilder()
                        .setWorkflowId(wrong.getKey())
                        .setTaskQueue(TaskQueues.EXECUTOR)
                        .build());
        lane.start(List.of());
        assertThatThrownBy(() -> lane.getResult(Object.class)).isNotNull();
        assertThat(page(bench, lane)).containsExactly("REJECTED " + wrong.getValue());
      }
    }
  }

  @Test
  void update_toALaneThatIsNotHeld_isRefused() throws Exception {
    CountDownLatch go = new CountDownLatch(1);
    try (Bench bench = bench()) {
      Activities.S1SealVersusBytes real = bench.realActivity(Activities.S1SealVersusBytes.class);
      bench.replace(
          Activities.S1SealVersusBytes.class,
          call -> {
            await(go);
            return real.recheck(call);
          });
      bench.start();
      WorkflowStub lane = bench.run();
      for (String update : List.of("resume", "rollback", "abort")) {
        assertThatThrownBy(() -> bench.answer(lane, update, 1))
            .isInstanceOf(LaneException.Refused.class)
            .hasStackTraceContaining(
                "The lane is not held, so there is nothing to " + update + ".");
      }
      go.countDown();
      assertThat(bench.outcome(lane).end()).isEqualTo(LaneEnd.APPLIED);
    }
  }

  /** A foreign document appears at M-2's path after the preflight, so that S6 holds. */
  private static void foreignBeforeS6(Bench bench) {
    Activities.S5PublishPrimary real = bench.realActivity(Activities.S5PublishPrimary.class);
    bench.replace(
        Activities.S5PublishPrimary.class,
        (call, gate, probes, approval) -> {
          StageResult result = real.publish(call, gate, probes, approval);
          try {
            bench.foreign("M-2", "foreign");
          } catch (IOException e) {
            throw Activity.wrap(e);
          }
          return result;
        });
  }

  @ParameterizedTest
  @EnumSource(
      value = LaneEnd.class,
      names = {"ROLLED_BACK", "ABORTED"})
  void hold_betweenS5AndS6_keepsDocumentAndClaim_untilItIsUndone(LaneEnd end) throws Exception {
    try (Bench bench = bench()) {
      foreignBeforeS6(bench);
      bench.start();
      WorkflowStub lane = bench.run();
      Hold hold = bench.awaitHold(lane, 1);
      assertThat(hold.stage()).isEqualTo(Stage.S6);
      assertThat(bench.file("M-1")).exists();
      assertThat(bench.home().reader().ledger().openClaims()).hasSize(1);
      bench.answer(lane, end == LaneEnd.ABORTED ? "abort" : "rollback", 1);
      LaneOutcome outcome = bench.outcome(lane);
      assertThat(outcome.end()).isEqualTo(end);
      assertThat(outcome.withdrawn()).hasSize(1);
      assertThat(bench.file("M-1")).doesNotExist();
      assertThat(bench.file("M-2")).as("the foreign one is left alone").hasContent("foreign");
      assertThat(bench.home().reader().ledger().openClaims()).isEmpty();
    }
  }

  @Test
  void hold_betweenS5AndS6_resumed_adoptsWhatItPublished() throws Exception {
    try (Bench bench = bench()) {
      foreignBeforeS6(bench);
      bench.start();
      WorkflowStub lane = bench.run();
      bench.awaitHold(lane, 1);
      Files.delete(bench.file("M-2"));
      bench.answer(lane, "resume", 1);
      Hold again = bench.awaitHold(lane, 2);
      assertThat(again.stage()).isEqualTo(Stage.S6);
      long intents = bench.home().reader().ledger().all(LedgerEntry.Intent.class).count();
      assertThat(intents).as("M-1 was not published twice").isEqualTo(1);
      bench.answer(lane, "abort", 2);
      assertThat(bench.outcome(lane).end()).isEqualTo(LaneEnd.ABORTED);
    }
  }

  @Test
  void cancel_inTheMiddleOfS5_withdrawsAndShowsCanceled() throws Exception {
    CountDownLatch published = new CountDownLatch(1);
    try (Bench bench = bench()) {
      Digest before = inventory(bench);
      Activities.S5PublishPrimary real = bench.realActivity(Activities.S5PublishPrimary.class);
      bench.replace(
          Activities.S5PublishPrimary.class,
          (call, gate, probes, approval) -> {
            real.publish(call, gate, probes, approval);
            published.countDown();
            while (true) {
              Activity.getExecutionContext().heartbeat(null);
              sleep(50);
            }
          });
      bench.start();
      WorkflowStub lane = bench.run();
      await(published);
      assertThat(bench.file("M-1")).exists();
      lane.cancel();
      assertThatThrownBy(() -> lane.getResult(LaneOutcome.class))
          .hasCauseInstanceOf(CanceledFailure.class);
      assertThat(status(bench, lane))
          .isEqualTo(WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_CANCELED);
      assertThat(inventory(bench)).isEqualTo(before);
      LedgerEntry.RunEnded end =
          bench.home().reader().ledger().all(LedgerEntry.RunEnded.class).findFirst().orElseThrow();
      assertThat(end.end()).isEqualTo(LaneEnd.CANCELED);
      assertThat(end.packet()).isPresent();
    }
  }

  @Test
  void cancel_ofAHeldLane_withdraws() throws Exception {
    try (Bench bench = bench()) {
      foreignBeforeS6(bench);
      bench.start();
      WorkflowStub lane = bench.run();
      bench.awaitHold(lane, 1);
      lane.cancel();
      assertThatThrownBy(() -> lane.getResult(LaneOutcome.class))
          .hasCauseInstanceOf(CanceledFailure.class);
      assertThat(bench.file("M-1")).doesNotExist();
    }
  }

  /** The review applies the lane, and its answer is lost for good. */
  private static Bench appliedUnheard(Bench bench) {
    Activities.S7Review real = bench.realActivity(Activities.S7Review.class);
    bench.replace(
        Activities.S7Review.class,
        call -> {
          real.review(call);
          throw ApplicationFailure.newNonRetryableFailure("lost", "Lost");
        });
    return bench.start();
  }

  @ParameterizedTest
  @ValueSource(strings = {"rollback", "abort"})
  void lane_whoseReviewAppliedItUnheard_isApplied_whateverItIsAskedThen(String answer)
      throws Exception {
    try (Bench bench = appliedUnheard(bench())) {
      WorkflowStub lane = bench.run();
      assertThat(bench.awaitHold(lane, 1).reject().code()).isEqualTo(RejectCode.STAGE_FAULT);
      Digest published = inventory(bench);
      bench.answer(lane, answer, 1);
      LaneOutcome outcome = bench.outcome(lane);
      assertThat(outcome.end()).isEqualTo(LaneEnd.APPLIED);
      assertThat(outcome.packet()).isPresent();
      assertIsApplied(bench, lane, published);
    }
  }

  /** The SDK ends every workflow as canceled that was asked to cancel; all else says APPLIED. */
  @Test
  void lane_whoseReviewAppliedItUnheard_saysSo_thoughItIsCanceled() throws Exception {
    try (Bench bench = appliedUnheard(bench())) {
      WorkflowStub lane = bench.run();
      bench.awaitHold(lane, 1);
      Digest published = inventory(bench);
      lane.cancel();
      assertThatThrownBy(() -> lane.getResult(LaneOutcome.class))
          .hasCauseInstanceOf(CanceledFailure.class);
      assertIsApplied(bench, lane, published);
    }
  }

  @Test
  void lane_whoseReviewAppliedItUnheard_isNotApplied_onceItWasWithdrawn() throws Exception {
    try (Bench bench = bench()) {
      Activities.S7Review real = bench.realActivity(Activities.S7Review.class);
      boolean[] heard = {false};
      bench.replace(
          Activities.S7Review.class,
          call -> {
            ReviewResult result = real.review(call);
            if (heard[0]) {
              return result;
            }
            throw ApplicationFailure.newNonRetryableFailure("lost", "Lost");
          });
      Digest before = inventory(bench);
      WorkflowStub lane = bench.start().run();
      bench.awaitHold(lane, 1);
      Owner run = bench.home().reader().ledger().runs(bench.lane()).get(0);
      bench.environment().kb().reopen(run, "leave", Digest.of("leave"));
      assertThat(bench.environment().kb().withdraw(run).complete()).isTrue();
      heard[0] = true;
      bench.answer(lane, "resume", 1);
      LaneOutcome outcome = bench.outcome(lane);
      assertThat(outcome.end()).isNotEqualTo(LaneEnd.APPLIED);
      assertThat(outcome.reject().orElseThrow().code()).isEqualTo(RejectCode.LANE_CLOSED);
      assertThat(inventory(bench)).isEqualTo(before);
    }
  }

  private static void assertIsApplied(Bench bench, WorkflowStub lane, Digest published)
      throws IOException {
    assertThat(lane.describe().getTypedSearchAttributes().get(LaneAttributes.STATUS))
        .isEqualTo("APPLIED");
    assertThat(inventory(bench)).isEqualTo(published);
    assertThat(bench.home().reader().ledger().applied(bench.plan().digest())).isPresent();
    assertThat(bench.home().reader().ledger().all(LedgerEntry.RunEnded.class)).hasSize(1);
  }

  private static WorkflowExecutionStatus status(Bench bench, WorkflowStub lane) {
    return bench
        .client()
        .getWorkflowServiceStubs()
        .blockingStub()
        .describeWorkflowExecution(
            DescribeWorkflowExecutionRequest.newBuilder()
                .setNamespace("default")
                .setExecution(
                    WorkflowExecution.newBuilder()
                        .setWorkflowId(lane.getExecution().getWorkflowId()))
                .build())
        .getWorkflowExecutionInfo()
        .getStatus();
  }

  @Test
  @Triggers({RejectCode.BUILT_UPON, RejectCode.ROLLBACK_PENDING})
  void compensation_whoseStepFails_goesOnAndEndsLoudly_andCanBeFinishedLater() throws Exception {
    try (Bench bench = bench()) {
      Digest before = inventory(bench);
      byte[] original = bench.environment().evidence().get(digestOf(bench, "M-1"));
      bench.replace(
          Activities.S7Review.class,
          call -> {
            try {
              bench.foreign("M-1", "edited");
            } catch (IOException e) {
              throw Activity.wrap(e);
            }
            Verdict reject =
                Verdict.reject(RejectCode.REVIEW_CHECK_FAILED, "test", "clean", "not clean");
            return new ReviewResult(
                new StageResult(Stage.S7, reject, Optional.empty(), "replaced"), Optional.empty());
          });
      bench.start();
      WorkflowStub lane = bench.run("first");
      LaneOutcome outcome = bench.outcome(lane);
      assertThat(outcome.end()).isEqualTo(LaneEnd.ROLLBACK_FAILED);
      assertThat(outcome.withdrawn().get(0)).contains("M-2").contains("WITHDRAWN");
      assertThat(outcome.withdrawn().get(1)).contains("M-1").contains("BUILT_UPON");
      assertThat(bench.file("M-2")).doesNotExist();
      assertThat(bench.file("M-1")).hasContent("edited");
      assertThat(bench.home().reader().ledger().openClaims()).as("the claim stays").hasSize(1);

      bench.issueGrant();
      LaneOutcome refused = bench.outcome(bench.run("second"));
      assertThat(refused.end()).isEqualTo(LaneEnd.REJECTED);
      assertThat(refused.reject().orElseThrow().code()).isEqualTo(RejectCode.ROLLBACK_PENDING);

      Files.delete(bench.file("M-1"));
      Files.write(bench.file("M-1"), original);
      Owner owner = bench.home().reader().ledger().openClaims().get(0).owner();
      WorkflowStub rollback =
          new LaneClient(bench.client())
              .startRollback(
                  new RollbackRequest(bench.lane(), owner, Optional.empty(), Optional.empty()))
              .stub();
      assertThat(bench.outcome(rollback).end()).isEqualTo(LaneEnd.ROLLED_BACK);
      assertThat(inventory(bench)).isEqualTo(before);
    }
  }

  @Test
  void compensation_thatFailedBeforeItBegan_leavesAClaimThatNobodyGoesOnFrom() throws Exception {
    try (Bench bench = bench()) {
      Digest before = inventory(bench);
      bench.replace(
          Activities.S7Review.class,
          call ->
              new ReviewResult(
                  new StageResult(
                      Stage.S7,
                      Verdict.reject(RejectCode.REVIEW_CHECK_FAILED, "test", "clean", "not clean"),
                      Optional.empty(),
                      "replaced"),
                  Optional.empty()));
      Activities.Rollback real = bench.realActivity(Activities.Rollback.class);
      boolean[] broken = {true};
      bench.replace(
          Activities.Rollback.class,
          call -> {
            if (broken[0]) {
              throw ApplicationFailure.newNonRetryableFailure("no disk", "Broken");
            }
            return real.withdraw(call);
          });
      bench.start();
      assertThat(bench.outcome(bench.run("first")).end()).isEqualTo(LaneEnd.ROLLBACK_FAILED);
      Owner first = bench.home().reader().ledger().openClaims().get(0).owner();
      bench.issueGrant();
      LaneOutcome refused = bench.outcome(bench.run("second"));
      assertThat(refused.reject().orElseThrow().code()).isEqualTo(RejectCode.ROLLBACK_PENDING);
      Owner third = new Owner(first.engine(), first.namespace(), "third", RunIds.of("third"));
      assertThatThrownBy(() -> bench.environment().kb().claim(third, bench.plan(), closed -> true))
          .isInstanceOfSatisfying(
              RefusedException.class,
              e -> assertThat(e.reject().code()).isEqualTo(RejectCode.CLAIM_HELD));
      broken[0] = false;
      WorkflowStub rollback =
          new LaneClient(bench.client())
              .startRollback(
                  new RollbackRequest(bench.lane(), first, Optional.empty(), Optional.empty()))
              .stub();
      assertThat(bench.outcome(rollback).end()).isEqualTo(LaneEnd.ROLLED_BACK);
      assertThat(inventory(bench)).isEqualTo(before);
    }
  }

  private static Digest digestOf(Bench bench, String change) {
    return bench
        .plan()
        .sourceDigest(
            bench.plan().spec().changes().stream()
                .filter(c -> c.id().equals(change))
                .findFirst()
                .orElseThrow());
  }

  @Test
  @Triggers(RejectCode.STALE_FENCE)
  void attempts_thatOverlap_theOlderOneChangesNothing() throws Exception {
    CountDownLatch fenced = new CountDownLatch(1);
    CountDownLatch secondDone = new CountDownLatch(1);
    CountDownLatch zombieDone = new CountDownLatch(1);
    String[] zombieSaw = {"nothing"};
    try (Bench bench = bench()) {
      Activities.S5PublishPrimary real = bench.realActivity(Activities.S5PublishPrimary.class);
      int[] attempts = {0};
      bench.replace(
          Activities.S5PublishPrimary.class,
          (call, gate, probes, approval) -> {
            if (attempts[0]++ > 0) {
              StageResult result = real.publish(call, gate, probes, approval);
              secondDone.countDown();
              await(zombieDone);
              return result;
            }
            String run = bench.environment().owner().runId().value();
            Thread zombie =
                new Thread(() -> zombieSaw[0] = zombie(bench, run, fenced, secondDone, zombieDone));
            zombie.start();
            await(fenced);
            throw new IllegalStateException("the first attempt looks dead, its thread lives on");
          });
      bench.start();
      assertThat(bench.outcome(bench.run("overlap")).end()).isEqualTo(LaneEnd.APPLIED);
      assertThat(zombieSaw[0]).startsWith("STALE_FENCE");
      assertThat(bench.home().reader().ledger().all(LedgerEntry.Intent.class)).hasSize(2);
    }
  }

  /** Claims and raises the fence at once, and publishes only after a later attempt is done. */
  private static String zombie(
      Bench bench,
      String runId,
      CountDownLatch fenced,
      CountDownLatch secondDone,
      CountDownLatch zombieDone) {
    try {
      var kb = bench.home().knowledgeBase();
      Owner owner =
          new Owner("bench-engine", "default", "overlap", new dev.lanekeeper.workflow.RunId(runId));
      long epoch = kb.claim(owner, bench.plan(), o -> false).epoch();
      long fence = kb.raiseFence(epoch);
      fenced.countDown();
      await(secondDone);
      var change = bench.plan().spec().changes().get(0);
      byte[] grant =
          bench.home().evidence().grant(bench.home().evidence().grants().get(0)).orElseThrow();
      kb.publish(
          new dev.lanekeeper.kb.KnowledgeBase.Publication(
              owner,
              bench.plan(),
              grant,
              epoch,
              fence,
              change,
              bench.environment().evidence().get(bench.plan().sourceDigest(change))));
      return "published";
    } catch (dev.lanekeeper.kb.RefusedException e) {
      return e.reject().render();
    } catch (IOException e) {
      return e.toString();
    } finally {
      zombieDone.countDown();
    }
  }

  @Test
  void samePlan_whileRunning_attachesToTheRun_andIsNotPublishedAgainAfterItApplied()
      throws Exception {
    CountDownLatch go = new CountDownLatch(1);
    try (Bench bench = bench()) {
      Activities.S1SealVersusBytes real = bench.realActivity(Activities.S1SealVersusBytes.class);
      bench.replace(
          Activities.S1SealVersusBytes.class,
          call -> {
            await(go);
            return real.recheck(call);
          });
      bench.start();
      WorkflowStub one = bench.run("same");
      WorkflowStub two = bench.run("same");
      assertThat(two.getExecution()).isEqualTo(one.getExecution());
      go.countDown();
      assertThat(bench.outcome(one).end()).isEqualTo(LaneEnd.APPLIED);
      assertThat(bench.outcome(bench.run("same")).alreadyApplied()).isTrue();
    }
  }

  @Test
  @Triggers(RejectCode.ALREADY_APPLIED)
  void samePlan_appliedBefore_isReportedUnderAnyId() throws Exception {
    try (Bench bench = bench().start()) {
      assertThat(bench.outcome(bench.run("one")).alreadyApplied()).isFalse();
      Digest after = inventory(bench);
      bench.issueGrant();
      LaneOutcome again = bench.outcome(bench.run("two"));
      assertThat(again.end()).isEqualTo(LaneEnd.APPLIED);
      assertThat(again.alreadyApplied()).isTrue();
      assertThat(inventory(bench)).isEqualTo(after);
    }
  }

  @Test
  @Triggers(RejectCode.GRANT_CONSUMED)
  @NearMiss({RejectCode.ALREADY_APPLIED, RejectCode.ROLLBACK_PENDING})
  void samePlan_rejectedBefore_mayRunAgainWithAFreshGrant() throws Exception {
    try (Bench bench = bench()) {
      int[] reviews = {0};
      Activities.S7Review real = bench.realActivity(Activities.S7Review.class);
      bench.replace(
          Activities.S7Review.class,
          call ->
              reviews[0]++ > 0
                  ? real.review(call)
                  : new ReviewResult(
                      new StageResult(
                          Stage.S7,
                          Verdict.reject(RejectCode.REVIEW_CHECK_FAILED, "t", "a", "b"),
                          Optional.empty(),
                          ""),
                      Optional.empty()));
      bench.start();
      assertThat(bench.outcome(bench.run("same")).end()).isEqualTo(LaneEnd.REJECTED);
      WorkflowStub without = bench.run("same");
      assertThat(bench.awaitHold(without, 1).reject().code()).isEqualTo(RejectCode.GRANT_CONSUMED);
      bench.issueGrant();
      bench.answer(without, "resume", 1);
      assertThat(bench.outcome(without).end()).isEqualTo(LaneEnd.APPLIED);
    }
  }

  @Test
  @Triggers(RejectCode.CLAIM_HELD)
  @NearMiss(RejectCode.CLAIM_HELD)
  void secondLane_overTheSamePaths_isHeldUntilTheFirstHasEnded() throws Exception {
    try (Bench bench = bench()) {
      foreignBeforeS6(bench);
      Path copy = TestLane.copy(folder.resolve("other-lane"));
      Path file = copy.resolve("lane.yaml");
      Files.writeString(file, Files.readString(file).replace("name: fix7-p0", "name: other-lane"));
      Bundle other = LaneFolder.read(copy);
      bench.home().evidence().putBundle(other);
      bench.issueGrant(other.plan());
      bench.start();
      WorkflowStub first = bench.run("first");
      bench.awaitHold(first, 1);
      Files.delete(bench.file("M-2"));
      byte[] published = Files.readAllBytes(bench.file("M-1"));
      Files.delete(bench.file("M-1"));
      WorkflowStub second = bench.run("second", other.plan().lane().metadata().name());
      Hold hold = bench.awaitHold(second, 1);
      assertThat(hold.stage()).isEqualTo(Stage.S5);
      assertThat(hold.reject().code()).isEqualTo(RejectCode.CLAIM_HELD);
      Files.write(bench.file("M-1"), published);
      bench.answer(first, "abort", 1);
      assertThat(bench.outcome(first).end()).isEqualTo(LaneEnd.ABORTED);
      Files.deleteIfExists(bench.file("M-2"));
      bench.answer(second, "resume", 1);
      assertThat(bench.awaitHold(second, 2).stage()).as("its own S6").isEqualTo(Stage.S6);
      assertThat(bench.file("M-1")).exists();
      bench.answer(second, "abort", 2);
      assertThat(bench.outcome(second).end()).isEqualTo(LaneEnd.ABORTED);
    }
  }

  @Test
  @Triggers({RejectCode.INVALID_LANE_INPUT, RejectCode.UNKNOWN_WORKFLOW_TYPE})
  void input_thatIsNoLaneRequest_failsCleanly() throws Exception {
    try (Bench bench = bench().start()) {
      for (Object input :
          List.of(
              "text", 7, List.of(1), Json.object(), Json.object().put("lane", "x").put("y", 1))) {
        assertFailsWith(bench, "Lane", input, "INVALID_LANE_INPUT");
      }
      WorkflowStub nothing = stub(bench, "Lane");
      nothing.start();
      assertThatThrownBy(() -> nothing.getResult(String.class))
          .hasStackTraceContaining("INVALID_LANE_INPUT");
      assertFailsWith(bench, "Lnae", "x", "UNKNOWN_WORKFLOW_TYPE");
      assertFailsWith(bench, "LaneRollback", "x", "INVALID_LANE_INPUT");
    }
  }

  private static void assertFailsWith(Bench bench, String type, Object input, String code) {
    WorkflowStub lane = stub(bench, type);
    lane.start(input);
    assertThatThrownBy(() -> lane.getResult(10, TimeUnit.SECONDS, String.class))
        .isInstanceOf(WorkflowFailedException.class)
        .cause()
        .isInstanceOfSatisfying(
            ApplicationFailure.class,
            f -> {
              assertThat(f.getType()).isEqualTo(code);
              assertThat(f.getOriginalMessage()).contains("Remedy: ");
            });
  }

  private static WorkflowStub stub(Bench bench, String type) {
    return bench
        .client()
        .newUntypedWorkflowStub(
            type, WorkflowOptions.newBuilder().setTaskQueue(TaskQueues.EXECUTOR).build());
  }

  @Test
  @Triggers(RejectCode.BUNDLE_MISSING)
  void unknownLane_isHeld_andAbortedLeavesAPacket() throws Exception {
    try (Bench bench = bench().start()) {
      WorkflowStub lane = bench.run("x", new dev.lanekeeper.lane.LaneName("nobody-knows"));
      assertThat(bench.awaitHold(lane, 1).reject().code()).isEqualTo(RejectCode.BUNDLE_MISSING);
      bench.answer(lane, "abort", 1);
      LaneOutcome outcome = bench.outcome(lane);
      assertThat(outcome.end()).isEqualTo(LaneEnd.ABORTED);
      assertThat(outcome.packet()).isPresent();
    }
  }

  private static void await(CountDownLatch latch) {
    try {
      if (!latch.await(4, TimeUnit.MINUTES)) {
        throw new IllegalStateException("waited in vain");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  private static void sleep(long millis) {
    try {
      Thread.sleep(millis);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /** Whoever may write to the namespace can complete a stage by hand. */
  @ParameterizedTest
  @EnumSource(Stage.class)
  @Triggers(RejectCode.RESULT_UNVERIFIED)
  void result_thatNoWorkerSigned_holds_andTheLaneGoesOnWithARealOne(Stage stage) throws Exception {
    try (Bench bench = bench()) {
      unsignedOnce(bench, stage);
      bench.start();
      WorkflowStub lane = bench.run();
      Hold hold = bench.awaitHold(lane, 1);
      assertThat(hold.stage()).isEqualTo(stage);
      assertThat(hold.reject().code()).isEqualTo(RejectCode.RESULT_UNVERIFIED);
      assertThat(bench.home().reader().ledger().all(LedgerEntry.RunEnded.class)).isEmpty();
      bench.answer(lane, "resume", 1);
      assertThat(bench.outcome(lane).end()).isEqualTo(LaneEnd.APPLIED);
    }
  }

  /** Everybody can make a key and sign; whose signature counts, the trust root says. */
  @Test
  void result_thatAStrangersKeySigned_holds_andTheLaneGoesOnWithARealOne() throws Exception {
    try (Bench bench = bench()) {
      ResultSigner stranger = new ResultSigner(withKey(bench.environment(), SigningKey.generate()));
      StageResult pass =
          new StageResult(Stage.S1, Verdict.pass(), Optional.empty(), "by a stranger");
      Activities.S1SealVersusBytes real = bench.realActivity(Activities.S1SealVersusBytes.class);
      boolean[] answered = {false};
      bench.replaceUnsigned(
          Activities.S1SealVersusBytes.class,
          call -> {
            boolean first = !answered[0];
            answered[0] = true;
            return first ? stranger.sign(pass, call.round()) : real.recheck(call);
          });
      bench.start();
      WorkflowStub lane = bench.run();
      assertThat(bench.awaitHold(lane, 1).reject().code()).isEqualTo(RejectCode.RESULT_UNVERIFIED);
      bench.answer(lane, "resume", 1);
      assertThat(bench.outcome(lane).end()).isEqualTo(LaneEnd.APPLIED);
    }
  }

  private static StageEnvironment withKey(StageEnvironment real, SigningKey key) {
    return new StageEnvironment(
        real.kb(),
        real.freshReader(),
        real.evidence(),
        real.lanes(),
        real.trust(),
        key,
        real.identity(),
        real.bothRoles(),
        real.clock(),
        real.engine(),
        real.owners(),
        real.settled(),
        real.history(),
        real.workspaces(),
        real.ownerKeyIsLocal(),
        real.calls());
  }

  /** The first call of a stage is answered with a pass that nobody signed. */
  private static void unsignedOnce(Bench bench, Stage stage) {
    boolean[] answered = {false};
    StageResult pass = new StageResult(stage, Verdict.pass(), Optional.empty(), "by hand");
    Supplier<Boolean> first =
        () -> {
          boolean now = !answered[0];
          answered[0] = true;
          return now;
        };
    switch (stage) {
      case S0 -> {
        Activities.S0Preflight real = bench.realActivity(Activities.S0Preflight.class);
        bench.replaceUnsigned(
            Activities.S0Preflight.class,
            (request, round) ->
                first.get()
                    ? new PreflightResult(
                        pass, Optional.of(bench.plan().digest()), Optional.empty())
                    : real.preflight(request, round));
      }
      case S1 -> {
        Activities.S1SealVersusBytes real = bench.realActivity(Activities.S1SealVersusBytes.class);
        bench.replaceUnsigned(
            Activities.S1SealVersusBytes.class, call -> first.get() ? pass : real.recheck(call));
      }
      case S2 -> {
        Activities.S2StagingRollbackProof real =
            bench.realActivity(Activities.S2StagingRollbackProof.class);
        bench.replaceUnsigned(
            Activities.S2StagingRollbackProof.class, call -> first.get() ? pass : real.prove(call));
      }
      case S3 -> {
        Activities.S3HardenedGate real = bench.realActivity(Activities.S3HardenedGate.class);
        bench.replaceUnsigned(
            Activities.S3HardenedGate.class, call -> first.get() ? pass : real.judge(call));
      }
      case S4 -> {
        Activities.S4ExecutionProbes real = bench.realActivity(Activities.S4ExecutionProbes.class);
        bench.replaceUnsigned(
            Activities.S4ExecutionProbes.class, call -> first.get() ? pass : real.probe(call));
      }
      case S5 -> {
        Activities.S5PublishPrimary real = bench.realActivity(Activities.S5PublishPrimary.class);
        bench.replaceUnsigned(
            Activities.S5PublishPrimary.class,
            (call, gate, probes, approval) ->
                first.get() ? pass : real.publish(call, gate, probes, approval));
      }
      case S6 -> {
        Activities.S6PublishAddenda real = bench.realActivity(Activities.S6PublishAddenda.class);
        bench.replaceUnsigned(
            Activities.S6PublishAddenda.class,
            (call, primary) -> first.get() ? pass : real.publish(call, primary));
      }
      case S7 -> {
        Activities.S7Review real = bench.realActivity(Activities.S7Review.class);
        SealedPacket madeUp =
            new SealedPacket("runs/x/packet", Digest.of("made up"), Digest.of("made up"));
        bench.replaceUnsigned(
            Activities.S7Review.class,
            call -> first.get() ? new ReviewResult(pass, Optional.of(madeUp)) : real.review(call));
      }
    }
  }
}
