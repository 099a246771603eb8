package dev.lanekeeper.review;

import com.fasterxml.jackson.databind.JsonNode;
import dev.lanekeeper.canonical.CanonicalJson;
import dev.lanekeeper.lane.Lane;
import dev.lanekeeper.verdict.RejectCode;
import dev.lanekeeper.verdict.Verdict;
import java.util.function.Function;

/** A lane's own expectations of its evidence: the value at a pointer is the one that it states. */
public final class SelfChecks {

  private SelfChecks() {}

  /**
   * Judges one.
   *
   * @param files the evidence by its file name
   */
  public static Verdict judge(Lane.SelfCheck check, Function<String, JsonNode> files) {
    String[] where = check.evidence().split("#", 2);
    JsonNode actual = files.apply(where[0]).at(where[1]);
    return !actual.isMissingNode()
            && CanonicalJson.text(actual).equals(CanonicalJson.text(check.wanted()))
        ? Verdict.pass()
        : Verdict.reject(
            RejectCode.SELF_CHECK_FAILED,
            check.evidence(),
            check.wanted().toString(),
            actual.isMissingNode() ? "nothing" : actual.toString());
  }
}
