package dev.lanekeeper.starter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.lanekeeper.client.LaneClient;
import dev.lanekeeper.client.LaneException;
import dev.lanekeeper.kb.LedgerEntry;
import dev.lanekeeper.lane.LaneName;
import dev.lanekeeper.lane.Stage;
import dev.lanekeeper.testkit.EditedLane;
import dev.lanekeeper.testkit.RunIds;
import dev.lanekeeper.testkit.TestLane;
import dev.lanekeeper.worker.Home;
import dev.lanekeeper.workflow.HoldRef;
import dev.lanekeeper.workflow.LaneEnd;
import dev.lanekeeper.workflow.LaneOutcome;
import dev.lanekeeper.workflow.LaneStatus;
import dev.lanekeeper.workflow.Owner;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.temporal.api.common.v1.Payload;
import io.temporal.api.common.v1.WorkflowExecution;
import io.temporal.api.enums.v1.UpdateWorkflowExecutionLifecycleStage;
import io.temporal.api.sdk.v1.UserMetadata;
import io.temporal.api.sdk.v1.WorkflowDefinition;
import io.temporal.api.sdk.v1.WorkflowInteractionDefinition;
import io.temporal.api.sdk.v1.WorkflowMetadata;
import io.temporal.api.update.v1.UpdateRef;
import io.temporal.api.workflowservice.v1.DescribeWorkflowExecutionRequest;
import io.temporal.api.workflowservice.v1.DescribeWorkflowExecutionResponse;
import io.temporal.api.workflowservice.v1.PollWorkflowExecutionUpdateRequest;
import io.temporal.client.UpdateOptions;
import io.temporal.client.WorkflowClient;
import io.temporal.client.WorkflowFailedException;
import io.temporal.client.WorkflowStub;
import io.temporal.client.WorkflowUpdateException;
import io.temporal.client.WorkflowUpdateStage;
import io.temporal.common.converter.RawValue;
import io.temporal.failure.ApplicationFailure;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Lanes on a real Temporal server, with workers and server that die. */
class TemporalServerIT {

  private static final String BLUEPRINT = "fix7-p0-operative-birth-blueprint-2026-06-12.md";

  @TempDir private Path folder;

  private static Map<String, Object> fix7() {
    return Map.of("lane", "fix7-p0");
  }

  private static void assertAppliedOnce(TestBed bed) throws Exception {
    assertThat(bed.ledger().openClaims()).isEmpty();
    assertThat(bed.ledger().all(LedgerEntry.RunEnded.class))
        .extracting(LedgerEntry.RunEnded::end)
        .containsExactly(LaneEnd.APPLIED);
    assertThat(
            bed.ledger()
                .all(LedgerEntry.Outcome.class)
                .filter(o -> o.outcome().equals("PUBLISHED")))
        .as("each document once")
        .hasSize(2);
    TestLane lane = new TestLane(Clock.systemUTC());
    for (String id : List.of("M-1", "M-2")) {
      assertThat(bed.home().resolve("kb").resolve(lane.change(id).path().value()))
          .hasBinaryContent(lane.document(lane.change(id)));
    }
  }

  private static String details(WorkflowStub lane) {
    return lane.query("__temporal_workflow_metadata", WorkflowMetadata.class).getCurrentDetails();
  }

  private static List<String> listed(WorkflowClient client, String query) throws Exception {
    for (int i = 0; i < 1000; i++) {
      List<String> ids =
          client.listExecutions(query).map(e -> e.getExecution().getWorkflowId()).toList();
      if (!ids.isEmpty()) {
        return ids;
      }
      Thread.sleep(100);
    }
    return List.of();
  }

  private static LaneStatus awaitHold(WorkflowStub lane, TestBed bed, int number)
      throws InterruptedException {
    while (true) {
      LaneStatus status = new LaneClient(bed.client()).status(lane);
      if (status.hold().filter(h -> h.number() == number).isPresent()) {
        return status;
      }
      Thread.sleep(50);
    }
  }

  @Test
  void oneJsonValue_isEnough_andThePacketVerifies() throws Exception {
    try (TestBed bed = new TestBed(folder)) {
      bed.worker();
      WorkflowStub lane = bed.lane(fix7());
      LaneOutcome outcome = lane.getResult(LaneOutcome.class);
      assertThat(outcome.end()).isEqualTo(LaneEnd.APPLIED);
      assertAppliedOnce(bed);
      Path packet = bed.home().resolve(outcome.packet().orElseThrow().location());
      String owner =
          new dev.lanekeeper.worker.LocalKeys(bed.home().resolve("keys"))
              .find("owner")
              .orElseThrow()
              .verifyKey()
              .thumbprint()
              .hex();
      Cli verify = Cli.run("verify", packet, "--key", owner);
      assertThat(verify.exitCode()).as(verify.out() + verify.err()).isZero();
      assertThat(Files.readString(packet.resolve("data/post-execution-review.json")))
          .contains("REVIEW_NOT_INDEPENDENT");
      assertThat(details(lane)).startsWith("**APPLIED**").contains("| S7 review | `PASS`");
      assertThat(listed(bed.client(), "LaneStatus = 'APPLIED' AND LaneName = 'fix7-p0'"))
          .containsExactly(lane.getExecution().getWorkflowId());

      WorkflowStub again = bed.lane(fix7());
      assertThat(again.getResult(LaneOutcome.class).alreadyApplied()).isTrue();
      assertAppliedOnce(bed);
    }
  }

  @Test
  void twoWorkersWithTwoIdentities_makeTheReviewIndependent() throws Exception {
    try (TestBed bed = new TestBed(folder)) {
      bed.worker("--role", "executor", "--identity", "executor-1");
      bed.worker("--role", "reviewer", "--identity", "reviewer-1");
      LaneOutcome outcome = bed.lane(fix7()).getResult(LaneOutcome.class);
      Path packet = bed.home().resolve(outcome.packet().orElseThrow().location());
      assertThat(Files.readString(packet.resolve("data/post-execution-review.json")))
          .contains("REVIEW_INDEPENDENT")
          .doesNotContain("REVIEW_NOT_INDEPENDENT");
      assertAppliedOnce(bed);
    }
  }

  @Test
  void heldLane_showsItsRemedy_refusesWrongAnswers_andGoesOn() throws Exception {
    try (TestBed bed = new TestBed(folder)) {
      bed.worker();
      Files.writeString(bed.document(BLUEPRINT), "foreign");
      WorkflowStub lane = bed.lane(fix7());
      awaitHold(lane, bed, 1);
      assertThat(details(lane))
          .contains("**HELD in S0 preflight**")
          .contains("DOCUMENT_PRESENT:")
          .contains("expected: `ABSENT`")
          .contains("move the foreign document away, then resume")
          .contains("send the update **resume** with `{\"hold\": 1}`");
      assertThat(listed(bed.client(), "LaneStatus = 'HELD' AND LaneStage = 'S0'"))
          .containsExactly(lane.getExecution().getWorkflowId());
      assertThat(listed(bed.client(), "LaneRejectCode = 'DOCUMENT_PRESENT'")).hasSize(1);
      LaneClient answers = new LaneClient(bed.client());
      assertThatThrownBy(() -> answers.answer(lane, "resume", 2))
          .isInstanceOf(LaneException.Refused.class)
          .hasStackTraceContaining("The lane is at hold 1, not 2. Send {\"hold\": 1}.");
      Files.delete(bed.document(BLUEPRINT));
      answers.answer(lane, "resume", 1);
      assertThat(lane.getResult(LaneOutcome.class).end()).isEqualTo(LaneEnd.APPLIED);
      assertAppliedOnce(bed);
    }
  }

  @Test
  void heldLane_rolledBack_leavesTheKnowledgeBaseAsBefore() throws Exception {
    try (TestBed bed = new TestBed(folder)) {
      bed.worker();
      Files.writeString(bed.document(BLUEPRINT), "foreign");
      WorkflowStub lane = bed.lane(fix7());
      awaitHold(lane, bed, 1);
      new LaneClient(bed.client()).answer(lane, "rollback", 1);
      assertThatThrownBy(() -> lane.getResult(LaneOutcome.class))
          .isInstanceOf(WorkflowFailedException.class)
          .cause()
          .isInstanceOfSatisfying(
              ApplicationFailure.class, f -> assertThat(f.getType()).isEqualTo("ROLLED_BACK"));
      assertThat(bed.document(BLUEPRINT)).hasContent("foreign");
      assertThat(listed(bed.client(), "LaneStatus = 'ROLLED_BACK'")).hasSize(1);
    }
  }

  /** Sends an answer that waits on the server for a worker; the name of the update, or nothing. */
  private static CompletableFuture<Optional<String>> send(
      TestBed bed, WorkflowExecution lane, String update) throws Exception {
    CompletableFuture<Optional<String>> taken =
        CompletableFuture.supplyAsync(
            () -> {
              try {
                bed.client()
                    .newUntypedWorkflowStub(lane.getWorkflowId())
                    .startUpdate(
                        UpdateOptions.newBuilder(Void.class)
                            .setUpdateName(update)
                            .setUpdateId(update)
                            .setWaitForStage(WorkflowUpdateStage.COMPLETED)
                            .build(),
                        new HoldRef(1))
                    .getResult();
                return Optional.of(update);
              } catch (WorkflowUpdateException refused) {
                assertThat(refused.getCause()).hasMessageContaining("The lane is not held");
                return Optional.empty();
              }
            });
    LaneOnServer.await(update + " to wait on the server", () -> waits(bed, lane, update));
    return taken;
  }

  private static boolean waits(TestBed bed, WorkflowExecution lane, String update) {
    try {
      return bed.client()
              .getWorkflowServiceStubs()
              .blockingStub()
              .pollWorkflowExecutionUpdate(
                  PollWorkflowExecutionUpdateRequest.newBuilder()
                      .setNamespace(bed.connection().namespace())
                      .setUpdateRef(
                          UpdateRef.newBuilder().setWorkflowExecution(lane).setUpdateId(update))
                      .build())
              .getStage()
          == UpdateWorkflowExecutionLifecycleStage
              .UPDATE_WORKFLOW_EXECUTION_LIFECYCLE_STAGE_ADMITTED;
    } catch (StatusRuntimeException e) {
      assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.NOT_FOUND);
      return false;
    }
  }

  /**
   * The worker hears of both in one task: the second is sent to a hold that is answered already.
   */
  @Test
  void twoAnswersToOneHold_whileNoWorkerIsThere_areTakenOnceOnly() throws Exception {
    try (TestBed bed = new TestBed(folder)) {
      Process worker = bed.worker();
      Files.writeString(bed.document(BLUEPRINT), "foreign");
      WorkflowStub lane = bed.lane(fix7());
      awaitHold(lane, bed, 1);
      worker.destroyForcibly().waitFor();
      CompletableFuture<Optional<String>> rollback = send(bed, lane.getExecution(), "rollback");
      CompletableFuture<Optional<String>> abort = send(bed, lane.getExecution(), "abort");
      bed.worker();
      List<String> taken =
          Stream.of(rollback, abort).flatMap(answer -> answer.join().stream()).toList();
      assertThat(taken).hasSize(1);
      assertThatThrownBy(() -> lane.getResult(LaneOutcome.class))
          .cause()
          .isInstanceOfSatisfying(
              ApplicationFailure.class,
              f ->
                  assertThat(f.getType())
                      .isEqualTo(taken.contains("rollback") ? "ROLLED_BACK" : "ABORTED"));
    }
  }

  private static String done(Jar.Result command) {
    assertThat(command.exitCode()).as(command.out()).isZero();
    return command.out();
  }

  private static String summary(UserMetadata metadata) {
    return metadata.getSummary().getData().toStringUtf8();
  }

  @Test
  void startedLane_hasSummaries_andDescribesWhatMayBeSentToIt() throws Exception {
    try (TestBed bed = new TestBed(folder)) {
      bed.worker();
      String said = done(bed.command("start", TestLane.FIX7, "--wait", "--home", bed.home()));
      String id = said.lines().findFirst().orElseThrow().replaceFirst("^workflow +", "");
      DescribeWorkflowExecutionResponse shown =
          bed.client()
              .getWorkflowServiceStubs()
              .blockingStub()
              .describeWorkflowExecution(
                  DescribeWorkflowExecutionRequest.newBuilder()
                      .setNamespace(bed.connection().namespace())
                      .setExecution(WorkflowExecution.newBuilder().setWorkflowId(id))
                      .build());
      assertThat(summary(shown.getExecutionConfig().getUserMetadata()))
          .isEqualTo("\"Lane fix7-p0\"");
      assertThat(bed.client().fetchHistory(id).getHistory().getEventsList())
          .filteredOn(e -> e.hasActivityTaskScheduledEventAttributes())
          .extracting(e -> summary(e.getUserMetadata()))
          .containsExactly(
              Stream.of(Stage.values())
                  .map(stage -> "\"" + stage + " " + stage.title() + "\"")
                  .toArray(String[]::new));
      WorkflowDefinition definition =
          bed.client()
              .newUntypedWorkflowStub(id)
              .query("__temporal_workflow_metadata", WorkflowMetadata.class)
              .getDefinition();
      assertThat(
              Stream.of(
                      definition.getUpdateDefinitionsList(),
                      definition.getQueryDefinitionsList(),
                      definition.getSignalDefinitionsList())
                  .flatMap(List::stream)
                  .filter(d -> !d.getName().startsWith("__"))
                  .toList())
          .allSatisfy(d -> assertThat(d.getDescription()).as(d.getName()).isNotBlank())
          .extracting(WorkflowInteractionDefinition::getName)
          .contains("resume", "approve", "rollback", "abort", "status");
    }
  }

  @Test
  void laneThatWaitsForAnApproval_isAborted_orApproved_byTheCommands() throws Exception {
    Path lanes = Files.createDirectory(folder.resolve("lanes"));
    Path asking = lanes.resolve("fix7-p0");
    EditedLane.copyOf(TestLane.FIX7, asking)
        .edit("\n  next:\n", "\n  approval: {question: May it stand.}\n\n  next:\n");
    try (TestBed bed = new TestBed(folder)) {
      String before = bed.tree();
      Path key = bed.home().resolve("keys/approver.key");
      done(bed.command("grant", "issue", asking, "--home", bed.home()));
      done(bed.command("key", "new", "approver", "--home", bed.home()));
      Path trusted = bed.home().resolve("keys/approver.pub");
      done(bed.command("trust", "add", trusted, "--role", "approver", "--home", bed.home()));
      bed.worker(Map.of(), lanes);

      WorkflowStub given = bed.lane(fix7());
      assertThat(awaitHold(given, bed, 1).hold().orElseThrow().reject().render())
          .isEqualTo("APPROVAL_MISSING");
      String id = given.getExecution().getWorkflowId();
      assertThat(done(bed.command("abort", id))).contains("sent abort for hold 1 of " + id);
      assertThat(bed.command("watch", id, "--home", bed.home()).exitCode())
          .isEqualTo(ExitCode.CANCELED);
      assertThat(bed.tree()).isEqualTo(before);

      WorkflowStub lane = bed.lane(fix7());
      awaitHold(lane, bed, 1);
      String waiting = lane.getExecution().getWorkflowId();
      Path input = folder.resolve("approval.json");
      done(bed.command("approve", waiting, "--key", key, "--out", input, "--home", bed.home()));
      assertThat(Files.readString(input)).startsWith("{\"hold\":1,\"approval\":{");
      assertThat(awaitHold(lane, bed, 1).hold()).as("nothing was sent").isPresent();
      assertThat(done(bed.command("approve", waiting, "--key", key, "--home", bed.home())))
          .contains("sent approve for hold 1");
      assertThat(lane.getResult(LaneOutcome.class).end()).isEqualTo(LaneEnd.APPLIED);
      assertThat(bed.command("resume", waiting).exitCode()).isEqualTo(ExitCode.REJECTED);
    }
  }

  static Stream<Arguments> badInputs() {
    return Stream.of(
        Arguments.of("broken", raw("{\"lane\": ")),
        Arguments.of("unknown field", raw("{\"lane\":\"fix7-p0\",\"lanes\":1}")),
        Arguments.of("array", raw("[\"fix7-p0\"]")),
        Arguments.of("text", raw("\"fix7-p0\"")),
        Arguments.of("null", raw("null")));
  }

  private static RawValue raw(String json) {
    return new RawValue(
        Payload.newBuilder()
            .putMetadata("encoding", ByteString.copyFromUtf8("json/plain"))
            .setData(ByteString.copyFromUtf8(json))
            .build());
  }

  private static void assertFailsCleanly(WorkflowStub lane, String type, String words) {
    assertThatThrownBy(() -> lane.getResult(LaneOutcome.class))
        .isInstanceOf(WorkflowFailedException.class)
        .cause()
        .isInstanceOfSatisfying(
            ApplicationFailure.class,
            f -> {
              assertThat(f.getType()).isEqualTo(type);
              assertThat(f.getOriginalMessage()).contains(words).contains("Remedy: ");
            });
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("badInputs")
  void badInput_failsCleanly(String what, RawValue input) throws Exception {
    try (TestBed bed = new TestBed(folder)) {
      bed.worker();
      assertFailsCleanly(
          bed.lane(input), "INVALID_LANE_INPUT", "What was sent is not a lane request");
    }
  }

  @Test
  void noInput_anotherLane_orAMistypedWorkflow_failCleanly() throws Exception {
    try (TestBed bed = new TestBed(folder)) {
      bed.worker();
      assertFailsCleanly(bed.lane(), "INVALID_LANE_INPUT", "found nothing");
      assertThat(awaitHold(bed.lane(Map.of("lane", "fix8")), bed, 1).hold().get().reject().render())
          .isEqualTo("BUNDLE_MISSING:fix8");
      assertFailsCleanly(
          bed.workflow("lane", fix7()), "UNKNOWN_WORKFLOW_TYPE", "no workflow type 'lane'");
      String other = "0".repeat(64);
      assertFailsCleanly(
          bed.lane(Map.of("lane", "fix7-p0", "planDigest", other)),
          "REJECTED",
          "PLAN_DIGEST_MISMATCH");
    }
  }

  /** Waits until the ledger holds so many facts, or the lane has ended. */
  private static void until(TestBed bed, int facts) throws Exception {
    while (bed.facts() < facts
        && bed.ledger().all(LedgerEntry.RunEnded.class).findAny().isEmpty()) {
      Thread.onSpinWait();
    }
  }

  @ParameterizedTest
  @Tag("full")
  @ValueSource(ints = {6, 12, 18, 24, 30, 36, 42, 48})
  void workerThatIsKilled_isFollowedByAnother(int facts) throws Exception {
    try (TestBed bed = new TestBed(folder)) {
      Process first = bed.worker();
      WorkflowStub lane = bed.lane(fix7());
      until(bed, facts);
      first.destroyForcibly().waitFor();
      bed.worker();
      assertThat(lane.getResult(LaneOutcome.class).end()).isEqualTo(LaneEnd.APPLIED);
      assertAppliedOnce(bed);
    }
  }

  @ParameterizedTest
  @Tag("full")
  @ValueSource(ints = {6, 16, 26, 36, 46})
  void serverThatIsKilled_goesOnFromItsFile(int facts) throws Exception {
    try (TestBed bed = new TestBed(folder)) {
      bed.worker();
      String id = bed.lane(fix7()).getExecution().getWorkflowId();
      until(bed, facts);
      bed.killServer();
      bed.startServer();
      WorkflowStub lane = bed.client().newUntypedWorkflowStub(id);
      assertThat(lane.getResult(LaneOutcome.class).end()).isEqualTo(LaneEnd.APPLIED);
      assertAppliedOnce(bed);
    }
  }

  /** Terminate runs no code: what was published and the claim stay until somebody rolls back. */
  @ParameterizedTest
  @ValueSource(ints = {36, 44})
  void terminatedLane_isRolledBackByTheCommand(int facts) throws Exception {
    try (TestBed bed = new TestBed(folder)) {
      String before = bed.tree();
      bed.worker();
      WorkflowStub lane = bed.lane(fix7());
      until(bed, facts);
      lane.terminate("test");
      Jar.Result rollback = bed.command("rollback", "fix7-p0", "--home", bed.home());
      if (bed.ledger().all(LedgerEntry.RunEnded.class).anyMatch(e -> e.end() == LaneEnd.APPLIED)) {
        // The stage that was under way when the run was terminated was the last one.
        assertThat(rollback.out()).contains("ROLLBACK_NEEDS_GRANT");
        assertAppliedOnce(bed);
        return;
      }
      assertThat(rollback.exitCode()).as(rollback.out()).isZero();
      assertThat(bed.tree()).isEqualTo(before);
      assertThat(bed.ledger().openClaims()).isEmpty();
    }
  }

  @ParameterizedTest
  @Tag("full")
  @ValueSource(ints = {20, 40, 48})
  void terminatedLane_atOtherMoments_likewise(int facts) throws Exception {
    terminatedLane_isRolledBackByTheCommand(facts);
  }

  @Test
  void heldLane_isRolledBackByTheCommand() throws Exception {
    try (TestBed bed = new TestBed(folder)) {
      bed.worker();
      Files.writeString(bed.document(BLUEPRINT), "foreign");
      String before = bed.tree();
      awaitHold(bed.lane(fix7()), bed, 1);
      Jar.Result rollback = bed.command("rollback", "fix7-p0", "--home", bed.home());
      assertThat(rollback.exitCode()).as(rollback.out()).isZero();
      assertThat(rollback.out()).contains("ROLLED_BACK");
      assertThat(bed.tree()).isEqualTo(before);
    }
  }

  /** Its plan is applied meanwhile by another; what it waits for it must still be told. */
  @Test
  void heldLane_whosePlanAnotherApplied_isRolledBackByItsId_andTheOtherStands() throws Exception {
    try (TestBed bed = new TestBed(folder)) {
      bed.worker();
      Files.writeString(bed.document(BLUEPRINT), "foreign");
      WorkflowStub held = bed.lane(fix7());
      awaitHold(held, bed, 1);
      assertThat(bed.ledger().openClaims()).isEmpty();
      Files.delete(bed.document(BLUEPRINT));
      assertThat(bed.command("start", TestLane.FIX7, "--home", bed.home(), "--wait").exitCode())
          .isZero();
      String applied = bed.tree();
      String run = held.getExecution().getRunId();
      Jar.Result rollback = bed.command("rollback", run, "--home", bed.home());
      assertThat(rollback.exitCode()).as(rollback.out()).isZero();
      assertThat(rollback.out()).contains(run).contains("ROLLED_BACK");
      assertThat(bed.tree()).isEqualTo(applied);
      assertThat(bed.command("rollback", run, "--home", bed.home()).out())
          .contains("nothing to withdraw");
    }
  }

  @Test
  void commands_startListWatchAndResume() throws Exception {
    try (TestBed bed = new TestBed(folder)) {
      bed.worker();
      Files.writeString(bed.document(BLUEPRINT), "foreign");
      Jar.Result start =
          bed.command("start", TestLane.FIX7, "--home", bed.home(), "--wait", "--json");
      assertThat(start.exitCode()).as(start.out()).isEqualTo(ExitCode.HELD);
      assertThat(start.out().replace(" ", ""))
          .contains("\"lane\":\"fix7-p0\"")
          .contains("\"status\":\"HELD\"")
          .contains("\"statusToken\":\"FIX7_P0_")
          .contains("\"code\":\"DOCUMENT_PRESENT\"")
          .contains("\"nextCommand\":\"./lanekeeperresume")
          .doesNotContain("\"planDigest\":null")
          .doesNotContain("\"runId\":null")
          .doesNotContain("\"ownerKey\":null");
      Jar.Result started = bed.command("start", TestLane.FIX7, "--home", bed.home(), "--json");
      assertThat(started.out()).contains("\"STARTED\"").contains("\"fix7-p0\"");
      assertThat(bed.command("list", "--status", "HELD").out()).contains("fix7-p0:kb-");
      assertThat(bed.command("status", "fix7-p0").out())
          .contains("phase     HELD")
          .contains("DOCUMENT_PRESENT")
          .containsPattern("(?m)^  expected: ")
          .containsPattern("(?m)^  command:  .*--hold 1")
          .doesNotContain("\\n");
      Jar.Result wrong = bed.command("resume", "fix7-p0", "--hold", "2");
      assertThat(wrong.exitCode()).isEqualTo(ExitCode.REJECTED);
      assertThat(wrong.out()).contains("UPDATE_REFUSED").contains("at hold 1, not 2");
      Files.delete(bed.document(BLUEPRINT));
      assertThat(bed.command("resume", "fix7-p0").exitCode()).isZero();
      Jar.Result watch = bed.command("watch", "fix7-p0", "--home", bed.home(), "--json");
      assertThat(watch.exitCode()).as(watch.out()).isZero();
      assertThat(watch.out())
          .contains("_APPLIED\"")
          .contains("report.md")
          .doesNotContain("\"planDigest\" : null");
      Jar.Result again = bed.command("start", TestLane.FIX7, "--home", bed.home(), "--json");
      assertThat(again.out()).contains("_APPLIED\"").contains("report.md");
      assertThat(bed.command("list").out()).contains("APPLIED");
      assertThat(bed.command("resume", "fix7-p0").out()).contains("NOT_HELD");
      assertThat(bed.command("status", "no-such-lane").out()).contains("RUN_UNKNOWN");
      assertThat(bed.command("status", "x' OR WorkflowType = 'Lane").out())
          .as("a name is no query")
          .contains("RUN_UNKNOWN");
      assertAppliedOnce(bed);
    }
  }

  @Test
  void command_whoseLaneIsNotOne_orThatAsksAnotherServersRun_answersNoLane() throws Exception {
    try (TestBed bed = new TestBed(folder)) {
      bed.worker();
      Files.writeString(bed.document(BLUEPRINT), "foreign");
      List<WorkflowStub> lanes =
          List.of(bed.lane(Map.of("lane", "fix7-p0")), bed.lane(Map.of("lane", "fix7-p0")));
      LaneClient client = new LaneClient(bed.client());
      for (WorkflowStub lane : lanes) {
        LaneOnServer.await("the hold", () -> client.status(lane).hold().isPresent());
      }
      Jar.Result abort = bed.command("abort", "fix7-p0");
      assertThat(abort.exitCode()).as(abort.out()).isEqualTo(ExitCode.USAGE);
      assertThat(abort.out()).contains("LANE_AMBIGUOUS").contains("2 of them");

      String held = lanes.get(0).getExecution().getWorkflowId();
      Owner elsewhere = new Owner("temporal-other", "default", held, RunIds.of("run-elsewhere"));
      new Home(bed.home(), Clock.systemUTC())
          .knowledgeBase()
          .record(
              new LedgerEntry.RunOpened(
                  elsewhere, new LaneName("fix7-p0"), Optional.empty(), "somebody"));
      Jar.Result rollback =
          bed.command("rollback", elsewhere.runId().value(), "--home", bed.home());
      assertThat(rollback.exitCode()).as(rollback.out()).isEqualTo(ExitCode.REJECTED);
      assertThat(rollback.out()).contains("ANOTHER_ENGINE");
      for (WorkflowStub lane : lanes) {
        assertThat(client.status(lane).hold()).as("still held").isPresent();
      }
    }
  }

  /** A server waits long for a worker that it has seen a moment ago. */
  @Test
  @Tag("full")
  void commands_whileNoWorkerIsThere_saySo_andFollowTheLaneOnceThereIsOne() throws Exception {
    try (TestBed bed = new TestBed(folder)) {
      bed.worker().destroyForcibly().waitFor();
      assertThat(bed.command("start", TestLane.FIX7, "--home", bed.home()).exitCode()).isZero();
      Jar.Result status = bed.command("status", "fix7-p0");
      assertThat(status.exitCode()).isEqualTo(ExitCode.FAULT);
      assertThat(status.out()).contains("WORKER_ABSENT fix7-p0:").contains("start a worker");
      Path output = folder.resolve("watch.txt");
      Process watch =
          Jar.start(
              Map.of("TEMPORAL_ADDRESS", bed.address()),
              output,
              "watch",
              "fix7-p0",
              "--home",
              bed.home());
      LaneOnServer.await(
          "the watch to say that it waits",
          () -> Files.readString(output).contains("no worker answers for the lane"));
      bed.worker();
      assertThat(watch.waitFor()).as(Files.readString(output)).isZero();
      assertThat(Files.readString(output)).contains("APPLIED");
    }
  }

  @Test
  void configurationFile_isReadStrictly() throws Exception {
    Path file = folder.resolve("temporal.toml");
    Files.writeString(file, "[profile.default]\naddress = \"127.0.0.1:1\"\nadress = \"x\"\n");
    Path output = folder.resolve("out.txt");
    Map<String, String> environment = Map.of("TEMPORAL_CONFIG_FILE", file.toString());
    assertThat(Jar.start(environment, output, "list").waitFor()).isEqualTo(ExitCode.USAGE);
    assertThat(Files.readString(output))
        .contains("TEMPORAL_CONFIGURATION " + file)
        .contains("adress");
  }

  @Test
  void configurationFile_namesTheServer() throws Exception {
    try (TestBed bed = new TestBed(folder)) {
      Path file = folder.resolve("temporal.toml");
      Files.writeString(file, "[profile.lanes]\naddress = \"" + bed.address() + "\"\n");
      Path output = folder.resolve("out.txt");
      Map<String, String> environment =
          Map.of("TEMPORAL_CONFIG_FILE", file.toString(), "TEMPORAL_PROFILE", "lanes");
      assertThat(Jar.start(environment, output, "list").waitFor()).isZero();
      assertThat(Files.readString(output)).startsWith("STATUS");
    }
  }

  @Test
  void server_thatDoesNotAnswer_isNamed() throws Exception {
    String nowhere = DevServer.HOST + ":" + DevServer.freePort();
    Path output = folder.resolve("out.txt");
    int code = Jar.start(Map.of("TEMPORAL_ADDRESS", nowhere), output, "list").waitFor();
    assertThat(code).isEqualTo(ExitCode.FAULT);
    assertThat(Files.readString(output)).contains("TEMPORAL_UNREACHABLE " + nowhere);
  }

  @Test
  void twoWorkersOnOneHome_shareTheWork() throws Exception {
    try (TestBed bed = new TestBed(folder)) {
      bed.worker();
      bed.worker();
      assertThat(bed.lane(fix7()).getResult(LaneOutcome.class).end()).isEqualTo(LaneEnd.APPLIED);
      assertAppliedOnce(bed);
    }
  }

  @Test
  void embeddedRun_isRefused_whileAWorkerUsesTheHome() throws Exception {
    try (TestBed bed = new TestBed(folder)) {
      bed.worker();
      Cli run = Cli.run("run", TestLane.FIX7, "--home", bed.home());
      assertThat(run.exitCode()).isEqualTo(ExitCode.FAULT);
      assertThat(run.err()).contains("HOME_IN_USE");
    }
  }
}
