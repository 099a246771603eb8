package dev.lanekeeper.starter;

import dev.lanekeeper.authority.Grant;
import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.evidence.EvidenceStore;
import dev.lanekeeper.files.Kind;
import dev.lanekeeper.files.Named;
import dev.lanekeeper.grant.ApprovalVerifier;
import dev.lanekeeper.grant.GrantVerifier;
import dev.lanekeeper.grant.RollbackGrant;
import dev.lanekeeper.grant.TrustRoot;
import dev.lanekeeper.kb.KbIdentity;
import dev.lanekeeper.kb.KbReader;
import dev.lanekeeper.lane.Plan;
import dev.lanekeeper.rollback.RollbackGrants;
import dev.lanekeeper.signature.Envelope;
import dev.lanekeeper.signature.SigningKey;
import dev.lanekeeper.verdict.Verdict;
import dev.lanekeeper.worker.Home;
import dev.lanekeeper.worker.Wiring;
import dev.lanekeeper.workflow.Owner;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;

/** Grants on one's own machine: whoever operates it may own it. */
final class Authority {

  /** How long a grant is valid unless said otherwise. */
  static final Duration VALIDITY = Duration.ofHours(4);

  /** How many bytes a grant's file may hold. */
  static final long GRANT_LIMIT = 1 << 20;

  private final Home home;
  private final Clock clock = Clock.systemUTC();

  Authority(Home home) {
    this.home = home;
  }

  /**
   * A stored grant, and whether it holds.
   *
   * @param finding what its verification found
   * @param bytes the grant; empty when there is none for the plan
   */
  record Stored(GrantVerifier.Finding finding, Optional<byte[]> bytes) {

    /** Whether it allows the plan now. */
    boolean holds() {
      return finding.verdict().passed();
    }

    /** What it says, when it holds. */
    Grant grant() {
      return finding.grant().orElseThrow();
    }

    /** Fills in who signed it and until when, when it holds. */
    void tell(Answer answer) {
      if (holds()) {
        answer.put("ownerKey", finding.owner().orElseThrow().thumbprint().hex());
        answer.put("grantExpires", grant().expiresAt().toString());
      }
    }
  }

  /** Whether a stored grant allows an applied run to be withdrawn now. */
  boolean mayWithdraw(Owner run) throws IOException {
    KbReader kb = home.reader();
    return RollbackGrants.newest(
            home.evidence(),
            home.trustRoot(),
            kb.identity().id(),
            run,
            clock.instant(),
            kb.ledger().revokedGrants())
        .isPresent();
  }

  /**
   * Stores a grant that a command names, whatever it is worth.
   *
   * @param again the words of the command with another file
   * @throws CommandFailure when it cannot be read
   */
  Digest store(Path file, String... again) throws CommandFailure, IOException {
    byte[] bytes;
    try {
      bytes = Named.read(file, GRANT_LIMIT);
    } catch (IOException e) {
      throw new CommandFailure(
          ExitCode.USAGE,
          "GRANT_MISSING",
          file.toString(),
          "a grant in a file",
          Faults.words(e),
          "name the file that the owner gave you",
          Shell.lanekeeper(again));
    }
    return home.evidence().putGrant(bytes);
  }

  /** Signs the authorization to withdraw one applied run. */
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

  /** Whether the trust root names no owner, and never did: one that was removed has no heir. */
  boolean nobodyOwns() {
    TrustRoot trust = home.trustRoot();
    return trust.of(TrustRoot.Role.OWNER).isEmpty()
        && trust.removed().stream().noneMatch(e -> e.role() == TrustRoot.Role.OWNER);
  }

  /** Judges approvals by the trust root. */
  ApprovalVerifier approvals() {
    return new ApprovalVerifier(home.trustRoot());
  }

  /** Makes the operator the owner if nobody owns this home; says whether it did. */
  boolean becomeOwnerIfNobodyIs() throws IOException {
    if (!nobodyOwns()) {
      return false;
    }
    SigningKey owner = home.keys().findOrCreate(Wiring.OWNER);
    home.introduce(TrustRoot.Role.OWNER, Wiring.OWNER, owner.verifyKey());
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

  /**
   * The newest stored grant that holds for the plan now; or else the newest of the plan that a
   * fresh one would replace, as S0 takes it; or else none.
   */
  Stored newest(Plan plan, KbReader kb) throws IOException {
    GrantVerifier verifier = new GrantVerifier(home.trustRoot());
    GrantVerifier.Situation situation =
        new GrantVerifier.Situation(
            plan,
            kb.identity().id(),
            kb.identity().environment(),
            thumbprint(TrustRoot.Role.EXECUTOR),
            thumbprint(TrustRoot.Role.REVIEWER),
            clock.instant(),
            kb.ledger().consumedGrants(plan.digest()),
            kb.ledger().revokedGrants());
    Stored newest = stored(Optional.empty(), verifier, situation);
    for (byte[] bytes : grants()) {
      Stored stored = stored(Optional.of(bytes), verifier, situation);
      if (stored.holds()) {
        return stored;
      }
      boolean ofPlan =
          stored.finding().verdict() instanceof Verdict.Reject reject && reject.code().holds();
      newest = ofPlan && newest.bytes().isEmpty() ? stored : newest;
    }
    return newest;
  }

  private static Stored stored(
      Optional<byte[]> bytes, GrantVerifier verifier, GrantVerifier.Situation situation) {
    return new Stored(
        verifier.verify(new GrantVerifier.Presented("stored grant", bytes), situation), bytes);
  }

  /** The stored grants, newest first; where nothing was stored yet, no store is made. */
  private List<byte[]> grants() throws IOException {
    List<byte[]> grants = new ArrayList<>();
    if (Named.kind(home.folder().resolve("store")) == Kind.FOLDER) {
      EvidenceStore evidence = home.evidence();
      for (Digest digest : evidence.grants()) {
        evidence.grant(digest).ifPresent(grants::add);
      }
    }
    return grants;
  }

  /** The thumbprint of a worker's key on this machine. */
  private Optional<Digest> thumbprint(TrustRoot.Role role) throws IOException {
    return home.keys()
        .find(role.name().toLowerCase(Locale.ROOT))
        .map(key -> key.verifyKey().thumbprint());
  }

  /** Signs a grant of exactly this plan, for whoever holds it. */
  Envelope issue(Plan plan, KbIdentity kb, SigningKey owner, Duration validity) throws IOException {
    return issue(plan, kb, owner, validity, Optional.empty());
  }

  /** The same, which only one agent may use if one is named. */
  Envelope issue(
      Plan plan, KbIdentity kb, SigningKey owner, Duration validity, Optional<Digest> agent)
      throws IOException {
    Digest executor = Wiring.workerKey(home, TrustRoot.Role.EXECUTOR).verifyKey().thumbprint();
    Digest reviewer = Wiring.workerKey(home, TrustRoot.Role.REVIEWER).verifyKey().thumbprint();
    return sign(plan, kb, owner, executor, reviewer, validity, agent);
  }

  /** A grant as a run would sign it, to be looked at only: no key is made or kept for it. */
  Envelope draft(Plan plan, KbIdentity kb) throws IOException {
    SigningKey owner = localOwner().orElseGet(SigningKey::generate);
    Digest nobody = SigningKey.generate().verifyKey().thumbprint();
    Digest executor = thumbprint(TrustRoot.Role.EXECUTOR).orElse(nobody);
    Digest reviewer = thumbprint(TrustRoot.Role.REVIEWER).orElse(nobody);
    return sign(plan, kb, owner, executor, reviewer, VALIDITY, Optional.empty());
  }

  private Envelope sign(
      Plan plan,
      KbIdentity kb,
      SigningKey owner,
      Digest executor,
      Digest reviewer,
      Duration validity,
      Optional<Digest> agent) {
    Instant now = clock.instant().truncatedTo(ChronoUnit.SECONDS);
    Grant.Terms terms =
        new Grant.Terms(
            "grant-" + UUID.randomUUID(),
            "owner key " + owner.verifyKey().thumbprint().brief(),
            plan.spec().delegation().chain().get(plan.spec().delegation().chain().size() - 1),
            kb.id(),
            executor,
            reviewer,
            agent,
            now,
            now.plus(validity),
            home.trustRoot().revocationEpoch());
    return Grant.of(plan, terms).sign(owner);
  }
}
