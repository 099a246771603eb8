package dev.lanekeeper.seal;

import dev.lanekeeper.evidence.EvidenceStore;
import dev.lanekeeper.kb.KbReader;
import dev.lanekeeper.kb.LedgerEntry;
import dev.lanekeeper.kb.LedgerState;
import dev.lanekeeper.lane.Stage;
import dev.lanekeeper.stage.StageRecords;
import dev.lanekeeper.verdict.Verdict;
import dev.lanekeeper.workflow.LaneEnd;
import dev.lanekeeper.workflow.Owner;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/**
 * How a run that was not applied ended, found in the ledger and in the documents themselves; what a
 * caller says counts for nothing.
 *
 * @param end how
 * @param stage the stage that refused, if one did
 * @param reject why it refused
 * @param withdrawn what became of each document, in the order in which they were withdrawn
 */
record Ending(
    LaneEnd end, Optional<Stage> stage, Optional<Verdict.Reject> reject, List<String> withdrawn) {

  /** A refusal that the ledger holds. */
  private record Refused(Stage stage, Verdict.Reject reject) {}

  /**
   * Finds it.
   *
   * @param asked how a person ended the run, by the service's record of what they sent
   */
  static Ending of(
      LedgerState ledger,
      KbReader fresh,
      EvidenceStore evidence,
      Owner run,
      Optional<LaneEnd> asked)
      throws IOException {
    Optional<Refused> last = lastRefusal(ledger, evidence, run);
    boolean published = ledger.lastClaim(run).isPresent();
    Optional<Refused> stopped = last.filter(refused -> !refused.reject().code().holds(published));
    LaneEnd end = LaneEnd.ROLLBACK_FAILED;
    if (nothingStands(ledger, fresh, run)) {
      end = stopped.isPresent() ? LaneEnd.REJECTED : asked.orElse(LaneEnd.REJECTED);
    }
    return new Ending(
        end, last.map(Refused::stage), last.map(Refused::reject), withdrawn(ledger, run));
  }

  /** The refusal that the run's last word in the ledger is; a pass after it takes it back. */
  private static Optional<Refused> lastRefusal(
      LedgerState ledger, EvidenceStore evidence, Owner run) throws IOException {
    Optional<Refused> last = Optional.empty();
    for (LedgerState.Line line : ledger.lines()) {
      if (line.entry() instanceof LedgerEntry.StageRefused r && r.owner().equals(run)) {
        last = Optional.of(new Refused(r.stage(), r.reject()));
      } else if (line.entry() instanceof LedgerEntry.StageRecorded r && r.owner().equals(run)) {
        last = StageRecords.refusal(evidence, r).map(reject -> new Refused(r.stage(), reject));
      }
    }
    return last;
  }

  /**
   * Whether the run's claims are closed, and no document of theirs is left as they published it.
   */
  private static boolean nothingStands(LedgerState ledger, KbReader fresh, Owner run)
      throws IOException {
    if (ledger.openClaim(run).isPresent()) {
      return false;
    }
    Optional<LedgerEntry.Claimed> claim = ledger.lastClaim(run);
    if (claim.isEmpty()) {
      return true;
    }
    long epoch = claim.get().epoch();
    for (LedgerEntry.Intent intent : ledger.intents(epoch)) {
      if (ledger.ownsHead(epoch, intent.path(), intent.after())
          && fresh.head(intent.path()).equals(intent.after())) {
        return false;
      }
    }
    return true;
  }

  private static List<String> withdrawn(LedgerState ledger, Owner run) {
    Optional<LedgerEntry.Claimed> claim = ledger.lastClaim(run);
    if (claim.isEmpty()) {
      return List.of();
    }
    List<LedgerEntry.Intent> reversed = new ArrayList<>(ledger.intents(claim.get().epoch()));
    Collections.reverse(reversed);
    List<String> lines = new ArrayList<>();
    for (LedgerEntry.Intent intent : reversed) {
      ledger
          .lastOutcome(claim.get().epoch(), intent.changeId())
          .ifPresent(
              o ->
                  lines.add(
                      o.changeId() + " " + o.path() + ": " + o.outcome() + " (" + o.head() + ")"));
    }
    return List.copyOf(lines);
  }
}
