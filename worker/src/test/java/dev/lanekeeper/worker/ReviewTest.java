package dev.lanekeeper.worker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.canonical.Json;
import dev.lanekeeper.evidence.Bundle;
import dev.lanekeeper.evidence.LaneFolder;
import dev.lanekeeper.kb.LedgerEntry;
import dev.lanekeeper.lane.Stage;
import dev.lanekeeper.s7review.S7ReviewActivity;
import dev.lanekeeper.scope.Effect;
import dev.lanekeeper.stage.StageEnvironment;
import dev.lanekeeper.stage.WorkflowHistory;
import dev.lanekeeper.testkit.Environments;
import dev.lanekeeper.testkit.NearMiss;
import dev.lanekeeper.testkit.TestLane;
import dev.lanekeeper.testkit.Triggers;
import dev.lanekeeper.verdict.RejectCode;
import dev.lanekeeper.verdict.Verdict;
import dev.lanekeeper.workflow.Activities;
import dev.lanekeeper.workflow.Hold;
import dev.lanekeeper.workflow.LaneEnd;
import dev.lanekeeper.workflow.LaneOutcome;
import dev.lanekeeper.workflow.Owner;
import dev.lanekeeper.workflow.StageResult;
import io.temporal.activity.Activity;
import io.temporal.client.WorkflowStub;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** S7 detects what got past everything else: it trusts no stage's word. */
class ReviewTest {

  @TempDir private Path folder;

  private interface Deed {
    void perform() throws IOException;
  }

  /** Lets S6 do its work and then something happens that no stage did. */
  private static void afterS6(Bench bench, Deed deed) {
    Activities.S6PublishAddenda real = bench.realActivity(Activities.S6PublishAddenda.class);
    bench.replace(
        Activities.S6PublishAddenda.class,
        (call, primary) -> {
          StageResult result = real.publish(call, primary);
          try {
            deed.perform();
          } catch (IOException e) {
            throw Activity.wrap(e);
          }
          return result;
        });
  }

  private static void assertRejectedAndUndone(Bench bench, Digest before, LaneOutcome outcome)
      throws IOException {
    assertThat(outcome.end()).isEqualTo(LaneEnd.REJECTED);
    assertThat(outcome.stage()).contains(Stage.S7);
    assertThat(bench.home().reader().inventory().tree()).isEqualTo(before);
  }

  @Test
  @Triggers(RejectCode.INVENTORY_CHANGED)
  @NearMiss(RejectCode.INVENTORY_CHANGED)
  void foreignDocument_thatAppearedDuringTheLane_holds_andResumesAfterItIsGone() throws Exception {
    try (Bench bench = new Bench(folder.resolve("home"))) {
      Path foreign = bench.home().documents().resolve("notes.md");
      int[] times = {0};
      afterS6(
          bench,
          () -> {
            if (times[0]++ == 0) {
              Files.writeString(foreign, "somebody was here");
            }
          });
      bench.start();
      WorkflowStub lane = bench.run();
      Hold hold = bench.awaitHold(lane, 1);
      assertThat(hold.stage()).isEqualTo(Stage.S7);
      assertThat(hold.reject().render()).isEqualTo("INVENTORY_CHANGED:notes.md");
      assertThat(hold.reject().actual())
          .isEqualTo("changed by nobody whom the ledger names: notes.md");
      Files.delete(foreign);
      bench.answer(lane, "resume", 1);
      assertThat(bench.outcome(lane).end()).isEqualTo(LaneEnd.APPLIED);
    }
  }

  @Test
  @Triggers(RejectCode.INVENTORY_CHANGED)
  void documentThatWasNotPublished_thoughItsStageSaysSo_isMissed() throws Exception {
    try (Bench bench = new Bench(folder.resolve("home"))) {
      afterS6(bench, () -> Files.delete(bench.file("M-2")));
      bench.start();
      WorkflowStub lane = bench.run();
      assertThat(bench.awaitHold(lane, 1).reject().code()).isEqualTo(RejectCode.INVENTORY_CHANGED);
    }
  }

  @Test
  @Triggers(RejectCode.INVENTORY_CHANGED)
  void documentThatChangedAfterItsPublication_isNoticed() throws Exception {
    try (Bench bench = new Bench(folder.resolve("home"))) {
      afterS6(bench, () -> bench.foreign("M-1", "edited"));
      bench.start();
      assertThat(bench.awaitHold(bench.run(), 1).reject().code())
          .isEqualTo(RejectCode.INVENTORY_CHANGED);
    }
  }

  @Test
  @Triggers(RejectCode.REVIEW_CHECK_FAILED)
  void attemptOnAForbiddenSurface_evenRefused_isNoSuccess() throws Exception {
    try (Bench bench = new Bench(folder.resolve("home"))) {
      Digest before = bench.home().reader().inventory().tree();
      afterS6(
          bench,
          () -> {
            var run = Activity.getExecutionContext().getInfo();
            Owner owner =
                new Owner("bench-engine", "default", run.getWorkflowId(), run.getWorkflowRunId());
            bench
                .environment()
                .kb()
                .record(
                    new LedgerEntry.EffectRecorded(
                        owner,
                        "S6",
                        Effect.of("sql.query", "production:postgresql"),
                        false,
                        "SURFACE_FORBIDDEN"));
          });
      bench.start();
      LaneOutcome outcome = bench.outcome(bench.run());
      assertRejectedAndUndone(bench, before, outcome);
      var files = bench.home().evidence().packet(outcome.packet().orElseThrow().location());
      var proof = Json.parse(files.get("data/forbidden-surface-proof.json"));
      assertThat(proof.path("any_forbidden_surface_attempted").asBoolean()).isTrue();
      assertThat(
              Json.parse(files.get("data/execution-plan.json")).at("/forbiddenRow/status").asText())
          .isEqualTo("ATTEMPTED");
    }
  }

  @Test
  @Triggers(RejectCode.HISTORY_UNEXPECTED)
  void historyWithAnEventThatNoLaneMakes_isRejected() throws Exception {
    try (Bench bench = new Bench(folder.resolve("home"))) {
      Digest before = bench.home().reader().inventory().tree();
      StageEnvironment e = bench.environment();
      WorkflowHistory tampered =
          (workflowId, runId) -> {
            List<WorkflowHistory.Event> events =
                new ArrayList<>(e.history().events(workflowId, runId));
            events.add(
                1,
                new WorkflowHistory.Event(
                    1, "ACTIVITY_TASK_SCHEDULED", Optional.of("DeployToProduction")));
            return events;
          };
      StageEnvironment reviewer =
          Environments.with(
              e,
              Map.of(
                  "key", bench.home().keys().find("reviewer").orElseThrow(), "history", tampered));
      bench.replace(Activities.S7Review.class, new S7ReviewActivity(reviewer));
      bench.start();
      LaneOutcome outcome = bench.outcome(bench.run());
      assertRejectedAndUndone(bench, before, outcome);
      assertThat(outcome.reject().orElseThrow().code()).isEqualTo(RejectCode.HISTORY_UNEXPECTED);
    }
  }

  @Test
  @Triggers(RejectCode.COMMIT_NOT_CLEARED)
  void stageThatPassesWithoutDoingItsWork_cannotLeadToPublication() throws Exception {
    for (Stage lazy : List.of(Stage.S3, Stage.S4)) {
      try (Bench bench = new Bench(folder.resolve("home-" + lazy))) {
        Digest before = bench.home().reader().inventory().tree();
        StageResult pass = new StageResult(lazy, Verdict.pass(), Optional.empty(), "lazy");
        if (lazy == Stage.S3) {
          bench.replace(Activities.S3HardenedGate.class, call -> pass);
        } else {
          bench.replace(Activities.S4ExecutionProbes.class, call -> pass);
        }
        bench.start();
        LaneOutcome outcome = bench.outcome(bench.run());
        assertThat(outcome.end()).isEqualTo(LaneEnd.REJECTED);
        assertThat(outcome.reject().orElseThrow().render()).isEqualTo("COMMIT_NOT_CLEARED:" + lazy);
        assertThat(bench.home().reader().inventory().tree()).isEqualTo(before);
      }
    }
  }

  @Test
  @Triggers(RejectCode.REVIEW_NOT_INDEPENDENT)
  @NearMiss(RejectCode.REVIEW_NOT_INDEPENDENT)
  void lane_thatAsksForAnIndependentReview_isHeldUntilAnotherIdentityReviews() throws Exception {
    Bundle bundle =
        edited(
            "title: Governance correct, check: governance-correct}",
            "title: Independent, check: independent-reviewer}");
    try (Bench bench = new Bench(folder.resolve("home"), bundle)) {
      String[] identity = {bench.environment().identity()};
      bench.replace(
          Activities.S7Review.class,
          call -> new S7ReviewActivity(bench.reviewer(identity[0])).review(call));
      bench.start();
      WorkflowStub lane = bench.run();
      Hold hold = bench.awaitHold(lane, 1);
      assertThat(hold.stage()).isEqualTo(Stage.S7);
      assertThat(hold.reject().code()).isEqualTo(RejectCode.REVIEW_NOT_INDEPENDENT);
      assertThat(bench.file("M-1")).exists();
      identity[0] = "another-worker";
      bench.answer(lane, "resume", 1);
      assertThat(bench.outcome(lane).end()).isEqualTo(LaneEnd.APPLIED);
    }
  }

  @Test
  @Triggers(RejectCode.GRANT_KEY_MISMATCH)
  void reviewer_whomTheGrantDoesNotName_reviewsNothing() throws Exception {
    try (Bench bench = new Bench(folder.resolve("home"))) {
      Digest before = bench.home().reader().inventory().tree();
      StageEnvironment other =
          Environments.with(
              bench.reviewer("another-worker"), Map.of("key", bench.home().keys().create("other")));
      bench.replace(Activities.S7Review.class, call -> new S7ReviewActivity(other).review(call));
      bench.start();
      LaneOutcome outcome = bench.outcome(bench.run());
      assertRejectedAndUndone(bench, before, outcome);
      assertThat(outcome.reject().orElseThrow().render()).isEqualTo("GRANT_KEY_MISMATCH:reviewer");
    }
  }

  /** A worker of both roles that is started again has another identity, and the same process. */
  @Test
  void reviewByAWorkerOfBothRoles_isNotIndependent_whateverItsIdentity() throws Exception {
    try (Bench bench = new Bench(folder.resolve("home"))) {
      StageEnvironment both =
          Environments.with(bench.reviewer("another-worker"), Map.of("bothRoles", true));
      bench.replace(Activities.S7Review.class, call -> new S7ReviewActivity(both).review(call));
      bench.start();
      LaneOutcome outcome = bench.outcome(bench.run());
      assertThat(outcome.end()).isEqualTo(LaneEnd.APPLIED);
      assertThat(independence(bench, outcome)).isEqualTo("REVIEW_NOT_INDEPENDENT");
    }
  }

  @Test
  void reviewer_thatReviewsASecondTime_isIndependentStill() throws Exception {
    try (Bench bench = new Bench(folder.resolve("home"))) {
      Path foreign = bench.home().documents().resolve("notes.md");
      StageEnvironment other = bench.reviewer("another-worker");
      boolean[] first = {true};
      bench.replace(
          Activities.S7Review.class,
          call -> {
            if (first[0]) {
              write(foreign);
              first[0] = false;
            }
            return new S7ReviewActivity(other).review(call);
          });
      bench.start();
      WorkflowStub lane = bench.run();
      assertThat(bench.awaitHold(lane, 1).reject().code()).isEqualTo(RejectCode.INVENTORY_CHANGED);
      Files.delete(foreign);
      bench.answer(lane, "resume", 1);
      LaneOutcome outcome = bench.outcome(lane);
      assertThat(outcome.end()).isEqualTo(LaneEnd.APPLIED);
      assertThat(independence(bench, outcome)).isEqualTo("REVIEW_INDEPENDENT");
    }
  }

  private static void write(Path foreign) {
    try {
      Files.writeString(foreign, "somebody was here");
    } catch (IOException e) {
      throw Activity.wrap(e);
    }
  }

  private static String independence(Bench bench, LaneOutcome outcome) throws IOException {
    Path packet = bench.home().folder().resolve(outcome.packet().orElseThrow().location());
    return Json.parse(Files.readAllBytes(packet.resolve("data/post-execution-review.json")))
        .path("independence")
        .asText();
  }

  private Bundle edited(String from, String to) throws Exception {
    Path copy = TestLane.copy(folder.resolve("lane"));
    Path file = copy.resolve("lane.yaml");
    String text = Files.readString(file);
    String changed = text.replace(from, to);
    assertThat(changed).isNotEqualTo(text);
    Files.writeString(file, changed);
    return LaneFolder.read(copy);
  }

  @Test
  @Triggers(RejectCode.SELF_CHECK_FAILED)
  void selfCheckThatDoesNotHold_isRejected() throws Exception {
    Bundle bundle = edited("preflight.json#/result/verdict", "preflight.json#/result/verdicts");
    try (Bench bench = new Bench(folder.resolve("home"), bundle).start()) {
      Digest before = bench.home().reader().inventory().tree();
      LaneOutcome outcome = bench.outcome(bench.run());
      assertRejectedAndUndone(bench, before, outcome);
      assertThat(outcome.reject().orElseThrow().code()).isEqualTo(RejectCode.SELF_CHECK_FAILED);
    }
  }

  @Test
  @Triggers(RejectCode.REVIEW_CHECK_FAILED)
  void reportThatNamesEvidenceWhichIsNotThere_isRejected() throws Exception {
    Bundle bundle =
        edited("{{delegation-and-authority-lock.environment}}", "{{nothing.of.the.kind}}");
    try (Bench bench = new Bench(folder.resolve("home"), bundle).start()) {
      Digest before = bench.home().reader().inventory().tree();
      LaneOutcome outcome = bench.outcome(bench.run());
      assertRejectedAndUndone(bench, before, outcome);
      assertThat(outcome.reject().orElseThrow().render()).isEqualTo("REVIEW_CHECK_FAILED:report");
    }
  }

  @Test
  @Triggers(RejectCode.GRANT_FORGED)
  void otherOwnerInTheTrustRootOnly_makesThePacketInvalidOrTheGrantForged() throws Exception {
    try (Bench bench = new Bench(folder.resolve("home"))) {
      afterS6(bench, () -> bench.home().writeTrustRoot(dev.lanekeeper.grant.TrustRoot.empty()));
      bench.start();
      WorkflowStub lane = bench.run();
      LaneOutcome outcome = bench.outcome(lane);
      assertThat(outcome.end()).isEqualTo(LaneEnd.REJECTED);
      assertThat(outcome.reject().orElseThrow().code()).isEqualTo(RejectCode.GRANT_FORGED);
      assertThat(bench.file("M-1")).doesNotExist();
    }
  }
}
