package dev.lanekeeper.starter;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lanekeeper.client.LaneClient;
import dev.lanekeeper.lane.Stage;
import dev.lanekeeper.workflow.Activities;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** kill -9 of the server inside every activity of a lane, and a start on the same database. */
class ServerKillServerIT {

  @TempDir private Path folder;

  /** The server that is killed; it is started and closed with the bed. */
  Server server(Path folder) throws Exception {
    return new SqliteServer(folder);
  }

  private TestBed bed(Path home) throws Exception {
    return new TestBed(home, server(home.resolve("server")));
  }

  /**
   * @param whileDown whether the activity ends while there is no server, and not after it is back
   */
  private static void killInside(TestBed bed, StoreGate gate, boolean whileDown) throws Exception {
    bed.killServer();
    if (whileDown) {
      gate.open();
    }
    bed.startServer();
    gate.open();
  }

  @Test
  void serverKilledInEachStage_goesOn_andTheLaneIsAppliedOnce() throws Exception {
    killedInEachStage(false);
  }

  @Test
  @Tag("full")
  void serverKilledInEachStage_whichEndsWhileItIsDown_goesOn() throws Exception {
    killedInEachStage(true);
  }

  private void killedInEachStage(boolean whileDown) throws Exception {
    Set<Stage> missed = EnumSet.allOf(Stage.class);
    for (int round = 0; round < 4 && !missed.isEmpty(); round++) {
      Path home = Files.createDirectory(folder.resolve("round-" + round));
      try (TestBed bed = bed(home);
          StoreGate gate = new StoreGate(bed.home())) {
        bed.worker();
        gate.shut();
        LaneOnServer lane = LaneOnServer.start(bed, gate);
        for (Stage stage : EnumSet.copyOf(missed)) {
          if (lane.standsIn(stage.activityType())) {
            killInside(bed, gate, whileDown);
            missed.remove(stage);
          }
        }
        assertThat(lane.end()).as(bed.ledger().toString()).isEqualTo("APPLIED");
        Fix7.assertAppliedOnce(bed);
      }
    }
    assertThat(missed).as("stages in which no server was killed").isEmpty();
  }

  @Test
  void serverKilledInRollbackAndSeal_goesOn_andTheLaneIsRolledBack() throws Exception {
    killedInRollbackAndSeal(false);
  }

  @Test
  @Tag("full")
  void serverKilledInRollbackAndSeal_whichEndWhileItIsDown_goesOn() throws Exception {
    killedInRollbackAndSeal(true);
  }

  private void killedInRollbackAndSeal(boolean whileDown) throws Exception {
    List<String> missed = new ArrayList<>(List.of(Activities.ROLLBACK, Activities.SEAL));
    for (int round = 0; round < 4 && !missed.isEmpty(); round++) {
      Path home = Files.createDirectory(folder.resolve("round-" + round));
      try (TestBed bed = bed(home);
          StoreGate gate = new StoreGate(bed.home())) {
        bed.worker();
        LaneOnServer lane = Fix7.heldInS6(bed, gate);
        String before = Fix7.treeWithout(bed, Fix7.PRIMARY);
        gate.shut();
        new LaneClient(bed.client()).answer(lane.stub(), "rollback", 1);
        for (String activity : List.copyOf(missed)) {
          if (!activity.equals(Activities.ROLLBACK)) {
            gate.open();
          }
          if (lane.standsIn(activity)) {
            killInside(bed, gate, whileDown);
            missed.remove(activity);
          }
        }
        assertThat(lane.end()).isEqualTo("ROLLED_BACK");
        assertThat(bed.tree()).isEqualTo(before);
        Fix7.assertRolledBackOnce(bed);
      }
    }
    assertThat(missed).as("activities in which no server was killed").isEmpty();
  }
}
