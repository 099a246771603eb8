package dev.lanekeeper.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lanekeeper.authority.Grant;
import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.grant.TrustRoot;
import dev.lanekeeper.kb.LedgerEntry;
import dev.lanekeeper.lane.Stage;
import dev.lanekeeper.signature.Envelope;
import dev.lanekeeper.testkit.Triggers;
import dev.lanekeeper.verdict.RejectCode;
import dev.lanekeeper.workflow.Activities;
import dev.lanekeeper.workflow.LaneEnd;
import dev.lanekeeper.workflow.LaneOutcome;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Clock;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** What is revoked or trusted no longer counts from the next commit on, also within a lane. */
@Execution(ExecutionMode.CONCURRENT) // each has a bench of its own, and waits much of its time
final class RevocationTest {

  @TempDir private Path folder;

  /** What somebody does in the middle of a lane. */
  private interface Change {
    void make(Bench bench) throws IOException;
  }

  private static void revoke(Bench bench) throws IOException {
    for (Digest digest : bench.home().evidence().grants()) {
      Envelope grant = Envelope.read(bench.home().evidence().grant(digest).orElseThrow());
      bench
          .environment()
          .kb()
          .record(new LedgerEntry.GrantRevoked(Grant.in(grant).id(), "operator", "lost"));
    }
  }

  private static void remove(Bench bench, TrustRoot.Role role) throws IOException {
    bench.home().changeTrust(trust -> trust.without(role, trust.of(role).get(0).thumbprint()));
  }

  private static void make(Bench bench, Change change) {
    try {
      change.make(bench);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private LaneOutcome afterS4(Change change) throws Exception {
    try (Bench bench = new Bench(folder)) {
      Activities.S4ExecutionProbes real = bench.realActivity(Activities.S4ExecutionProbes.class);
      bench.replace(
          Activities.S4ExecutionProbes.class,
          call -> {
            var passed = real.probe(call);
            make(bench, change);
            return passed;
          });
      LaneOutcome outcome = bench.start().outcome(bench.run());
      assertThat(bench.file("M-1")).doesNotExist();
      return outcome;
    }
  }

  private static void rejected(LaneOutcome outcome, Stage stage, RejectCode code) {
    assertThat(outcome.end()).isEqualTo(LaneEnd.REJECTED);
    assertThat(outcome.stage()).contains(stage);
    assertThat(outcome.reject().orElseThrow().code()).isEqualTo(code);
  }

  @Test
  @Triggers(RejectCode.GRANT_REVOKED)
  void grant_thatIsRevokedBetweenS4AndS5_publishesNothing() throws Exception {
    rejected(afterS4(RevocationTest::revoke), Stage.S5, RejectCode.GRANT_REVOKED);
  }

  @Test
  void owner_whoIsRemovedBetweenS4AndS5_allowsNothingAnyMore() throws Exception {
    LaneOutcome outcome = afterS4(bench -> remove(bench, TrustRoot.Role.OWNER));
    rejected(outcome, Stage.S5, RejectCode.GRANT_FORGED);
  }

  @Test
  void executor_whoIsRemovedBetweenS4AndS5_publishesNothing() throws Exception {
    LaneOutcome outcome = afterS4(bench -> remove(bench, TrustRoot.Role.EXECUTOR));
    rejected(outcome, Stage.S5, RejectCode.COMMIT_NOT_CLEARED);
  }

  @Test
  void grant_thatIsRevokedBetweenS5AndS6_hasItsDocumentsWithdrawn() throws Exception {
    try (Bench bench = new Bench(folder)) {
      Activities.S6PublishAddenda real = bench.realActivity(Activities.S6PublishAddenda.class);
      bench.replace(
          Activities.S6PublishAddenda.class,
          (call, primary) -> {
            assertThat(bench.file("M-1")).exists();
            make(bench, RevocationTest::revoke);
            return real.publish(call, primary);
          });
      rejected(bench.start().outcome(bench.run()), Stage.S6, RejectCode.GRANT_REVOKED);
      assertThat(bench.file("M-1")).doesNotExist();
    }
  }

  /** S7 asks whether it held at each commit. */
  @Test
  void grant_thatIsRevokedAfterTheLastCommit_leavesTheLaneApplied() throws Exception {
    try (Bench bench = new Bench(folder)) {
      Activities.S6PublishAddenda real = bench.realActivity(Activities.S6PublishAddenda.class);
      bench.replace(
          Activities.S6PublishAddenda.class,
          (call, primary) -> {
            var passed = real.publish(call, primary);
            make(bench, RevocationTest::revoke);
            return passed;
          });
      assertThat(bench.start().outcome(bench.run()).end()).isEqualTo(LaneEnd.APPLIED);
    }
  }

  @Test
  void worker_whoseKeyWasRemoved_doesNotTrustItselfAgain_untilSomebodyDoes() throws Exception {
    Home home = new Home(folder.resolve("home"), Clock.systemUTC());
    var key = Wiring.workerKey(home, TrustRoot.Role.EXECUTOR).verifyKey();
    home.changeTrust(trust -> trust.without(TrustRoot.Role.EXECUTOR, key.thumbprint()));
    assertThatThrownBy(() -> Wiring.workerKey(home, TrustRoot.Role.EXECUTOR))
        .isInstanceOf(RemovedKeyException.class)
        .hasMessageContaining("executor key was removed");
    assertThat(home.trustRoot().of(TrustRoot.Role.EXECUTOR)).isEmpty();
    home.trust(TrustRoot.Role.EXECUTOR, "executor", key);
    assertThat(Wiring.workerKey(home, TrustRoot.Role.EXECUTOR).verifyKey().thumbprint())
        .isEqualTo(key.thumbprint());
  }
}
