package dev.lanekeeper.kb;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.lane.Head;
import dev.lanekeeper.lane.KbPath;
import dev.lanekeeper.lane.LaneName;
import dev.lanekeeper.lane.Stage;
import dev.lanekeeper.testkit.RunIds;
import dev.lanekeeper.verdict.RejectCode;
import dev.lanekeeper.verdict.Verdict;
import dev.lanekeeper.workflow.LaneEnd;
import dev.lanekeeper.workflow.Owner;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** When a claim has lasted too long, by the ledger alone. */
class LeasesTest {

  private static final Instant AT = Instant.parse("2026-01-01T00:00:00Z");
  private static final Duration SETTLED = Duration.ofMinutes(15);
  private static final Owner RUN = new Owner("temporal", "default", "w", RunIds.of("run"));

  private final List<LedgerState.Line> lines = new ArrayList<>();
  private final LedgerEntry.Claimed claim =
      new LedgerEntry.Claimed(
          1,
          RUN,
          new LaneName("lane"),
          Digest.of("plan"),
          List.of(new KbPath("a.md")),
          List.of(),
          Optional.empty(),
          Optional.of(AT.plus(Duration.ofHours(4))));

  private LeasesTest says(int minute, LedgerEntry fact) {
    lines.add(new LedgerState.Line(AT.plus(Duration.ofMinutes(minute)), fact));
    return this;
  }

  private LeasesTest intent(int minute) {
    return says(
        minute,
        new LedgerEntry.Intent(
            1,
            1,
            "M-1",
            new KbPath("a.md"),
            Head.absent(),
            Head.revision(1, Digest.of("a")),
            "staged/1",
            List.of()));
  }

  private LeasesTest stage(int minute, Stage stage, String verdict) {
    return says(
        minute,
        new LedgerEntry.StageRecorded(RUN, stage, 0, verdict, Digest.of("fragment"), "none"));
  }

  private boolean lapsed(int minute) {
    return Leases.lapsed(
        new LedgerState(lines), claim, AT.plus(Duration.ofMinutes(minute)), SETTLED);
  }

  @Test
  void claim_whoseRunPublishedEverything_lapsesWhenNobodyTriesTheReview() {
    says(0, claim).intent(1).stage(2, Stage.S6, "PASS");
    assertThat(lapsed(16)).isFalse();
    assertThat(lapsed(17)).isTrue();
    says(10, new LedgerEntry.AttemptBegan(RUN, AT));
    assertThat(lapsed(24)).as("an attempt began since").isFalse();
    assertThat(lapsed(25)).isTrue();
  }

  @Test
  void claim_whoseRunWaitsForAPerson_doesNotLapse() {
    says(0, claim)
        .intent(1)
        .stage(2, Stage.S6, "PASS")
        .says(
            3,
            new LedgerEntry.StageRefused(
                RUN, Stage.S7, 0, Verdict.reject(RejectCode.INVENTORY_CHANGED, "", "a", "b")));
    assertThat(lapsed(10_000)).isFalse();
  }

  @Test
  void claim_thatStillPublishes_lapsesWithItsGrantOnly() {
    says(0, claim).intent(1).stage(2, Stage.S5, "PASS");
    assertThat(lapsed(239)).isFalse();
    assertThat(lapsed(240)).isTrue();
  }

  @Test
  void claim_withoutAnIntent_isUnusedOnceItsGrantHasEnded() {
    says(0, claim);
    LedgerState ledger = new LedgerState(lines);
    assertThat(lapsed(10_000)).as("there is nothing to withdraw").isFalse();
    assertThat(Leases.unused(ledger, claim, AT.plus(Duration.ofHours(4)).minusSeconds(1)))
        .isFalse();
    assertThat(Leases.unused(ledger, claim, AT.plus(Duration.ofHours(4)))).isTrue();
    intent(1);
    assertThat(Leases.unused(new LedgerState(lines), claim, Instant.MAX)).isFalse();
  }

  @Test
  void claim_ofAnAppliedRun_isNoneAnyMore() {
    says(0, claim).intent(1).stage(2, Stage.S6, "PASS");
    Instant late = AT.plus(Duration.ofDays(1));
    assertThat(Leases.lapsed(new LedgerState(lines), late, SETTLED)).containsExactly(claim);
    says(
        3,
        new LedgerEntry.RunEnded(
            RUN, claim.lane(), Optional.of(claim.planDigest()), LaneEnd.APPLIED, Optional.empty()));
    assertThat(Leases.lapsed(new LedgerState(lines), late, SETTLED)).isEmpty();
  }
}
