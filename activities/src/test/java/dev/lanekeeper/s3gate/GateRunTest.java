package dev.lanekeeper.s3gate;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lanekeeper.canonical.Json;
import dev.lanekeeper.evidence.Bundle;
import dev.lanekeeper.evidence.LaneFolder;
import dev.lanekeeper.gate.HardenedRollbackGate;
import dev.lanekeeper.lane.Lane;
import dev.lanekeeper.lane.Plan;
import dev.lanekeeper.testkit.EditedLane;
import dev.lanekeeper.testkit.NearMiss;
import dev.lanekeeper.testkit.Plans;
import dev.lanekeeper.testkit.Proofs;
import dev.lanekeeper.testkit.TestLane;
import dev.lanekeeper.testkit.Triggers;
import dev.lanekeeper.verdict.RejectCode;
import dev.lanekeeper.verdict.Verdict;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The gate's own test, this lane's evidence, and a fabrication of it. */
final class GateRunTest {

  @TempDir private Path folder;
  private Bundle bundle;
  private List<JsonNode> corpus;
  private ObjectNode own;

  @BeforeEach
  void prepare() throws Exception {
    bundle = LaneFolder.read(TestLane.FIX7);
    corpus = new ArrayList<>(Proofs.corpus(bundle));
    own = Proofs.staging(bundle, TestLane.FIX7, folder.resolve("staging"));
  }

  private static GateRun run(Plan plan) {
    return new GateRun(plan, new HardenedRollbackGate()::judge);
  }

  private String verdict() {
    GateRun run = run(bundle.plan());
    ObjectNode out = run.run(corpus, own);
    assertThat(out.path("overall").asText()).isEqualTo(run.verdict().word());
    return run.verdict().render();
  }

  @Test
  @NearMiss({
    RejectCode.GATE_SELFTEST_FAILED,
    RejectCode.GATE_VARIANT_ACCEPTED,
    RejectCode.GATE_EVALUATED_NOTHING
  })
  void corpusOwnEvidenceAndFabrications_asTheyAre_pass() {
    GateRun run = run(bundle.plan());
    ObjectNode out = run.run(corpus, own);
    assertThat(run.verdict().passed()).isTrue();
    assertThat(out.at("/selfTest/variants").asInt()).isEqualTo(7);
    assertThat(out.at("/selfTest/variantsFailedClosed").asInt()).isEqualTo(7);
    assertThat(out.at("/selfTest/verdict").asText()).isEqualTo("PASS");
    assertThat(out.at("/ownEvidence/verdict").asText()).isEqualTo("PASS");
    assertThat(out.at("/fabricated/0/actual").asText())
        .isEqualTo("ROLLBACK_APPLY_DID_NOT_MUTATE:RB-EXEC-1");
    assertThat(out.at("/fabricated/1/actual").asText())
        .isEqualTo("ROLLBACK_APPLY_DID_NOT_MUTATE:RB-EXEC-2");
    assertThat(out.at("/fabricated/0/failsClosed").asBoolean()).isTrue();
  }

  @Test
  @Triggers(RejectCode.GATE_SELFTEST_FAILED)
  void corpus_whoseVariantPasses_orWhoseFrozenEvidenceFails_failsTheSelfTest() {
    JsonNode variant = corpus.set(3, corpus.get(0));
    assertThat(verdict())
        .isEqualTo(
            "GATE_SELFTEST_FAILED:inputs/rollback-validator-packet/variants/03-rollback-does-not-restore.json");
    corpus.set(0, variant);
    assertThat(verdict())
        .isEqualTo("GATE_SELFTEST_FAILED:inputs/rollback-validator-packet/frozen-evidence.json");
  }

  @Test
  @Triggers(RejectCode.GATE_SELFTEST_FAILED)
  void corpus_whoseExpectedCodeIsWrong_failsTheSelfTest() throws Exception {
    Bundle wrong =
        EditedLane.copyOf(TestLane.FIX7, folder.resolve("lane"))
            .edit("\"ROLLBACK_HASH_MISSING:RB-T1-1\"", "\"ROLLBACK_HASH_MISSING:RB-T1-2\"")
            .bundle();
    GateRun run = run(wrong.plan());
    ObjectNode out = run.run(corpus, own);
    assertThat(run.verdict().render())
        .isEqualTo(
            "GATE_SELFTEST_FAILED:inputs/rollback-validator-packet/variants/05-hash-missing.json");
    assertThat(out.at("/selfTest/variantsFailedClosed").asInt()).isEqualTo(6);
    assertThat(out.at("/selfTest/verdict").asText()).isEqualTo("REJECT");
  }

  @Test
  @Triggers(RejectCode.GATE_EVALUATED_NOTHING)
  void corpus_withoutCases_orWithoutVariants_evaluatedNothing() {
    for (int keep : new int[] {0, 1}) {
      GateRun run = run(withCases(keep));
      ObjectNode out = run.run(corpus, own);
      assertThat(run.verdict().render()).isEqualTo("GATE_EVALUATED_NOTHING:self-test");
      assertThat(out.at("/selfTest/variants").asInt()).isZero();
    }
  }

  /**
   * The lane reader refuses such a lane before S3 could, so the plan is made from a lane that it
   * never read.
   */
  private Plan withCases(int keep) {
    Lane lane = bundle.plan().lane();
    List<Lane.Input> inputs = new ArrayList<>();
    for (Lane.Input i : lane.spec().inputs()) {
      List<Lane.Assertion> asserts = new ArrayList<>();
      for (Lane.Assertion a : i.asserts()) {
        asserts.add(
            new Lane.Assertion(
                a.kind(),
                a.token(),
                a.file(),
                a.pointer(),
                a.wanted(),
                a.name(),
                a.sha256(),
                a.laneId(),
                a.rollbackIds(),
                a.cases().subList(0, Math.min(keep, a.cases().size()))));
      }
      inputs.add(new Lane.Input(i.id(), i.title(), i.provenance(), i.tree(), i.files(), asserts));
    }
    return Plans.with(bundle.plan(), Plans.inputs(lane.spec(), inputs));
  }

  @Test
  void ownEvidence_tampered_isRefusedWithItsOwnCode() {
    ObjectNode good = own.deepCopy();
    own.put("laneId", "ANOTHER_LANE");
    assertThat(verdict()).isEqualTo("FOREIGN_LANE_ID:ANOTHER_LANE");
    own = good.deepCopy();
    own.put("productionRollbackStatus", "PROVEN");
    assertThat(verdict()).isEqualTo("PRODUCTION_STATUS_CLAIMED:PROVEN");
    own = good.deepCopy();
    ((ObjectNode) own.path("rollbacks").path(1)).put("afterApply", "ABSENT");
    assertThat(verdict()).isEqualTo("ROLLBACK_APPLY_DID_NOT_MUTATE:RB-EXEC-2");
    own = good.deepCopy();
    ((ObjectNode) own.path("rollbacks").path(0))
        .set("afterRollback", own.at("/rollbacks/0/afterApply"));
    assertThat(verdict()).isEqualTo("ROLLBACK_DID_NOT_RESTORE:RB-EXEC-1");
    own = good.deepCopy();
    ((ObjectNode) own.path("trees")).put("afterRollback", own.at("/trees/afterApply").asText());
    assertThat(verdict()).isEqualTo("ROLLBACK_DID_NOT_RESTORE:trees");
  }

  @Test
  @Triggers(RejectCode.GATE_VARIANT_ACCEPTED)
  void fabrication_thatIsNotRefusedWithExactlyItsCode_countsAsAccepted() {
    // A gate that is right about all frozen evidence and blind to this lane's fabrication.
    HardenedRollbackGate real = new HardenedRollbackGate();
    GateRun run =
        new GateRun(
            bundle.plan(),
            (evidence, laneId, ids) -> {
              Verdict verdict = real.judge(evidence, laneId, ids);
              return laneId.equals(bundle.plan().lane().metadata().id()) ? Verdict.pass() : verdict;
            });
    ObjectNode out = run.run(corpus, own);
    assertThat(out.at("/selfTest/verdict").asText()).isEqualTo("PASS");
    assertThat(out.at("/fabricated/0/failsClosed").asBoolean()).isFalse();
    assertThat(run.verdict().render()).isEqualTo("GATE_VARIANT_ACCEPTED:RB-EXEC-1");
  }

  @Test
  void proofs_inAnotherOrder_areFoundByTheirRollbackIds() {
    ArrayNode rollbacks = (ArrayNode) own.path("rollbacks");
    rollbacks.add(rollbacks.remove(0));
    assertThat(verdict()).isEqualTo("PASS");
  }

  @Test
  void proof_thatIsMissing_orNoProofs_areRefusedAndNothingIsFabricated() {
    ObjectNode good = own.deepCopy();
    ((ArrayNode) own.path("rollbacks")).remove(1);
    assertThat(verdict()).isEqualTo("ROLLBACK_PROOF_MISSING:RB-EXEC-2");
    own = good.deepCopy();
    own.put("rollbacks", "none");
    assertThat(verdict()).isEqualTo("GATE_EVALUATED_NOTHING");
    own = good;
    ((ArrayNode) own.path("rollbacks")).set(0, Json.array());
    assertThat(verdict()).startsWith("ROLLBACK_PROOF_MISSING:RB-EXEC-1");
  }

  @Test
  void firstRefusal_isTheOneThatCounts() {
    corpus.set(1, corpus.get(0));
    own.put("laneId", "ANOTHER_LANE");
    assertThat(verdict()).startsWith("GATE_SELFTEST_FAILED:");
  }
}
