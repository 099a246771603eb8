package dev.lanekeeper.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lanekeeper.evidence.DirectoryEvidenceStore;
import dev.lanekeeper.evidence.EvidenceStore;
import dev.lanekeeper.evidence.LaneFolder;
import dev.lanekeeper.kb.RefusedException;
import dev.lanekeeper.lane.LaneName;
import dev.lanekeeper.lane.Plan;
import dev.lanekeeper.testkit.EditedLane;
import dev.lanekeeper.testkit.NearMiss;
import dev.lanekeeper.testkit.TestLane;
import dev.lanekeeper.testkit.Triggers;
import dev.lanekeeper.verdict.RejectCode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Lanes by name, as they stand in the folder now. */
final class CatalogueTest {

  private static final LaneName FIX7 = new LaneName("fix7-p0");

  @TempDir private Path folder;
  private EvidenceStore evidence;
  private Catalogue catalogue;

  @BeforeEach
  void make() throws Exception {
    evidence = new DirectoryEvidenceStore(folder.resolve("home"));
    catalogue = new Catalogue(folder.resolve("lanes"), evidence);
  }

  private EditedLane lane() throws Exception {
    return EditedLane.copyOf(TestLane.FIX7, folder.resolve("lanes/any-folder"));
  }

  @Test
  @NearMiss(RejectCode.BUNDLE_INVALID)
  void lane_isFoundByItsName_andItsBytesAreStored_alsoBesideAnInvalidOne() throws Exception {
    lane();
    EditedLane.copyOf(TestLane.FIX7, folder.resolve("lanes/broken"))
        .edit("kind: Lane", "kind: Road");
    Plan plan = catalogue.plan(FIX7).orElseThrow();
    assertThat(plan.digest()).isEqualTo(LaneFolder.read(TestLane.FIX7).plan().digest());
    assertThat(evidence.get(plan.digest())).isEqualTo(plan.bytes());
    assertThat(evidence.plan(FIX7).orElseThrow().digest()).isEqualTo(plan.digest());
    List<String> problems = new ArrayList<>();
    assertThat(catalogue.lanes(problems)).hasSize(1);
    assertThat(problems).singleElement().asString().contains("broken/lane.yaml").contains("kind");
  }

  @Test
  void lane_isTakenFromTheFolderOfItsName_ratherThanFromAnotherThatHoldsOneOfThatName()
      throws Exception {
    lane().edit("decision: HOLD", "decision: WAIT");
    EditedLane.copyOf(TestLane.FIX7, folder.resolve("lanes/fix7-p0"));
    assertThat(catalogue.plan(FIX7).orElseThrow().digest())
        .isEqualTo(LaneFolder.read(TestLane.FIX7).plan().digest());
  }

  @Test
  void lane_ofAnotherName_isNotTakenForIt() throws Exception {
    lane();
    assertThat(catalogue.plan(new LaneName("another"))).isEmpty();
  }

  @Test
  void lane_isReadAnew() throws Exception {
    EditedLane lane = lane();
    Plan before = catalogue.plan(FIX7).orElseThrow();
    lane.edit("decision: HOLD", "decision: WAIT");
    assertThat(catalogue.plan(FIX7).orElseThrow().digest()).isNotEqualTo(before.digest());
  }

  @Test
  @Triggers(RejectCode.BUNDLE_INVALID)
  void lane_thatMayBeAnInvalidOne_isRefusedWithWhatIsWrong() throws Exception {
    lane().edit("kind: Lane", "kind: Road");
    assertThatThrownBy(() -> catalogue.plan(FIX7))
        .isInstanceOfSatisfying(
            RefusedException.class,
            e -> {
              assertThat(e.reject().code()).isEqualTo(RejectCode.BUNDLE_INVALID);
              assertThat(e.reject().actual()).contains("lane.yaml:").contains("Road");
            });
  }

  @Test
  void lane_thatIsOnlyStored_isFound_andAnUnknownOneIsNot() throws Exception {
    assertThat(catalogue.plan(FIX7)).as("no folder").isEmpty();
    Files.createDirectories(folder.resolve("lanes/notes"));
    assertThat(catalogue.plan(FIX7)).as("a folder without a lane").isEmpty();
    evidence.putBundle(LaneFolder.read(TestLane.FIX7));
    assertThat(catalogue.plan(FIX7)).isPresent();
  }
}
