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

  /** Where a lane is stopped: at the first fact of an activity, or once it has published. */
  private record Moment(String activity, boolean published) {

    boolean stands(LaneOnServer lane) throws Exception {
      return published
          ? lane.standsPublished(activity.equals(Stage.S5.activityType()) ? Stage.S5 : Stage.S6)
          : lane.standsIn(activity);
    }
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

  /** In S0 to S7, in S5 and S6 also once they have published; the lane is applied once. */
  void inEachStage() throws Exception {
    appliedAfter(
        Stream.of(Stage.values())
            .flatMap(
                stage ->
                    stage.publishes()
                        ? Stream.of(first(stage), published(stage))
                        : Stream.of(first(stage)))
            .toList());
  }

  /** Before anything is published, between the two publications, and in the review. */
  void inSomeStages() throws Exception {
    appliedAfter(List.of(first(Stage.S2), published(Stage.S5), first(Stage.S7)));
  }

  private void appliedAfter(List<Moment> moments) throws Exception {
    in(
        moments,
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
        List.of(new Moment(Activities.ROLLBACK, false), new Moment(Activities.SEAL, false)),
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

  private static Moment first(Stage stage) {
    return new Moment(stage.activityType(), false);
  }

  private static Moment published(Stage stage) {
    return new Moment(stage.activityType(), true);
  }

  private void in(List<Moment> moments, Round round) throws Exception {
    List<Moment> missed = new ArrayList<>(moments);
    for (int i = 0; i < 4 && !missed.isEmpty(); i++) {
      try (TestBed bed = beds.in(Files.createDirectory(folder.resolve("round-" + i)));
          StoreGate gate = new StoreGate(bed.home())) {
        Begun begun = round.begin(bed, gate);
        for (Moment moment : List.copyOf(missed)) {
          if (moment.activity().equals(Activities.SEAL)) {
            gate.open();
          }
          if (moment.stands(begun.lane())) {
            kill.inside(bed, begun.lane(), gate, moment.activity());
            missed.remove(moment);
          }
        }
        begun.outcome().check();
      }
    }
    assertThat(missed).as("moments at which nothing was killed").isEmpty();
  }
}
