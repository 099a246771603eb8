package dev.lanekeeper.kb;

import dev.lanekeeper.authority.Grant;
import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.grant.ApprovalVerifier;
import dev.lanekeeper.grant.GrantVerifier;
import dev.lanekeeper.grant.TrustRoot;
import dev.lanekeeper.lane.Head;
import dev.lanekeeper.lane.Lane;
import dev.lanekeeper.lane.Plan;
import dev.lanekeeper.lane.Stage;
import dev.lanekeeper.scope.Effect;
import dev.lanekeeper.scope.ScopeGuard;
import dev.lanekeeper.signature.Envelope;
import dev.lanekeeper.verdict.RejectCode;
import dev.lanekeeper.verdict.Verdict;
import dev.lanekeeper.workflow.Owner;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/** The commit checks. None trusts a stage: each decides from the ledger and from signed bytes. */
public final class CommitChecks {

  private CommitChecks() {}

  /** All of them, in the order in which a refusal is most telling. */
  public static List<CommitCheck> all(Supplier<TrustRoot> trust) {
    return List.of(
        CommitChecks::freeze,
        CommitChecks::fence,
        commit -> grant(commit, trust.get()),
        commit -> approval(commit, trust.get()),
        commit -> requiredStagesPassed(commit, trust.get()),
        CommitChecks::bytes,
        CommitChecks::scope,
        CommitChecks::pins,
        CommitChecks::head);
  }

  /** The knowledge base is not frozen. */
  public static Verdict freeze(CommitCheck.Commit commit) {
    return notFrozen(commit.ledger());
  }

  /** The same before a publishing stage begins. */
  public static Verdict notFrozen(LedgerState ledger) {
    return ledger
        .frozen()
        .<Verdict>map(
            freeze ->
                Verdict.reject(
                    RejectCode.FROZEN,
                    "",
                    "a knowledge base that is not frozen",
                    "frozen since "
                        + freeze.since()
                        + " by "
                        + freeze.by()
                        + ": "
                        + freeze.reason()))
        .orElseGet(Verdict::pass);
  }

  /** The claim is the owner's, open, and the fence the newest. */
  public static Verdict fence(CommitCheck.Commit commit) {
    KnowledgeBase.Publication p = commit.publication();
    LedgerState ledger = commit.ledger();
    Optional<LedgerEntry.Claimed> claim =
        ledger.openClaim(p.owner()).filter(c -> c.epoch() == p.epoch());
    if (claim.isEmpty() || ledger.withdrawing(p.epoch()) || ledger.barred(p.owner())) {
      return Verdict.reject(
          RejectCode.LANE_CLOSED,
          "epoch " + p.epoch(),
          "an open claim of " + p.owner().runId(),
          claim.isEmpty() ? "none" : "a claim that is being withdrawn");
    }
    if (!claim.get().planDigest().equals(p.plan().digest())) {
      return Verdict.reject(
          RejectCode.PLAN_DIGEST_MISMATCH,
          "",
          claim.get().planDigest().hex(),
          p.plan().digest().hex());
    }
    long current = ledger.fence(p.epoch());
    if (p.fence() != current) {
      return Verdict.reject(
          RejectCode.STALE_FENCE, "epoch " + p.epoch(), "fence " + current, "fence " + p.fence());
    }
    return Verdict.pass();
  }

  /** The grant holds now, for this plan and this knowledge base. */
  public static Verdict grant(CommitCheck.Commit commit, TrustRoot trust) {
    KnowledgeBase.Publication p = commit.publication();
    KbIdentity kb = commit.reader().identity();
    return new GrantVerifier(trust)
        .verify(
            new GrantVerifier.Presented("grant", Optional.of(p.grant())),
            new GrantVerifier.Situation(
                p.plan(),
                kb.id(),
                kb.environment(),
                Optional.empty(),
                Optional.empty(),
                commit.now(),
                commit.ledger().consumedGrants(p.plan().digest()),
                commit.ledger().revokedGrants()))
        .verdict();
  }

  /** Where the lane asks for it, a recorded approval holds now. */
  public static Verdict approval(CommitCheck.Commit commit, TrustRoot trust) {
    KnowledgeBase.Publication p = commit.publication();
    if (p.plan().spec().approval().isEmpty()) {
      return Verdict.pass();
    }
    return new ApprovalVerifier(trust)
        .verify(
            commit.ledger().approval(p.plan().digest()),
            new ApprovalVerifier.Situation(
                p.plan(),
                commit.reader().identity().id(),
                p.grant(),
                commit.ledger().runsOf(p.epoch())::contains,
                commit.ledger().usedApprovals(p.plan().digest()),
                commit.now()));
  }

  /** S0 to S4 of this very run passed, each signed by the executor key that the grant names. */
  public static Verdict requiredStagesPassed(CommitCheck.Commit commit, TrustRoot trust)
      throws IOException {
    KnowledgeBase.Publication p = commit.publication();
    return cleared(commit.ledger(), p.owner(), p.plan(), p.grant(), trust);
  }

  /** The same before a run takes a claim, which would keep others from its paths. */
  public static Verdict cleared(
      LedgerState ledger, Owner owner, Plan plan, byte[] grant, TrustRoot trust)
      throws IOException {
    Digest executor = Grant.in(Envelope.read(grant)).executorKey();
    if (trust.removed(TrustRoot.Role.EXECUTOR, executor)) {
      return Verdict.reject(
          RejectCode.COMMIT_NOT_CLEARED,
          "executor",
          "an executor whose key is trusted",
          "key " + executor.brief() + ", which was removed from the trust root");
    }
    for (Stage stage : List.of(Stage.S0, Stage.S1, Stage.S2, Stage.S3, Stage.S4)) {
      Optional<LedgerEntry.StageRecorded> record = ledger.stage(owner, stage);
      Optional<String> problem =
          record
              .map(r -> Attestation.problem(r.attestation(), owner, stage, plan, executor))
              .orElse(Optional.of("no record of " + stage));
      if (problem.isPresent()) {
        return Verdict.reject(
            RejectCode.COMMIT_NOT_CLEARED,
            stage.name(),
            "a pass of " + stage + " by this run, signed by key " + executor.brief(),
            problem.get());
      }
    }
    return Verdict.pass();
  }

  /** The change is the plan's, and the bytes are those that the plan names. */
  public static Verdict bytes(CommitCheck.Commit commit) {
    KnowledgeBase.Publication p = commit.publication();
    if (!p.plan().spec().changes().contains(p.change())) {
      return Verdict.reject(
          RejectCode.DOCUMENT_DIGEST_MISMATCH,
          p.change().id(),
          "a change of the plan",
          p.change().path().value());
    }
    Digest expected = p.plan().sourceDigest(p.change());
    Digest actual = Digest.of(p.bytes());
    if (p.change().expect() instanceof Head.Revision before && before.sha256().equals(actual)) {
      return Verdict.reject(
          RejectCode.ROLLBACK_APPLY_EQUALS_BEFORE,
          p.change().rollbackId(),
          "bytes that differ from before",
          "the same sha256 " + actual);
    }
    return expected.equals(actual)
        ? Verdict.pass()
        : Verdict.reject(
            RejectCode.DOCUMENT_DIGEST_MISMATCH,
            p.change().path().value(),
            expected.hex(),
            actual.hex());
  }

  /** The scope guard admits the effect. */
  public static Verdict scope(CommitCheck.Commit commit) {
    KnowledgeBase.Publication p = commit.publication();
    Lane.Change change = p.change();
    return new ScopeGuard(p.plan().spec())
        .decide(Effect.of(change.effectKind(), "kb:" + change.path(), Digest.of(p.bytes())));
  }

  /** No pinned document has changed. */
  public static Verdict pins(CommitCheck.Commit commit) throws IOException {
    for (Lane.Pin pin : commit.publication().plan().spec().pins()) {
      Verdict verdict = Pins.check(pin, commit.reader().read(pin.path()));
      if (!verdict.passed()) {
        return verdict;
      }
    }
    return Verdict.pass();
  }

  /** The head is the one that the plan expects. */
  public static Verdict head(CommitCheck.Commit commit) throws IOException {
    Lane.Change change = commit.publication().change();
    return headOf(change, commit.reader().head(change.path()));
  }

  /** The head that a change expects against the one that is there. */
  public static Verdict headOf(Lane.Change change, Head actual) {
    if (actual.equals(change.expect())) {
      return Verdict.pass();
    }
    return Verdict.reject(
        change.expect().present() ? RejectCode.HEAD_CHANGED : RejectCode.DOCUMENT_PRESENT,
        change.path().value(),
        change.expect().toString(),
        actual.toString());
  }
}
