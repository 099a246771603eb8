package dev.lanekeeper.starter;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.util.Timestamps;
import io.temporal.api.workflow.v1.PendingActivityInfo;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * kill -9 of the worker inside every activity of a lane, again and again in one and the same lane.
 */
class WorkerKillServerIT {

  @TempDir private Path folder;

  private final List<String> takenUp = new ArrayList<>();

  /** One worker at a time: it is killed, another is started and takes the activity up. */
  private KillRounds kills() {
    return new KillRounds(
        folder,
        home -> bed(home, 1),
        (bed, lane, gate, activity) -> {
          PendingActivityInfo first = kill(bed, lane);
          Process next = bed.worker();
          long ready = System.currentTimeMillis();
          PendingActivityInfo second = lane.takenUpAgain(activity, first.getAttempt());
          assertThat(second.getLastWorkerIdentity()).startsWith(next.pid() + "@");
          long start = Timestamps.toMillis(second.getLastStartedTime());
          takenUp.add(activity + " " + (start - ready) + " ms");
          gate.open();
        });
  }

  /** Two workers: one is killed, the one that stands by takes the activity up, a third starts. */
  private KillRounds killsBesideAnother() {
    return new KillRounds(
        folder,
        home -> bed(home, 2),
        (bed, lane, gate, activity) -> {
          PendingActivityInfo first = kill(bed, lane);
          PendingActivityInfo second = lane.takenUpAgain(activity, first.getAttempt());
          assertThat(second.getLastWorkerIdentity()).isNotEqualTo(first.getLastWorkerIdentity());
          bed.worker();
          gate.open();
        });
  }

  private static TestBed bed(Path folder, int workers) throws Exception {
    TestBed bed = new TestBed(folder);
    for (int i = 0; i < workers; i++) {
      bed.worker();
    }
    return bed;
  }

  private static PendingActivityInfo kill(TestBed bed, LaneOnServer lane) throws Exception {
    PendingActivityInfo inHand = lane.inHand().orElseThrow();
    bed.workerCalled(inHand.getLastWorkerIdentity()).destroyForcibly().waitFor();
    return inHand;
  }

  private void print() {
    System.out.println("taken up after the new worker was ready: " + takenUp);
  }

  @Test
  void workerKilledInSomeStages_isFollowedByAnother_andTheLaneIsAppliedOnce() throws Exception {
    kills().inSomeStages();
    print();
  }

  @Test
  @Tag("full")
  void workerKilledInEachStage_isFollowedByAnother_andTheLaneIsAppliedOnce() throws Exception {
    kills().inEachStage();
    print();
  }

  @Test
  void workerKilledInRollbackAndSeal_isFollowedByAnother_andTheLaneIsRolledBack() throws Exception {
    kills().inCompensation();
    print();
  }

  @Test
  @Tag("full")
  void oneOfTwoWorkersKilledInEachStage_isReplacedByTheOther() throws Exception {
    killsBesideAnother().inEachStage();
  }

  @Test
  @Tag("full")
  void oneOfTwoWorkersKilledInRollbackAndSeal_isReplacedByTheOther() throws Exception {
    killsBesideAnother().inCompensation();
  }
}
