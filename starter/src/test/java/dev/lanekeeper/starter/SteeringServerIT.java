package dev.lanekeeper.starter;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lanekeeper.client.LaneClient;
import dev.lanekeeper.kb.LedgerEntry;
import dev.lanekeeper.lane.Stage;
import dev.lanekeeper.testkit.TestLane;
import io.temporal.api.common.v1.WorkflowExecution;
import io.temporal.api.history.v1.HistoryEvent;
import io.temporal.api.workflowservice.v1.DeleteWorkflowExecutionRequest;
import io.temporal.api.workflowservice.v1.ResetWorkflowExecutionRequest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What an operator can do to a lane on the server, at every stage and while it is held, and what
 * {@code rollback} and {@code janitor} make of it afterwards.
 */
class SteeringServerIT {

  /** What is done to the lane behind its back. */
  enum Blow {
    TERMINATE,
    CANCEL,
    DELETE;

    void strike(TestBed bed, LaneOnServer lane) throws Exception {
      switch (this) {
        case TERMINATE -> lane.stub().terminate("test");
        case CANCEL -> lane.stub().cancel();
        case DELETE -> {
          bed.client()
              .getWorkflowServiceStubs()
              .blockingStub()
              .deleteWorkflowExecution(
                  DeleteWorkflowExecutionRequest.newBuilder()
                      .setNamespace(bed.client().getOptions().getNamespace())
                      .setWorkflowExecution(WorkflowExecution.newBuilder().setWorkflowId(lane.id()))
                      .build());
          LaneOnServer.await("the lane to be deleted", () -> !lane.known());
        }
      }
    }
  }

  @TempDir private Path folder;

  /** The commands that bring a knowledge base back. */
  enum Remedy {
    ROLLBACK,
    JANITOR;

    Jar.Result run(TestBed bed) throws Exception {
      return switch (this) {
        case ROLLBACK -> bed.command("rollback", "fix7-p0", "--home", bed.home());
        case JANITOR -> bed.command("janitor", "--apply", "--grace", "PT0S", "--home", bed.home());
      };
    }
  }

  static Stream<Arguments> blowsAndRemedies() {
    return Stream.of(Blow.values())
        .flatMap(blow -> Stream.of(Remedy.values()).map(remedy -> Arguments.of(blow, remedy)));
  }

  private static void grant(TestBed bed) {
    assertThat(Cli.run("grant", "issue", TestLane.FIX7, "--home", bed.home()).exitCode()).isZero();
  }

  /** One home and one worker; in each stage in turn a lane is struck, and undone by the command. */
  @ParameterizedTest
  @Tag("full")
  @MethodSource("blowsAndRemedies")
  void struckLane_isCleanAfterTheRemedy(Blow blow, Remedy remedy) throws Exception {
    try (TestBed bed = new TestBed(folder);
        StoreGate gate = new StoreGate(bed.home())) {
      bed.worker();
      String clean = bed.tree();
      List<Stage> struck = new ArrayList<>();
      for (Stage stage : Stage.values()) {
        LaneOnServer lane = LaneOnServer.standing(bed, gate, stage).orElseThrow();
        struck.add(stage);
        blow.strike(bed, lane);
        gate.open();
        if (blow == Blow.CANCEL) {
          String end = lane.end();
          if (end.equals("APPLIED")) {
            assertThat(stage).as("a cancel after which the lane was applied").isEqualTo(Stage.S7);
            Fix7.assertApplied(bed, lane);
            continue;
          }
          assertThat(end).isEqualTo("CANCELED");
        }
        Jar.Result cleaned = remedy.run(bed);
        if (Fix7.applied(bed)) {
          assertThat(stage).as("the last stage went on to its end").isEqualTo(Stage.S7);
          assertThat(cleaned.out()).containsAnyOf("ROLLBACK_NEEDS_GRANT", "no lost runs");
          Fix7.assertApplied(bed, lane);
          continue;
        }
        if (stage == Stage.S0 && cleaned.out().contains("RUN_UNKNOWN")) {
          // Of a run that was deleted before S0 recorded anything, nobody knows, and nothing is
          // left.
          assertThat(cleaned.exitCode()).isEqualTo(ExitCode.USAGE);
        } else {
          assertThat(cleaned.exitCode()).as(stage + ": " + cleaned.out()).isZero();
        }
        assertThat(bed.tree()).as(stage + ": " + cleaned.out()).isEqualTo(clean);
        assertThat(bed.ledger().openClaims()).isEmpty();
        grant(bed);
      }
      assertThat(struck).containsExactly(Stage.values());
    }
  }

  @ParameterizedTest
  @Tag("full")
  @MethodSource("blowsAndRemedies")
  void struckLane_thatWasHeldAfterPublishing_isCleanAfterTheRemedy(Blow blow, Remedy remedy)
      throws Exception {
    try (TestBed bed = new TestBed(folder);
        StoreGate gate = new StoreGate(bed.home())) {
      bed.worker();
      LaneOnServer lane = Fix7.heldInS6(bed, gate);
      String clean = Fix7.treeWithout(bed, Fix7.PRIMARY);
      blow.strike(bed, lane);
      if (blow == Blow.CANCEL) {
        assertThat(lane.end()).isEqualTo("CANCELED");
      }
      Jar.Result cleaned = remedy.run(bed);
      assertThat(cleaned.exitCode()).as(cleaned.out()).isZero();
      assertThat(bed.tree()).as("the foreign document stands").isEqualTo(clean);
      assertThat(bed.document(Fix7.ADDENDUM)).hasContent("foreign");
      assertThat(bed.ledger().openClaims()).isEmpty();
    }
  }

  private static String said(TestBed bed, int exitCode, Object... words) throws Exception {
    List<Object> all = new ArrayList<>(List.of(words));
    all.addAll(List.of("--home", bed.home()));
    Jar.Result result = bed.command(all.toArray());
    assertThat(result.exitCode()).as(all + ": " + result.out()).isEqualTo(exitCode);
    return result.out();
  }

  @Test
  void laneThatWasStartedTwice_isWithdrawnUnderAGrant_andMayBeStartedAgain() throws Exception {
    try (TestBed bed = new TestBed(folder);
        StoreGate gate = new StoreGate(bed.home())) {
      bed.worker();
      String clean = bed.tree();
      assertThat(said(bed, 0, "start", TestLane.FIX7, "--wait")).contains("APPLIED");
      String applied = bed.tree();
      assertThat(LaneOnServer.start(bed, gate).end()).isEqualTo("APPLIED");
      assertThat(said(bed, 0, "janitor", "--apply", "--grace", "PT0S")).contains("no lost runs");
      assertThat(said(bed, ExitCode.REJECTED, "rollback", "fix7-p0"))
          .contains("ROLLBACK_NEEDS_GRANT");
      assertThat(said(bed, 0, "start", TestLane.FIX7)).contains("already applied by run");
      assertThat(bed.tree()).isEqualTo(applied);

      said(bed, 0, "grant", "rollback", "fix7-p0");
      assertThat(said(bed, 0, "rollback", "fix7-p0")).contains("ROLLED_BACK");
      assertThat(bed.tree()).isEqualTo(clean);
      assertThat(said(bed, 0, "janitor", "--apply", "--grace", "PT0S")).contains("no lost runs");
      grant(bed);
      assertThat(said(bed, 0, "start", TestLane.FIX7, "--wait")).contains("APPLIED");
      assertThat(bed.tree()).isEqualTo(applied);
    }
  }

  /**
   * The reviewer has applied the lane before the executor, which stood still, could hear of it or
   * of the cancellation.
   */
  @Test
  void laneThatWasCanceledAfterItWasApplied_isWatchedAsApplied() throws Exception {
    try (TestBed bed = new TestBed(folder);
        StoreGate gate = new StoreGate(bed.home())) {
      Process executor = bed.worker("--role", "executor", "--identity", "executor");
      bed.worker("--role", "reviewer", "--identity", "reviewer");
      LaneOnServer lane = LaneOnServer.standing(bed, gate, Stage.S7).orElseThrow();
      TestBed.signal(executor, "STOP");
      gate.open();
      LaneOnServer.await(
          "the review's answer", () -> lane.describe().getPendingActivitiesCount() == 0);
      lane.stub().cancel();
      TestBed.signal(executor, "CONT");
      assertThat(lane.end()).as("what Temporal makes of it").isEqualTo("CANCELED");
      assertThat(said(bed, 0, "watch", lane.id()))
          .contains("APPLIED")
          .contains("The cancellation came after the lane was applied, and changed nothing.");
      assertThat(said(bed, 0, "status", lane.id())).contains("phase     ENDED APPLIED");
      assertThat(said(bed, 0, "janitor", "--apply", "--grace", "PT0S")).contains("no lost runs");
      assertThat(said(bed, ExitCode.REJECTED, "rollback", "fix7-p0"))
          .contains("ROLLBACK_NEEDS_GRANT");
      Fix7.assertApplied(bed, lane);
    }
  }

  /** The review applied it, and the run, which nobody told, is held. */
  @Test
  void laneThatWasAppliedUnheard_isRolledBackUnderAGrantOnly() throws Exception {
    for (int round = 0; ; round++) {
      Path home = Files.createDirectory(folder.resolve("round-" + round));
      try (TestBed bed = new TestBed(home);
          StoreGate gate = new StoreGate(bed.home())) {
        if (appliedUnheard(bed, gate)) {
          return;
        }
      }
      assertThat(round).as("the review is always faster").isLessThan(4);
    }
  }

  private static boolean appliedUnheard(TestBed bed, StoreGate gate) throws Exception {
    bed.worker("--role", "executor", "--identity", "executor");
    Process reviewer = bed.worker("--role", "reviewer", "--identity", "reviewer-1");
    String clean = bed.tree();
    LaneOnServer lane = LaneOnServer.start(bed, gate);
    if (!lane.standsBeforeItIsApplied()) {
      return false;
    }
    bed.worker("--role", "reviewer", "--identity", "reviewer-2");
    bed.killServer();
    gate.open();
    LaneOnServer.await("the lane to be applied", () -> Fix7.applied(bed));
    reviewer.destroyForcibly().waitFor();
    Path ledger = bed.home().resolve("ledger/ledger.jsonl");
    byte[] whole = Files.readAllBytes(ledger);
    Files.writeString(ledger, "nobody can read this\n", StandardOpenOption.APPEND);
    bed.startServer();
    LaneClient client = new LaneClient(bed.client());
    LaneOnServer.await("the hold", () -> client.status(lane.stub()).hold().isPresent());
    Files.write(ledger, whole);
    String applied = bed.tree();

    assertThat(said(bed, ExitCode.REJECTED, "rollback", "fix7-p0"))
        .contains("ROLLBACK_NEEDS_GRANT");
    assertThat(bed.tree()).isEqualTo(applied);
    said(bed, 0, "grant", "rollback", "fix7-p0");
    assertThat(said(bed, 0, "rollback", "fix7-p0")).contains("ROLLED_BACK");
    assertThat(lane.end()).as("of the run itself").isEqualTo("APPLIED");
    assertThat(bed.tree()).isEqualTo(clean);
    assertThat(bed.ledger().openClaims()).isEmpty();
    return true;
  }

  /** The ends of the workflow tasks that each scheduled an activity: where a reset can go to. */
  private static List<Long> turns(LaneOnServer lane) {
    List<Long> turns = new ArrayList<>();
    long last = 0;
    for (HistoryEvent event : lane.history()) {
      if (event.hasWorkflowTaskCompletedEventAttributes()) {
        last = event.getEventId();
      } else if (event.hasActivityTaskScheduledEventAttributes()) {
        turns.add(last);
      }
    }
    return turns;
  }

  private static void reset(TestBed bed, LaneOnServer lane, String run, long turn) {
    bed.client()
        .getWorkflowServiceStubs()
        .blockingStub()
        .resetWorkflowExecution(
            ResetWorkflowExecutionRequest.newBuilder()
                .setNamespace(bed.client().getOptions().getNamespace())
                .setWorkflowExecution(
                    WorkflowExecution.newBuilder().setWorkflowId(lane.id()).setRunId(run))
                .setWorkflowTaskFinishEventId(turn)
                .setReason("test")
                .setRequestId(UUID.randomUUID().toString())
                .build());
  }

  @Test
  void lane_thatIsResetWhileItIsWatched_isFollowedToItsEnd() throws Exception {
    try (TestBed bed = new TestBed(folder);
        StoreGate gate = new StoreGate(bed.home())) {
      bed.worker();
      LaneOnServer lane = LaneOnServer.standing(bed, gate, Stage.S3).orElseThrow();
      String run = lane.describe().getWorkflowExecutionInfo().getExecution().getRunId();
      Path output = folder.resolve("watch.txt");
      Process watch =
          Jar.start(
              Map.of("TEMPORAL_ADDRESS", bed.address()),
              output,
              "watch",
              lane.id(),
              "--home",
              bed.home());
      LaneOnServer.await("the first stages", () -> Files.readString(output).contains("S2"));
      reset(bed, lane, run, turns(lane).get(1));
      gate.open();
      assertThat(watch.waitFor()).as(Files.readString(output)).isZero();
      assertThat(Files.readString(output)).contains("APPLIED").doesNotContain("TERMINATED");
    }
  }

  @Test
  void appliedLane_resetToEachStage_staysApplied() throws Exception {
    try (TestBed bed = new TestBed(folder);
        StoreGate gate = new StoreGate(bed.home())) {
      bed.worker();
      LaneOnServer lane = LaneOnServer.start(bed, gate);
      assertThat(lane.end()).isEqualTo("APPLIED");
      String run = lane.describe().getWorkflowExecutionInfo().getExecution().getRunId();
      String applied = bed.tree();
      List<Long> turns = turns(lane);
      assertThat(turns).hasSize(8);
      List<String> ends = new ArrayList<>();
      for (long turn : turns) {
        reset(bed, lane, run, turn);
        ends.add(lane.end());
        assertThat(bed.tree()).as("" + ends).isEqualTo(applied);
        assertThat(bed.ledger().openClaims()).as("" + ends).isEmpty();
        assertThat(Fix7.applied(bed)).as("" + ends).isTrue();
      }
      System.out.println("an applied lane, reset to S0 to S7, ended " + ends);
    }
  }

  @ParameterizedTest
  @Tag("full")
  @ValueSource(strings = {"rollback", "abort", "cancel", "terminate"})
  void endedLane_resetToEachStage_publishesNothing(String how) throws Exception {
    try (TestBed bed = new TestBed(folder);
        StoreGate gate = new StoreGate(bed.home())) {
      bed.worker();
      LaneOnServer lane = Fix7.heldInS6(bed, gate);
      String clean = Fix7.treeWithout(bed, Fix7.PRIMARY);
      switch (how) {
        case "cancel" -> lane.stub().cancel();
        case "terminate" -> lane.stub().terminate("test");
        default -> new LaneClient(bed.client()).answer(lane.stub(), how, 1);
      }
      LaneOnServer.await("the end", lane::closed);
      String run = lane.describe().getWorkflowExecutionInfo().getExecution().getRunId();
      grant(bed);
      List<String> ends = new ArrayList<>();
      for (long turn : turns(lane)) {
        reset(bed, lane, run, turn);
        ends.add(endOrRollBack(bed, lane));
        assertThat(bed.tree()).as("" + ends).isEqualTo(clean);
        assertThat(bed.ledger().openClaims()).as("" + ends).isEmpty();
        assertThat(bed.document(Fix7.ADDENDUM)).hasContent("foreign");
      }
      System.out.println("after " + how + ", reset to each activity, the lane ended " + ends);
      Files.delete(bed.document(Fix7.ADDENDUM));
      LaneOnServer again = LaneOnServer.start(bed, gate);
      assertThat(again.end()).as("the plan may run again").isEqualTo("APPLIED");
    }
  }

  /** The attempt that a worker has in hand goes on beside those of the run that begins anew. */
  @Test
  @Tag("full")
  void runningLane_resetInEachStage_isAppliedOnce_andCanBeWithdrawn() throws Exception {
    try (TestBed bed = new TestBed(folder);
        StoreGate gate = new StoreGate(bed.home())) {
      bed.worker();
      String clean = bed.tree();
      List<Stage> reset = new ArrayList<>();
      for (Stage stage : Stage.values()) {
        LaneOnServer lane = LaneOnServer.standing(bed, gate, stage).orElseThrow();
        String run = lane.describe().getWorkflowExecutionInfo().getExecution().getRunId();
        reset(bed, lane, run, turns(lane).get(0));
        gate.open();
        assertThat(lane.end()).as(stage + ": " + bed.said()).isEqualTo("APPLIED");
        Fix7.assertApplied(bed, lane);
        said(bed, 0, "grant", "rollback", "fix7-p0");
        assertThat(said(bed, 0, "rollback", "fix7-p0")).contains("ROLLED_BACK");
        assertThat(bed.tree()).as("" + stage).isEqualTo(clean);
        assertThat(bed.ledger().openClaims()).isEmpty();
        grant(bed);
        reset.add(stage);
      }
      assertThat(reset).containsExactly(Stage.values());
    }
  }

  /** A reset run may hold, as any run; then it is asked to roll back. */
  private static String endOrRollBack(TestBed bed, LaneOnServer lane) throws Exception {
    LaneClient client = new LaneClient(bed.client());
    LaneOnServer.await(
        "an end or a hold", () -> lane.closed() || client.status(lane.stub()).hold().isPresent());
    if (!lane.closed()) {
      client.answer(lane.stub(), "rollback", client.status(lane.stub()).hold().get().number());
    }
    return lane.end();
  }

  @Test
  @Tag("full")
  void heldLane_resetToEachStage_goesOnAndIsAppliedOnce() throws Exception {
    try (TestBed bed = new TestBed(folder);
        StoreGate gate = new StoreGate(bed.home())) {
      bed.worker();
      LaneOnServer lane = Fix7.heldInS6(bed, gate);
      String run = lane.describe().getWorkflowExecutionInfo().getExecution().getRunId();
      LaneClient client = new LaneClient(bed.client());
      List<String> seen = new ArrayList<>();
      List<Long> lastFirst = new ArrayList<>(turns(lane));
      Collections.reverse(lastFirst);
      for (long turn : lastFirst) {
        reset(bed, lane, run, turn);
        LaneOnServer.await(
            "the hold after the reset",
            () -> lane.closed() || client.status(lane.stub()).hold().isPresent());
        assertThat(lane.closed()).as(seen + " then " + turn).isFalse();
        seen.add(client.status(lane.stub()).hold().get().reject().render());
        assertThat(said(bed, 0, "status", run)).as("by the id of before").contains("HELD");
        assertThat(said(bed, 0, "janitor", "--apply", "--grace", "PT0S")).contains("no lost runs");
      }
      System.out.println("a held lane, reset to S6 to S0, held again: " + seen);
      Files.delete(bed.document(Fix7.ADDENDUM));
      client.answer(lane.stub(), "resume", 1);
      assertThat(lane.end()).as(bed.ledger().toString()).isEqualTo("APPLIED");
      assertThat(
              bed.ledger()
                  .all(LedgerEntry.Outcome.class)
                  .map(o -> o.changeId() + " " + o.outcome()))
          .containsOnlyOnce("M-1 PUBLISHED", "M-2 PUBLISHED");
    }
  }
}
