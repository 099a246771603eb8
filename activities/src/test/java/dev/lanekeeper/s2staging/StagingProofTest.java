package dev.lanekeeper.s2staging;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.canonical.DirHash;
import dev.lanekeeper.canonical.Json;
import dev.lanekeeper.evidence.Bundle;
import dev.lanekeeper.evidence.FileTree;
import dev.lanekeeper.evidence.LaneFolder;
import dev.lanekeeper.files.Access;
import dev.lanekeeper.files.Rights;
import dev.lanekeeper.files.Root;
import dev.lanekeeper.gate.HardenedRollbackGate;
import dev.lanekeeper.kb.RefusedException;
import dev.lanekeeper.lane.Head;
import dev.lanekeeper.lane.InvalidLaneException;
import dev.lanekeeper.lane.KbPath;
import dev.lanekeeper.lane.Lane;
import dev.lanekeeper.lane.Plan;
import dev.lanekeeper.testkit.EditedLane;
import dev.lanekeeper.testkit.Plans;
import dev.lanekeeper.testkit.Proofs;
import dev.lanekeeper.testkit.TestLane;
import dev.lanekeeper.testkit.Triggers;
import dev.lanekeeper.verdict.RejectCode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipal;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The proof comes from what was read back, and the gate judges it. */
final class StagingProofTest {

  private static final Path EXAMPLES = TestLane.ROOT.resolve("examples");
  private static final Path HANDBOOK = EXAMPLES.resolve("handbook-release");

  @TempDir private Path folder;

  private static String judge(Bundle bundle, JsonNode evidence) {
    return new HardenedRollbackGate()
        .judge(
            evidence, bundle.plan().lane().metadata().id(), StagingProof.rollbackIds(bundle.plan()))
        .render();
  }

  @ParameterizedTest
  @ValueSource(strings = {"fix7-p0", "handbook-release"})
  void example_isProvedChangeByChange_andAsATree(String name) throws Exception {
    Path example = EXAMPLES.resolve(name);
    Bundle bundle = LaneFolder.read(example);
    ObjectNode evidence = Proofs.staging(bundle, example, folder.resolve("staging"));
    assertThat(judge(bundle, evidence)).isEqualTo("PASS");
    assertThat(evidence.path("withdrawalComplete").asBoolean()).isTrue();
    assertThat(evidence.path("rollbacks")).hasSize(bundle.plan().spec().changes().size());
    for (int i = 0; i < bundle.plan().spec().changes().size(); i++) {
      Lane.Change change = bundle.plan().spec().changes().get(i);
      JsonNode proof = evidence.path("rollbacks").path(i);
      assertThat(proof.path("rollbackId").asText()).isEqualTo(change.rollbackId());
      assertThat(proof.path("before")).isEqualTo(change.expect().json());
      assertThat(proof.path("afterRollback")).isEqualTo(change.expect().json());
      assertThat(proof.at("/afterApply/sha256").asText())
          .isEqualTo(Digest.of(bundle.files().get(change.source())).hex());
      assertThat(proof.at("/afterApply/revision").asInt())
          .isEqualTo(change.expect().present() ? 2 : 1);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "no-production, NOT_APPLICABLE",
    "reproduction, NOT_APPLICABLE",
    "production, NOT_PROVEN",
    "PROD-eu, NOT_PROVEN"
  })
  void proof_saysOfProduction_whatTheLabelLeavesToSay(String label, String expected)
      throws Exception {
    Bundle bundle =
        EditedLane.copyOf(TestLane.FIX7, folder.resolve("lane"))
            .edit("  environment: no-production\n\n", "  environment: " + label + "\n\n")
            .bundle();
    ObjectNode evidence = Proofs.staging(bundle, folder.resolve("lane"), folder.resolve("staging"));
    assertThat(evidence.path("productionRollbackStatus").asText()).isEqualTo(expected);
  }

  /** The gate compares what it is shown; that each step was done, only the withdrawal says. */
  @Test
  @Triggers(RejectCode.ROLLBACK_DID_NOT_RESTORE)
  void withdrawal_thatIsNotComplete_isNeverProved() throws Exception {
    Bundle bundle = LaneFolder.read(HANDBOOK);
    ObjectNode file = Proofs.staged(bundle, HANDBOOK, folder.resolve("staging"));
    ObjectNode evidence = (ObjectNode) file.get("evidence");
    assertThat(StagingProof.judge(bundle.plan(), file).render()).isEqualTo("PASS");
    evidence.put("withdrawalComplete", false);
    assertThat(judge(bundle, evidence)).isEqualTo("PASS");
    assertThat(StagingProof.judge(bundle.plan(), file).render())
        .isEqualTo("ROLLBACK_DID_NOT_RESTORE:staging");
    evidence.remove("withdrawalComplete");
    assertThat(StagingProof.judge(bundle.plan(), file).render())
        .isEqualTo("ROLLBACK_DID_NOT_RESTORE:staging");
  }

  /** As it stands in the knowledge base, and as it is found in staging after each step. */
  @Test
  void update_keepsModeOwnerAndGroup_andTheProofShowsThem() throws Exception {
    Bundle bundle = LaneFolder.read(HANDBOOK);
    NavigableMap<KbPath, StagingProof.Standing> standing = Proofs.standing(bundle, HANDBOOK);
    Path file = Files.createFile(folder.resolve("file"));
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("r--r----x"));
    Access access = Root.at(folder, Rights.UMASK).access("file");
    standing.replaceAll(
        (path, s) ->
            new StagingProof.Standing(s.revision(), s.bytes(), s.access().map(mode -> access)));
    ObjectNode proof =
        new StagingProof(bundle.plan(), folder.resolve("staging"), Clock.systemUTC())
            .run(Proofs.documents(bundle), standing);
    String owners = access.owners().orElseThrow().toString();
    for (Lane.Change change : bundle.plan().spec().changes()) {
      int i = bundle.plan().spec().changes().indexOf(change);
      JsonNode mode = proof.at("/evidence/rollbacks/" + i + "/mode");
      JsonNode whose = proof.at("/volatile/owners/" + change.rollbackId());
      if (change.expect().present()) {
        assertThat(mode).containsExactly(text("0441"), text("0441"), text("0441"));
        assertThat(whose).containsExactly(text(owners), text(owners), text(owners));
      } else {
        assertThat(mode.isMissingNode() && whose.isMissingNode()).as(change.id()).isTrue();
      }
    }
    assertThat(StagingProof.judge(bundle.plan(), proof).render()).isEqualTo("PASS");
  }

  private static JsonNode text(String text) {
    return Json.tree(text);
  }

  @Test
  @Triggers(RejectCode.ROLLBACK_DID_NOT_RESTORE)
  void update_thatChangesModeOwnerOrGroup_isNeverProved() throws Exception {
    Bundle bundle = LaneFolder.read(HANDBOOK);
    ObjectNode good = Proofs.staged(bundle, HANDBOOK, folder.resolve("staging"));
    ObjectNode owners = good.putObject("volatile").putObject("owners").putObject("RB-HB-3");
    owners.put("before", "a:b").put("afterApply", "a:b").put("afterRollback", "a:b");
    assertThat(StagingProof.judge(bundle.plan(), good).render()).isEqualTo("PASS");
    for (String moment : List.of("afterApply", "afterRollback")) {
      ObjectNode otherMode = good.deepCopy();
      ((ObjectNode) otherMode.at("/evidence/rollbacks/2/mode")).put(moment, "0644");
      ObjectNode otherOwner = good.deepCopy();
      ((ObjectNode) otherOwner.at("/volatile/owners/RB-HB-3")).put(moment, "a:c");
      for (ObjectNode other : List.of(otherMode, otherOwner)) {
        assertThat(StagingProof.judge(bundle.plan(), other).render())
            .as(moment)
            .isEqualTo("ROLLBACK_DID_NOT_RESTORE:RB-HB-3");
      }
    }
  }

  /** Only the superuser can give a copy to somebody else, and so can restore a foreign document. */
  @Test
  @Triggers(RejectCode.ROLLBACK_DID_NOT_RESTORE)
  void update_ofADocumentOfAnotherOwner_isProvedWhereThatOwnerCanBeKept() throws Exception {
    Bundle bundle = LaneFolder.read(HANDBOOK);
    Files.createFile(folder.resolve("file"));
    Access own = Root.at(folder, Rights.UMASK).access("file");
    Access.Owners owners = own.owners().orElseThrow();
    UserPrincipal somebody =
        folder.getFileSystem().getUserPrincipalLookupService().lookupPrincipalByName("42424");
    Access foreign =
        new Access(own.permissions(), Optional.of(new Access.Owners(somebody, owners.group())));
    NavigableMap<KbPath, StagingProof.Standing> standing = Proofs.standing(bundle, HANDBOOK);
    standing.replaceAll(
        (path, s) ->
            new StagingProof.Standing(s.revision(), s.bytes(), s.access().map(mode -> foreign)));
    ObjectNode proof =
        new StagingProof(bundle.plan(), folder.resolve("staging"), Clock.systemUTC())
            .run(Proofs.documents(bundle), standing);
    boolean superuser = owners.owner().getName().equals("root");
    assertThat(proof.at("/volatile/owners/RB-HB-1/before").asText()).startsWith(somebody.getName());
    assertThat(StagingProof.judge(bundle.plan(), proof).render())
        .isEqualTo(superuser ? "PASS" : "ROLLBACK_DID_NOT_RESTORE:RB-HB-1");
  }

  @Test
  void trees_areThoseOfTheFolderItself() throws Exception {
    Bundle bundle = LaneFolder.read(HANDBOOK);
    ObjectNode evidence = Proofs.staging(bundle, HANDBOOK, folder.resolve("staging"));
    Digest left = DirHash.ofBytes(FileTree.read(folder.resolve("staging/kb")));
    assertThat(evidence.at("/trees/before").asText()).isEqualTo(left.hex());
    assertThat(evidence.at("/trees/afterRollback").asText()).isEqualTo(left.hex());
    assertThat(evidence.at("/trees/afterApply").asText()).isNotEqualTo(left.hex());
  }

  @Test
  @Triggers(RejectCode.ROLLBACK_APPLY_EQUALS_BEFORE)
  void update_toTheBytesThatStand_isNeverProved() throws Exception {
    Bundle bundle = LaneFolder.read(HANDBOOK);
    List<Lane.Change> changes = new ArrayList<>();
    NavigableMap<KbPath, StagingProof.Standing> standing = Proofs.standing(bundle, HANDBOOK);
    for (Lane.Change c : bundle.plan().spec().changes()) {
      Head same = Head.revision(1, bundle.plan().sourceDigest(c));
      changes.add(
          new Lane.Change(
              c.id(), c.rollbackId(), c.stage(), c.path(), c.source(), same, c.title()));
      standing.put(c.path(), new StagingProof.Standing(1, bundle.files().get(c.source())));
    }
    Plan plan = Plans.with(bundle.plan(), Plans.changes(bundle.plan().spec(), changes));
    assertThatThrownBy(
            () ->
                new StagingProof(plan, folder.resolve("staging"), Clock.systemUTC())
                    .run(Proofs.documents(bundle), standing))
        .isInstanceOfSatisfying(
            RefusedException.class,
            e ->
                assertThat(e.reject().render())
                    .isEqualTo("ROLLBACK_APPLY_EQUALS_BEFORE:" + changes.get(0).rollbackId()));
  }

  @Test
  void lane_whoseUpdateWouldChangeNothing_isInvalid() throws Exception {
    byte[] standing =
        Files.readAllBytes(HANDBOOK.resolve("kb/handbook/oncall/escalation-policy.md"));
    EditedLane same =
        EditedLane.copyOf(HANDBOOK, folder.resolve("lane"))
            .file("documents/escalation-policy.md", standing);
    assertThatThrownBy(same::bundle)
        .isInstanceOf(InvalidLaneException.class)
        .hasMessageContaining("spec.changes[0].source")
        .hasMessageContaining("would change nothing");
  }

  /** What the gate says of the proof, or what stopped it before. */
  private String proved(Bundle bundle) {
    try {
      return judge(bundle, Proofs.staging(bundle, HANDBOOK, folder.resolve("staging")));
    } catch (IOException | RefusedException e) {
      return "stopped: " + e.getMessage();
    }
  }

  @Test
  void update_withOneByteMore_isProved() throws Exception {
    byte[] standing =
        Files.readAllBytes(HANDBOOK.resolve("kb/handbook/oncall/escalation-policy.md"));
    byte[] longer = java.util.Arrays.copyOf(standing, standing.length + 1);
    longer[standing.length] = '\n';
    Bundle near =
        EditedLane.copyOf(HANDBOOK, folder.resolve("lane"))
            .file("documents/escalation-policy.md", longer)
            .bundle();
    assertThat(proved(near)).isEqualTo("PASS");
  }

  @Test
  void bytes_thatThePlanDoesNotName_arePublishedNowhere() throws Exception {
    Bundle bundle = LaneFolder.read(TestLane.FIX7);
    Map<String, byte[]> documents = Proofs.documents(bundle);
    documents.put("M-2", documents.get("M-1"));
    assertThatThrownBy(
            () ->
                new StagingProof(bundle.plan(), folder, Clock.systemUTC())
                    .run(documents, Proofs.standing(bundle, TestLane.FIX7)))
        .isInstanceOfSatisfying(
            RefusedException.class,
            e -> assertThat(e.reject().code()).isEqualTo(RejectCode.DOCUMENT_DIGEST_MISMATCH));
  }

  @Test
  void pinnedDocument_thatDiffersOrIsMissing_stopsTheProof() throws Exception {
    Bundle bundle = LaneFolder.read(TestLane.FIX7);
    KbPath pin = new KbPath("governance/00-index.md");
    NavigableMap<KbPath, StagingProof.Standing> standing = Proofs.standing(bundle, TestLane.FIX7);
    standing.put(pin, new StagingProof.Standing(1, new byte[] {'x'}));
    refused(bundle, standing, "changed", RejectCode.PIN_CHANGED);
    standing.remove(pin);
    refused(bundle, standing, "missing", RejectCode.PIN_MISSING);
  }

  private void refused(
      Bundle bundle,
      NavigableMap<KbPath, StagingProof.Standing> standing,
      String name,
      RejectCode code) {
    StagingProof proof = new StagingProof(bundle.plan(), folder.resolve(name), Clock.systemUTC());
    assertThatThrownBy(() -> proof.run(Proofs.documents(bundle), standing))
        .isInstanceOfSatisfying(
            RefusedException.class, e -> assertThat(e.reject().code()).isEqualTo(code));
  }

  @Test
  void foreignDocumentWhereTheLaneCreates_stopsTheProof() throws Exception {
    Bundle bundle = LaneFolder.read(TestLane.FIX7);
    NavigableMap<KbPath, StagingProof.Standing> standing = Proofs.standing(bundle, TestLane.FIX7);
    standing.put(
        bundle.plan().spec().changes().get(0).path(),
        new StagingProof.Standing(1, new byte[] {'x'}));
    refused(bundle, standing, "foreign", RejectCode.DOCUMENT_PRESENT);
  }

  @Test
  void material_isReadBackAsItWas() throws Exception {
    Bundle bundle = LaneFolder.read(HANDBOOK);
    NavigableMap<KbPath, StagingProof.Standing> standing = Proofs.standing(bundle, HANDBOOK);
    NavigableMap<KbPath, StagingProof.Standing> again =
        S2StagingRollbackProofActivity.standing(S2StagingRollbackProofActivity.material(standing));
    assertThat(again.keySet()).isEqualTo(standing.keySet());
    again.forEach(
        (path, document) -> {
          assertThat(document.bytes()).isEqualTo(standing.get(path).bytes());
          assertThat(document.revision()).isEqualTo(1);
          assertThat(document.access()).isEqualTo(standing.get(path).access());
        });
  }
}
