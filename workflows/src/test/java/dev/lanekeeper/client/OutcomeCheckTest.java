package dev.lanekeeper.client;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lanekeeper.authority.Grant;
import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.lane.LaneName;
import dev.lanekeeper.lane.Stage;
import dev.lanekeeper.signature.SigningKey;
import dev.lanekeeper.workflow.EndStatement;
import dev.lanekeeper.workflow.LaneEnd;
import dev.lanekeeper.workflow.LaneOutcome;
import dev.lanekeeper.workflow.Owner;
import dev.lanekeeper.workflow.RunId;
import dev.lanekeeper.workflow.SealedPacket;
import io.temporal.api.common.v1.WorkflowExecution;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** An outcome counts when it leads to the owner's key; each link of the chain is tried alone. */
class OutcomeCheckTest {

  private static final RunId RUN = new RunId("00000000-0000-4000-8000-000000000001");
  private static final Instant AT = Instant.parse("2026-01-01T00:00:00Z");

  private final SigningKey owner = SigningKey.generate();
  private final SigningKey executor = SigningKey.generate();
  private final SigningKey reviewer = SigningKey.generate();
  private final Digest plan = Digest.of("plan");

  private String grant(SigningKey by) {
    Grant grant =
        new Grant(
            1,
            "grant-1",
            "owner",
            "agent",
            "delegation",
            "authority",
            List.of("person", "agent"),
            plan,
            "kb-1",
            "test",
            List.of(Stage.values()),
            List.of(),
            List.of(),
            executor.verifyKey().thumbprint(),
            reviewer.verifyKey().thumbprint(),
            Optional.empty(),
            AT,
            AT.plusSeconds(60),
            0);
    return new String(grant.sign(by).bytes(), StandardCharsets.UTF_8);
  }

  private EndStatement end(LaneEnd end, RunId run, String grant) {
    return new EndStatement(
        1,
        new Owner("temporal", "default", "workflow", run),
        new LaneName("lane"),
        "kb-1",
        Optional.of(plan),
        Optional.of(Digest.of(grant)),
        Optional.of(owner.verifyKey().base64()),
        end,
        Optional.empty(),
        Optional.empty(),
        "runs/lane/1/packet",
        Digest.of("tree"),
        Digest.of("stable"),
        AT);
  }

  private static SealedPacket packet(String signedEnd, String grant) {
    return new SealedPacket("runs/lane/1/packet", Digest.of("tree"), Digest.of("stable"))
        .with(signedEnd)
        .under(Optional.of(grant));
  }

  private LaneOutcome outcome(LaneEnd end, Optional<SealedPacket> packet) {
    return new LaneOutcome(
        new LaneName("lane"),
        end,
        false,
        Optional.of(plan),
        Optional.empty(),
        Optional.empty(),
        List.of(),
        packet);
  }

  private Optional<String> problem(LaneOutcome outcome) {
    WorkflowExecution run =
        WorkflowExecution.newBuilder().setWorkflowId("workflow").setRunId(RUN.value()).build();
    return OutcomeCheck.problem(outcome, run, owner.verifyKey().thumbprint());
  }

  private Optional<String> problem(LaneEnd end, SigningKey by) {
    String grant = grant(owner);
    return problem(outcome(end, Optional.of(packet(end(end, RUN, grant).sign(by), grant))));
  }

  @Test
  void end_signedByTheWorkerWhomTheOwnersGrantNames_isProven() {
    assertThat(problem(LaneEnd.APPLIED, reviewer)).isEmpty();
    assertThat(problem(LaneEnd.ROLLED_BACK, executor)).isEmpty();
  }

  @Test
  void end_signedByAnotherKey_isNot() {
    assertThat(problem(LaneEnd.APPLIED, executor)).isPresent();
    assertThat(problem(LaneEnd.ROLLED_BACK, reviewer)).isPresent();
    assertThat(problem(LaneEnd.APPLIED, SigningKey.generate())).isPresent();
  }

  @Test
  void outcome_withoutASignedEnd_isNot() {
    assertThat(problem(outcome(LaneEnd.APPLIED, Optional.empty()))).isPresent();
    SealedPacket bare =
        new SealedPacket("runs/lane/1/packet", Digest.of("tree"), Digest.of("stable"));
    assertThat(problem(outcome(LaneEnd.APPLIED, Optional.of(bare)))).isPresent();
    String grant = grant(owner);
    SealedPacket noGrant = bare.with(end(LaneEnd.APPLIED, RUN, grant).sign(reviewer));
    assertThat(problem(outcome(LaneEnd.APPLIED, Optional.of(noGrant)))).isPresent();
  }

  @Test
  void end_ofAnotherRunEndOrPacket_isNot() {
    String grant = grant(owner);
    RunId other = new RunId("00000000-0000-4000-8000-000000000002");
    String ofOther = end(LaneEnd.APPLIED, other, grant).sign(reviewer);
    assertThat(problem(outcome(LaneEnd.APPLIED, Optional.of(packet(ofOther, grant))))).isPresent();
    String rolledBack = end(LaneEnd.ROLLED_BACK, RUN, grant).sign(executor);
    assertThat(problem(outcome(LaneEnd.APPLIED, Optional.of(packet(rolledBack, grant)))))
        .isPresent();
    SealedPacket madeUp =
        new SealedPacket("runs/lane/1/packet", Digest.of("made up"), Digest.of("stable"))
            .with(end(LaneEnd.APPLIED, RUN, grant).sign(reviewer))
            .under(Optional.of(grant));
    assertThat(problem(outcome(LaneEnd.APPLIED, Optional.of(madeUp)))).isPresent();
  }

  @Test
  void grant_ofAnotherOwner_orAnotherThanTheEndNames_isNot() {
    String stranger = grant(SigningKey.generate());
    String end = end(LaneEnd.APPLIED, RUN, stranger).sign(reviewer);
    assertThat(problem(outcome(LaneEnd.APPLIED, Optional.of(packet(end, stranger))))).isPresent();
    String grant = grant(owner);
    String ofNone = end(LaneEnd.APPLIED, RUN, "another").sign(reviewer);
    assertThat(problem(outcome(LaneEnd.APPLIED, Optional.of(packet(ofNone, grant))))).isPresent();
  }
}
