package dev.lanekeeper.packet;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lanekeeper.canonical.Digest;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A packet whose every signature holds and whose contents lie is found out by running it again. */
final class ReexecutionTest {

  private static final String PROOF = "rollback-proof.json";
  private static final String GATE = "rollback-gate.json";
  private static final String PROBES = "execution-probes.json";
  private static final String LOCK = "delegation-and-authority-lock.json";

  @TempDir private Path folder;
  private TestPacket packet;
  private int verified;

  @BeforeEach
  void make() throws Exception {
    packet = new TestPacket(folder);
  }

  private void lies(String stage) throws Exception {
    PacketVerifier.Finding finding = packet.verify(folder.resolve("again-" + verified++));
    assertThat(finding.answer())
        .as(finding.toString())
        .isEqualTo(PacketVerifier.Answer.REEXECUTION);
    assertThat(finding.answer().exitCode()).isEqualTo(12);
    assertThat(finding.problem().orElseThrow()).contains(stage);
  }

  @Test
  void packet_thatSaysWhatHappened_passes() throws Exception {
    PacketVerifier.Finding finding = packet.verify(folder.resolve("again"));
    assertThat(finding.answer()).as(finding.toString()).isEqualTo(PacketVerifier.Answer.PASS);
    assertThat(finding.answer().exitCode()).isZero();
    assertThat(finding.problem()).isEmpty();
    assertThat(finding.end()).contains("APPLIED");
    assertThat(finding.checks()).anyMatch(c -> c.contains("S2") && c.contains("again"));
  }

  @Test
  void packet_thatLiesOnlyAboutWhatVaries_passes() throws Exception {
    packet.at(GATE, "/gate").put("digest", "another class file");
    assertThat(packet.verify(folder.resolve("again")).answer())
        .isEqualTo(PacketVerifier.Answer.PASS);
  }

  @Test
  void packet_thatNamesAnotherRun_isALie() throws Exception {
    packet.at(GATE, "/volatile").put("runId", "another");
    lies("rollback-gate.json, runId");
  }

  @Test
  void staging_digestOfAHead_isALie() throws Exception {
    packet.at(PROOF, "/evidence/rollbacks/0/afterApply").put("sha256", "0".repeat(64));
    lies("S2");
  }

  @Test
  void staging_tree_isALie() throws Exception {
    packet.at(PROOF, "/evidence/trees").put("afterApply", "0".repeat(64));
    lies("S2: evidence.trees");
  }

  @Test
  void staging_adapter_isALie() throws Exception {
    packet.at(PROOF, "/evidence").put("adapter", "another.KnowledgeBase");
    lies("S2: evidence.adapter");
  }

  @Test
  void staging_completeWithdrawal_isALie() throws Exception {
    packet.at(PROOF, "/evidence").put("withdrawalComplete", false);
    lies("S2: evidence.withdrawalComplete");
  }

  @Test
  void staging_thatLeavesOutAField_isALie() throws Exception {
    packet.at(PROOF, "/evidence").remove("withdrawalComplete");
    lies("S2");
  }

  @Test
  void staging_materialThatIsNotThePinnedDocument_isALie() throws Exception {
    ObjectNode pin = packet.at(PROOF, "/material/governance~100-index.md");
    pin.put("base64", Base64.getEncoder().encodeToString("x".getBytes(StandardCharsets.UTF_8)));
    lies("re-execution stopped");
  }

  @Test
  void staging_materialWithoutAPinnedDocument_isALie() throws Exception {
    packet.at(PROOF, "/material").remove("governance/00-index.md");
    lies("re-execution stopped");
  }

  @Test
  void document_thatIsNotThePlans_isALie() throws Exception {
    String first = packet.documents().keySet().iterator().next();
    packet.documents().put(first, "other".getBytes(StandardCharsets.UTF_8));
    lies("re-execution stopped");
  }

  @Test
  void document_thatIsLeftOut_isALie() throws Exception {
    packet.documents().remove(packet.documents().keySet().iterator().next());
    lies("documents: expected");
  }

  @Test
  void gate_caseThatIsSaidToBeJudgedOtherwise_isALie() throws Exception {
    packet.at(GATE, "/selfTest/cases/3").put("actual", "PASS");
    lies("S3: selfTest");
  }

  @Test
  void gate_countOfVariants_isALie() throws Exception {
    packet.at(GATE, "/selfTest").put("variants", 8);
    lies("S3: selfTest");
  }

  @Test
  void gate_ownVerdict_isALie() throws Exception {
    packet.at(GATE, "/ownEvidence").put("verdict", "REJECT");
    lies("S3: ownEvidence");
  }

  @Test
  void gate_fabrication_isALie() throws Exception {
    packet.at(GATE, "/fabricated/1").put("actual", "PASS").put("failsClosed", false);
    lies("S3: fabricated");
  }

  @Test
  void gate_overall_isALie() throws Exception {
    packet.file(GATE).put("overall", "REJECT");
    lies("S3: overall");
  }

  @Test
  void gate_furtherField_isALie() throws Exception {
    packet.file(GATE).put("productionProven", true);
    lies("S3");
  }

  @Test
  void gate_materialThatIsNotTheFrozenOne_isALie() throws Exception {
    ObjectNode material = packet.at(GATE, "/material");
    String frozen = "inputs/rollback-validator-packet/frozen-evidence.json";
    material.set(
        "inputs/rollback-validator-packet/variants/01-no-mutation.json", material.get(frozen));
    lies("re-execution stopped");
  }

  @Test
  void probe_thatIsSaidToBeRefused_orToHaveAnotherAnswer_isALie() throws Exception {
    packet.at(PROBES, "/probes/2").put("actual", "SURFACE_FORBIDDEN:apply");
    lies("S4: probes");
  }

  @Test
  void probe_countAndSummary_areLies() throws Exception {
    packet.file(PROBES).put("failedClosed", 16);
    lies("S4: failedClosed");
  }

  @Test
  void probes_failOpen_isALie() throws Exception {
    packet.file(PROBES).put("any_fail_open", true);
    lies("S4: any_fail_open");
  }

  @Test
  void probe_thatIsLeftOut_isALie() throws Exception {
    ((ArrayNode) packet.file(PROBES).get("probes")).remove(29);
    lies("S4: probes");
  }

  @Test
  void probes_presentedFile_isALie() throws Exception {
    packet.at(PROBES, "/material").put("inputs/authority-seal/P7.md", "AAAA");
    lies("re-execution stopped");
  }

  @Test
  void probes_atATimeWhenTheGrantDidNotHold_areALie() throws Exception {
    packet.at(PROBES, "/volatile").put("evaluatedAt", "2026-06-13T10:00:00Z");
    lies("S4: ");
  }

  @Test
  void probes_onAnotherKnowledgeBaseThanTheGrants_areALie() throws Exception {
    packet.at(LOCK, "/volatile").put("kbId", "kb-other");
    lies("kbId: expected the grant's");
  }

  @Test
  void probes_inAnotherEnvironment_areALie() throws Exception {
    packet.file(LOCK).put("environment", "production");
    lies("S4: ");
  }

  private void updates(String name) throws Exception {
    packet = TestPacket.ofUpdates(folder.resolve(name));
    ObjectNode owners = packet.at(PROOF, "/volatile").putObject("owners").putObject("RB-HB-1");
    owners.put("before", "a:b").put("afterApply", "a:b").put("afterRollback", "a:b");
  }

  private void passes() throws Exception {
    PacketVerifier.Finding finding = packet.verify(folder.resolve("passes"));
    assertThat(finding.answer()).as(finding.toString()).isEqualTo(PacketVerifier.Answer.PASS);
  }

  @Test
  void modeOwnerAndGroup_ofAnUpdatedDocument_areExecutedOrJudgedAgain() throws Exception {
    updates("true");
    passes();
    String mode = "/evidence/rollbacks/0/mode";
    for (String moment : new String[] {"before", "afterApply", "afterRollback"}) {
      updates(moment + "-mode");
      packet.at(PROOF, mode).put(moment, "0640");
      lies("S2: evidence.rollbacks differs");
      updates(moment + "-owner");
      packet.at(PROOF, "/volatile/owners/RB-HB-1").put(moment, "a:c");
      lies("S2: result");
    }
  }

  @Test
  void proof_thatSaysNothingOfModes_stopsTheReexecution() throws Exception {
    packet = TestPacket.ofUpdates(folder.resolve("without"));
    packet.at(PROOF, "/evidence").path("rollbacks").forEach(p -> ((ObjectNode) p).remove("mode"));
    packet.at(PROOF, "/material").forEach(line -> ((ObjectNode) line).remove("mode"));
    lies("expected the mode of handbook/oncall/escalation-policy.md, found none");
    packet = TestPacket.ofUpdates(folder.resolve("half"));
    packet.at(PROOF, "/evidence").path("rollbacks").forEach(p -> ((ObjectNode) p).remove("mode"));
    lies("S2: evidence.rollbacks differs");
  }

  @Test
  void keys_thatTheGrantDoesNotName_areASignatureFailure() throws Exception {
    for (String role : new String[] {"owner", "executor", "reviewer"}) {
      TestPacket other = new TestPacket(folder.resolve(role));
      other.at(LOCK, "/volatile").put(role + "Pem", packet.lane().owner().verifyKey().pem());
      PacketVerifier.Finding finding = other.verify(folder.resolve(role + "-again"));
      assertThat(finding.answer()).as(role).isEqualTo(PacketVerifier.Answer.SIGNATURE);
      assertThat(finding.problem().orElseThrow()).contains("the " + role + " key");
    }
  }

  @Test
  void ownerKey_notGiven_orAnother_isNoPass() throws Exception {
    assertThat(
            new PacketVerifier(packet.seal(), Optional.empty())
                .verify(folder.resolve("none"))
                .answer())
        .isEqualTo(PacketVerifier.Answer.INCOMPLETE);
    assertThat(
            new PacketVerifier(packet.seal(), Optional.of(Digest.of("x").hex()))
                .verify(folder.resolve("other"))
                .answer())
        .isEqualTo(PacketVerifier.Answer.SIGNATURE);
  }
}
