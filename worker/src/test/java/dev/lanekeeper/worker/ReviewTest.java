package dev.lanekeeper.worker;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.canonical.Json;
import dev.lanekeeper.evidence.Bundle;
import dev.lanekeeper.evidence.LaneFolder;
import dev.lanekeeper.grant.TrustRoot;
import dev.lanekeeper.kb.LedgerEntry;
import dev.lanekeeper.lane.Stage;
import dev.lanekeeper.packet.PacketVerifier;
import dev.lanekeeper.s7review.S7ReviewActivity;
import dev.lanekeeper.scope.Effect;
import dev.lanekeeper.signature.SigningKey;
import dev.lanekeeper.stage.StageEnvironment;
import dev.lanekeeper.stage.WorkflowHistory;
import dev.lanekeeper.testkit.EditedLane;
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
import java.util.Set;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** S7 detects what got past everything else: it trusts no stage's word. */
@Execution(ExecutionMode.CONCURRENT) // each has a bench of its own, and waits much of its time
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

  @ParameterizedTest
  @ValueSource(strings = {".notes.md.swp", "notes draft.md"})
  @Triggers(RejectCode.FOREIGN_FILE)
  void strayFile_thatAppearedDuringTheLane_holds_andResumesAfterItIsIgnored(String name)
      throws Exception {
    try (Bench bench = new Bench(folder.resolve("home"))) {
      Path stray = bench.home().documents().resolve(name);
      afterS6(bench, () -> Files.writeString(stray, "an editor was here"));
      bench.start();
      WorkflowStub lane = bench.run();
      Hold hold = bench.awaitHold(lane, 1);
      assertThat(hold.stage()).isEqualTo(Stage.S7);
      assertThat(hold.reject().render()).isEqualTo("FOREIGN_FILE:" + name);
      bench
          .home()
          .knowledgeBase()
          .record(new LedgerEntry.NamesIgnored(List.of(".*.swp", "* draft.md"), "test"));
      bench.answer(lane, "resume", 1);
      assertThat(bench.outcome(lane).end()).isEqualTo(LaneEnd.APPLIED);
      assertThat(stray).exists();
    }
  }

  @Test
  @Triggers(RejectCode.REVIEW_CHECK_FAILED)
  void bytesForTheUndo_thatAreGone_failTheReview_andWhatWasReadIsSaid() throws Exception {
    Path handbook = TestLane.ROOT.resolve("examples/handbook-release");
    String folders = "expected a regular file, found a folder";
    for (String fault : List.of("none", "are missing", folders)) {
      boolean gone = !fault.equals("none");
      try (Bench bench =
          new Bench(
              folder.resolve("home-" + fault.length()), LaneFolder.read(handbook), handbook)) {
        Path kept = bench.home().ledger().resolve("replaced");
        afterS6(
            bench,
            () -> {
              for (Path file : gone ? list(kept) : List.<Path>of()) {
                Files.delete(file);
                if (fault.equals(folders)) {
                  Files.createDirectory(file);
                }
              }
            });
        bench.start();
        LaneOutcome outcome = bench.outcome(bench.run());
        if (gone) {
          assertThat(outcome.reject().orElseThrow().render())
              .isEqualTo("REVIEW_CHECK_FAILED:RB-HB-1");
          assertThat(outcome.reject().orElseThrow().actual())
              .as("in words, which name no place of this machine")
              .endsWith(fault)
              .doesNotContain("/");
          assertThat(outcome.end()).isEqualTo(LaneEnd.ROLLBACK_FAILED);
          assertThat(verified(bench, outcome))
              .as("what S2 rehearsed with")
              .contains("data/before/handbook/oncall/contents.md");
        } else {
          assertThat(outcome.end()).isEqualTo(LaneEnd.APPLIED);
          JsonNode checks = review(bench, outcome).path("checks");
          JsonNode undo =
              StreamSupport.stream(checks.spliterator(), false)
                  .filter(c -> c.path("check").asText().equals("rollback-exists"))
                  .findFirst()
                  .orElseThrow()
                  .path("undo");
          assertThat(undo.at("/0/bytesRead").asLong()).isPositive();
          assertThat(undo.at("/1/restores").asText()).isEqualTo("ABSENT");
        }
      }
    }
  }

  /** The names of the packet's files, which verify. */
  private static Set<String> verified(Bench bench, LaneOutcome outcome) throws IOException {
    Map<String, byte[]> files =
        bench.home().evidence().packet(outcome.packet().orElseThrow().location());
    PacketVerifier.Finding finding =
        new PacketVerifier(
                files,
                Optional.of(
                    bench.home().keys().find("owner").orElseThrow().verifyKey().thumbprint().hex()))
            .verify(bench.home().workspaces().resolve("verify"));
    assertThat(finding.problem()).isEmpty();
    return files.keySet();
  }

  private static List<Path> list(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.toList();
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
                new Owner(
                    "bench-engine",
                    "default",
                    run.getWorkflowId(),
                    new dev.lanekeeper.workflow.RunId(run.getWorkflowRunId()));
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

  /** Reviews a lane by another history than its own; the lane must be rejected and undone. */
  private String rejectedBy(String name, UnaryOperator<List<WorkflowHistory.Event>> other)
      throws Exception {
    try (Bench bench = new Bench(folder.resolve(name))) {
      Digest before = bench.home().reader().inventory().tree();
      StageEnvironment e = bench.environment();
      WorkflowHistory tampered =
          (workflowId, runId) -> other.apply(e.history().events(workflowId, runId));
      StageEnvironment reviewer =
          Environments.with(
              e,
              Map.of(
                  "key", bench.home().keys().find("reviewer").orElseThrow(), "history", tampered));
      bench.replace(Activities.S7Review.class, new S7ReviewActivity(reviewer));
      bench.start();
      LaneOutcome outcome = bench.outcome(bench.run());
      assertRejectedAndUndone(bench, before, outcome);
      return outcome.reject().orElseThrow().render();
    }
  }

  private static UnaryOperator<List<WorkflowHistory.Event>> with(
      String type, Optional<String> activity) {
    return events -> {
      List<WorkflowHistory.Event> more = new ArrayList<>(events);
      more.add(1, new WorkflowHistory.Event(1, type, activity));
      return more;
    };
  }

  @Test
  @Triggers(RejectCode.HISTORY_UNEXPECTED)
  void historyWithAnEventThatNoLaneMakes_isRejected() throws Exception {
    assertThat(
            rejectedBy("home", with("ACTIVITY_TASK_SCHEDULED", Optional.of("DeployToProduction"))))
        .isEqualTo("HISTORY_UNEXPECTED:ACTIVITY_TASK_SCHEDULED DeployToProduction");
  }

  /** Child workflows, signals and the like name no activity that could be unknown. */
  @Test
  @Triggers(RejectCode.HISTORY_UNEXPECTED)
  void historyWithACommandThatNoLaneGives_isRejected() throws Exception {
    String command = "START_CHILD_WORKFLOW_EXECUTION_INITIATED";
    assertThat(rejectedBy("home", with(command, Optional.empty())))
        .isEqualTo("HISTORY_UNEXPECTED:" + command);
  }

  /** Who has read no history cannot say that nothing unexpected stands in it. */
  @Test
  @Triggers(RejectCode.HISTORY_UNEXPECTED)
  void historyThatDoesNotScheduleTheReview_isRejected() throws Exception {
    String nothing = "HISTORY_UNEXPECTED:no history that schedules S7";
    assertThat(rejectedBy("without-events", events -> List.of())).isEqualTo(nothing);
    assertThat(
            rejectedBy(
                "without-s7",
                events ->
                    events.stream()
                        .filter(e -> !e.activityType().equals(Optional.of("S7Review")))
                        .toList()))
        .isEqualTo(nothing);
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
      SigningKey key = bench.home().keys().create("other");
      bench.home().trust(TrustRoot.Role.REVIEWER, "other", key.verifyKey());
      StageEnvironment other =
          Environments.with(bench.reviewer("another-worker"), Map.of("key", key));
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
    return review(bench, outcome).path("independence").asText();
  }

  private static JsonNode review(Bench bench, LaneOutcome outcome) throws IOException {
    Path packet = bench.home().folder().resolve(outcome.packet().orElseThrow().location());
    return Json.parse(Files.readAllBytes(packet.resolve("data/post-execution-review.json")));
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
      assertRejectedBeforeAnythingWasPublished(bench, before, outcome);
      assertThat(outcome.reject().orElseThrow().code()).isEqualTo(RejectCode.SELF_CHECK_FAILED);
    }
  }

  @Test
  @Triggers(RejectCode.SELF_CHECK_FAILED)
  void selfCheckOfAnotherValue_thanTheEvidences_isRejected() throws Exception {
    String where = "execution-probes.json#/failedClosed";
    String check = "      evidence: \"" + where + "\"\n      equals: ";
    Bundle bundle = edited(check + 15, check + 14);
    try (Bench bench = new Bench(folder.resolve("home"), bundle).start()) {
      Digest before = bench.home().reader().inventory().tree();
      LaneOutcome outcome = bench.outcome(bench.run());
      assertRejectedBeforeAnythingWasPublished(bench, before, outcome);
      Verdict.Reject reject = outcome.reject().orElseThrow();
      assertThat(reject.render()).isEqualTo("SELF_CHECK_FAILED:" + where);
      assertThat(reject.expected()).isEqualTo("14");
      assertThat(reject.actual()).isEqualTo("15");
    }
  }

  /** What no stage will write, what is not there when self-checks are made, and what S0 wrote. */
  @ParameterizedTest
  @Triggers(RejectCode.SELF_CHECK_FAILED)
  @ValueSource(
      strings = {
        "post-execution-review.json#/passed",
        "post-execution-review.json#/selfChecks",
        "execution-plan.json#/planDigest",
        "preflight.json#/volatile/ledgerLines"
      })
  void selfCheckThatCannotHold_isRejectedBeforeAnythingIsPublished(String where) throws Exception {
    Bundle bundle = edited("post-execution-review.json#/checksPassed", where);
    try (Bench bench = new Bench(folder.resolve("home"), bundle).start()) {
      Digest before = bench.home().reader().inventory().tree();
      LaneOutcome outcome = bench.outcome(bench.run());
      assertRejectedBeforeAnythingWasPublished(bench, before, outcome);
      assertThat(outcome.reject().orElseThrow().code()).isEqualTo(RejectCode.SELF_CHECK_FAILED);
    }
  }

  @Test
  @Triggers(RejectCode.SELF_CHECK_FAILED)
  void selfCheckOfWhatOnlyTheReviewKnows_isMadeThere() throws Exception {
    String where = "post-execution-review.json#/checksPassed\"\n      equals: 10";
    Bundle bundle =
        edited(where, "post-execution-review.json#/independence\"\n      equals: OF_A_FRIEND");
    try (Bench bench = new Bench(folder.resolve("home"), bundle).start()) {
      Digest before = bench.home().reader().inventory().tree();
      LaneOutcome outcome = bench.outcome(bench.run());
      assertRejectedAndUndone(bench, before, outcome);
      assertThat(outcome.reject().orElseThrow().code()).isEqualTo(RejectCode.SELF_CHECK_FAILED);
    }
  }

  /** A self-check for each value that S5 to S7 leave: none of them is refused beforehand. */
  @Test
  void whatTheReviewFinds_wasForeseenBeforePublishing() throws Exception {
    StringBuilder checks = new StringBuilder("  selfCheck:\n");
    try (Bench bench = new Bench(folder.resolve("home")).start()) {
      LaneOutcome outcome = bench.outcome(bench.run());
      Path packet = bench.home().folder().resolve(outcome.packet().orElseThrow().location());
      for (String name :
          List.of(
              "publication.json",
              "forbidden-surface-proof.json",
              "execution-plan.json",
              "production-readiness-blocker-map.json",
              "post-execution-review.json")) {
        JsonNode file = Json.parse(Files.readAllBytes(packet.resolve("data/" + name)));
        leaves("", file)
            .forEach(
                (pointer, value) ->
                    checks.append(
                        "    - text: \"%s %s\"\n      evidence: \"%s#%s\"\n      equals: %s\n"
                            .formatted(name, pointer, name, pointer, value)));
      }
    }
    edited("  selfCheck:\n", checks.toString());
    Bundle bundle =
        EditedLane.copyOf(folder.resolve("lane"), folder.resolve("more"))
            .edit("{{post-execution-review.checkCount}} hold:", "{{packet.checks.6}} hold:")
            .bundle();
    assertThat(bundle.plan().spec().selfCheck()).hasSizeGreaterThan(300);
    try (Bench bench = new Bench(folder.resolve("other"), bundle).start()) {
      LaneOutcome outcome = bench.outcome(bench.run());
      assertThat(outcome.end()).as("%s", outcome.reject()).isEqualTo(LaneEnd.APPLIED);
    }
  }

  /** The values by their pointers, but those that are other ones in each run or plan. */
  private static Map<String, JsonNode> leaves(String pointer, JsonNode node) {
    Map<String, JsonNode> out = new TreeMap<>();
    if (pointer.matches("/(volatile|planDigest|result|selfChecks?)")) {
      return out;
    }
    if (node.isEmpty()) {
      out.put(pointer, node);
    }
    node.properties().forEach(f -> out.putAll(leaves(pointer + "/" + f.getKey(), f.getValue())));
    for (int i = 0; node.isArray() && i < node.size(); i++) {
      out.putAll(leaves(pointer + "/" + i, node.get(i)));
    }
    return out;
  }

  private static void assertRejectedBeforeAnythingWasPublished(
      Bench bench, Digest before, LaneOutcome outcome) throws IOException {
    assertThat(outcome.end()).isEqualTo(LaneEnd.REJECTED);
    assertThat(outcome.stage()).contains(Stage.S5);
    assertThat(bench.home().reader().inventory().tree()).isEqualTo(before);
    assertThat(bench.home().reader().ledger().all(LedgerEntry.Intent.class)).isEmpty();
  }

  /** The grant is of one environment: it satisfies no gate of another, and so resolves nothing. */
  @Test
  void gate_ofAnotherEnvironmentThanTheGrants_isNotSatisfied_andResolvesNoBlocker()
      throws Exception {
    assertThat(satisfiedAndResolved("no-production")).isEqualTo("true and true");
    assertThat(satisfiedAndResolved("production")).isEqualTo("false and false");
  }

  /**
   * What the evidence of an applied lane says of its gate, and of a blocker that the gate names.
   */
  private String satisfiedAndResolved(String gateEnvironment) throws Exception {
    String blocker = "FIX7-P0-PROD-OPT4-1";
    Bundle bundle =
        EditedLane.copyOf(TestLane.FIX7, folder.resolve("lane-" + gateEnvironment))
            .edit("reference: FIX7-P0-PLAN-EXEC-AUTH-1", "reference: " + blocker)
            .edit("blocker-map.json#/open", "blocker-map.json#/count")
            .edit(
                "      environment: no-production\n      limit:",
                "      environment: " + gateEnvironment + "\n      limit:")
            .bundle();
    try (Bench bench = new Bench(folder.resolve("home-" + gateEnvironment), bundle).start()) {
      LaneOutcome outcome = bench.outcome(bench.run());
      assertThat(outcome.end()).isEqualTo(LaneEnd.APPLIED);
      var files = bench.home().evidence().packet(outcome.packet().orElseThrow().location());
      var lock = Json.parse(files.get("data/delegation-and-authority-lock.json"));
      var map = Json.parse(files.get("data/production-readiness-blocker-map.json"));
      assertThat(map.at("/blockers/5/id").asText()).isEqualTo(blocker);
      return lock.at("/gatesSatisfied/0/satisfied").asText()
          + " and "
          + map.at("/blockers/5/resolvedHere").asText();
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
      assertRejectedBeforeAnythingWasPublished(bench, before, outcome);
      assertThat(outcome.reject().orElseThrow().render()).isEqualTo("REVIEW_CHECK_FAILED:report");
    }
  }

  @ParameterizedTest
  @Triggers(RejectCode.REVIEW_CHECK_FAILED)
  @ValueSource(
      strings = {
        "delegation-and-authority-lock.enviroment",
        "publication.documents.7.path",
        "publication.documnts",
        "post-execution-review.inventory.undeclard",
        "execution-plan.rows",
        "packet.checks.7",
        "run.ends"
      })
  void reportWithATypingError_isRejectedBeforeAnythingIsPublished(String wrong) throws Exception {
    Bundle bundle = edited("{{delegation-and-authority-lock.environment}}", "{{" + wrong + "}}");
    try (Bench bench = new Bench(folder.resolve("home"), bundle).start()) {
      Digest before = bench.home().reader().inventory().tree();
      LaneOutcome outcome = bench.outcome(bench.run());
      assertRejectedBeforeAnythingWasPublished(bench, before, outcome);
      assertThat(outcome.reject().orElseThrow().render()).isEqualTo("REVIEW_CHECK_FAILED:report");
      assertThat(outcome.reject().orElseThrow().actual())
          .contains("{{" + wrong + "}} in line 1, which leads to nothing");
    }
  }

  @Test
  @Triggers(RejectCode.GRANT_FORGED)
  void otherOwnerInTheTrustRootOnly_makesThePacketInvalidOrTheGrantForged() throws Exception {
    try (Bench bench = new Bench(folder.resolve("home"))) {
      TrustRoot root = bench.home().trustRoot();
      TrustRoot other =
          TrustRoot.empty()
              .with(TrustRoot.Role.OWNER, "other", SigningKey.generate().verifyKey())
              .with(TrustRoot.Role.EXECUTOR, "e", root.of(TrustRoot.Role.EXECUTOR).get(0))
              .with(TrustRoot.Role.REVIEWER, "r", root.of(TrustRoot.Role.REVIEWER).get(0));
      afterS6(bench, () -> bench.home().writeTrustRoot(other));
      bench.start();
      WorkflowStub lane = bench.run();
      LaneOutcome outcome = bench.outcome(lane);
      assertThat(outcome.end()).isEqualTo(LaneEnd.REJECTED);
      assertThat(outcome.reject().orElseThrow().code()).isEqualTo(RejectCode.GRANT_FORGED);
      assertThat(bench.file("M-1")).doesNotExist();
    }
  }
}
