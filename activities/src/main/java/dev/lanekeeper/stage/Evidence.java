package dev.lanekeeper.stage;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lanekeeper.canonical.Json;
import dev.lanekeeper.verdict.Verdict;
import dev.lanekeeper.workflow.Owner;
import java.time.Instant;

/** A list of checks as evidence: each with its subject, expected, actual and verdict. */
public final class Evidence {

  /**
   * The form of the evidence files. Files of form 1 say more than what their parts show, such as a
   * verdict of their own about the grant.
   */
  public static final int FORM = 2;

  private final ArrayNode checks = Json.array();
  private Verdict overall = Verdict.pass();

  /** Adds a check; the first refusal is the overall verdict. */
  public Evidence add(String name, String subject, Verdict verdict) {
    ObjectNode check = checks.addObject().put("check", name).put("subject", subject);
    check.setAll(json(verdict));
    if (overall.passed()) {
      overall = verdict;
    }
    return this;
  }

  /** Adds a check that says what it compared. */
  public Evidence add(
      String name, String subject, String expected, String actual, Verdict verdict) {
    add(name, subject, verdict);
    ObjectNode last = (ObjectNode) checks.get(checks.size() - 1);
    last.put("expected", expected).put("actual", actual);
    return this;
  }

  /** The first refusal, or pass. */
  public Verdict verdict() {
    return overall;
  }

  /** The checks made. */
  public ArrayNode json() {
    return checks;
  }

  /** How many checks were made. */
  public int size() {
    return checks.size();
  }

  /**
   * The first fields of an evidence file.
   *
   * @param status RUN, or NOT_RUN for what no stage wrote
   */
  public static ObjectNode header(String status) {
    return Json.object().put("formatVersion", FORM).put("status", status);
  }

  /** Says in an evidence file of which run it is and when its stage began. */
  public static ObjectNode place(ObjectNode file, Owner owner, Instant at) {
    ObjectNode varying = file.path("volatile") instanceof ObjectNode there ? there : Json.object();
    varying.put("runId", owner.runId().value()).put("workflowId", owner.workflowId());
    varying.put("evaluatedAt", at.toString());
    file.set("volatile", varying);
    return file;
  }

  /** A verdict as evidence. */
  public static ObjectNode json(Verdict verdict) {
    ObjectNode out = Json.object().put("verdict", verdict.word());
    verdict
        .rejection()
        .ifPresent(
            r ->
                out.put("code", r.code().name())
                    .put("reject", r.render())
                    .put("expected", r.expected())
                    .put("actual", r.actual())
                    .put("remedy", r.code().remedy()));
    return out;
  }
}
