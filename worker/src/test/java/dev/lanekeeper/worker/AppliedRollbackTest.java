package dev.lanekeeper.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.client.LaneClient;
import dev.lanekeeper.client.LaneRun;
import dev.lanekeeper.grant.RollbackGrant;
import dev.lanekeeper.kb.KnowledgeBase;
import dev.lanekeeper.kb.LedgerEntry;
import dev.lanekeeper.kb.LedgerState;
import dev.lanekeeper.kb.RefusedException;
import dev.lanekeeper.signature.SigningKey;
import dev.lanekeeper.testkit.NearMiss;
import dev.lanekeeper.testkit.RunIds;
import dev.lanekeeper.testkit.Triggers;
import dev.lanekeeper.verdict.RejectCode;
import dev.lanekeeper.workflow.Activities;
import dev.lanekeeper.workflow.LaneEnd;
import dev.lanekeeper.workflow.LaneOutcome;
import dev.lanekeeper.workflow.LaneStatus;
import dev.lanekeeper.workflow.Owner;
import dev.lanekeeper.workflow.RollbackRequest;
import io.temporal.client.WorkflowStub;
import io.temporal.failure.ApplicationFailure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** An applied run is withdrawn whole under a grant that names it, or not touched at all. */
@Execution(ExecutionMode.CONCURRENT) // each has a bench of its own, and waits much of its time
class AppliedRollbackTest {

  @TempDir private Path folder;
  private Bench bench;
  private Digest before;
  private Digest applied;
  private LaneOutcome outcome;
  private Owner run;

  @BeforeEach
  void apply() throws Exception {
    bench = new Bench(folder.resolve("home")).start();
    before = tree();
    WorkflowStub lane = bench.run();
    outcome = bench.outcome(lane);
    assertThat(outcome.end()).isEqualTo(LaneEnd.APPLIED);
    run = bench.home().reader().ledger().runs(bench.lane()).get(0);
    applied = tree();
  }

  @AfterEach
  void close() {
    bench.close();
  }

  private Digest tree() throws IOException {
    return bench.home().reader().inventory().tree();
  }

  private SigningKey owner() throws IOException {
    return bench.home().keys().find("owner").orElseThrow();
  }

  private RollbackGrant grant(Owner of) throws IOException {
    Instant now = Instant.now();
    return new RollbackGrant(
        1,
        "rollback-1",
        "owner",
        bench.home().reader().identity().id(),
        of,
        now.minusSeconds(1),
        now.plus(Duration.ofHours(1)),
        0);
  }

  private LaneOutcome rollBack(Optional<Digest> grant) {
    return rollBack(run, grant);
  }

  private LaneOutcome rollBack(Owner of, Optional<Digest> grant) {
    LaneRun rollback =
        new LaneClient(bench.client())
            .startRollback(new RollbackRequest(bench.lane(), of, grant, Optional.empty()));
    LaneOutcome outcome = bench.outcome(rollback.stub());
    LaneStatus status = rollback.status();
    assertThat(status.phase()).isEqualTo(LaneStatus.Phase.ENDED);
    assertThat(status.end()).contains(outcome.end());
    assertThat(status.packet()).isEqualTo(outcome.packet());
    return outcome;
  }

  private LaneOutcome rollBack(RollbackGrant grant, SigningKey key) throws IOException {
    return rollBack(Optional.of(bench.home().evidence().putGrant(grant.sign(key).bytes())));
  }

  private void assertRefused(LaneOutcome rollback, RejectCode code, Digest standing)
      throws IOException {
    assertThat(rollback.end()).isEqualTo(LaneEnd.REJECTED);
    assertThat(rollback.reject().orElseThrow().code()).isEqualTo(code);
    assertThat(tree()).isEqualTo(standing);
    LedgerState ledger = bench.home().reader().ledger();
    assertThat(ledger.end(run).orElseThrow().end()).isEqualTo(LaneEnd.APPLIED);
    assertThat(ledger.applied(bench.plan().digest())).isPresent();
    assertThat(ledger.openClaims()).isEmpty();
    assertThat(ledger.barred(run)).isFalse();
  }

  @Test
  @Triggers(RejectCode.ROLLBACK_NEEDS_GRANT)
  void rollback_withoutAGrant_isRefused_andTheLaneStaysApplied() throws Exception {
    assertRefused(rollBack(Optional.empty()), RejectCode.ROLLBACK_NEEDS_GRANT, applied);
  }

  @Test
  @NearMiss({RejectCode.ROLLBACK_NEEDS_GRANT, RejectCode.BUILT_UPON})
  void rollback_underAGrantThatNamesTheRun_withdrawsAll_andKeepsTheAppliedPacket()
      throws Exception {
    String packet = outcome.packet().orElseThrow().location();
    var files = bench.home().evidence().packet(packet).keySet();
    LaneOutcome rollback = rollBack(grant(run), owner());
    assertThat(rollback.end()).isEqualTo(LaneEnd.ROLLED_BACK);
    assertThat(rollback.withdrawn()).hasSize(2).allMatch(line -> line.contains("WITHDRAWN"));
    assertThat(tree()).isEqualTo(before);
    LedgerState ledger = bench.home().reader().ledger();
    assertThat(ledger.applied(bench.plan().digest())).isEmpty();
    assertThat(ledger.openClaims()).isEmpty();
    assertThat(bench.home().evidence().packet(packet)).containsOnlyKeys(files);
    assertThat(rollback.packet().orElseThrow().location()).isNotEqualTo(packet);
  }

  @Test
  void storedGrant_isFound_andTheSamePlanMayBeAppliedAgainAfterwards() throws Exception {
    bench.home().evidence().putGrant(grant(run).sign(owner()).bytes());
    assertThat(rollBack(Optional.empty()).end()).isEqualTo(LaneEnd.ROLLED_BACK);
    bench.issueGrant();
    assertThat(bench.outcome(bench.run()).end()).isEqualTo(LaneEnd.APPLIED);
    assertThat(tree()).isEqualTo(applied);
  }

  @Test
  @Triggers(RejectCode.BUILT_UPON)
  void rollback_ofALaneThatSomebodyBuiltUpon_changesNothingAtAll() throws Exception {
    bench.foreign("M-2", "edited by somebody");
    Digest edited = tree();
    assertRefused(rollBack(grant(run), owner()), RejectCode.BUILT_UPON, edited);
    assertThat(bench.file("M-1")).exists();
    Files.delete(bench.file("M-2"));
    Digest without = tree();
    assertRefused(rollBack(grant(run), owner()), RejectCode.BUILT_UPON, without);
  }

  @Test
  void grant_thatIsNotForThis_isRefused() throws Exception {
    Owner other =
        new Owner(run.engine(), run.namespace(), run.workflowId(), RunIds.of("another-run"));
    assertRefused(rollBack(grant(other), owner()), RejectCode.ROLLBACK_NEEDS_GRANT, applied);
    assertRefused(rollBack(grant(run), SigningKey.generate()), RejectCode.GRANT_FORGED, applied);
    RollbackGrant good = grant(run);
    RollbackGrant old =
        new RollbackGrant(
            1, "old", "owner", good.kbId(), run, good.notBefore(), Instant.now().minusMillis(1), 0);
    assertRefused(rollBack(old, owner()), RejectCode.GRANT_EXPIRED, applied);
    RollbackGrant early =
        new RollbackGrant(
            1,
            "early",
            "owner",
            good.kbId(),
            run,
            good.expiresAt(),
            good.expiresAt().plusSeconds(1),
            0);
    assertRefused(rollBack(early, owner()), RejectCode.GRANT_NOT_YET_VALID, applied);
    RollbackGrant elsewhere =
        new RollbackGrant(
            1, "elsewhere", "owner", "kb-of-another", run, good.notBefore(), good.expiresAt(), 0);
    assertRefused(rollBack(elsewhere, owner()), RejectCode.GRANT_KB_MISMATCH, applied);
    RollbackGrant revoked =
        new RollbackGrant(
            1, "lost", "owner", good.kbId(), run, good.notBefore(), good.expiresAt(), 0);
    bench.environment().kb().record(new LedgerEntry.GrantRevoked("lost", "operator", ""));
    assertRefused(rollBack(revoked, owner()), RejectCode.GRANT_REVOKED, applied);
    assertRefused(rollBack(Optional.empty()), RejectCode.ROLLBACK_NEEDS_GRANT, applied);
    Path trust = bench.home().folder().resolve("trust/root.json");
    String root = Files.readString(trust);
    String later = root.replaceFirst("(\"revocationEpoch\" ?: ?)0", "$11");
    assertThat(later).isNotEqualTo(root);
    Files.writeString(trust, later);
    assertRefused(rollBack(grant(run), owner()), RejectCode.GRANT_REVOKED, applied);
  }

  @Test
  void grant_ofAnotherFormat_cannotBeMade() {
    assertThatThrownBy(
            () -> new RollbackGrant(2, "id", "owner", "kb", run, Instant.EPOCH, Instant.MAX, 0))
        .hasMessageContaining("formatVersion 1");
  }

  @Test
  void rollback_whoseAnswerWasLostAfterItWithdrew_isSealedAsARollbackAllTheSame() throws Exception {
    KnowledgeBase kb = bench.environment().kb();
    kb.reopen(run, "rollback-1", Digest.of("grant"));
    assertThat(kb.withdraw(run).complete()).isTrue();
    LaneOutcome rollback = rollBack(Optional.empty());
    assertThat(rollback.end()).isEqualTo(LaneEnd.ROLLED_BACK);
    assertThat(rollback.withdrawn())
        .hasSize(2)
        .allMatch(line -> line.endsWith("WITHDRAWN (by an earlier attempt)"));
    String location = rollback.packet().orElseThrow().location();
    assertThat(
            Files.readString(bench.home().folder().resolve(location).resolveSibling("report.md")))
        .contains("This lane had been applied, and was rolled back later under a grant of its own.")
        .contains("It had published 2 documents. Each was taken back")
        .contains("Rolled back under: grant sha256 " + Digest.of("grant").hex());
    assertThat(rollBack(Optional.empty()).packet()).as("sealed once").isEqualTo(rollback.packet());
    assertThat(rollback.packet().orElseThrow().location())
        .isNotEqualTo(outcome.packet().orElseThrow().location());
    assertThat(bench.home().reader().ledger().end(run).orElseThrow().end())
        .isEqualTo(LaneEnd.ROLLED_BACK);
    assertThat(tree()).isEqualTo(before);
  }

  /** A claim of an earlier run of the same plan, as a kill left it, that this run went on from. */
  private Owner forerunner() throws IOException {
    LedgerState ledger = bench.home().reader().ledger();
    LedgerEntry.Claimed claim =
        ledger.all(LedgerEntry.Claimed.class).filter(c -> c.owner().equals(run)).findFirst().get();
    Owner earlier = new Owner(run.engine(), run.namespace(), "earlier", RunIds.of("earlier"));
    KnowledgeBase kb = bench.environment().kb();
    kb.record(
        new LedgerEntry.RunOpened(earlier, bench.lane(), Optional.of(claim.planDigest()), "test"));
    kb.record(with(claim, ledger.nextEpoch(), earlier, Optional.empty()));
    kb.record(with(claim, ledger.nextEpoch() + 1, run, Optional.of(ledger.nextEpoch())));
    return earlier;
  }

  private static LedgerEntry.Claimed with(
      LedgerEntry.Claimed claim, long epoch, Owner owner, Optional<Long> adopts) {
    return new LedgerEntry.Claimed(
        epoch, owner, claim.lane(), claim.planDigest(), claim.paths(), claim.ids(), adopts);
  }

  @Test
  @Triggers(RejectCode.CLAIM_ADOPTED)
  void rollback_ofARunThatAnotherWentOnFrom_isRefused_andTheLaneStaysApplied() throws Exception {
    Owner earlier = forerunner();
    LaneOutcome rollback = rollBack(earlier, Optional.empty());
    assertRefused(rollback, RejectCode.CLAIM_ADOPTED, applied);
    LedgerState ledger = bench.home().reader().ledger();
    assertThat(ledger.end(earlier)).as("no end of a run that goes on in another").isEmpty();
    assertThat(rollback.reject().orElseThrow().actual()).contains(run.runId().value());
  }

  @Test
  void knowledgeBase_withdrawsNoAppliedRun_andLetsNoAdoptedOneConclude() throws Exception {
    KnowledgeBase kb = bench.environment().kb();
    assertThatThrownBy(() -> kb.withdraw(run))
        .isInstanceOfSatisfying(
            RefusedException.class,
            e -> assertThat(e.reject().code()).isEqualTo(RejectCode.ALREADY_APPLIED));
    assertThat(tree()).isEqualTo(applied);
    Owner earlier = forerunner();
    assertThatThrownBy(() -> kb.begin(earlier, Instant.now()))
        .isInstanceOfSatisfying(
            RefusedException.class,
            e -> assertThat(e.reject().code()).isEqualTo(RejectCode.LANE_CLOSED));
  }

  @Test
  @Triggers(RejectCode.RUN_UNKNOWN)
  void rollback_ofARunThatNeverWas_isRefused_andGetsNoEnd() throws Exception {
    Owner unknown = new Owner(run.engine(), run.namespace(), run.workflowId(), RunIds.of("typo"));
    int facts = bench.home().reader().ledger().lines().size();
    LaneOutcome rollback = rollBack(unknown, Optional.empty());
    assertRefused(rollback, RejectCode.RUN_UNKNOWN, applied);
    assertThat(bench.home().reader().ledger().lines()).hasSize(facts);
  }

  @Test
  void run_thatFoundItsPlanApplied_isOver_alsoOnceThatIsWithdrawn() throws Exception {
    bench.issueGrant();
    assertThat(bench.outcome(bench.run("another")).alreadyApplied()).isTrue();
    Owner second = bench.home().reader().ledger().runs(bench.lane()).get(1);
    assertThat(bench.home().reader().ledger().unfinished(second)).isFalse();
    assertThat(rollBack(grant(run), owner()).end()).isEqualTo(LaneEnd.ROLLED_BACK);
    assertThat(bench.home().reader().ledger().unfinished(second)).isFalse();
  }

  /** Another run of the plan, which was under way beside the one that applied it, ends later. */
  @Test
  void plan_isApplied_whateverEndsAfterIt() throws Exception {
    Owner other = new Owner(run.engine(), run.namespace(), "beside", RunIds.of("beside"));
    bench
        .environment()
        .kb()
        .record(
            new LedgerEntry.RunOpened(
                other, bench.lane(), Optional.of(bench.plan().digest()), "test"));
    LedgerEntry.RunEnded aborted =
        new LedgerEntry.RunEnded(
            other,
            bench.lane(),
            Optional.of(bench.plan().digest()),
            LaneEnd.ABORTED,
            Optional.empty());
    bench.environment().kb().record(aborted);
    assertThat(bench.home().reader().ledger().applied(bench.plan().digest()))
        .map(LedgerEntry.RunEnded::owner)
        .contains(run);
    bench.issueGrant();
    assertThat(bench.outcome(bench.run("another")).alreadyApplied()).isTrue();
    assertThat(tree()).isEqualTo(applied);
  }

  @Test
  void rollback_thatFailsBeforeItBegins_leavesTheLaneApplied_andItsPacket() throws Exception {
    bench.close();
    bench = new Bench(folder.resolve("another"));
    Activities.Rollback real = bench.realActivity(Activities.Rollback.class);
    boolean[] broken = {true};
    bench.replace(
        Activities.Rollback.class,
        call -> {
          if (broken[0]) {
            throw ApplicationFailure.newNonRetryableFailure("no disk", "Broken");
          }
          return real.withdraw(call);
        });
    bench.start();
    outcome = bench.outcome(bench.run());
    run = bench.home().reader().ledger().runs(bench.lane()).get(0);
    applied = tree();
    String packet = outcome.packet().orElseThrow().location();
    assertThat(rollBack(grant(run), owner()).end()).isEqualTo(LaneEnd.ROLLBACK_FAILED);
    assertThat(bench.home().reader().ledger().isApplied(run)).isTrue();
    assertThat(bench.home().evidence().packet(packet)).containsKey("bagit.txt");
    broken[0] = false;
    assertRefused(
        rollBack(grant(run), bench.home().keys().create("no-owner")),
        RejectCode.GRANT_FORGED,
        applied);
    assertThat(rollBack(grant(run), owner()).end()).isEqualTo(LaneEnd.ROLLED_BACK);
    broken[0] = true;
    assertThat(rollBack(Optional.empty()).end()).isEqualTo(LaneEnd.ROLLBACK_FAILED);
    assertThat(bench.home().reader().ledger().end(run).orElseThrow().end())
        .as("nothing was left to withdraw")
        .isEqualTo(LaneEnd.ROLLED_BACK);
  }

  @Test
  @NearMiss({RejectCode.CLAIM_ADOPTED, RejectCode.RUN_UNKNOWN})
  void rollback_besideARunWhoseClaimNobodyWentOnFrom_isDone() throws Exception {
    LedgerState ledger = bench.home().reader().ledger();
    Owner beside = new Owner(run.engine(), run.namespace(), "earlier", RunIds.of("earlier"));
    KnowledgeBase kb = bench.environment().kb();
    kb.record(
        new LedgerEntry.RunOpened(
            beside, bench.lane(), Optional.of(bench.plan().digest()), "test"));
    long epoch = ledger.nextEpoch();
    kb.record(with(ledger.lastClaim(run).orElseThrow(), epoch, beside, Optional.empty()));
    kb.record(new LedgerEntry.ClaimClosed(epoch, "ABANDONED"));
    LaneOutcome rollback = rollBack(grant(run), owner());
    assertThat(rollback.end()).isEqualTo(LaneEnd.ROLLED_BACK);
    assertThat(tree()).isEqualTo(before);
  }

  @Test
  void rollback_ofARunThatMayStillGoOn_isRefused_andTheRunGoesOn() throws Exception {
    bench.close();
    bench = new Bench(folder.resolve("another-home")).start();
    bench.foreign("M-1", "foreign");
    WorkflowStub lane = bench.run();
    bench.awaitHold(lane, 1);
    run = bench.home().reader().ledger().runs(bench.lane()).get(0);
    LaneOutcome rollback = rollBack(Optional.empty());
    assertThat(rollback.end()).isEqualTo(LaneEnd.REJECTED);
    assertThat(rollback.reject().orElseThrow().code()).isEqualTo(RejectCode.CLAIM_HELD);
    Files.delete(bench.file("M-1"));
    bench.answer(lane, "resume", 1);
    assertThat(bench.outcome(lane).end()).isEqualTo(LaneEnd.APPLIED);
  }
}
