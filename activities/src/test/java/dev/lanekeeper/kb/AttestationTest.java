package dev.lanekeeper.kb;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lanekeeper.canonical.CanonicalJson;
import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.canonical.Json;
import dev.lanekeeper.lane.Stage;
import dev.lanekeeper.signature.Envelope;
import dev.lanekeeper.signature.SigningKey;
import dev.lanekeeper.testkit.RunIds;
import dev.lanekeeper.testkit.TestLane;
import dev.lanekeeper.verdict.RejectCode;
import dev.lanekeeper.workflow.Owner;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A stage's statement counts for its own stage, run, plan and key, and for nothing else. */
final class AttestationTest {

  private final SigningKey key = SigningKey.generate();
  private TestLane lane;

  @BeforeEach
  void prepare() throws Exception {
    lane = new TestLane(Clock.systemUTC());
  }

  private String sign(SigningKey by, Owner owner, String stage, Digest plan, String verdict) {
    return Attestation.sign(
        by, owner, stage, plan, verdict, Map.of("data/x.json", Digest.of("x")), Json.object());
  }

  private String pass() {
    return sign(key, TestLane.OWNER, "S3", lane.plan().digest(), "PASS");
  }

  private String problem(String attestation) {
    return Attestation.problem(
            attestation, TestLane.OWNER, Stage.S3, lane.plan(), key.verifyKey().thumbprint())
        .orElse("none");
  }

  @Test
  void statement_isInTotoV1_withItsSubjects() {
    JsonNode statement = Attestation.verified(pass(), key.verifyKey().thumbprint()).orElseThrow();
    assertThat(statement.path("_type").asText()).isEqualTo("https://in-toto.io/Statement/v1");
    assertThat(statement.path("predicateType").asText()).isEqualTo(Attestation.PREDICATE_TYPE);
    assertThat(statement.at("/subject/0/name").asText()).isEqualTo("data/x.json");
    assertThat(statement.at("/subject/0/digest/sha256").asText()).isEqualTo(Digest.of("x").hex());
  }

  @Test
  void passOfThisStageRunPlanAndKey_isNoProblem() {
    assertThat(problem(pass())).isEqualTo("none");
  }

  @Test
  void statement_byAnotherKey_isAProblem() {
    String foreign =
        sign(SigningKey.generate(), TestLane.OWNER, "S3", lane.plan().digest(), "PASS");
    assertThat(problem(foreign)).contains("did not sign");
  }

  @Test
  void statement_thatCarriesTheTrustedKeyButIsSignedByAnother_isAProblem() {
    ObjectNode statement =
        (ObjectNode) Attestation.verified(pass(), key.verifyKey().thumbprint()).orElseThrow();
    String forged =
        new String(
            Envelope.sign(
                    Attestation.PAYLOAD_TYPE, CanonicalJson.bytes(statement), SigningKey.generate())
                .bytes(),
            StandardCharsets.UTF_8);
    assertThat(problem(forged)).contains("did not sign");
  }

  @Test
  void statement_ofAnotherPayloadType_isAProblem() {
    JsonNode statement = Attestation.verified(pass(), key.verifyKey().thumbprint()).orElseThrow();
    String other =
        new String(
            Envelope.sign("text/plain", CanonicalJson.bytes(statement), key).bytes(),
            StandardCharsets.UTF_8);
    assertThat(problem(other)).contains("did not sign");
  }

  @Test
  void statement_ofAnotherStageRunOrPlan_isAProblem() {
    Digest plan = lane.plan().digest();
    assertThat(problem(sign(key, TestLane.OWNER, "S4", plan, "PASS"))).contains("another stage");
    assertThat(problem(sign(key, TestLane.OWNER, "S3", Digest.of("plan"), "PASS")))
        .contains("another stage");
    Owner o = TestLane.OWNER;
    for (Owner other :
        new Owner[] {
          new Owner(o.engine() + "2", o.namespace(), o.workflowId(), o.runId()),
          new Owner(o.engine(), o.namespace() + "2", o.workflowId(), o.runId()),
          new Owner(o.engine(), o.namespace(), o.workflowId() + "2", o.runId()),
          new Owner(o.engine(), o.namespace(), o.workflowId(), RunIds.of("2"))
        }) {
      assertThat(problem(sign(key, other, "S3", plan, "PASS"))).contains("another stage");
    }
  }

  @Test
  void statement_thatDoesNotPass_isAProblem() {
    for (String verdict : new String[] {"REJECT", "UNKNOWN", "pass", ""}) {
      assertThat(problem(sign(key, TestLane.OWNER, "S3", lane.plan().digest(), verdict)))
          .isEqualTo("the verdict " + verdict);
    }
  }

  @Test
  void text_thatIsNoEnvelope_isAProblem_notAFault() {
    for (String text : new String[] {"", "{}", "no json"}) {
      assertThat(problem(text)).contains("did not sign");
    }
    String noKey =
        new String(
            Envelope.sign(Attestation.PAYLOAD_TYPE, "{}".getBytes(StandardCharsets.UTF_8), key)
                .bytes(),
            StandardCharsets.UTF_8);
    assertThat(problem(noKey)).contains("did not sign");
  }

  @Test
  void refusal_isTheCodeThatTheStatementBeginsWith() {
    String refused =
        Attestation.sign(
            key,
            TestLane.OWNER,
            "S3",
            lane.plan().digest(),
            "REJECT",
            Map.of(),
            Json.object().put("reject", "FROZEN:subject"));
    assertThat(Attestation.rejectCode(refused)).contains(RejectCode.FROZEN);
    assertThat(Attestation.rejectCode(pass())).isEmpty();
    assertThat(Attestation.rejectCode("none")).isEmpty();
  }
}
