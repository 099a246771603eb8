package dev.lanekeeper.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.canonical.Json;
import dev.lanekeeper.evidence.Bundle;
import dev.lanekeeper.grant.Approvals;
import dev.lanekeeper.grant.TrustRoot;
import dev.lanekeeper.kb.LedgerEntry;
import dev.lanekeeper.lane.Stage;
import dev.lanekeeper.signature.Envelope;
import dev.lanekeeper.signature.SigningKey;
import dev.lanekeeper.testkit.EditedLane;
import dev.lanekeeper.testkit.NearMiss;
import dev.lanekeeper.testkit.TestLane;
import dev.lanekeeper.testkit.Triggers;
import dev.lanekeeper.verdict.RejectCode;
import dev.lanekeeper.workflow.Activities;
import dev.lanekeeper.workflow.Approval;
import dev.lanekeeper.workflow.ApproveRequest;
import dev.lanekeeper.workflow.Hold;
import dev.lanekeeper.workflow.LaneEnd;
import dev.lanekeeper.workflow.LaneOutcome;
import dev.lanekeeper.workflow.RunId;
import io.temporal.client.WorkflowStub;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A lane with {@code approval} publishes nothing before a second person's key says yes. */
@Execution(ExecutionMode.CONCURRENT) // each has a bench of its own, and waits much of its time
class ApprovalTest {

  @TempDir private Path folder;
  private final SigningKey approver = SigningKey.generate();
  private Bundle bundle;

  @BeforeEach
  void edit() throws Exception {
    bundle =
        EditedLane.copyOf(TestLane.FIX7, folder.resolve("lane"))
            .edit("\n  next:\n", "\n  approval: {question: May M-1 and M-2 stand.}\n\n  next:\n")
            .bundle();
  }

  private Bench bench() throws Exception {
    Bench bench = new Bench(folder.resolve("home"), bundle);
    trust(bench, "somebody-else", approver);
    return bench.start();
  }

  private static void trust(Bench bench, String name, SigningKey key) throws IOException {
    bench
        .home()
        .writeTrustRoot(
            bench.home().trustRoot().with(TrustRoot.Role.APPROVER, name, key.verifyKey()));
  }

  private Approval approval(Bench bench) throws IOException {
    return new Approval(
        1,
        "approval-1",
        bundle.plan().digest(),
        bench.home().reader().identity().id(),
        Instant.now().plus(Duration.ofHours(1)));
  }

  private static JsonNode signed(Approval approval, SigningKey key) throws IOException {
    return Json.parse(Approvals.sign(approval, key).bytes());
  }

  private static void approve(WorkflowStub lane, int hold, JsonNode approval) {
    lane.update("approve", Void.class, new ApproveRequest(hold, approval));
  }

  private static void refused(WorkflowStub lane, int hold, JsonNode approval, String why) {
    assertThatThrownBy(() -> approve(lane, hold, approval)).cause().hasMessageContaining(why);
  }

  @Test
  @Triggers(RejectCode.APPROVAL_MISSING)
  @NearMiss({RejectCode.APPROVAL_MISSING, RejectCode.APPROVAL_INVALID, RejectCode.APPROVAL_EXPIRED})
  void lane_isHeldBeforeItPublishes_andGoesOnWhenItIsApproved() throws Exception {
    try (Bench bench = bench()) {
      WorkflowStub lane = bench.run();
      Hold hold = bench.awaitHold(lane, 1);
      assertThat(hold.stage()).isEqualTo(Stage.S5);
      assertThat(hold.reject().code()).isEqualTo(RejectCode.APPROVAL_MISSING);
      assertThat(hold.reject().expected()).contains("May M-1 and M-2 stand.");
      assertThat(bench.home().reader().ledger().openClaims()).isEmpty();
      bench.answer(lane, "resume", 1);
      assertThat(bench.awaitHold(lane, 2).reject().code()).isEqualTo(RejectCode.APPROVAL_MISSING);
      approve(lane, 2, signed(approval(bench), approver));
      LaneOutcome outcome = bench.outcome(lane);
      assertThat(outcome.end()).isEqualTo(LaneEnd.APPLIED);
      Map<String, byte[]> packet =
          bench.home().evidence().packet(outcome.packet().orElseThrow().location());
      JsonNode shown = Json.parse(packet.get("data/publication.json")).at("/volatile/S5/approval");
      assertThat(Approval.in(Envelope.of(shown)).planDigest()).isEqualTo(bundle.plan().digest());
      Path report =
          bench
              .home()
              .folder()
              .resolve(outcome.packet().orElseThrow().location())
              .resolveSibling("report.md");
      assertThat(Files.readString(report))
          .contains(
              "Approved by: somebody-else with key " + approver.verifyKey().thumbprint().hex());
    }
  }

  @Test
  void approval_thatCannotBe_isRefusedAtOnce_withItsReason() throws Exception {
    try (Bench bench = bench()) {
      WorkflowStub lane = bench.run();
      bench.awaitHold(lane, 1);
      Approval good = approval(bench);
      refused(lane, 2, signed(good, approver), "The lane is at hold 1, not 2.");
      refused(lane, 1, Json.object(), "That is no approval: expected a DSSE envelope");
      Approval otherPlan =
          new Approval(1, "a", Digest.of("another"), good.kbId(), good.expiresAt());
      refused(lane, 1, signed(otherPlan, approver), "The approval is of plan ");
      Approval old =
          new Approval(1, "a", good.planDigest(), good.kbId(), Instant.now().minusSeconds(1));
      refused(lane, 1, signed(old, approver), "The approval expired at ");
      assertThatThrownBy(() -> lane.update("approve", Void.class, Map.of("hold", 1)))
          .cause()
          .hasMessageContaining("expected the required field 'approval', found nothing");
      bench.answer(lane, "abort", 1);
      assertThat(bench.outcome(lane).end()).isEqualTo(LaneEnd.ABORTED);
    }
  }

  @Test
  void approval_ofALaneHeldForAnotherCause_isRefused() throws Exception {
    try (Bench bench = bench()) {
      bench.foreign("M-1", "foreign");
      WorkflowStub lane = bench.run();
      bench.awaitHold(lane, 1);
      refused(
          lane,
          1,
          signed(approval(bench), approver),
          "The lane is held for DOCUMENT_PRESENT, which no approval puts right.");
      bench.answer(lane, "abort", 1);
      assertThat(bench.outcome(lane).end()).isEqualTo(LaneEnd.ABORTED);
    }
  }

  @Test
  @Triggers(RejectCode.APPROVAL_EXPIRED)
  void approval_thatExpiresWhileTheLaneIsFrozen_isAskedForAgain() throws Exception {
    try (Bench bench = bench()) {
      bench.environment().kb().record(new LedgerEntry.Frozen("audit", "operator"));
      Approval good = approval(bench);
      WorkflowStub lane = bench.run();
      bench.awaitHold(lane, 1);
      Instant soon = Instant.now().plus(Duration.ofMinutes(10));
      approve(
          lane, 1, signed(new Approval(1, "a", good.planDigest(), good.kbId(), soon), approver));
      assertThat(bench.awaitHold(lane, 2).reject().code()).isEqualTo(RejectCode.FROZEN);
      bench.environment().kb().record(new LedgerEntry.Unfrozen("operator"));
      bench.clock().pass(Duration.ofMinutes(10));
      bench.answer(lane, "resume", 2);
      assertThat(bench.awaitHold(lane, 3).reject().code()).isEqualTo(RejectCode.APPROVAL_EXPIRED);
      approve(lane, 3, signed(good, approver));
      assertThat(bench.outcome(lane).end()).isEqualTo(LaneEnd.APPLIED);
    }
  }

  /** By an update, or in the home, where it is recorded. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void approval_thatExpiresBetweenTheTwoPublications_isRenewed(boolean recorded) throws Exception {
    try (Bench bench = new Bench(folder.resolve("home"), bundle)) {
      trust(bench, "somebody-else", approver);
      Activities.S6PublishAddenda real = bench.realActivity(Activities.S6PublishAddenda.class);
      AtomicBoolean first = new AtomicBoolean(true);
      bench.replace(
          Activities.S6PublishAddenda.class,
          (call, primary) -> {
            if (first.getAndSet(false)) {
              bench.clock().pass(Duration.ofMinutes(10));
            }
            return real.publish(call, primary);
          });
      bench.start();
      Approval good = approval(bench);
      WorkflowStub lane = bench.run();
      bench.awaitHold(lane, 1);
      Instant soon = Instant.now().plus(Duration.ofMinutes(10));
      approve(
          lane, 1, signed(new Approval(1, "a", good.planDigest(), good.kbId(), soon), approver));
      Hold hold = bench.awaitHold(lane, 2);
      assertThat(hold.stage()).isEqualTo(Stage.S6);
      assertThat(hold.reject().code()).isEqualTo(RejectCode.APPROVAL_EXPIRED);
      assertThat(bench.file("M-1")).exists();
      if (recorded) {
        String envelope = signed(good, approver).toString();
        bench.environment().kb().record(new LedgerEntry.Approved(bundle.plan().digest(), envelope));
        bench.answer(lane, "resume", 2);
      } else {
        approve(lane, 2, signed(good, approver));
      }
      assertThat(bench.outcome(lane).end()).isEqualTo(LaneEnd.APPLIED);
    }
  }

  @Test
  void approval_byAnApproverWhoIsRemovedBetweenTheTwoPublications_allowsNoMore() throws Exception {
    try (Bench bench = new Bench(folder.resolve("home"), bundle)) {
      trust(bench, "somebody-else", approver);
      Activities.S6PublishAddenda real = bench.realActivity(Activities.S6PublishAddenda.class);
      bench.replace(
          Activities.S6PublishAddenda.class,
          (call, primary) -> {
            try {
              bench
                  .home()
                  .changeTrust(
                      trust ->
                          trust.without(
                              TrustRoot.Role.APPROVER, approver.verifyKey().thumbprint()));
            } catch (IOException e) {
              throw new UncheckedIOException(e);
            }
            return real.publish(call, primary);
          });
      bench.start();
      WorkflowStub lane = bench.run();
      bench.awaitHold(lane, 1);
      approve(lane, 1, signed(approval(bench), approver));
      Hold hold = bench.awaitHold(lane, 2);
      assertThat(hold.stage()).isEqualTo(Stage.S6);
      assertThat(hold.reject().code()).isEqualTo(RejectCode.APPROVAL_INVALID);
      bench.answer(lane, "abort", 2);
      assertThat(bench.outcome(lane).end()).isEqualTo(LaneEnd.ABORTED);
      assertThat(bench.file("M-1")).doesNotExist();
    }
  }

  @Test
  void approval_thatARunHasUsed_servesNoOther_inWhateverForm() throws Exception {
    try (Bench bench = new Bench(folder.resolve("home"), bundle)) {
      trust(bench, "somebody-else", approver);
      AtomicBoolean once = new AtomicBoolean();
      Activities.S6PublishAddenda real = bench.realActivity(Activities.S6PublishAddenda.class);
      bench.replace(
          Activities.S6PublishAddenda.class,
          (call, primary) -> {
            try {
              if (once.compareAndSet(false, true)) {
                bench.foreign("M-2", "foreign");
              }
            } catch (IOException e) {
              throw new UncheckedIOException(e);
            }
            return real.publish(call, primary);
          });
      bench.start();
      Approval any = approval(bench);
      WorkflowStub first = bench.run();
      bench.awaitHold(first, 1);
      JsonNode used = signed(any, approver);
      approve(first, 1, used);
      assertThat(bench.awaitHold(first, 2).reject().code()).isEqualTo(RejectCode.DOCUMENT_PRESENT);
      bench.answer(first, "abort", 2);
      LaneOutcome aborted = bench.outcome(first);
      assertThat(aborted.end()).isEqualTo(LaneEnd.ABORTED);
      Files.delete(bench.file("M-2"));

      bench.issueGrant();
      WorkflowStub second = bench.run("again");
      Hold hold = bench.awaitHold(second, 1);
      assertThat(hold.reject().code()).isEqualTo(RejectCode.APPROVAL_INVALID);
      assertThat(hold.reject().expected()).isEqualTo("an approval that no other run has used");
      ObjectNode respelled = used.deepCopy();
      ((ObjectNode) respelled.at("/signatures/0")).put("keyid", "respelled");
      approve(second, 1, respelled);
      assertThat(bench.awaitHold(second, 2).reject().code()).isEqualTo(RejectCode.APPROVAL_INVALID);
      Approval ofFirst =
          new Approval(
              1,
              "approval-2",
              any.planDigest(),
              any.kbId(),
              Optional.of(new RunId(first.getExecution().getRunId())),
              any.expiresAt());
      refused(second, 2, signed(ofFirst, approver), "The approval is of run ");
      assertThat(bench.home().reader().ledger().openClaims()).isEmpty();
      Approval fresh = new Approval(1, "approval-3", any.planDigest(), any.kbId(), any.expiresAt());
      approve(second, 2, signed(fresh, approver));
      assertThat(bench.outcome(second).end()).isEqualTo(LaneEnd.APPLIED);
    }
  }

  /** It was said of that run, though that run had no time to publish anything. */
  @Test
  void approval_ofARunThatWasGivenUpBeforeItPublished_servesNoOther() throws Exception {
    try (Bench bench = bench()) {
      bench.environment().kb().record(new LedgerEntry.Frozen("audit", "operator"));
      WorkflowStub first = bench.run();
      bench.awaitHold(first, 1);
      approve(first, 1, signed(approval(bench), approver));
      assertThat(bench.awaitHold(first, 2).reject().code()).isEqualTo(RejectCode.FROZEN);
      bench.answer(first, "abort", 2);
      assertThat(bench.outcome(first).end()).isEqualTo(LaneEnd.ABORTED);
      bench.environment().kb().record(new LedgerEntry.Unfrozen("operator"));

      bench.issueGrant();
      WorkflowStub second = bench.run("again");
      assertThat(bench.awaitHold(second, 1).reject().code()).isEqualTo(RejectCode.APPROVAL_MISSING);
      bench.answer(second, "abort", 1);
      assertThat(bench.outcome(second).end()).isEqualTo(LaneEnd.ABORTED);
    }
  }

  @Test
  @Triggers(RejectCode.APPROVAL_INVALID)
  void approval_bySomebodyWhoMayNot_holdsAgain_andPublishesNothing() throws Exception {
    try (Bench bench = bench()) {
      SigningKey owner = bench.home().keys().find("owner").orElseThrow();
      SigningKey executor = bench.home().keys().find("executor").orElseThrow();
      SigningKey named = SigningKey.generate();
      trust(bench, "owner-as-approver", owner);
      trust(bench, "executor-as-approver", executor);
      String actor = bundle.plan().spec().delegation().chain().get(0);
      trust(bench, actor, named);
      SigningKey renamed = SigningKey.generate();
      trust(bench, "another-name", renamed);
      bench
          .home()
          .writeTrustRoot(
              bench.home().trustRoot().with(TrustRoot.Role.REVIEWER, actor, renamed.verifyKey()));
      Approval good = approval(bench);
      Approval otherKb = new Approval(1, "a", good.planDigest(), "kb-of-another", good.expiresAt());
      JsonNode[] wrong = {
        signed(good, SigningKey.generate()),
        signed(good, owner),
        signed(good, executor),
        signed(good, named),
        signed(good, renamed),
        signed(otherKb, approver)
      };
      WorkflowStub lane = bench.run();
      for (int i = 0; i < wrong.length; i++) {
        bench.awaitHold(lane, i + 1);
        approve(lane, i + 1, wrong[i]);
        assertThat(bench.awaitHold(lane, i + 2).reject().code())
            .as("wrong approval " + i)
            .isEqualTo(RejectCode.APPROVAL_INVALID);
      }
      assertThat(bench.home().reader().ledger().openClaims()).isEmpty();
      approve(lane, wrong.length + 1, signed(good, approver));
      assertThat(bench.outcome(lane).end()).isEqualTo(LaneEnd.APPLIED);
    }
  }
}
