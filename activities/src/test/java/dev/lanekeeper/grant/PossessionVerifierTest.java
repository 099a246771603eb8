package dev.lanekeeper.grant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lanekeeper.authority.Grant;
import dev.lanekeeper.authority.RequestProof;
import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.lane.LaneName;
import dev.lanekeeper.signature.SigningKey;
import dev.lanekeeper.testkit.NearMiss;
import dev.lanekeeper.testkit.TestLane;
import dev.lanekeeper.testkit.Triggers;
import dev.lanekeeper.verdict.RejectCode;
import dev.lanekeeper.verdict.Verdict;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Whether a request is that of the agent whom the grant names: each condition alone. */
class PossessionVerifierTest {

  private static final Instant START = Instant.parse("2026-01-01T12:00:00Z");

  private final TestLane lane = lane();
  private final SigningKey agent = SigningKey.generate();

  private static TestLane lane() {
    try {
      return new TestLane(Clock.fixed(START, ZoneOffset.UTC));
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  private Grant grant(Optional<Digest> agentKey) {
    Digest worker = lane.executor().verifyKey().thumbprint();
    return Grant.of(
        lane.plan(),
        new Grant.Terms(
            "g",
            "owner",
            "agent",
            "kb-1",
            worker,
            worker,
            agentKey,
            START,
            START.plusSeconds(9),
            0));
  }

  private RequestProof proof() {
    return new RequestProof(
        1, new LaneName("fix7-p0"), lane.plan().digest(), "kb-1", "workflow", START);
  }

  private String judge(Optional<String> proof, boolean used) {
    return PossessionVerifier.verify(
            grant(Optional.of(agent.verifyKey().thumbprint())),
            proof,
            new PossessionVerifier.Situation(lane.plan(), "kb-1", "workflow", START, used))
        .render();
  }

  private String judge(RequestProof proof) {
    return judge(Optional.of(proof.sign(agent)), false);
  }

  @Test
  @NearMiss(RejectCode.REQUEST_UNPROVEN)
  void request_thatTheNamedAgentSigned_passes() {
    assertThat(judge(proof())).isEqualTo("PASS");
  }

  @Test
  void grant_thatNamesNoAgentsKey_wantsNoProof() {
    assertThat(
            PossessionVerifier.verify(
                    grant(Optional.empty()),
                    Optional.empty(),
                    new PossessionVerifier.Situation(lane.plan(), "kb-1", "w", START, false))
                .passed())
        .isTrue();
  }

  @Test
  @Triggers(RejectCode.REQUEST_UNPROVEN)
  void request_thatNobodyOrAnotherSigned_isRefused() {
    assertThat(judge(Optional.empty(), false)).isEqualTo("REQUEST_UNPROVEN");
    assertThat(judge(Optional.of(proof().sign(SigningKey.generate())), false))
        .isEqualTo("REQUEST_UNPROVEN");
    assertThat(judge(Optional.of("{}"), false)).isEqualTo("REQUEST_UNPROVEN");
    String torn = proof().sign(agent).replaceFirst("\"sig\":\"..", "\"sig\":\"AA");
    assertThat(judge(Optional.of(torn), false)).isEqualTo("REQUEST_UNPROVEN");
  }

  @Test
  void request_forAnotherThingOrTime_isRefused() {
    RequestProof p = proof();
    Digest other = Digest.of("another plan");
    for (RequestProof wrong :
        new RequestProof[] {
          new RequestProof(1, new LaneName("other"), p.planDigest(), p.kbId(), "workflow", START),
          new RequestProof(1, p.lane(), other, p.kbId(), "workflow", START),
          new RequestProof(1, p.lane(), p.planDigest(), "kb-2", "workflow", START),
          new RequestProof(1, p.lane(), p.planDigest(), p.kbId(), "workflow-2", START),
          at(START.minus(PossessionVerifier.FRESH).minusSeconds(1)),
          at(START.plus(PossessionVerifier.AHEAD).plusSeconds(1)),
        }) {
      assertThat(judge(wrong)).as(wrong.toString()).isEqualTo("REQUEST_UNPROVEN");
    }
    assertThat(judge(at(START.minus(PossessionVerifier.FRESH)))).isEqualTo("PASS");
    assertThat(judge(at(START.plus(PossessionVerifier.AHEAD)))).isEqualTo("PASS");
  }

  private RequestProof at(Instant time) {
    RequestProof p = proof();
    return new RequestProof(1, p.lane(), p.planDigest(), p.kbId(), p.workflowId(), time);
  }

  @Test
  void request_thatAnotherRunHasUsed_isRefused() {
    assertThat(judge(Optional.of(proof().sign(agent)), true)).isEqualTo("REQUEST_UNPROVEN");
  }

  @Test
  void refusal_ofAnothersRequest_namesTheKeyThatSignedIt() {
    SigningKey stranger = SigningKey.generate();
    Verdict verdict =
        PossessionVerifier.verify(
            grant(Optional.of(agent.verifyKey().thumbprint())),
            Optional.of(proof().sign(stranger)),
            new PossessionVerifier.Situation(lane.plan(), "kb-1", "workflow", START, false));
    assertThat(((Verdict.Reject) verdict).actual())
        .contains(stranger.verifyKey().thumbprint().hex());
  }

  @Test
  void proof_ofAnotherFormat_cannotBeMade() {
    RequestProof p = proof();
    assertThatThrownBy(
            () -> new RequestProof(2, p.lane(), p.planDigest(), p.kbId(), p.workflowId(), p.at()))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
