package dev.lanekeeper.review;

import dev.lanekeeper.verdict.RejectCode;
import dev.lanekeeper.verdict.Verdict;
import dev.lanekeeper.workflow.LaneEnd;

/** No success is claimed while a forbidden surface was tried, or may have been. */
public final class Overclaim {

  private Overclaim() {}

  /** Judges a claimed end against Table D. */
  public static Verdict judge(String claimedEnd, TableD tableD) {
    if (!claimedEnd.equals(LaneEnd.APPLIED.name())) {
      return Verdict.pass();
    }
    if (!tableD.unexpectedEvents().isEmpty()) {
      String event = tableD.unexpectedEvents().get(0);
      return Verdict.reject(
          RejectCode.PASS_WHILE_FORBIDDEN_SURFACE,
          event,
          "a history of lane events only",
          claimedEnd + " with " + event);
    }
    return tableD.rows().stream()
        .filter(TableD.Row::attempted)
        .findFirst()
        .<Verdict>map(
            row ->
                Verdict.reject(
                    RejectCode.PASS_WHILE_FORBIDDEN_SURFACE,
                    row.surface(),
                    "no claim of " + claimedEnd,
                    claimedEnd + " with " + row.attempts().size() + " attempts"))
        .orElse(Verdict.pass());
  }
}
