package dev.lanekeeper.grant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lanekeeper.signature.SigningKey;
import dev.lanekeeper.testkit.RunIds;
import dev.lanekeeper.verdict.RejectCode;
import dev.lanekeeper.verdict.Verdict;
import dev.lanekeeper.workflow.Owner;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Each thing that leave to withdraw an applied run must say, alone. */
final class RollbackGrantTest {

  private static final Instant FROM = Instant.parse("2026-06-12T09:00:00Z");
  private static final Instant UNTIL = Instant.parse("2026-06-12T10:00:00Z");
  private static final Owner RUN = new Owner("engine", "default", "lane", RunIds.of("run"));
  private static final Owner OTHER = new Owner("engine", "default", "lane", RunIds.of("other"));

  private final SigningKey owner = SigningKey.generate();
  private final SigningKey executor = SigningKey.generate();
  private final TrustRoot trust =
      new TrustRoot(
          1,
          3,
          TrustRoot.empty()
              .with(TrustRoot.Role.OWNER, "owner", owner.verifyKey())
              .with(TrustRoot.Role.EXECUTOR, "executor", executor.verifyKey())
              .keys(),
          java.util.List.of());

  private static RollbackGrant grant(String kbId, Owner run, int epoch) {
    return new RollbackGrant(1, "leave-1", "owner", kbId, run, FROM, UNTIL, epoch);
  }

  private Verdict verdict(byte[] presented, Instant now, String... revoked) {
    return RollbackGrant.verify(Optional.of(presented), trust, "kb-1", RUN, now, Set.of(revoked));
  }

  private void refused(byte[] presented, Instant now, RejectCode code, String... revoked) {
    assertThat(verdict(presented, now, revoked))
        .isInstanceOfSatisfying(
            Verdict.Reject.class, r -> assertThat(r.code()).as(r.sentence()).isEqualTo(code));
  }

  private byte[] good() {
    return grant("kb-1", RUN, 3).sign(owner).bytes();
  }

  @Test
  void leave_ofAnOwnerForThisRun_holdsFromItsFirstMomentToBeforeItsLast() {
    assertThat(verdict(good(), FROM).passed()).isTrue();
    assertThat(verdict(good(), UNTIL.minusNanos(1)).passed()).isTrue();
    refused(good(), FROM.minusNanos(1), RejectCode.GRANT_NOT_YET_VALID);
    refused(good(), UNTIL, RejectCode.GRANT_EXPIRED);
  }

  @Test
  void leave_ofNobodyOrForAnotherRunOrPlace_isRefused() {
    assertThat(RollbackGrant.verify(Optional.empty(), trust, "kb-1", RUN, FROM, Set.of()))
        .isInstanceOfSatisfying(
            Verdict.Reject.class,
            r -> assertThat(r.code()).isEqualTo(RejectCode.ROLLBACK_NEEDS_GRANT));
    refused(grant("kb-1", RUN, 3).sign(executor).bytes(), FROM, RejectCode.GRANT_FORGED);
    refused(grant("kb-1", OTHER, 3).sign(owner).bytes(), FROM, RejectCode.ROLLBACK_NEEDS_GRANT);
    refused(grant("kb-2", RUN, 3).sign(owner).bytes(), FROM, RejectCode.GRANT_KB_MISMATCH);
    refused("{}".getBytes(StandardCharsets.UTF_8), FROM, RejectCode.GRANT_MALFORMED);
  }

  @Test
  void leave_thatWasRevoked_byItsEpochOrByItsId_isRefused() {
    refused(grant("kb-1", RUN, 2).sign(owner).bytes(), FROM, RejectCode.GRANT_REVOKED);
    assertThat(verdict(grant("kb-1", RUN, 4).sign(owner).bytes(), FROM).passed()).isTrue();
    refused(good(), FROM, RejectCode.GRANT_REVOKED, "leave-1");
    assertThat(verdict(good(), FROM, "leave-2").passed()).isTrue();
  }

  @Test
  void leave_withoutARunOrInAnotherFormat_cannotBeMade() {
    for (Owner none :
        new Owner[] {
          new Owner(" ", "default", "lane", RUN.runId()),
          new Owner("engine", " ", "lane", RUN.runId()),
          new Owner("engine", "default", " ", RUN.runId())
        }) {
      assertThatThrownBy(() -> grant("kb-1", none, 3)).isInstanceOf(IllegalArgumentException.class);
    }
    assertThatThrownBy(() -> grant("../kb", RUN, 3)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new RollbackGrant(2, "leave-1", "owner", "kb-1", RUN, FROM, UNTIL, 3))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new RollbackGrant(1, "../1", "owner", "kb-1", RUN, FROM, UNTIL, 3))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new RollbackGrant(1, "leave-1", "", "kb-1", RUN, FROM, UNTIL, 3))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
