package dev.lanekeeper.starter;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.util.Timestamps;
import dev.lanekeeper.client.LaneClient;
import dev.lanekeeper.lane.Stage;
import dev.lanekeeper.workflow.Activities;
import io.temporal.api.workflow.v1.PendingActivityInfo;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * kill -9 of the worker inside every activity of a lane, again and again in one and the same lane.
 */
class WorkerKillServerIT {

  @TempDir private Path folder;

  private final List<String> takenUp = new ArrayList<>();

  /** Kills the worker that has the activity in hand, starts another, and sees it take it up. */
  private void killInside(TestBed bed, LaneOnServer lane, StoreGate gate, String activity)
      throws Exception {
    PendingActivityInfo first = kill(bed, lane);
    Process next = bed.worker();
    long ready = System.currentTimeMillis();
    PendingActivityInfo second = lane.takenUpAgain(activity, first.getAttempt());
    assertThat(second.getLastWorkerIdentity()).startsWith(next.pid() + "@");
    long start = Timestamps.toMillis(second.getLastStartedTime());
    takenUp.add(activity + " " + (start - ready) + " ms");
    gate.open();
  }

  /** Kills it while another worker stands by, sees that one take it up, and starts a third. */
  private static void killBesideAnother(
      TestBed bed, LaneOnServer lane, StoreGate gate, String activity) throws Exception {
    PendingActivityInfo first = kill(bed, lane);
    PendingActivityInfo second = lane.takenUpAgain(activity, first.getAttempt());
    assertThat(second.getLastWorkerIdentity()).isNotEqualTo(first.getLastWorkerIdentity());
    bed.worker();
    gate.open();
  }

  private static PendingActivityInfo kill(TestBed bed, LaneOnServer lane) throws Exception {
    PendingActivityInfo inHand = lane.inHand().orElseThrow();
    bed.workerCalled(inHand.getLastWorkerIdentity()).destroyForcibly().waitFor();
    return inHand;
  }

  private void print(String title, LaneOnServer lane) {
    System.out.println(
        title
            + ": taken up after the new worker was ready: "
            + takenUp
            + "; longest pause between two activities: "
            + lane.longestPause()
            + " ms");
  }

  @Test
  void workerKilledInEachStage_isFollowedByAnother_andTheLaneIsAppliedOnce() throws Exception {
    Set<Stage> missed = EnumSet.allOf(Stage.class);
    for (int round = 0; round < 4 && !missed.isEmpty(); round++) {
      Path home = Files.createDirectory(folder.resolve("round-" + round));
      try (TestBed bed = new TestBed(home);
          StoreGate gate = new StoreGate(bed.home())) {
        bed.worker();
        gate.shut();
        LaneOnServer lane = LaneOnServer.start(bed, gate);
        for (Stage stage : EnumSet.copyOf(missed)) {
          if (lane.standsIn(stage.activityType())) {
            killInside(bed, lane, gate, stage.activityType());
            missed.remove(stage);
          }
        }
        assertThat(lane.end()).as(bed.workersSaid()).isEqualTo("APPLIED");
        Fix7.assertAppliedOnce(bed);
        print("worker killed", lane);
      }
    }
    assertThat(missed).as("stages in which no worker was killed").isEmpty();
  }

  @Test
  void workerKilledInRollbackAndSeal_isFollowedByAnother_andTheLaneIsRolledBack() throws Exception {
    killedInCompensation(1, this::killInside);
  }

  private interface Kill {
    void inside(TestBed bed, LaneOnServer lane, StoreGate gate, String activity) throws Exception;
  }

  private void killedInCompensation(int workers, Kill kill) throws Exception {
    List<String> missed = new ArrayList<>(List.of(Activities.ROLLBACK, Activities.SEAL));
    for (int round = 0; round < 4 && !missed.isEmpty(); round++) {
      Path home = Files.createDirectory(folder.resolve("round-" + round));
      try (TestBed bed = new TestBed(home);
          StoreGate gate = new StoreGate(bed.home())) {
        for (int i = 0; i < workers; i++) {
          bed.worker();
        }
        LaneOnServer lane = Fix7.heldInS6(bed, gate);
        String before = Fix7.treeWithout(bed, Fix7.PRIMARY);
        gate.shut();
        new LaneClient(bed.client()).answer(lane.stub(), "rollback", 1);
        for (String activity : List.copyOf(missed)) {
          if (!activity.equals(Activities.ROLLBACK)) {
            gate.open();
          }
          if (lane.standsIn(activity)) {
            kill.inside(bed, lane, gate, activity);
            missed.remove(activity);
          }
        }
        assertThat(lane.end()).as(bed.workersSaid()).isEqualTo("ROLLED_BACK");
        print("worker killed in compensation", lane);
        assertThat(bed.tree()).isEqualTo(before);
        Fix7.assertRolledBackOnce(bed);
      }
    }
    assertThat(missed).as("activities in which no worker was killed").isEmpty();
  }

  @Test
  @Tag("full")
  void oneOfTwoWorkersKilledInEachPublishingStage_isReplacedByTheOther() throws Exception {
    Set<Stage> missed = EnumSet.of(Stage.S5, Stage.S6, Stage.S7);
    for (int round = 0; round < 4 && !missed.isEmpty(); round++) {
      Path home = Files.createDirectory(folder.resolve("round-" + round));
      try (TestBed bed = new TestBed(home);
          StoreGate gate = new StoreGate(bed.home())) {
        bed.worker();
        bed.worker();
        LaneOnServer lane = LaneOnServer.start(bed, gate);
        for (Stage stage : EnumSet.copyOf(missed)) {
          if (lane.standsIn(stage.activityType())) {
            killBesideAnother(bed, lane, gate, stage.activityType());
            missed.remove(stage);
          }
        }
        assertThat(lane.end()).as(bed.workersSaid()).isEqualTo("APPLIED");
        Fix7.assertAppliedOnce(bed);
      }
    }
    assertThat(missed).as("stages in which no worker was killed").isEmpty();
  }

  @Test
  @Tag("full")
  void oneOfTwoWorkersKilledInRollbackAndSeal_isReplacedByTheOther() throws Exception {
    killedInCompensation(2, WorkerKillServerIT::killBesideAnother);
  }
}
