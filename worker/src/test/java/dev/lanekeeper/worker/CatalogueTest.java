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
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Assertions;
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
    return EditedLane.copyOf(TestLane.FIX7, folder.resolve("lanes/fix7-p0"));
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
  @Triggers(RejectCode.BUNDLE_INVALID)
  void folder_servesOnlyTheLaneOfItsOwnName() throws Exception {
    EditedLane.copyOf(TestLane.FIX7, folder.resolve("lanes/another"));
    assertThat(catalogue.plan(FIX7)).as("no other lane's folder is looked into").isEmpty();
    refused(new LaneName("another"), "metadata.name: expected the name of the lane's folder");
    List<String> problems = new ArrayList<>();
    assertThat(catalogue.lanes(problems)).isEmpty();
    assertThat(problems).singleElement().asString().contains("lanes/another");
  }

  /** What is refused, and the words that it says; never what stands in the file. */
  private void refused(LaneName name, String... words) {
    assertThatThrownBy(() -> catalogue.plan(name))
        .isInstanceOfSatisfying(
            RefusedException.class,
            e -> {
              assertThat(e.reject().code()).isEqualTo(RejectCode.BUNDLE_INVALID);
              assertThat(e.reject().render() + e.reject().actual())
                  .contains(words)
                  .doesNotContain("Road", "CANARY", "found");
            });
  }

  @Test
  void laneFile_thatIsALinkToAKey_orAPipe_orTooLarge_isRefused_andTellsNothing() throws Exception {
    lane();
    Path file = folder.resolve("lanes/fix7-p0/lane.yaml");
    Path secret = Files.writeString(folder.resolve("secret.key"), "CANARY: secret\n");
    Files.delete(file);
    Files.createSymbolicLink(file, secret);
    refused(FIX7, "lane.yaml: expected a regular file, no symbolic link");
    Files.delete(file);
    new ProcessBuilder("mkfifo", file.toString()).start().waitFor();
    Assertions.assertTimeoutPreemptively(
        Duration.ofMinutes(1), () -> refused(FIX7, "lane.yaml: expected a regular file"));
    Files.delete(file);
    Files.write(file, new byte[(1 << 20) + 1]);
    refused(FIX7, "lane.yaml: expected at most 1048576 bytes");
    Files.write(file, "CANARY: secret\n".getBytes(StandardCharsets.UTF_8));
    refused(FIX7, "lane.yaml:");
  }

  @Test
  void laneFolder_thatIsALink_isRefused() throws Exception {
    EditedLane.copyOf(TestLane.FIX7, folder.resolve("elsewhere"));
    Files.createDirectories(folder.resolve("lanes"));
    Files.createSymbolicLink(folder.resolve("lanes/fix7-p0"), folder.resolve("elsewhere"));
    refused(FIX7, "expected a real folder");
  }

  @Test
  void lanes_besideAPipe_aLink_andAHugeFile_areListed() throws Exception {
    lane();
    for (String bad : List.of("pipe", "link", "huge")) {
      Files.createDirectories(folder.resolve("lanes/" + bad));
    }
    new ProcessBuilder("mkfifo", folder.resolve("lanes/pipe/lane.yaml").toString())
        .start()
        .waitFor();
    Files.createSymbolicLink(folder.resolve("lanes/link/lane.yaml"), Path.of("/etc/passwd"));
    new ProcessBuilder("truncate", "-s", "10G", folder.resolve("lanes/huge/lane.yaml").toString())
        .start()
        .waitFor();
    List<String> problems = new ArrayList<>();
    Assertions.assertTimeoutPreemptively(
        Duration.ofSeconds(20), () -> assertThat(catalogue.lanes(problems)).hasSize(1));
    assertThat(problems).hasSize(3).noneMatch(problem -> problem.contains("root:"));
    Assertions.assertTimeoutPreemptively(
        Duration.ofSeconds(20), () -> assertThat(catalogue.plan(FIX7)).isPresent());
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
    EditedLane lane = lane().edit("kind: Lane", "kind: Road");
    refused(FIX7, "lane.yaml:9: kind: expected");
    lane.edit("kind: Road", "kind: Lane\nCANARY: key");
    refused(FIX7, "lane.yaml:10: expected one of");
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
