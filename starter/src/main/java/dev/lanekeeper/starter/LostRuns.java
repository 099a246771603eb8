package dev.lanekeeper.starter;

import dev.lanekeeper.kb.LedgerEntry;
import dev.lanekeeper.kb.LedgerState;
import dev.lanekeeper.lane.LaneName;
import dev.lanekeeper.workflow.Owner;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;

/**
 * Runs that ended without their own end in the ledger: terminated, timed out or deleted on the
 * server, so that no code of theirs ran.
 */
final class LostRuns {

  private LostRuns() {}

  /** What a server says of a run. */
  interface Server {
    /** Whether runs of this owner's engine and namespace can be judged here at all. */
    boolean knows(Owner owner);

    /** Whether the run is proven closed; unreachable is not. */
    boolean provenClosed(Owner owner);

    /** When it was closed; empty when the server has forgotten it. */
    Optional<Instant> closedAt(Owner owner);
  }

  /**
   * One such run.
   *
   * @param owner the run
   * @param lane its lane
   * @param holdsClaim whether it still has a claim, under which documents may stand
   * @param quietSince when it was closed, or else when the ledger heard of it last
   */
  record Lost(Owner owner, LaneName lane, boolean holdsClaim, Instant quietSince) {}

  /** Those that have been quiet for at least the grace period. */
  static List<Lost> find(LedgerState ledger, Server server, Instant now, Duration grace) {
    List<Lost> lost = new ArrayList<>();
    LinkedHashSet<Owner> seen = new LinkedHashSet<>();
    for (LedgerState.Line line : ledger.lines()) {
      if (line.entry() instanceof LedgerEntry.RunOpened opened && seen.add(opened.owner())) {
        Owner owner = opened.owner();
        if (unended(ledger, owner) && server.knows(owner) && server.provenClosed(owner)) {
          Instant quiet = server.closedAt(owner).orElseGet(() -> lastHeard(ledger, owner));
          if (!quiet.plus(grace).isAfter(now)) {
            boolean claim = ledger.openClaim(owner).isPresent();
            lost.add(new Lost(owner, opened.lane(), claim, quiet));
          }
        }
      }
    }
    return lost;
  }

  /** A run without an end, or one whose claim stayed open for all that. */
  private static boolean unended(LedgerState ledger, Owner owner) {
    return ledger.openClaim(owner).isPresent() || ledger.unfinished(owner);
  }

  private static Instant lastHeard(LedgerState ledger, Owner owner) {
    return ledger.lines().stream()
        .filter(line -> of(line.entry()).filter(owner::equals).isPresent())
        .map(LedgerState.Line::at)
        .reduce((first, second) -> second)
        .orElse(Instant.EPOCH);
  }

  private static Optional<Owner> of(LedgerEntry entry) {
    if (entry instanceof LedgerEntry.RunOpened opened) {
      return Optional.of(opened.owner());
    }
    if (entry instanceof LedgerEntry.StageRecorded stage) {
      return Optional.of(stage.owner());
    }
    if (entry instanceof LedgerEntry.EffectRecorded effect) {
      return Optional.of(effect.owner());
    }
    return entry instanceof LedgerEntry.Claimed claim
        ? Optional.of(claim.owner())
        : Optional.empty();
  }
}
