package dev.lanekeeper.starter;

import dev.lanekeeper.kb.LedgerEntry;
import dev.lanekeeper.kb.LedgerState;
import dev.lanekeeper.worker.Home;
import dev.lanekeeper.workflow.LaneEnd;
import dev.lanekeeper.workflow.Owner;
import dev.lanekeeper.workflow.SealedPacket;
import java.io.IOException;
import java.util.Optional;

/**
 * What the ledger of the home says of an end that a server shows. A server keeps what anybody who
 * may write to the namespace completed; the ledger keeps what a worker recorded.
 *
 * @param confirmed whether the ledger has this very end of the run
 * @param now what the ledger says of the run now: that end, or what became of it since
 * @param words what it says, for people
 * @param packet the packet that it names; never the one that a server shows
 */
record LedgerWord(boolean confirmed, String now, String words, Optional<SealedPacket> packet) {

  /** What to call a run that was applied, and is being withdrawn since. */
  static final String ROLLING_BACK = "ROLLING_BACK";

  /** What to call an end that the ledger does not have. */
  static final String UNVERIFIED = CommandCode.UNVERIFIED.name();

  /**
   * Looks a run up.
   *
   * @param shown the end that the server shows
   * @param alreadyApplied whether it is that of an earlier run of the same plan
   */
  static LedgerWord of(
      Home home, Connection connection, RunOnServer run, LaneEnd shown, boolean alreadyApplied)
      throws IOException {
    if (!home.hasKnowledgeBase()) {
      return none("no ledger in " + home.folder() + " to look the run up in");
    }
    LedgerState ledger = home.reader().ledger();
    Optional<LedgerEntry.RunOpened> opened = run.in(ledger, connection);
    if (opened.isEmpty()) {
      return none("the ledger of " + home.reader().identity().id() + " does not know the run");
    }
    Owner owner = opened.get().owner();
    Optional<LedgerEntry.RunEnded> end =
        alreadyApplied ? opened.get().planDigest().flatMap(ledger::applied) : ledger.end(owner);
    if (end.isEmpty()) {
      return none(
          "the ledger of " + home.reader().identity().id() + " has no end of run " + owner.runId());
    }
    owner = end.get().owner();
    if (!ledger.hasEnded(owner, shown)) {
      return none(
          "the ledger of "
              + home.reader().identity().id()
              + " says "
              + end.get().end()
              + " of run "
              + owner.runId());
    }
    String now = now(ledger, owner);
    String words =
        now.equals(shown.name())
            ? "as the ledger says"
            : now.equals(ROLLING_BACK)
                ? "applied, and opened again since to be withdrawn"
                : shown + " at first, and " + now + " since";
    return new LedgerWord(true, now, words, end.get().packet());
  }

  /** What the ledger says of a run that has ended: its last end, or that it is being withdrawn. */
  static String now(LedgerState ledger, Owner owner) {
    return ledger.effectiveEnd(owner).map(end -> end.end().name()).orElse(ROLLING_BACK);
  }

  private static LedgerWord none(String why) {
    return new LedgerWord(false, UNVERIFIED, why, Optional.empty());
  }
}
