package dev.lanekeeper.starter;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lanekeeper.canonical.DirHash;
import dev.lanekeeper.client.LaneClient;
import dev.lanekeeper.evidence.FileTree;
import dev.lanekeeper.kb.LedgerEntry;
import dev.lanekeeper.kb.LedgerState;
import dev.lanekeeper.lane.Stage;
import dev.lanekeeper.testkit.TestLane;
import dev.lanekeeper.verdict.RejectCode;
import dev.lanekeeper.workflow.Activities;
import dev.lanekeeper.workflow.Hold;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A worker that stands still in a stage, as a machine that was suspended does, and wakes when its
 * lane has gone on without it.
 */
class PausedWorkerServerIT {

  /**
   * A stopped process keeps its polls, and each of them costs the lane a heartbeat. With one stage
   * at once it has none open beside the stage in which it is stopped.
   */
  private static final Map<String, String> FEW_POLLS =
      Map.of("LANEKEEPER_HEARTBEAT", "PT2S", "LANEKEEPER_CONCURRENCY", "1");

  @TempDir private Path folder;

  private static Process worker(TestBed bed) throws Exception {
    return bed.worker(FEW_POLLS, TestLane.ROOT.resolve("examples"));
  }

  /** All that documents and ledger say of what was done; effects and refusals are not of it. */
  private static List<Object> done(TestBed bed) throws Exception {
    LedgerState ledger = bed.ledger();
    return Stream.of(
            List.of(bed.tree()),
            ledger.all(LedgerEntry.Outcome.class).toList(),
            ledger.all(LedgerEntry.Intent.class).toList(),
            ledger.all(LedgerEntry.Claimed.class).toList(),
            ledger.all(LedgerEntry.FenceRaised.class).toList(),
            ledger.all(LedgerEntry.StageRecorded.class).toList(),
            ledger.all(LedgerEntry.RunEnded.class).toList(),
            ledger.openClaims())
        .<Object>map(List::copyOf)
        .toList();
  }

  /** The folders of the lane's runs, byte for byte, and which of them is the latest. */
  private static Map<String, String> packets(TestBed bed) throws Exception {
    Map<String, String> packets = new TreeMap<>();
    try (Stream<Path> runs = Files.list(bed.home().resolve("runs/fix7-p0"))) {
      for (Path run : runs.toList()) {
        packets.put(
            run.getFileName().toString(),
            Files.isSymbolicLink(run)
                ? Files.readSymbolicLink(run).toString()
                : DirHash.ofBytes(FileTree.read(run)).hex());
      }
    }
    return packets;
  }

  @ParameterizedTest
  @Tag("full")
  @ValueSource(strings = {Activities.ROLLBACK, Activities.SEAL})
  void workerPausedInTheCompensation_thatWakesAfterIt_changesNothing(String activity)
      throws Exception {
    try (TestBed bed = new TestBed(folder);
        StoreGate gate = new StoreGate(bed.home())) {
      Process paused = worker(bed);
      LaneOnServer lane = Fix7.heldInS6(bed, gate);
      gate.shut();
      new LaneClient(bed.client()).answer(lane.stub(), "rollback", 1);
      if (activity.equals(Activities.SEAL)) {
        gate.open();
      }
      assertThat(lane.standsIn(activity)).as("stopped in time").isTrue();
      TestBed.signal(paused, "STOP");
      gate.open();
      worker(bed);
      assertThat(lane.end()).isEqualTo("ROLLED_BACK");
      List<Object> before = done(bed);
      Map<String, String> packets = packets(bed);
      wakeAndDrain(paused);
      assertThat(done(bed)).isEqualTo(before);
      assertThat(packets(bed)).isEqualTo(packets);
      Fix7.assertRolledBackOnce(bed);
    }
  }

  /**
   * Wakes a worker and asks it to stop, which it does once the stage that it had in hand has ended:
   * then it has done all that it ever will.
   */
  private static void wakeAndDrain(Process paused) throws Exception {
    TestBed.signal(paused, "CONT");
    TestBed.signal(paused, "TERM");
    paused.waitFor();
  }

  @ParameterizedTest
  @Tag("full")
  @EnumSource(Stage.class)
  void pausedWorker_thatWakesAfterItsLaneWasApplied_changesNothing(Stage stage) throws Exception {
    try (TestBed bed = new TestBed(folder);
        StoreGate gate = new StoreGate(bed.home())) {
      Process paused = worker(bed);
      LaneOnServer lane = LaneOnServer.standing(bed, gate, stage).orElseThrow();
      TestBed.signal(paused, "STOP");
      gate.open();
      worker(bed);
      assertThat(lane.end()).isEqualTo("APPLIED");
      List<Object> before = done(bed);
      Map<String, String> packets = packets(bed);
      wakeAndDrain(paused);
      assertThat(done(bed)).isEqualTo(before);
      assertThat(packets(bed)).isEqualTo(packets);
      Fix7.assertAppliedOnce(bed);
    }
  }

  @Test
  void workerPausedInS5_thatWakesWhileAnotherPublishes_changesNothing() throws Exception {
    wakesWhileAnotherPublishes(Stage.S5);
  }

  @ParameterizedTest
  @Tag("full")
  @EnumSource(
      value = Stage.class,
      names = {"S5", "S7"},
      mode = EnumSource.Mode.EXCLUDE)
  void pausedWorker_thatWakesWhileAnotherPublishes_changesNothing(Stage stage) throws Exception {
    wakesWhileAnotherPublishes(stage);
  }

  /**
   * It wakes while the other worker is about to publish in S6, the claim open, the fence its own.
   */
  private void wakesWhileAnotherPublishes(Stage stage) throws Exception {
    boolean reached = false;
    for (int round = 0; round < 4 && !reached; round++) {
      Path home = Files.createDirectory(folder.resolve("round-" + round));
      try (TestBed bed = new TestBed(home);
          StoreGate gate = new StoreGate(bed.home())) {
        Process paused = worker(bed);
        LaneOnServer lane = LaneOnServer.standing(bed, gate, stage).orElseThrow();
        TestBed.signal(paused, "STOP");
        gate.open();
        Process other = worker(bed);
        reached = lane.standsBehindItsFence(Stage.S6);
        if (reached) {
          TestBed.signal(other, "STOP");
          gate.open();
          List<Object> before = done(bed);
          wakeAndDrain(paused);
          assertThat(done(bed)).isEqualTo(before);
          TestBed.signal(other, "CONT");
        }
        assertThat(resumedToItsEnd(bed, lane)).as(bed.ledger().toString()).isEqualTo("APPLIED");
        Fix7.assertAppliedOnce(bed);
      }
    }
    assertThat(reached).as("stood between fence and publication").isTrue();
  }

  /** Where no worker moved for too long, the stage's attempts are used up and the lane holds. */
  private static String resumedToItsEnd(TestBed bed, LaneOnServer lane) throws Exception {
    LaneClient client = new LaneClient(bed.client());
    LaneOnServer.await(
        "an end or a hold", () -> lane.closed() || client.status(lane.stub()).hold().isPresent());
    if (!lane.closed()) {
      Hold hold = client.status(lane.stub()).hold().orElseThrow();
      assertThat(hold.reject().code()).isEqualTo(RejectCode.STAGE_FAULT);
      client.answer(lane.stub(), "resume", hold.number());
    }
    return lane.end();
  }

  @ParameterizedTest
  @Tag("full")
  @EnumSource(value = Stage.class, names = "S0", mode = EnumSource.Mode.EXCLUDE)
  void pausedWorker_thatWakesAfterItsLaneWasRolledBack_changesNothing(Stage stage)
      throws Exception {
    try (TestBed bed = new TestBed(folder);
        StoreGate gate = new StoreGate(bed.home())) {
      String clean = bed.tree();
      Process paused = worker(bed);
      LaneOnServer lane = LaneOnServer.standing(bed, gate, stage).orElseThrow();
      TestBed.signal(paused, "STOP");
      gate.open();
      bed.client().newUntypedWorkflowStub(lane.id()).terminate("test");
      worker(bed);
      Jar.Result rollback = bed.command("rollback", "fix7-p0", "--home", bed.home());
      assertThat(rollback.exitCode()).as(rollback.out()).isZero();
      List<Object> before = done(bed);
      wakeAndDrain(paused);
      assertThat(done(bed)).isEqualTo(before);
      assertThat(bed.tree()).isEqualTo(clean);
    }
  }
}
