package dev.lanekeeper.gate;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lanekeeper.canonical.Json;
import dev.lanekeeper.evidence.LaneFolder;
import dev.lanekeeper.lane.Lane;
import dev.lanekeeper.s3gate.GateRun;
import dev.lanekeeper.testkit.NearMiss;
import dev.lanekeeper.testkit.TestLane;
import dev.lanekeeper.testkit.Triggers;
import dev.lanekeeper.verdict.RejectCode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The frozen corpus of both examples, and each defect alone with its near miss. */
final class HardenedRollbackGateTest {

  private static final String LANE = "FIX7_P0_T1_ROLLBACK_VALIDATOR_HARDENING_2026_06_12";
  private static final List<String> IDS = List.of("RB-T1-1", "RB-T1-2");

  private ObjectNode evidence;

  @BeforeEach
  void frozen() throws Exception {
    evidence =
        (ObjectNode)
            Json.parse(
                Files.readAllBytes(
                    TestLane.FIX7.resolve(
                        "inputs/rollback-validator-packet/frozen-evidence.json")));
  }

  record Case(Path lane, Lane.Assertion assertion, Lane.GateCase gateCase) {
    @Override
    public String toString() {
      return gateCase.file() + " " + gateCase.expect();
    }
  }

  static Stream<Case> corpus() throws Exception {
    Stream.Builder<Case> cases = Stream.builder();
    for (Path lane :
        List.of(TestLane.FIX7, TestLane.ROOT.resolve("examples").resolve("handbook-release"))) {
      Lane.Assertion a = GateRun.selfTest(LaneFolder.read(lane).plan());
      a.cases().forEach(c -> cases.add(new Case(lane, a, c)));
    }
    return cases.build();
  }

  @ParameterizedTest
  @MethodSource("corpus")
  @Triggers({
    RejectCode.ROLLBACK_APPLY_DID_NOT_MUTATE,
    RejectCode.ROLLBACK_APPLY_EQUALS_BEFORE,
    RejectCode.ROLLBACK_DID_NOT_RESTORE,
    RejectCode.ROLLBACK_PROOF_MISSING,
    RejectCode.ROLLBACK_HASH_MISSING,
    RejectCode.FOREIGN_LANE_ID,
    RejectCode.PRODUCTION_STATUS_CLAIMED
  })
  @NearMiss({
    RejectCode.ROLLBACK_APPLY_DID_NOT_MUTATE,
    RejectCode.ROLLBACK_APPLY_EQUALS_BEFORE,
    RejectCode.ROLLBACK_DID_NOT_RESTORE,
    RejectCode.ROLLBACK_PROOF_MISSING,
    RejectCode.ROLLBACK_HASH_MISSING,
    RejectCode.FOREIGN_LANE_ID,
    RejectCode.PRODUCTION_STATUS_CLAIMED
  })
  void frozenCase_isJudgedAsStated(Case c) throws Exception {
    byte[] bytes = Files.readAllBytes(c.lane().resolve(c.gateCase().file().value()));
    String actual =
        new HardenedRollbackGate()
            .judge(
                Json.parse(bytes),
                c.assertion().laneId().orElseThrow(),
                c.assertion().rollbackIds())
            .render();
    assertThat(actual).isEqualTo(c.gateCase().expect());
  }

  private String judge() {
    return judge(evidence, IDS);
  }

  private static String judge(JsonNode evidence, List<String> ids) {
    return new HardenedRollbackGate().judge(evidence, LANE, ids).render();
  }

  private String judgeWith(Consumer<ObjectNode> change) {
    ObjectNode copy = evidence.deepCopy();
    change.accept(copy);
    return judge(copy, IDS);
  }

  private static ObjectNode rollback(ObjectNode evidence, int i) {
    return (ObjectNode) evidence.path("rollbacks").path(i);
  }

  @Test
  @Triggers(RejectCode.GATE_EVALUATED_NOTHING)
  void nothing_isNoPass() {
    assertThat(judge(evidence, List.of())).isEqualTo("GATE_EVALUATED_NOTHING");
    assertThat(judge(Json.object(), IDS)).isEqualTo("GATE_EVALUATED_NOTHING");
    assertThat(judge(Json.array(), IDS)).isEqualTo("GATE_EVALUATED_NOTHING");
    assertThat(judgeWith(e -> e.put("rollbacks", "all"))).isEqualTo("GATE_EVALUATED_NOTHING");
    assertThat(judgeWith(e -> e.putObject("rollbacks"))).isEqualTo("GATE_EVALUATED_NOTHING");
    assertThat(judgeWith(e -> e.putArray("rollbacks")))
        .as("there is evidence, and it proves none")
        .isEqualTo("ROLLBACK_PROOF_MISSING:RB-T1-1");
  }

  @Test
  @NearMiss(RejectCode.GATE_EVALUATED_NOTHING)
  void oneRollback_proved_passes() {
    assertThat(judge()).isEqualTo("PASS");
    ((ArrayNode) evidence.path("rollbacks")).remove(1);
    assertThat(judge(evidence, List.of("RB-T1-1"))).isEqualTo("PASS");
  }

  @Test
  void foreignOrMissingLaneId_isRefused() {
    assertThat(judgeWith(e -> e.put("laneId", LANE + "X")))
        .isEqualTo("FOREIGN_LANE_ID:" + LANE + "X");
    assertThat(judgeWith(e -> e.remove("laneId"))).isEqualTo("FOREIGN_LANE_ID");
    assertThat(judgeWith(e -> e.put("laneId", LANE.toLowerCase(java.util.Locale.ROOT))))
        .startsWith("FOREIGN_LANE_ID:");
  }

  @Test
  void productionStatus_otherThanNotApplicable_isRefused() {
    assertThat(judgeWith(e -> e.put("productionRollbackStatus", "PROVEN")))
        .isEqualTo("PRODUCTION_STATUS_CLAIMED:PROVEN");
    assertThat(judgeWith(e -> e.put("productionRollbackStatus", "NOT_PROVEN"))).isEqualTo("PASS");
    assertThat(judgeWith(e -> e.remove("productionRollbackStatus")))
        .isEqualTo("PRODUCTION_STATUS_CLAIMED");
  }

  @Test
  void extraOrDuplicateProof_isRefused() {
    assertThat(
            judgeWith(
                e ->
                    ((ArrayNode) e.path("rollbacks"))
                        .add(rollback(e, 0).deepCopy().put("rollbackId", "RB-T1-3"))))
        .isEqualTo("ROLLBACK_PROOF_MISSING");
    assertThat(judgeWith(e -> ((ArrayNode) e.path("rollbacks")).add(rollback(e, 0).deepCopy())))
        .isEqualTo("ROLLBACK_PROOF_MISSING:RB-T1-1");
    assertThat(judgeWith(e -> rollback(e, 0).put("rollbackId", "RB-T1-2")))
        .isEqualTo("ROLLBACK_PROOF_MISSING:RB-T1-2");
  }

  @Test
  void proofsInAnotherOrder_pass() {
    assertThat(
            judgeWith(
                e -> {
                  ArrayNode rollbacks = (ArrayNode) e.path("rollbacks");
                  rollbacks.add(rollbacks.remove(0));
                }))
        .isEqualTo("PASS");
  }

  @Test
  void headOfAnotherForm_isRefused() {
    for (String moment : List.of("before", "afterApply", "afterRollback")) {
      assertThat(judgeWith(e -> rollback(e, 1).remove(moment)))
          .isEqualTo("ROLLBACK_PROOF_MISSING:RB-T1-2");
      assertThat(judgeWith(e -> rollback(e, 1).put(moment, "present")))
          .isEqualTo("ROLLBACK_PROOF_MISSING:RB-T1-2");
      assertThat(judgeWith(e -> rollback(e, 1).putNull(moment)))
          .isEqualTo("ROLLBACK_PROOF_MISSING:RB-T1-2");
      assertThat(judgeWith(e -> ((ObjectNode) rollback(e, 1).get(moment)).remove("sha256")))
          .isEqualTo("ROLLBACK_HASH_MISSING:RB-T1-2");
      assertThat(judgeWith(e -> ((ObjectNode) rollback(e, 1).get(moment)).put("sha256", "abc")))
          .isEqualTo("ROLLBACK_HASH_MISSING:RB-T1-2");
      assertThat(judgeWith(e -> ((ObjectNode) rollback(e, 1).get(moment)).remove("revision")))
          .isEqualTo("ROLLBACK_HASH_MISSING:RB-T1-2");
    }
  }

  @Test
  void applyThatRemovesTheDocument_isNoApply() {
    assertThat(judgeWith(e -> rollback(e, 1).put("afterApply", "ABSENT")))
        .isEqualTo("ROLLBACK_APPLY_DID_NOT_MUTATE:RB-T1-2");
  }

  @Test
  void applyThatMakesANewRevisionOfTheSameBytes_equalsBefore() {
    assertThat(
            judgeWith(
                e ->
                    ((ObjectNode) rollback(e, 1).get("afterApply"))
                        .put("sha256", rollback(e, 1).at("/before/sha256").asText())))
        .isEqualTo("ROLLBACK_APPLY_EQUALS_BEFORE:RB-T1-2");
  }

  @Test
  void rollbackThatRestoresTheBytesButNotTheRevision_didNotRestore() {
    assertThat(
            judgeWith(e -> ((ObjectNode) rollback(e, 1).get("afterRollback")).put("revision", 5)))
        .isEqualTo("ROLLBACK_DID_NOT_RESTORE:RB-T1-2");
    assertThat(
            judgeWith(
                e ->
                    rollback(e, 0)
                        .set("afterRollback", rollback(e, 0).get("afterApply").deepCopy())))
        .isEqualTo("ROLLBACK_DID_NOT_RESTORE:RB-T1-1");
  }

  @Test
  void trees_countAsWell() {
    for (String moment : List.of("before", "afterApply", "afterRollback")) {
      assertThat(judgeWith(e -> ((ObjectNode) e.get("trees")).remove(moment)))
          .isEqualTo("ROLLBACK_HASH_MISSING:trees");
    }
    assertThat(judgeWith(e -> e.remove("trees"))).isEqualTo("ROLLBACK_HASH_MISSING:trees");
    assertThat(
            judgeWith(
                e ->
                    ((ObjectNode) e.get("trees"))
                        .put("afterApply", e.at("/trees/before").asText())))
        .isEqualTo("ROLLBACK_APPLY_DID_NOT_MUTATE:trees");
    assertThat(judgeWith(e -> ((ObjectNode) e.get("trees")).put("afterRollback", "0".repeat(64))))
        .isEqualTo("ROLLBACK_DID_NOT_RESTORE:trees");
  }
}
