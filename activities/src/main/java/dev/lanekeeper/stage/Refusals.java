package dev.lanekeeper.stage;

import dev.lanekeeper.kb.LedgerEntry;
import dev.lanekeeper.lane.Stage;
import dev.lanekeeper.verdict.Verdict;
import java.io.IOException;

/** Records refusals for which there is no evidence: one line of bounded length each. */
public final class Refusals {

  private static final int LONGEST = 300;

  private Refusals() {}

  /**
   * Records why a stage of the calling run did not get to work.
   *
   * <p>Whoever may write to the namespace can cause it as often as they like, so it says little.
   */
  public static void record(
      StageEnvironment environment, Stage stage, int round, Verdict.Reject reject)
      throws IOException {
    environment
        .kb()
        .record(new LedgerEntry.StageRefused(environment.owner(), stage, round, bounded(reject)));
  }

  /** The same rejection in texts of bounded length. */
  public static Verdict.Reject bounded(Verdict.Reject reject) {
    return Verdict.reject(
        reject.code(), brief(reject.subject()), brief(reject.expected()), brief(reject.actual()));
  }

  private static String brief(String text) {
    return text.length() <= LONGEST ? text : text.substring(0, LONGEST - 1) + "…";
  }
}
