package dev.lanekeeper.starter;

import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.evidence.EvidenceStore;
import dev.lanekeeper.grant.Envelope;
import dev.lanekeeper.grant.Grant;
import dev.lanekeeper.grant.GrantVerifier;
import dev.lanekeeper.grant.RollbackGrant;
import dev.lanekeeper.grant.SigningKey;
import dev.lanekeeper.grant.TrustRoot;
import dev.lanekeeper.kb.KbIdentity;
import dev.lanekeeper.kb.KbReader;
import dev.lanekeeper.lane.Plan;
import dev.lanekeeper.rollback.RollbackGrants;
import dev.lanekeeper.worker.Home;
import dev.lanekeeper.worker.Wiring;
import dev.lanekeeper.workflow.Owner;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.UUID;

/** Grants on one's own machine: whoever operates it may own it. */
final class Authority {

  /** How long a grant is valid unless said otherwise. */
  static final Duration VALIDITY = Duration.ofHours(4);

  private final Home home;
  private final EvidenceStore evidence;
  private final Clock clock = Clock.systemUTC();

  Authority(Home home, EvidenceStore evidence) {
    this.home = home;
    this.evidence = evidence;
  }

  /** Whether a stored grant allows an applied run to be withdrawn now. */
  boolean mayWithdraw(Owner run) throws IOException {
    String kb = home.reader().identity().id();
    return RollbackGrants.newest(evidence, home.trustRoot(), kb, run, clock.instant()).isPresent();
  }

  /** Signs the leave to withdraw one applied run. */
  Envelope issueRollback(Owner run, SigningKey owner, Duration validity) throws IOException {
    Instant now = clock.instant().truncatedTo(ChronoUnit.SECONDS);
    return new RollbackGrant(
            1,
            "rollback-grant-" + UUID.randomUUID(),
            "owner key " + owner.verifyKey().thumbprint().brief(),
            home.reader().identity().id(),
            run,
            now,
            now.plus(validity),
            home.trustRoot().revocationEpoch())
        .sign(owner);
  }

  /** Makes the operator the owner if nobody owns this home; says whether it did. */
  boolean becomeOwnerIfNobodyIs() throws IOException {
    if (!home.trustRoot().of(TrustRoot.Role.OWNER).isEmpty()) {
      return false;
    }
    SigningKey owner = home.keys().findOrCreate(Wiring.OWNER);
    home.trust(TrustRoot.Role.OWNER, Wiring.OWNER, owner.verifyKey());
    return true;
  }

  /** The owner key on this machine, if it is trusted here. */
  Optional<SigningKey> localOwner() throws IOException {
    Optional<SigningKey> key = home.keys().find(Wiring.OWNER);
    return key.filter(
        k ->
            home.trustRoot().of(TrustRoot.Role.OWNER).stream()
                .anyMatch(t -> t.thumbprint().equals(k.verifyKey().thumbprint())));
  }

  /** The newest stored grant that holds for the plan now. */
  Optional<Digest> valid(Plan plan, KbReader kb) throws IOException {
    GrantVerifier verifier = new GrantVerifier(home.trustRoot());
    GrantVerifier.Situation situation =
        new GrantVerifier.Situation(
            plan,
            kb.identity().id(),
            kb.identity().environment(),
            home.keys().find("executor").map(k -> k.verifyKey().thumbprint()),
            home.keys().find("reviewer").map(k -> k.verifyKey().thumbprint()),
            clock.instant(),
            kb.ledger().consumedGrants(plan.digest()));
    for (Digest digest : evidence.grants()) {
      GrantVerifier.Presented stored =
          new GrantVerifier.Presented("stored grant", evidence.grant(digest));
      if (verifier.verify(stored, situation).verdict().passed()) {
        return Optional.of(digest);
      }
    }
    return Optional.empty();
  }

  /** Signs a grant of exactly this plan. */
  Envelope issue(Plan plan, KbIdentity kb, SigningKey owner, Duration validity) throws IOException {
    Digest executor = Wiring.workerKey(home, TrustRoot.Role.EXECUTOR).verifyKey().thumbprint();
    Digest reviewer = Wiring.workerKey(home, TrustRoot.Role.REVIEWER).verifyKey().thumbprint();
    Instant now = clock.instant().truncatedTo(ChronoUnit.SECONDS);
    Grant.Terms terms =
        new Grant.Terms(
            "grant-" + UUID.randomUUID(),
            "owner key " + owner.verifyKey().thumbprint().brief(),
            plan.spec().delegation().chain().get(plan.spec().delegation().chain().size() - 1),
            kb.id(),
            executor,
            reviewer,
            now,
            now.plus(validity),
            home.trustRoot().revocationEpoch());
    return Grant.of(plan, terms).sign(owner);
  }
}
