package dev.lanekeeper.rollback;

import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.grant.RollbackGrant;
import dev.lanekeeper.grant.TrustRoot;
import dev.lanekeeper.kb.KnowledgeBase;
import dev.lanekeeper.kb.Leases;
import dev.lanekeeper.kb.LedgerEntry;
import dev.lanekeeper.kb.LedgerState;
import dev.lanekeeper.kb.RefusedException;
import dev.lanekeeper.scope.Effect;
import dev.lanekeeper.signature.Envelope;
import dev.lanekeeper.stage.ResultSigner;
import dev.lanekeeper.stage.StageEnvironment;
import dev.lanekeeper.verdict.RejectCode;
import dev.lanekeeper.verdict.Verdict;
import dev.lanekeeper.workflow.Activities;
import dev.lanekeeper.workflow.Owner;
import dev.lanekeeper.workflow.WithdrawCall;
import dev.lanekeeper.workflow.WithdrawResult;
import io.temporal.activity.Activity;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The compensation. It needs no live grant, asks for no scope, and takes nothing from its caller
 * but whose claim it is: an expired grant must never strand a half-applied change. Only a run that
 * was applied is withdrawn under a grant that names it.
 */
public final class RollbackActivity implements Activities.Rollback {

  private static final Logger LOG = LoggerFactory.getLogger(RollbackActivity.class);

  private final StageEnvironment environment;
  private final ResultSigner signer;

  /** The activity on a worker. */
  public RollbackActivity(StageEnvironment environment) {
    this.environment = environment;
    this.signer = new ResultSigner(environment);
  }

  @Override
  public WithdrawResult withdraw(WithdrawCall call) {
    try {
      environment.requireKb(call.kbId());
      Owner owner = call.run().orElseGet(environment::owner);
      Optional<Verdict.Reject> refused = refused(call, owner);
      return signer.sign(
          refused.isPresent() ? new WithdrawResult(false, List.of(), refused) : withdraw(owner));
    } catch (IOException e) {
      throw Activity.wrap(e);
    } catch (RefusedException e) {
      throw Activity.wrap(new IOException(e.getMessage(), e));
    }
  }

  /** Why nothing may be withdrawn, before anything is. */
  private Optional<Verdict.Reject> refused(WithdrawCall call, Owner owner) throws IOException {
    try {
      if (call.run().isPresent()) {
        requireKnown(owner);
        requireItsOwn(owner);
        requireClosed(owner);
        reopenIfApplied(owner, call.grant());
      } else {
        requireNotApplied(owner);
      }
      return Optional.empty();
    } catch (RefusedException refused) {
      return Optional.of(refused.reject());
    }
  }

  private WithdrawResult withdraw(Owner owner) throws IOException {
    if (!known(owner)) {
      return new WithdrawResult(true, List.of());
    }
    recordEffects(owner);
    KnowledgeBase.Withdrawal withdrawal = environment.kb().withdraw(owner);
    List<String> outcomes =
        withdrawal.steps().stream()
            .map(s -> s.changeId() + " " + s.path() + ": " + s.outcome() + " (" + s.detail() + ")")
            .toList();
    LOG.info("withdrawal {}: {}", withdrawal.complete() ? "complete" : "not complete", outcomes);
    return new WithdrawResult(withdrawal.complete(), outcomes);
  }

  /** A run that never was has left nothing, and must not get an end. */
  private void requireKnown(Owner owner) throws IOException {
    RefusedException.unlessPassed(
        known(owner)
            ? Verdict.pass()
            : Verdict.reject(
                RejectCode.RUN_UNKNOWN,
                owner.runId().value(),
                "a run that the ledger knows, by the id that its workflow began with",
                "none"));
  }

  private boolean known(Owner owner) throws IOException {
    return environment
        .kb()
        .ledger()
        .all(LedgerEntry.RunOpened.class)
        .anyMatch(r -> r.owner().equals(owner));
  }

  /**
   * The review has applied the run, and its answer was lost: the run's own compensation comes too
   * late.
   */
  private void requireNotApplied(Owner owner) throws IOException {
    RefusedException.unlessPassed(
        environment.kb().ledger().isApplied(owner)
            ? Verdict.reject(
                RejectCode.ALREADY_APPLIED,
                owner.runId().value(),
                "a run that is not applied",
                "one that its review has applied")
            : Verdict.pass());
  }

  /** What a run left belongs to the run that went on from it, and may be applied. */
  private void requireItsOwn(Owner owner) throws IOException {
    Optional<LedgerEntry.Claimed> successor = environment.kb().ledger().successor(owner);
    RefusedException.unlessPassed(
        successor.isEmpty()
            ? Verdict.pass()
            : Verdict.reject(
                RejectCode.CLAIM_ADOPTED,
                owner.runId().value(),
                "a run from whose claim no other has gone on",
                "run " + successor.get().owner().runId() + " has"));
  }

  /** Another run's documents are withdrawn only when that run can no longer act. */
  private void requireClosed(Owner owner) throws IOException {
    LedgerState ledger = environment.kb().ledger();
    boolean over =
        ledger.end(owner).isPresent()
            || ledger
                .openClaim(owner)
                .filter(
                    claim ->
                        Leases.lapsed(
                            ledger, claim, environment.clock().instant(), environment.settled()))
                .isPresent();
    RefusedException.unlessPassed(
        over || environment.owners().provenClosed(owner)
            ? Verdict.pass()
            : Verdict.reject(
                RejectCode.CLAIM_HELD,
                owner.runId().value(),
                "a run that has ended, or that was to be reviewed and was not",
                "one that may still go on"));
  }

  /** An applied run is withdrawn only under a live grant that names it. */
  private void reopenIfApplied(Owner owner, Optional<Digest> named) throws IOException {
    KnowledgeBase kb = environment.kb();
    LedgerState ledger = kb.ledger();
    if (!ledger.isApplied(owner)) {
      return;
    }
    TrustRoot trust = environment.trust().get();
    String kbId = kb.identity().id();
    Instant now = environment.clock().instant();
    Optional<byte[]> grant =
        named.isPresent()
            ? environment.evidence().grant(named.get())
            : RollbackGrants.newest(
                environment.evidence(), trust, kbId, owner, now, ledger.revokedGrants());
    RefusedException.unlessPassed(
        RollbackGrant.verify(grant, trust, kbId, owner, now, ledger.revokedGrants()));
    Envelope envelope = Envelope.read(grant.orElseThrow());
    kb.reopen(owner, RollbackGrant.in(envelope).id(), Digest.of(grant.get()));
  }

  /** Each withdrawal is in the ledger before it happens. */
  private void recordEffects(Owner owner) throws IOException {
    Optional<LedgerEntry.Claimed> claim = environment.kb().ledger().openClaim(owner);
    if (claim.isPresent()) {
      for (LedgerEntry.Intent intent : environment.kb().ledger().intents(claim.get().epoch())) {
        environment
            .kb()
            .record(
                new LedgerEntry.EffectRecorded(
                    owner,
                    Activities.ROLLBACK,
                    Effect.of("kb.document.withdraw", "kb:" + intent.path()),
                    true,
                    ""));
      }
    }
  }
}
