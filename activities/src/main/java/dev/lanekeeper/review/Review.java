package dev.lanekeeper.review;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lanekeeper.canonical.Json;
import dev.lanekeeper.lane.Lane;
import dev.lanekeeper.stage.Evidence;
import dev.lanekeeper.verdict.Verdict;
import dev.lanekeeper.workflow.LaneEnd;
import java.util.Optional;
import java.util.function.Function;

/** What follows from the checks of a review: the counts, the self-checks, the token and the end. */
public final class Review {

  private Review() {}

  /** Says of a review's checks how many hold, and what the lane comes to if nothing else fails. */
  public static void count(ObjectNode review, Lane.Spec spec, ArrayNode checks) {
    int passed = 0;
    for (JsonNode line : checks) {
      passed += line.path("holds").asBoolean() ? 1 : 0;
    }
    review.set("checks", checks);
    review.put("checksPassed", passed).put("checkCount", checks.size());
    end(review, spec, passed == checks.size());
  }

  /**
   * One check of a review.
   *
   * @param undo what the undo of each change puts back, where the check read it
   */
  public static ObjectNode line(Lane.ReviewCheck check, Verdict verdict, Optional<ArrayNode> undo) {
    ObjectNode line = Json.object();
    line.put("id", check.id()).put("title", check.title()).put("check", check.check());
    line.put("holds", verdict.passed());
    line.setAll(Evidence.json(verdict));
    undo.ifPresent(read -> line.set("undo", read));
    return line;
  }

  /** Puts the self-checks into a review, and what both together come to. */
  public static void close(
      ObjectNode review, Lane.Spec spec, Function<String, JsonNode> files, Verdict verdict) {
    ArrayNode self = selfChecks(spec, files);
    review.set("selfCheck", self);
    review.put("selfChecks", self.size());
    review.set("result", Evidence.json(verdict));
    conclude(review, spec, verdict);
  }

  /** The self-checks, each judged on the evidence; the review among it has none yet. */
  public static ArrayNode selfChecks(Lane.Spec spec, Function<String, JsonNode> files) {
    ArrayNode out = Json.array();
    for (Lane.SelfCheck check : spec.selfCheck()) {
      boolean holds = SelfChecks.judge(check, files).passed();
      out.addObject()
          .put("text", check.text())
          .put("evidence", check.evidence())
          .put("mark", holds ? "✓" : "✗")
          .put("holds", holds);
    }
    return out;
  }

  /** Says what the lane comes to, when everything was judged, its packet too. */
  public static void conclude(ObjectNode review, Lane.Spec spec, Verdict verdict) {
    end(review, spec, verdict.passed());
  }

  private static void end(ObjectNode review, Lane.Spec spec, boolean clean) {
    LaneEnd end = clean ? LaneEnd.APPLIED : LaneEnd.REJECTED;
    review.put("token", clean ? spec.review().token() : "NOT_CLEAN");
    review.put("end", end.name()).put("statusToken", spec.statusToken() + "_" + end);
  }
}
