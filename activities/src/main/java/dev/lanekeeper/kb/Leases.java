package dev.lanekeeper.kb;

import dev.lanekeeper.lane.Stage;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/**
 * A claim is a lease. Without an intent it ends with the grant under which it was taken. With one
 * it lasts until its run ends, but not for ever: documents that nobody reviews are withdrawn. Both
 * are judged by the ledger alone, whatever a server says of the run's workflow.
 */
public final class Leases {

  /** How long a run that owes a review may be silent, when nobody says otherwise. */
  public static final Duration SETTLED = Duration.ofMinutes(15);

  private Leases() {}

  /** Whether a claim under which nothing was announced has outlived its grant. */
  public static boolean unused(LedgerState ledger, LedgerEntry.Claimed claim, Instant now) {
    return ledger.intents(claim.epoch()).isEmpty() && expired(claim, now);
  }

  /**
   * Whether what a claim published must be withdrawn: S6 has passed, or the grant has ended, so
   * that nothing but the review can follow; no attempt of any stage began since; and the run does
   * not wait for a person.
   *
   * @param settled how long the run must have been silent
   */
  public static boolean lapsed(
      LedgerState ledger, LedgerEntry.Claimed claim, Instant now, Duration settled) {
    boolean reviewIsDue =
        expired(claim, now)
            || ledger
                .stage(claim.owner(), Stage.S6)
                .filter(record -> record.verdict().equals("PASS"))
                .isPresent();
    return reviewIsDue
        && !ledger.intents(claim.epoch()).isEmpty()
        && ledger.held(claim.owner()).isEmpty()
        && !ledger.lastHeard(claim.owner()).plus(settled).isAfter(now);
  }

  /** The claims that have lapsed. */
  public static List<LedgerEntry.Claimed> lapsed(
      LedgerState ledger, Instant now, Duration settled) {
    return ledger.openClaims().stream()
        .filter(claim -> lapsed(ledger, claim, now, settled))
        .toList();
  }

  private static boolean expired(LedgerEntry.Claimed claim, Instant now) {
    return claim.expires().filter(end -> !now.isBefore(end)).isPresent();
  }
}
