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
 * @param words what it says, for people
 * @param packet the packet that it names; never the one that a server shows
 */
record LedgerWord(boolean confirmed, String words, Optional<SealedPacket> packet) {

  /** What to call an end that the ledger does not have. */
  static final String UNVERIFIED = "UNVERIFIED";

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
    if (end.get().end() != shown) {
      return none(
          "the ledger of "
              + home.reader().identity().id()
              + " says "
              + end.get().end()
              + " of run "
              + owner.runId());
    }
    boolean since = shown == LaneEnd.APPLIED && !ledger.isApplied(end.get().owner());
    return new LedgerWord(
        true,
        since ? "applied, and opened again since to be withdrawn" : "as the ledger says",
        end.get().packet());
  }

  private static LedgerWord none(String why) {
    return new LedgerWord(false, why, Optional.empty());
  }
}
