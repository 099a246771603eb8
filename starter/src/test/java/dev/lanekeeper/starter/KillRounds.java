package dev.lanekeeper.starter;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lanekeeper.client.LaneClient;
import dev.lanekeeper.lane.Stage;
import dev.lanekeeper.workflow.Activities;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * One blow inside every activity of a lane, and what came of the lane. A lane can be faster than
 * the test, and be past an activity before it is stopped there; then another lane follows.
 */
final class KillRounds {

  /** Makes a bed with its workers. */
  interface Beds {
    TestBed in(Path folder) throws Exception;
  }

  /** Kills something while the lane stands inside the activity, and opens the gate. */
  interface Kill {
    void inside(TestBed bed, LaneOnServer lane, StoreGate gate, String activity) throws Exception;
  }

  private interface Round {
    Begun begin(TestBed bed, StoreGate gate) throws Exception;
  }

  private record Begun(LaneOnServer lane, Outcome outcome) {}

  private interface Outcome {
    void check() throws Exception;
  }

  private final Path folder;
  private final Beds beds;
  private final Kill kill;

  KillRounds(Path folder, Beds beds, Kill kill) {
    this.folder = folder;
    this.beds = beds;
    this.kill = kill;
  }

  /** In S0 to S7; the lane is applied once. */
  void inEachStage() throws Exception {
    in(
        Stream.of(Stage.values()).map(Stage::activityType).toList(),
        (bed, gate) -> {
          gate.shut();
          LaneOnServer lane = LaneOnServer.start(bed, gate);
          return new Begun(
              lane,
              () -> {
                assertThat(lane.end()).as(bed.said()).isEqualTo("APPLIED");
                Fix7.assertAppliedOnce(bed);
              });
        });
  }

  /** In Rollback and Seal of a lane that is held with a document published. */
  void inCompensation() throws Exception {
    in(
        List.of(Activities.ROLLBACK, Activities.SEAL),
        (bed, gate) -> {
          LaneOnServer lane = Fix7.heldInS6(bed, gate);
          String before = Fix7.treeWithout(bed, Fix7.PRIMARY);
          gate.shut();
          new LaneClient(bed.client()).answer(lane.stub(), "rollback", 1);
          return new Begun(
              lane,
              () -> {
                assertThat(lane.end()).as(bed.said()).isEqualTo("ROLLED_BACK");
                assertThat(bed.tree()).isEqualTo(before);
                Fix7.assertRolledBackOnce(bed);
              });
        });
  }

  private void in(List<String> activities, Round round) throws Exception {
    List<String> missed = new ArrayList<>(activities);
    for (int i = 0; i < 4 && !missed.isEmpty(); i++) {
      try (TestBed bed = beds.in(Files.createDirectory(folder.resolve("round-" + i)));
          StoreGate gate = new StoreGate(bed.home())) {
        Begun begun = round.begin(bed, gate);
        for (String activity : List.copyOf(missed)) {
          if (activity.equals(Activities.SEAL)) {
            gate.open();
          }
          if (begun.lane().standsIn(activity)) {
            kill.inside(bed, begun.lane(), gate, activity);
            missed.remove(activity);
          }
        }
        begun.outcome().check();
      }
    }
    assertThat(missed).as("activities in which nothing was killed").isEmpty();
  }
}
