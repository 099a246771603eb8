package dev.lanekeeper.starter;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.kb.LedgerEntry;
import dev.lanekeeper.kb.LedgerState;
import dev.lanekeeper.lane.LaneName;
import dev.lanekeeper.testkit.RunIds;
import dev.lanekeeper.workflow.LaneEnd;
import dev.lanekeeper.workflow.Owner;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Only runs that are proven closed on this very server are lost, and only after a while. */
final class LostRunsTest {

  private static final LaneName LANE = new LaneName("lane");
  private static final Instant AT = Instant.parse("2026-01-01T00:00:00Z");
  private static final Duration GRACE = Duration.ofMinutes(10);
  private static final Owner RUN = new Owner("temporal-1", "default", "workflow", RunIds.of("run"));

  private final List<LedgerState.Line> lines = new ArrayList<>();
  private boolean closed = true;
  private Optional<Instant> closedAt = Optional.of(AT);

  private void add(Instant at, LedgerEntry entry) {
    lines.add(new LedgerState.Line(at, entry));
  }

  private static LedgerEntry opened(Owner owner) {
    return new LedgerEntry.RunOpened(owner, LANE, Optional.empty(), "somebody");
  }

  private static LedgerEntry claimed(Owner owner) {
    return new LedgerEntry.Claimed(
        1, owner, LANE, Digest.of("plan"), List.of(), List.of(), Optional.empty());
  }

  private static LedgerEntry ended(Owner owner, LaneEnd end) {
    return new LedgerEntry.RunEnded(owner, LANE, Optional.empty(), end, Optional.empty());
  }

  private List<LostRuns.Lost> after(Duration time) {
    return found(time).lost();
  }

  private LostRuns.Found found(Duration time) {
    LostRuns.Server server =
        new LostRuns.Server() {
          @Override
          public boolean knows(Owner owner) {
            return owner.engine().equals("temporal-1") && owner.namespace().equals("default");
          }

          @Override
          public boolean closed(Owner owner) {
            return closed;
          }

          @Override
          public Optional<Instant> closedAt(Owner owner) {
            return closedAt;
          }
        };
    return LostRuns.find(new LedgerState(lines), server, AT.plus(time), GRACE);
  }

  @Test
  void run_closedForTheGracePeriod_isLost_andNotBefore() {
    add(AT, opened(RUN));
    add(AT, claimed(RUN));
    assertThat(after(GRACE.minusSeconds(1))).isEmpty();
    assertThat(after(GRACE)).containsExactly(new LostRuns.Lost(RUN, LANE, true, AT));
  }

  @Test
  void run_thatMayStillGoOn_isNotLost() {
    add(AT, opened(RUN));
    closed = false;
    assertThat(after(Duration.ofDays(100))).isEmpty();
  }

  @Test
  void run_ofAnotherEngineOrNamespace_isNotJudged() {
    add(AT, opened(new Owner("temporal-2", "default", "workflow", RunIds.of("run"))));
    add(AT, opened(new Owner("temporal-1", "another", "workflow", RunIds.of("run"))));
    assertThat(found(GRACE).lost()).isEmpty();
    assertThat(found(GRACE).unjudged())
        .extracting(run -> run.owner().engine() + " " + run.owner().namespace())
        .containsExactly("temporal-2 default", "temporal-1 another");
  }

  @Test
  void run_thatEnded_isNotLost_unlessItsClaimIsOpen() {
    add(AT, opened(RUN));
    add(AT, ended(RUN, LaneEnd.REJECTED));
    assertThat(after(GRACE)).isEmpty();
    Owner failed = new Owner("temporal-1", "default", "workflow", RunIds.of("failed"));
    add(AT, opened(failed));
    add(AT, claimed(failed));
    add(AT, ended(failed, LaneEnd.ROLLBACK_FAILED));
    assertThat(after(GRACE)).extracting(LostRuns.Lost::owner).containsExactly(failed);
  }

  @Test
  void run_fromWhoseClaimAnotherHasGoneOn_isNotLost() {
    add(AT, opened(RUN));
    add(AT, claimed(RUN));
    Owner later = new Owner("temporal-1", "default", "workflow", RunIds.of("later"));
    add(AT, opened(later));
    add(
        AT,
        new LedgerEntry.Claimed(
            2, later, LANE, Digest.of("plan"), List.of(), List.of(), Optional.of(1L)));
    assertThat(after(GRACE)).extracting(LostRuns.Lost::owner).containsExactly(later);
  }

  @Test
  void run_thatWasWithdrawnAndNeverSealed_isLost() {
    add(AT, opened(RUN));
    add(AT, claimed(RUN));
    add(AT, new LedgerEntry.OwnerBarred(RUN));
    add(AT, new LedgerEntry.ClaimClosed(1, "WITHDRAWN"));
    assertThat(after(GRACE)).containsExactly(new LostRuns.Lost(RUN, LANE, false, AT));
  }

  @Test
  void run_thatTheServerForgot_isQuietSinceTheLedgerHeardOfItLast() {
    add(AT, opened(RUN));
    add(AT.plusSeconds(60), claimed(RUN));
    closedAt = Optional.empty();
    assertThat(after(GRACE)).isEmpty();
    assertThat(after(GRACE.plusSeconds(60)))
        .extracting(LostRuns.Lost::quietSince)
        .containsExactly(AT.plusSeconds(60));
  }

  @Test
  void run_openedInSeveralRounds_isNamedOnce() {
    add(AT, opened(RUN));
    add(AT, opened(RUN));
    assertThat(after(GRACE)).hasSize(1);
  }
}
