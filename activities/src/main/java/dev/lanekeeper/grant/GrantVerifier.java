package dev.lanekeeper.grant;

import static dev.lanekeeper.verdict.RejectCode.GRANT_CONSUMED;
import static dev.lanekeeper.verdict.RejectCode.GRANT_DELEGATION_MISMATCH;
import static dev.lanekeeper.verdict.RejectCode.GRANT_ENVIRONMENT_MISMATCH;
import static dev.lanekeeper.verdict.RejectCode.GRANT_EXPIRED;
import static dev.lanekeeper.verdict.RejectCode.GRANT_FORGED;
import static dev.lanekeeper.verdict.RejectCode.GRANT_KB_MISMATCH;
import static dev.lanekeeper.verdict.RejectCode.GRANT_KEY_MISMATCH;
import static dev.lanekeeper.verdict.RejectCode.GRANT_MALFORMED;
import static dev.lanekeeper.verdict.RejectCode.GRANT_MISSING;
import static dev.lanekeeper.verdict.RejectCode.GRANT_NOT_YET_VALID;
import static dev.lanekeeper.verdict.RejectCode.GRANT_PLAN_MISMATCH;
import static dev.lanekeeper.verdict.RejectCode.GRANT_REVOKED;
import static dev.lanekeeper.verdict.RejectCode.GRANT_SCOPE_MISMATCH;

import dev.lanekeeper.authority.Grant;
import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.evidence.EvidenceStore;
import dev.lanekeeper.lane.Lane;
import dev.lanekeeper.lane.Plan;
import dev.lanekeeper.lane.Stage;
import dev.lanekeeper.signature.Envelope;
import dev.lanekeeper.signature.VerifyKey;
import dev.lanekeeper.verdict.RejectCode;
import dev.lanekeeper.verdict.Verdict;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Decides whether presented bytes authorise a run of a plan on a knowledge base, now. */
public final class GrantVerifier {

  private final TrustRoot trust;

  /** A verifier that trusts the owners of this trust root. */
  public GrantVerifier(TrustRoot trust) {
    this.trust = trust;
  }

  /**
   * What is presented.
   *
   * @param name what to call it in a refusal
   * @param bytes the bytes; empty when nothing is presented
   */
  public record Presented(String name, Optional<byte[]> bytes) {}

  /**
   * What the grant must fit.
   *
   * @param plan the plan
   * @param kbId the knowledge base
   * @param environment its label
   * @param executorKey the executor's key, as far as known here
   * @param reviewerKey the reviewer's key, as far as known here
   * @param now the time by the store's clock
   * @param consumedGrants ids of grants that another run has consumed
   * @param revokedGrants ids of grants that were revoked
   */
  public record Situation(
      Plan plan,
      String kbId,
      String environment,
      Optional<Digest> executorKey,
      Optional<Digest> reviewerKey,
      Instant now,
      Set<String> consumedGrants,
      Set<String> revokedGrants) {}

  /**
   * What the verification found.
   *
   * @param verdict the verdict
   * @param grant the grant when it passed
   * @param owner the key that signed it when it passed
   */
  public record Finding(Verdict verdict, Optional<Grant> grant, Optional<VerifyKey> owner) {}

  /**
   * The one form in which a grant that somebody brings is kept: a standard leaves many, packets and
   * their script have one. Of several signatures that of an owner stays.
   *
   * @return the bytes as they came when they are no envelope, or no owner signed it
   */
  public byte[] received(byte[] bytes) {
    try {
      return Envelope.read(bytes)
          .only(trust.of(TrustRoot.Role.OWNER))
          .map(Envelope::bytes)
          .orElse(bytes);
    } catch (IOException e) {
      return bytes;
    }
  }

  /** Verifies what is presented. */
  public Finding verify(Presented presented, Situation situation) {
    if (presented.bytes().isEmpty()) {
      return refused(GRANT_MISSING, "", "a grant for plan " + situation.plan().digest(), "none");
    }
    Envelope envelope;
    Grant grant;
    try {
      envelope = Envelope.read(presented.bytes().get());
      grant = Grant.in(envelope);
      if (envelope.signedBy(trust.of(TrustRoot.Role.OWNER)).isPresent()) {
        Envelope.readCanonical(presented.bytes().get());
      }
    } catch (IOException | IllegalArgumentException e) {
      return refused(
          GRANT_MALFORMED,
          presented.name(),
          "a DSSE envelope of type " + Grant.PAYLOAD_TYPE,
          String.valueOf(e.getMessage()).lines().findFirst().orElse("other bytes"));
    }
    Optional<VerifyKey> owner = envelope.signedBy(trust.of(TrustRoot.Role.OWNER));
    if (owner.isEmpty()) {
      return refused(
          GRANT_FORGED,
          presented.name(),
          "a signature by one of " + thumbprints(),
          "a signature by none of them");
    }
    return fits(grant, situation)
        .map(reject -> new Finding(reject, Optional.empty(), Optional.empty()))
        .orElseGet(() -> new Finding(Verdict.pass(), Optional.of(grant), owner));
  }

  /**
   * A stored grant, and whether it holds.
   *
   * @param finding what its verification found
   * @param bytes the grant; empty when there is none for the plan
   */
  public record Stored(Finding finding, Optional<byte[]> bytes) {

    /** Whether it allows the plan now. */
    public boolean holds() {
      return finding.verdict().passed();
    }

    /** What it says, when it holds. */
    public Grant grant() {
      return finding.grant().orElseThrow();
    }
  }

  /**
   * The newest stored grant that holds for the plan now; or else the newest of the plan that a
   * fresh one would replace; or else none.
   */
  public Stored newest(EvidenceStore evidence, Situation situation) throws IOException {
    Stored newest = stored(Optional.empty(), situation);
    for (Digest digest : evidence.grants()) {
      Stored stored = stored(evidence.grant(digest), situation);
      if (stored.holds()) {
        return stored;
      }
      boolean ofPlan = stored.finding().verdict().rejection().orElseThrow().code().holds();
      newest = ofPlan && newest.bytes().isEmpty() ? stored : newest;
    }
    return newest;
  }

  /** Whether one holds, or that there is none. */
  public Stored stored(Optional<byte[]> bytes, Situation situation) {
    return new Stored(verify(new Presented("stored grant", bytes), situation), bytes);
  }

  private Optional<Verdict> fits(Grant grant, Situation s) {
    Lane.Spec spec = s.plan().spec();
    String id = grant.id();
    if (!grant.planDigest().equals(s.plan().digest())) {
      return no(GRANT_PLAN_MISMATCH, id, s.plan().digest(), grant.planDigest());
    }
    if (!grant.kbId().equals(s.kbId())) {
      return no(GRANT_KB_MISMATCH, id, s.kbId(), grant.kbId());
    }
    if (!grant.environment().equals(s.environment())) {
      return no(GRANT_ENVIRONMENT_MISMATCH, id, s.environment(), grant.environment());
    }
    if (!grant.delegation().equals(spec.delegation().name())
        || !grant.authority().equals(spec.authority())
        || !grant.actorChain().equals(spec.delegation().chain())) {
      return no(
          GRANT_DELEGATION_MISMATCH,
          id,
          spec.delegation().name() + " / " + spec.authority() + " / " + spec.delegation().chain(),
          grant.delegation() + " / " + grant.authority() + " / " + grant.actorChain());
    }
    if (!grant.stages().equals(List.of(Stage.values()))
        || !grant.documents().equals(Grant.documents(s.plan()))
        || !grant.idRanges().equals(Grant.ranges(s.plan()))) {
      return no(
          GRANT_SCOPE_MISMATCH,
          id,
          List.of(Stage.values()) + " " + Grant.documents(s.plan()) + " " + Grant.ranges(s.plan()),
          grant.stages() + " " + grant.documents() + " " + grant.idRanges());
    }
    if (s.executorKey().filter(k -> !k.equals(grant.executorKey())).isPresent()) {
      return no(GRANT_KEY_MISMATCH, "executor", s.executorKey().get(), grant.executorKey());
    }
    if (s.reviewerKey().filter(k -> !k.equals(grant.reviewerKey())).isPresent()) {
      return no(GRANT_KEY_MISMATCH, "reviewer", s.reviewerKey().get(), grant.reviewerKey());
    }
    if (grant.revocationEpoch() < trust.revocationEpoch()) {
      return no(
          GRANT_REVOKED,
          id,
          "epoch " + trust.revocationEpoch(),
          "epoch " + grant.revocationEpoch());
    }
    if (s.revokedGrants().contains(id)) {
      return no(GRANT_REVOKED, id, "a grant that was not revoked", "one that was");
    }
    if (s.consumedGrants().contains(id)) {
      return no(GRANT_CONSUMED, id, "a grant that no run has consumed", "consumed by another run");
    }
    if (s.now().isBefore(grant.notBefore())) {
      return no(GRANT_NOT_YET_VALID, id, "not before " + grant.notBefore(), s.now());
    }
    if (!s.now().isBefore(grant.expiresAt())) {
      return no(GRANT_EXPIRED, id, "a time before " + grant.expiresAt(), s.now());
    }
    return Optional.empty();
  }

  private List<String> thumbprints() {
    return trust.of(TrustRoot.Role.OWNER).stream().map(k -> k.thumbprint().hex()).toList();
  }

  private static Optional<Verdict> no(
      RejectCode code, String subject, Object expected, Object actual) {
    return Optional.of(Verdict.reject(code, subject, expected.toString(), actual.toString()));
  }

  private static Finding refused(RejectCode code, String subject, String expected, String actual) {
    return new Finding(
        Verdict.reject(code, subject, expected, actual), Optional.empty(), Optional.empty());
  }
}
