package dev.lanekeeper.grant;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.canonical.Json;
import dev.lanekeeper.signature.SigningKey;
import dev.lanekeeper.testkit.RunIds;
import dev.lanekeeper.testkit.TestLane;
import dev.lanekeeper.verdict.RejectCode;
import dev.lanekeeper.verdict.Verdict;
import dev.lanekeeper.workflow.Approval;
import dev.lanekeeper.workflow.RunId;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Instant;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Each thing that an approval must fit, alone. */
final class ApprovalVerifierTest {

  private static final Instant NOW = Instant.parse("2026-06-12T09:00:00Z");
  private static final RunId RUN = RunIds.of("run");

  private final SigningKey approver = SigningKey.generate();
  private TestLane lane;
  private TrustRoot trust;

  @BeforeEach
  void prepare() throws Exception {
    lane = new TestLane(Clock.systemUTC());
    trust = lane.trust().with(TrustRoot.Role.APPROVER, "somebody", approver.verifyKey());
  }

  private Approval approval(Digest plan, String kbId, Optional<RunId> run, Instant expiresAt) {
    return new Approval(1, "approval-1", plan, kbId, run, expiresAt);
  }

  private Approval good() {
    return approval(lane.plan().digest(), TestLane.KB_ID, Optional.of(RUN), NOW.plusNanos(1));
  }

  private Verdict verdict(Approval approval, SigningKey by, String... used) {
    String envelope = new String(Approvals.sign(approval, by).bytes(), StandardCharsets.UTF_8);
    return verdict(Optional.of(envelope), used);
  }

  private Verdict verdict(Optional<String> envelope, String... used) {
    return new ApprovalVerifier(trust)
        .verify(
            envelope,
            new ApprovalVerifier.Situation(
                lane.plan(), TestLane.KB_ID, lane.signedGrant(), RUN::equals, Set.of(used), NOW));
  }

  private static void refused(Verdict verdict, RejectCode code, String found) {
    assertThat(verdict)
        .isInstanceOfSatisfying(
            Verdict.Reject.class,
            r -> {
              assertThat(r.code()).as(r.sentence()).isEqualTo(code);
              assertThat(r.actual()).contains(found);
            });
  }

  /** What nobody signed is not kept in evidence, which is strict. */
  @Test
  void received_isTheFormThatIsWritten_withTheApproversSignatureAlone() throws Exception {
    String good = new String(Approvals.sign(good(), approver).bytes(), StandardCharsets.UTF_8);
    ObjectNode more = (ObjectNode) Json.parse(good.getBytes(StandardCharsets.UTF_8));
    more.put("note", "x");
    ((ObjectNode) more.at("/signatures/0")).put("keyid", "respelled");
    ApprovalVerifier verifier = new ApprovalVerifier(trust);
    assertThat(verifier.received(more.toString())).isEqualTo(good);
    assertThat(verifier.received("none")).isEqualTo("none");
    String stranger =
        new String(Approvals.sign(good(), SigningKey.generate()).bytes(), StandardCharsets.UTF_8);
    assertThat(verifier.received(stranger)).isEqualTo(stranger);
  }

  @Test
  void approval_forThisRunOrForAny_allows_untilItExpires() {
    assertThat(verdict(good(), approver).passed()).isTrue();
    Digest plan = lane.plan().digest();
    assertThat(
            verdict(approval(plan, TestLane.KB_ID, Optional.empty(), NOW.plusNanos(1)), approver)
                .passed())
        .isTrue();
    refused(
        verdict(approval(plan, TestLane.KB_ID, Optional.of(RUN), NOW), approver),
        RejectCode.APPROVAL_EXPIRED,
        NOW.toString());
  }

  @Test
  void approval_ofAnotherPlanPlaceOrRun_orThatWasUsed_isRefused() {
    Instant later = NOW.plusNanos(1);
    Digest plan = lane.plan().digest();
    refused(
        verdict(approval(Digest.of("x"), TestLane.KB_ID, Optional.of(RUN), later), approver),
        RejectCode.APPROVAL_INVALID,
        "plan " + Digest.of("x"));
    refused(
        verdict(approval(plan, "kb-other", Optional.of(RUN), later), approver),
        RejectCode.APPROVAL_INVALID,
        "kb-other");
    RunId other = RunIds.of("other");
    refused(
        verdict(approval(plan, TestLane.KB_ID, Optional.of(other), later), approver),
        RejectCode.APPROVAL_INVALID,
        "one of run " + other);
    refused(verdict(good(), approver, "approval-1"), RejectCode.APPROVAL_INVALID, "the used");
    assertThat(verdict(good(), approver, "approval-2").passed()).isTrue();
  }

  @Test
  void approval_byNobodyOrSomebodyWhoActsInTheLane_isRefused() {
    refused(verdict(Optional.empty()), RejectCode.APPROVAL_MISSING, "none");
    refused(verdict(Optional.of("{}")), RejectCode.APPROVAL_INVALID, "DSSE");
    refused(
        verdict(good(), SigningKey.generate()),
        RejectCode.APPROVAL_INVALID,
        "no approver of the trust root");
    for (SigningKey acting : new SigningKey[] {lane.executor(), lane.reviewer(), lane.owner()}) {
      trust = trust.with(TrustRoot.Role.APPROVER, "also", acting.verifyKey());
      refused(verdict(good(), acting), RejectCode.APPROVAL_INVALID, "also, who acts in it");
    }
  }

  @Test
  void approval_byAnActorOfTheLane_isRefused_howeverTheNameIsWritten_andWhicheverName() {
    String actor = lane.plan().spec().delegation().chain().get(0);
    trust =
        lane.trust()
            .with(TrustRoot.Role.APPROVER, "somebody", approver.verifyKey())
            .with(TrustRoot.Role.OWNER, actor.toUpperCase(Locale.ROOT), approver.verifyKey());
    refused(verdict(good(), approver), RejectCode.APPROVAL_INVALID, "who acts in it");
  }
}
