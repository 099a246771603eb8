package dev.lanekeeper.starter;

import dev.lanekeeper.authority.Grant;
import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.files.FaultText;
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
import dev.lanekeeper.signature.VerifyKey;
import dev.lanekeeper.verdict.RejectCode;
import dev.lanekeeper.verdict.Verdict;
import dev.lanekeeper.worker.Home;
import dev.lanekeeper.worker.Wiring;
import dev.lanekeeper.workflow.Owner;
import dev.lanekeeper.workflow.RunId;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Predicate;

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

  /** Fills in who signed a stored grant and until when, when it holds. */
  static void tell(GrantVerifier.Stored stored, Answer answer) {
    if (stored.holds()) {
      answer.put("ownerKey", stored.finding().owner().orElseThrow().thumbprint().hex());
      answer.put("grantExpires", stored.grant().expiresAt().toString());
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
          RejectCode.GRANT_MISSING,
          file.toString(),
          "a grant in a file",
          FaultText.of(e),
          "name the file that the owner gave you",
          Shell.lanekeeper(again));
    }
    return home.evidence().putGrant(new GrantVerifier(home.trustRoot()).received(bytes));
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

  /**
   * Judges an approval as a commit does, under the stored grant, or under one as a run would sign
   * it.
   *
   * @param ofRun whether a run is the one that publishes
   * @param at when it would publish
   */
  Verdict judge(
      Optional<String> approval, Plan plan, KbReader kb, Predicate<RunId> ofRun, Instant at)
      throws IOException {
    String id = kb.identity().id();
    Set<String> used = kb.ledger().usedApprovals(plan.digest());
    Optional<byte[]> stored = newest(plan, kb).bytes();
    Optional<VerifyKey> owner = localOwnerKey();
    ApprovalVerifier.Situation situation =
        stored.isPresent()
            ? new ApprovalVerifier.Situation(plan, id, stored.get(), ofRun, used, at)
            : new ApprovalVerifier.Situation(
                plan,
                id,
                Optional.of(draft(plan, kb.identity(), owner)),
                key -> owner.filter(o -> o.thumbprint().equals(key.thumbprint())).isPresent(),
                ofRun,
                used,
                at);
    return new ApprovalVerifier(home.trustRoot()).verify(approval, situation);
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

  /** The owner key on this machine, if it is trusted here, to sign with. */
  Optional<SigningKey> localOwner() throws IOException {
    return localOwnerKey().isPresent() ? home.keys().find(Wiring.OWNER) : Optional.empty();
  }

  /** Which owner could sign on this machine; the private key is not opened. */
  Optional<VerifyKey> localOwnerKey() throws IOException {
    Optional<VerifyKey> key = home.keys().publicKey(Wiring.OWNER);
    return key.filter(
        k ->
            home.keys().holds(k.thumbprint(), Wiring.OWNER)
                && home.trustRoot().of(TrustRoot.Role.OWNER).stream()
                    .anyMatch(t -> t.thumbprint().equals(k.thumbprint())));
  }

  /** The stored grant that S0 would take; where nothing was stored yet, no store is made. */
  GrantVerifier.Stored newest(Plan plan, KbReader kb) throws IOException {
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
    return Named.isFolder(home.folder().resolve("store"))
        ? verifier.newest(home.evidence(), situation)
        : verifier.stored(Optional.empty(), situation);
  }

  /** The thumbprint of a worker's key on this machine. */
  private Optional<Digest> thumbprint(TrustRoot.Role role) throws IOException {
    return home.keys().publicKey(role.name().toLowerCase(Locale.ROOT)).map(VerifyKey::thumbprint);
  }

  /** Signs a grant of exactly this plan, for whoever holds it. */
  Envelope issue(Plan plan, KbIdentity kb, SigningKey owner, Duration validity) throws IOException {
    return issue(plan, kb, owner, validity, Optional.empty());
  }

  /** The same, which only one agent may use if one is named. */
  Envelope issue(
      Plan plan, KbIdentity kb, SigningKey owner, Duration validity, Optional<Digest> agent)
      throws IOException {
    Workers here =
        new Workers(
            Wiring.workerPublicKey(home, TrustRoot.Role.EXECUTOR).thumbprint(),
            Wiring.workerPublicKey(home, TrustRoot.Role.REVIEWER).thumbprint(),
            home.trustRoot().revocationEpoch());
    return issue(plan, kb.id(), here, owner, validity, agent);
  }

  /** The same for workers that may have another home. */
  Envelope issue(
      Plan plan,
      String kbId,
      Workers workers,
      SigningKey owner,
      Duration validity,
      Optional<Digest> agent) {
    return terms(plan, kbId, by(Optional.of(owner.verifyKey())), workers, validity, agent)
        .sign(owner);
  }

  /**
   * The workers that a grant is for.
   *
   * @param executor the thumbprint of the key that signs S0 to S6
   * @param reviewer the thumbprint of the key that signs S7
   * @param revocationEpoch the epoch of the trust root by which they judge grants
   */
  record Workers(Digest executor, Digest reviewer, int revocationEpoch) {}

  /** A grant as a run would sign it, to be looked at only: nobody signs it. */
  private Grant draft(Plan plan, KbIdentity kb, Optional<VerifyKey> owner) throws IOException {
    Digest nobody = Digest.of(new byte[0]);
    Digest executor = thumbprint(TrustRoot.Role.EXECUTOR).orElse(nobody);
    Digest reviewer = thumbprint(TrustRoot.Role.REVIEWER).orElse(nobody);
    Workers workers = new Workers(executor, reviewer, home.trustRoot().revocationEpoch());
    return terms(plan, kb.id(), by(owner), workers, VALIDITY, Optional.empty());
  }

  private static String by(Optional<VerifyKey> owner) {
    return "owner key " + owner.map(key -> key.thumbprint().brief()).orElse("");
  }

  private Grant terms(
      Plan plan,
      String kbId,
      String issuer,
      Workers workers,
      Duration validity,
      Optional<Digest> agent) {
    Instant now = clock.instant().truncatedTo(ChronoUnit.SECONDS);
    Grant.Terms terms =
        new Grant.Terms(
            "grant-" + UUID.randomUUID(),
            issuer,
            plan.spec().delegation().chain().get(plan.spec().delegation().chain().size() - 1),
            kbId,
            workers.executor(),
            workers.reviewer(),
            agent,
            now,
            now.plus(validity),
            workers.revocationEpoch());
    return Grant.of(plan, terms);
  }
}
