package dev.lanekeeper.s3gate;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lanekeeper.canonical.Json;
import dev.lanekeeper.gate.HardenedRollbackGate;
import dev.lanekeeper.lane.Lane;
import dev.lanekeeper.lane.Plan;
import dev.lanekeeper.s2staging.StagingProof;
import dev.lanekeeper.stage.Evidence;
import dev.lanekeeper.verdict.RejectCode;
import dev.lanekeeper.verdict.Verdict;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/** Lets the gate judge its frozen corpus, this lane's evidence, and a fabrication of it. */
public final class GateRun {

  /** What judges evidence: {@link HardenedRollbackGate#judge}. */
  public interface Judge {
    /** Judges evidence of a lane's rollbacks. */
    Verdict judge(JsonNode evidence, String laneId, Collection<String> rollbackIds);
  }

  private final Plan plan;
  private final Judge gate;
  private Verdict overall = Verdict.pass();

  /** A run of this gate for this plan. */
  public GateRun(Plan plan, Judge gate) {
    this.plan = plan;
    this.gate = gate;
  }

  /** The assertion that holds the gate's self-test. */
  public static Lane.Assertion selfTest(Plan plan) {
    return plan.spec().inputs().stream()
        .filter(input -> input.id().equals(plan.spec().gate().selfTest()))
        .flatMap(input -> input.asserts().stream())
        .filter(a -> a.kind().equals("gate"))
        .findFirst()
        .orElseThrow();
  }

  /**
   * Runs it.
   *
   * @param corpus the frozen evidence of each self-test case, in the order of the lane file
   * @param own this lane's evidence from S2
   */
  public ObjectNode run(List<JsonNode> corpus, JsonNode own) {
    ObjectNode out = Json.object();
    selfTest(out.putObject("selfTest"), corpus);
    ObjectNode ownOut = out.putObject("ownEvidence");
    List<String> ids = StagingProof.rollbackIds(plan);
    Verdict ownVerdict = gate.judge(own, plan.lane().metadata().id(), ids);
    ownOut.setAll(Evidence.json(ownVerdict));
    note(ownVerdict);
    fabricated(out.putArray("fabricated"), own, ids);
    out.put("productionRollbackStatus", own.path("productionRollbackStatus").asText());
    out.put("overall", overall.word());
    return out;
  }

  /** The first refusal, or pass. */
  public Verdict verdict() {
    return overall;
  }

  private void selfTest(ObjectNode out, List<JsonNode> corpus) {
    Lane.Assertion a = selfTest(plan);
    ArrayNode cases = out.putArray("cases");
    boolean holds = true;
    int variants = 0;
    int closed = 0;
    for (int i = 0; i < a.cases().size(); i++) {
      Lane.GateCase c = a.cases().get(i);
      JsonNode evidence = corpus.get(i);
      String actual = gate.judge(evidence, a.laneId().orElseThrow(), a.rollbackIds()).render();
      boolean asExpected = actual.equals(c.expect());
      variants += c.expect().equals("PASS") ? 0 : 1;
      closed += asExpected && !c.expect().equals("PASS") ? 1 : 0;
      holds &= asExpected;
      ObjectNode line = cases.addObject();
      line.put("file", c.file().value()).put("expect", c.expect()).put("actual", actual);
      line.put("asExpected", asExpected);
      if (!asExpected) {
        note(Verdict.reject(RejectCode.GATE_SELFTEST_FAILED, c.file().value(), c.expect(), actual));
      }
    }
    out.put("variantsFailedClosed", closed);
    out.put("variants", variants).put("verdict", holds ? "PASS" : "REJECT");
    if (cases.isEmpty() || variants == 0) {
      note(Verdict.reject(RejectCode.GATE_EVALUATED_NOTHING, "self-test", "frozen cases", "none"));
    }
  }

  /** Each rollback's apply is made to look as if it had changed nothing; the gate must see it. */
  private void fabricated(ArrayNode out, JsonNode own, List<String> ids) {
    for (String id : ids) {
      String expect = RejectCode.ROLLBACK_APPLY_DID_NOT_MUTATE + ":" + id;
      String actual =
          noMutation(own, id)
              .map(variant -> gate.judge(variant, plan.lane().metadata().id(), ids).render())
              .orElse("no proof of " + id + " to fabricate from");
      out.addObject()
          .put("rollbackId", id)
          .put("fabrication", "afterApply made equal to before")
          .put("expect", expect)
          .put("actual", actual)
          .put("failsClosed", actual.equals(expect));
      if (!actual.equals(expect)) {
        note(Verdict.reject(RejectCode.GATE_VARIANT_ACCEPTED, id, expect, actual));
      }
    }
  }

  private static Optional<JsonNode> noMutation(JsonNode own, String id) {
    JsonNode variant = own.deepCopy();
    for (JsonNode proof : variant.path("rollbacks")) {
      if (proof instanceof ObjectNode rollback && proof.path("rollbackId").asText().equals(id)) {
        rollback.set("afterApply", rollback.path("before").deepCopy());
        return Optional.of(variant);
      }
    }
    return Optional.empty();
  }

  private void note(Verdict verdict) {
    if (overall.passed()) {
      overall = verdict;
    }
  }
}
