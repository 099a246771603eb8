package dev.lanekeeper.starter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lanekeeper.client.LaneClient;
import dev.lanekeeper.kb.LedgerEntry;
import dev.lanekeeper.lane.Stage;
import dev.lanekeeper.workflow.LaneEnd;
import dev.lanekeeper.workflow.LaneOutcome;
import dev.lanekeeper.workflow.LaneStatus;
import dev.lanekeeper.workflow.LaneWorkflow;
import dev.lanekeeper.workflow.Owner;
import dev.lanekeeper.workflow.TaskQueues;
import io.temporal.api.common.v1.WorkflowExecution;
import io.temporal.api.workflowservice.v1.DeleteWorkflowExecutionRequest;
import io.temporal.client.WorkflowOptions;
import io.temporal.client.WorkflowStub;
import io.temporal.failure.TimeoutFailure;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Freezing, and cleaning up after lanes that the server lost, by the commands. */
class JanitorServerIT {

  private static final String ADDENDUM = "fix7-p0-governance-addendum-2026-06-12.md";

  @TempDir private Path folder;

  private static void awaitHold(TestBed bed, WorkflowStub lane) throws Exception {
    while (new LaneClient(bed.client()).status(lane).phase() != LaneStatus.Phase.HELD) {
      Thread.sleep(50);
    }
  }

  @Test
  void frozenLanes_areAllHeld_andAllResumed() throws Exception {
    Path lanes = Files.createDirectory(folder.resolve("lanes"));
    try (TestBed bed = new TestBed(folder)) {
      for (int i = 0; i < 3; i++) {
        SmallLane.write(lanes.resolve(SmallLane.name(i)), i);
        Cli grant =
            Cli.run("grant", "issue", lanes.resolve(SmallLane.name(i)), "--home", bed.home());
        assertThat(grant.exitCode()).as(grant.err()).isZero();
      }
      SmallLane.write(lanes.resolve(SmallLane.name(3)), 3);
      bed.worker(Map.of(), lanes);
      String before = bed.tree();
      bed.command("freeze", "--reason", "audit", "--home", bed.home());
      List<WorkflowStub> started = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        started.add(bed.lane(Map.of("lane", SmallLane.name(i))));
      }
      for (WorkflowStub lane : started) {
        awaitHold(bed, lane);
      }
      WorkflowStub ungranted = bed.lane(Map.of("lane", SmallLane.name(3)));
      awaitHold(bed, ungranted);
      assertThat(bed.tree()).isEqualTo(before);
      Jar.Result unfreeze = bed.command("unfreeze", "--resume", "--home", bed.home());
      assertThat(unfreeze.out().lines().filter(l -> l.startsWith("resumed "))).hasSize(3);
      assertThat(new LaneClient(bed.client()).status(ungranted).hold())
          .as("held for want of a grant, not by the freeze")
          .hasValueSatisfying(hold -> assertThat(hold.number()).isEqualTo(1));
      for (WorkflowStub lane : started) {
        assertThat(lane.getResult(LaneOutcome.class).end()).isEqualTo(LaneEnd.APPLIED);
      }
    }
  }

  @Test
  void frozenLane_isHeld_andUnfreezeResumesIt() throws Exception {
    try (TestBed bed = new TestBed(folder)) {
      bed.worker();
      String before = bed.tree();
      Jar.Result freeze =
          bed.command("freeze", "--reason", "audit until noon", "--home", bed.home());
      assertThat(freeze.exitCode()).as(freeze.out()).isZero();
      WorkflowStub lane = bed.lane(Map.of("lane", "fix7-p0"));
      awaitHold(bed, lane);
      assertThat(bed.command("status", lane.getExecution().getWorkflowId()).out())
          .contains("FROZEN")
          .contains("audit until noon");
      assertThat(bed.tree()).isEqualTo(before);
      Jar.Result unfreeze = bed.command("unfreeze", "--resume", "--home", bed.home());
      assertThat(unfreeze.exitCode()).as(unfreeze.out()).isZero();
      assertThat(unfreeze.out()).contains("resumed " + lane.getExecution().getWorkflowId());
      assertThat(lane.getResult(LaneOutcome.class).end()).isEqualTo(LaneEnd.APPLIED);
      assertThat(bed.command("unfreeze", "--home", bed.home()).out()).contains("not frozen");
    }
  }

  /** A lane with everything published that waits for a reviewer. */
  private static WorkflowStub published(TestBed bed) throws Exception {
    bed.worker("--role", "executor");
    WorkflowStub lane = bed.lane(Map.of("lane", "fix7-p0"));
    while (bed.ledger()
        .all(LedgerEntry.StageRecorded.class)
        .noneMatch(r -> r.stage() == Stage.S6)) {
      Thread.sleep(50);
    }
    return lane;
  }

  private static Jar.Result janitor(TestBed bed, Object... words) throws Exception {
    List<Object> all = new ArrayList<>(List.of("janitor", "--home", bed.home()));
    all.addAll(List.of(words));
    Jar.Result result = bed.command(all.toArray());
    assertThat(result.exitCode()).as(result.out()).isZero();
    return result;
  }

  private static void assertCleanedUp(TestBed bed, String before) throws Exception {
    assertThat(bed.ledger().openClaims()).as("a list changes nothing").hasSize(1);
    assertThat(bed.tree()).isNotEqualTo(before);
    assertThat(janitor(bed).out()).as("within the grace period").contains("no lost runs");
    assertThat(janitor(bed, "--grace", "PT0S").out()).contains("lost  fix7-p0").contains("--apply");
    assertThat(bed.tree()).as("a list changes nothing").isNotEqualTo(before);
    assertThat(janitor(bed, "--grace", "PT0S", "--apply").out()).contains("ROLLED_BACK  fix7-p0");
    assertThat(bed.tree()).isEqualTo(before);
    assertThat(bed.ledger().openClaims()).isEmpty();
    assertThat(janitor(bed, "--grace", "PT0S").out()).contains("no lost runs");
  }

  @Test
  void terminatedLane_isCleanedUp_andALivingOneLeftAlone() throws Exception {
    try (TestBed bed = new TestBed(folder)) {
      String before = bed.tree();
      WorkflowStub lane = published(bed);
      assertThat(janitor(bed, "--grace", "PT0S", "--apply").out()).contains("no lost runs");
      lane.terminate("test");
      assertSaid(bed, lane, "TERMINATED");
      assertCleanedUp(bed, before);
    }
  }

  /** Nothing waits for a worker that is not there; what was started goes on once there is one. */
  @Test
  void commandsThatWithdraw_whileNoWorkerIsThere_saySo_andEnd() throws Exception {
    try (TestBed bed = new TestBed(folder)) {
      String before = bed.tree();
      WorkflowStub lane = published(bed);
      bed.killWorkers();
      lane.terminate("test");
      Jar.Result janitor =
          bed.command("janitor", "--home", bed.home(), "--grace", "PT0S", "--apply");
      assertThat(janitor.exitCode()).as(janitor.out()).isEqualTo(ExitCode.FAULT);
      assertThat(janitor.out()).contains("not withdrawn  WORKER_ABSENT rollback:");
      Jar.Result rollback = bed.command("rollback", "fix7-p0", "--home", bed.home());
      assertThat(rollback.exitCode()).as(rollback.out()).isEqualTo(ExitCode.FAULT);
      assertThat(rollback.out()).contains("WORKER_ABSENT rollback:").contains("start a worker");
      assertThat(bed.tree()).isNotEqualTo(before);
      bed.worker();
      LaneOnServer.await("the rollback to go on", () -> bed.ledger().openClaims().isEmpty());
      assertThat(bed.tree()).isEqualTo(before);
      WorkflowExecution ran = lane.getExecution();
      String id = "rollback:" + ran.getWorkflowId() + ":" + ran.getRunId();
      assertThat(new LaneClient(bed.client()).run(id).end(Duration.ofMinutes(4))).isPresent();
      LaneOnServer.await(
          "the list to show it, which it does a moment later",
          () -> bed.command("status", id).out().contains("ENDED"));
    }
  }

  /** What the commands say of a lane that the server ended. */
  private static void assertSaid(TestBed bed, WorkflowStub lane, String word) throws Exception {
    String id = lane.getExecution().getWorkflowId();
    assertThat(bed.command("status", id).out())
        .contains("phase     " + word)
        .contains("rollback " + lane.getExecution().getRunId())
        .doesNotContain("\\n")
        .doesNotContain("resume");
    Jar.Result watch = bed.command("watch", id);
    assertThat(watch.exitCode()).isEqualTo(ExitCode.FAULT);
    assertThat(watch.out()).contains(word).doesNotContain("HELD");
    while (!bed.command("list", "--status", word).out().contains(id)) {
      // The server shows it in lists a moment later.
      Thread.sleep(50);
    }
    assertThat(bed.command("resume", id).exitCode()).isEqualTo(ExitCode.REJECTED);
  }

  @Test
  @Tag("full") // terminatedLane_ and deletedLane_ are the sample
  void laneThatRanOutOfTime_isCleanedUp() throws Exception {
    try (TestBed bed = new TestBed(folder)) {
      String before = bed.tree();
      bed.worker("--role", "executor");
      WorkflowStub lane =
          bed.client()
              .newUntypedWorkflowStub(
                  LaneWorkflow.TYPE,
                  WorkflowOptions.newBuilder()
                      .setWorkflowId("short-lived")
                      .setTaskQueue(TaskQueues.EXECUTOR)
                      .setWorkflowRunTimeout(Duration.ofSeconds(20))
                      .build());
      lane.start(Map.of("lane", "fix7-p0"));
      assertThatThrownBy(() -> lane.getResult(LaneOutcome.class))
          .hasCauseInstanceOf(TimeoutFailure.class);
      assertSaid(bed, lane, "TIMED_OUT");
      assertCleanedUp(bed, before);
    }
  }

  @Test
  void deletedLane_isCleanedUp() throws Exception {
    try (TestBed bed = new TestBed(folder)) {
      String before = bed.tree();
      WorkflowStub lane = published(bed);
      bed.client()
          .getWorkflowServiceStubs()
          .blockingStub()
          .deleteWorkflowExecution(
              DeleteWorkflowExecutionRequest.newBuilder()
                  .setNamespace(bed.connection().namespace())
                  .setWorkflowExecution(lane.getExecution())
                  .build());
      Owner run = bed.ledger().openClaims().get(0).owner();
      while (!bed.connection().provenClosed(run) || bed.connection().closedAt(run).isPresent()) {
        Thread.sleep(50);
      }
      assertCleanedUp(bed, before);
    }
  }

  @Test
  void foreignDocument_inALostLane_isLeftAlone_andSaidLoudly() throws Exception {
    try (TestBed bed = new TestBed(folder)) {
      WorkflowStub lane = published(bed);
      lane.terminate("test");
      Path addendum = bed.document(ADDENDUM);
      Files.delete(addendum);
      Files.writeString(addendum, "written by somebody else");
      Jar.Result cleaned =
          bed.command("janitor", "--home", bed.home(), "--grace", "PT0S", "--apply");
      assertThat(cleaned.exitCode()).as(cleaned.out()).isEqualTo(ExitCode.ROLLBACK_FAILED);
      assertThat(cleaned.out()).contains("BUILT_UPON").contains("ROLLBACK_FAILED  fix7-p0");
      assertThat(addendum).hasContent("written by somebody else");
      assertThat(bed.ledger().openClaims()).as("the claim stays").hasSize(1);
    }
  }
}
