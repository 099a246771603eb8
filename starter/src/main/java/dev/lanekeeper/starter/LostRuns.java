package dev.lanekeeper.starter;

import dev.lanekeeper.kb.Leases;
import dev.lanekeeper.kb.LedgerEntry;
import dev.lanekeeper.kb.LedgerState;
import dev.lanekeeper.lane.LaneName;
import dev.lanekeeper.workflow.Owner;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

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

    /**
     * Whether the server says that a run that it knows is closed.
     *
     * @throws dev.lanekeeper.client.LaneException when it does not say
     */
    boolean closed(Owner owner);

    /** When it was closed; empty when the server has forgotten it. */
    Optional<Instant> closedAt(Owner owner);
  }

  /**
   * One such run.
   *
   * @param owner the run
   * @param lane its lane
   * @param holdsClaim whether it still has a claim, under which documents may be published
   * @param quietSince when it was closed, or else when the ledger heard of it last
   */
  record Lost(Owner owner, LaneName lane, boolean holdsClaim, Instant quietSince) {}

  /**
   * A run that has not ended either, of which this server can say nothing.
   *
   * @param owner the run
   * @param lane its lane
   */
  record Unjudged(Owner owner, LaneName lane) {}

  /**
   * What was found.
   *
   * @param lost those that have been quiet for at least the grace period
   * @param unjudged those of other engines and namespaces that have not ended
   */
  record Found(List<Lost> lost, List<Unjudged> unjudged) {}

  /**
   * Asks the server for each run that has no end in the ledger.
   *
   * @throws dev.lanekeeper.client.LaneException when it does not answer
   */
  static Found find(LedgerState ledger, Server server, Instant now, Duration grace) {
    Set<Owner> claimed =
        ledger.openClaims().stream().map(LedgerEntry.Claimed::owner).collect(Collectors.toSet());
    Found found = new Found(new ArrayList<>(), new ArrayList<>());
    Set<Owner> seen = new HashSet<>();
    for (LedgerEntry.RunOpened run : ledger.all(LedgerEntry.RunOpened.class).toList()) {
      Owner owner = run.owner();
      boolean claim = claimed.contains(owner);
      // A run without an end, or one whose claim stayed open for all that.
      if (!seen.add(owner) || !(claim || ledger.unfinished(owner))) {
        continue;
      }
      if (!server.knows(owner)) {
        found.unjudged().add(new Unjudged(owner, run.lane()));
      } else if (lapsed(ledger, owner, now)) {
        found.lost().add(new Lost(owner, run.lane(), claim, ledger.lastHeard(owner)));
      } else if (server.closed(owner)) {
        Instant quiet = server.closedAt(owner).orElseGet(() -> ledger.lastHeard(owner));
        if (!quiet.plus(grace).isAfter(now)) {
          found.lost().add(new Lost(owner, run.lane(), claim, quiet));
        }
      }
    }
    return found;
  }

  /** Whether the ledger alone says that the run must be withdrawn, whatever the server says. */
  private static boolean lapsed(LedgerState ledger, Owner owner, Instant now) {
    return ledger
        .openClaim(owner)
        .filter(claim -> Leases.lapsed(ledger, claim, now, Leases.SETTLED))
        .isPresent();
  }
}
