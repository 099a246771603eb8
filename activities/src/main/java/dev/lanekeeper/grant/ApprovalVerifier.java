package dev.lanekeeper.grant;

import dev.lanekeeper.authority.Grant;
import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.lane.Lane;
import dev.lanekeeper.lane.Plan;
import dev.lanekeeper.signature.Envelope;
import dev.lanekeeper.signature.VerifyKey;
import dev.lanekeeper.verdict.RejectCode;
import dev.lanekeeper.verdict.Verdict;
import dev.lanekeeper.workflow.Approval;
import dev.lanekeeper.workflow.RunId;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Decides whether an approval allows a plan to be published on a knowledge base, now. The approver
 * is somebody who neither signed the grant nor acts under it.
 */
public final class ApprovalVerifier {

  private final TrustRoot trust;

  /** A verifier that trusts the approvers of this trust root. */
  public ApprovalVerifier(TrustRoot trust) {
    this.trust = trust;
  }

  /**
   * What the approval must fit.
   *
   * @param plan the plan
   * @param kbId the knowledge base
   * @param grant the grant under which it is published, if it can be read
   * @param issuer whether a key signed that grant
   * @param ofRun whether a run is the one that publishes, or one that it goes on from
   * @param used the ids of the approvals that other runs have published under
   * @param now the time by the store's clock
   */
  public record Situation(
      Plan plan,
      String kbId,
      Optional<Grant> grant,
      Predicate<VerifyKey> issuer,
      Predicate<RunId> ofRun,
      Set<String> used,
      Instant now) {

    /** The same by the envelope of the grant; under one that cannot be read nothing holds. */
    public Situation(
        Plan plan,
        String kbId,
        byte[] grant,
        Predicate<RunId> ofRun,
        Set<String> used,
        Instant now) {
      this(plan, kbId, granted(grant), key -> signed(grant, key), ofRun, used, now);
    }

    private static Optional<Grant> granted(byte[] envelope) {
      try {
        return Optional.of(Grant.in(Envelope.read(envelope)));
      } catch (IOException e) {
        return Optional.empty();
      }
    }

    private static boolean signed(byte[] envelope, VerifyKey key) {
      try {
        return Envelope.read(envelope).signedBy(List.of(key)).isPresent();
      } catch (IOException e) {
        return false;
      }
    }
  }

  /**
   * The one form in which an approval that somebody sends is kept, with an approver's signature
   * alone.
   *
   * @return the text as it came when it is no envelope, or no approver signed it
   */
  public String received(String envelope) {
    try {
      return Envelope.read(envelope.getBytes(StandardCharsets.UTF_8))
          .only(trust.of(TrustRoot.Role.APPROVER))
          .map(only -> new String(only.bytes(), StandardCharsets.UTF_8))
          .orElse(envelope);
    } catch (IOException e) {
      return envelope;
    }
  }

  /** Verifies an envelope, as JSON text. */
  public Verdict verify(Optional<String> envelope, Situation s) {
    if (envelope.isEmpty()) {
      return Verdict.reject(
          RejectCode.APPROVAL_MISSING,
          "",
          "an approver's yes to '"
              + s.plan().spec().approval().map(Lane.Approval::question).orElse("")
              + "', for plan "
              + s.plan().digest()
              + " on "
              + s.kbId(),
          "none");
    }
    try {
      byte[] bytes = envelope.get().getBytes(StandardCharsets.UTF_8);
      Envelope signed = Envelope.read(bytes);
      Approval approval = Approval.in(signed);
      if (!approval.planDigest().equals(s.plan().digest())) {
        return invalid("plan " + s.plan().digest(), "plan " + approval.planDigest());
      }
      if (!approval.kbId().equals(s.kbId())) {
        return invalid("knowledge base " + s.kbId(), approval.kbId());
      }
      if (!approval.runId().map(s.ofRun()::test).orElse(true)) {
        return invalid("an approval of this run", "one of run " + approval.runId().get());
      }
      if (s.used().contains(approval.id())) {
        return invalid(
            "an approval that no other run has used", "the used approval " + approval.id());
      }
      Optional<String> signer = signer(signed, s);
      if (signer.isPresent()) {
        return invalid("a signature by an approver who does not act in this lane", signer.get());
      }
      return s.now().isBefore(approval.expiresAt())
          ? Verdict.pass()
          : Verdict.reject(
              RejectCode.APPROVAL_EXPIRED,
              approval.id(),
              "a time before " + approval.expiresAt(),
              s.now().toString());
    } catch (IOException e) {
      return invalid("a signed approval", String.valueOf(e.getMessage()));
    }
  }

  /** What is wrong with who signed it; empty when an approver did who may. */
  private Optional<String> signer(Envelope envelope, Situation s) {
    Optional<TrustRoot.Entry> approver =
        trust.keys().stream()
            .filter(e -> e.role() == TrustRoot.Role.APPROVER)
            .filter(e -> envelope.signedBy(List.of(e.key())).isPresent())
            .findFirst();
    if (approver.isEmpty()) {
      return Optional.of("a signature by no approver of the trust root");
    }
    if (s.grant().isEmpty()) {
      return Optional.of("one under a grant that cannot be read");
    }
    Grant grant = s.grant().get();
    Digest key = approver.get().key().thumbprint();
    List<String> names = trust.names(key);
    boolean acts =
        key.equals(grant.executorKey())
            || key.equals(grant.reviewerKey())
            || s.issuer().test(approver.get().key())
            || grant.actorChain().stream()
                .anyMatch(actor -> names.stream().anyMatch(actor::equalsIgnoreCase));
    return acts
        ? Optional.of("one by " + String.join(", ", names) + ", who acts in it or signed its grant")
        : Optional.empty();
  }

  private static Verdict invalid(String expected, String actual) {
    return Verdict.reject(RejectCode.APPROVAL_INVALID, "", expected, actual);
  }
}
