package dev.lanekeeper.worker;

import dev.lanekeeper.canonical.Json;
import dev.lanekeeper.client.LaneClient;
import dev.lanekeeper.evidence.Bundle;
import dev.lanekeeper.grant.Approvals;
import dev.lanekeeper.grant.RollbackGrant;
import dev.lanekeeper.grant.TrustRoot;
import dev.lanekeeper.lane.Stage;
import dev.lanekeeper.signature.SigningKey;
import dev.lanekeeper.testkit.EditedLane;
import dev.lanekeeper.testkit.TestLane;
import dev.lanekeeper.verdict.RejectCode;
import dev.lanekeeper.verdict.Verdict;
import dev.lanekeeper.workflow.Activities;
import dev.lanekeeper.workflow.Approval;
import dev.lanekeeper.workflow.ApproveRequest;
import dev.lanekeeper.workflow.LaneOutcome;
import dev.lanekeeper.workflow.Owner;
import dev.lanekeeper.workflow.ReviewResult;
import dev.lanekeeper.workflow.RollbackRequest;
import dev.lanekeeper.workflow.StageResult;
import io.temporal.client.WorkflowFailedException;
import io.temporal.client.WorkflowStub;
import io.temporal.failure.ApplicationFailure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Writes one history of each way a lane can go into the test resources of the workflows module. Not
 * run with the tests: {@code .ci/freeze-histories} runs it once for each released version.
 */
class FreezeHistories {

  private static final Path FOLDER =
      TestLane.ROOT.resolve("workflows/src/test/resources/histories");

  @TempDir private Path folder;

  private static void freeze(Bench bench, WorkflowStub lane, String name) throws IOException {
    try {
      lane.getResult(LaneOutcome.class);
    } catch (WorkflowFailedException ended) {
      // Every end is a history worth keeping.
    }
    Files.createDirectories(FOLDER);
    String version = System.getProperty("lanekeeper.freeze");
    String id = lane.getExecution().getWorkflowId();
    String history = bench.client().fetchHistory(id).toJson(true);
    // A replay is of the workflow that its results are signed for.
    Files.writeString(
        FOLDER.resolve(version + "-" + name + ".json"),
        "{\n  \"workflowId\": \"" + id + "\"," + history.substring(1) + "\n");
  }

  @Test
  void applied() throws Exception {
    try (Bench bench = new Bench(folder.resolve("home")).start()) {
      freeze(bench, bench.run("applied"), "applied");
      freeze(bench, bench.run("already-applied"), "already-applied");
    }
  }

  @Test
  void heldAndResumed() throws Exception {
    try (Bench bench = new Bench(folder.resolve("home")).start()) {
      bench.foreign("M-1", "foreign");
      WorkflowStub lane = bench.run("held-and-resumed");
      bench.awaitHold(lane, 1);
      Files.delete(bench.file("M-1"));
      bench.answer(lane, "resume", 1);
      freeze(bench, lane, "held-and-resumed");
    }
  }

  @Test
  void heldAndEnded() throws Exception {
    for (String answer : new String[] {"rollback", "abort", "cancel"}) {
      try (Bench bench = new Bench(folder.resolve(answer)).start()) {
        bench.foreign("M-1", "foreign");
        WorkflowStub lane = bench.run("held-and-" + answer);
        bench.awaitHold(lane, 1);
        if (answer.equals("cancel")) {
          lane.cancel();
        } else {
          bench.answer(lane, answer, 1);
        }
        freeze(bench, lane, "held-and-" + answer);
      }
    }
  }

  @Test
  void rejectedAfterPublication() throws Exception {
    try (Bench bench = new Bench(folder.resolve("home"))) {
      bench.replace(
          Activities.S7Review.class,
          call ->
              new ReviewResult(
                  new StageResult(
                      Stage.S7,
                      Verdict.reject(RejectCode.REVIEW_CHECK_FAILED, "PER-1", "clean", "not"),
                      Optional.empty(),
                      ""),
                  Optional.empty()));
      bench.start();
      freeze(bench, bench.run("rejected"), "rejected-after-publication");
    }
  }

  private Bundle asking() throws Exception {
    return EditedLane.copyOf(TestLane.FIX7, folder.resolve("lane"))
        .edit("\n  next:\n", "\n  approval: {question: May it stand.}\n\n  next:\n")
        .bundle();
  }

  private static SigningKey approver(Bench bench) throws IOException {
    SigningKey approver = SigningKey.generate();
    bench
        .home()
        .writeTrustRoot(
            bench
                .home()
                .trustRoot()
                .with(TrustRoot.Role.APPROVER, "somebody-else", approver.verifyKey()));
    return approver;
  }

  private static void approve(Bench bench, WorkflowStub lane, int hold, SigningKey approver)
      throws IOException {
    Approval approval =
        new Approval(
            1,
            "approval-" + hold,
            bench.plan().digest(),
            bench.home().reader().identity().id(),
            Instant.now().plusSeconds(600));
    new LaneClient(bench.client())
        .approve(
            lane, new ApproveRequest(hold, Json.parse(Approvals.sign(approval, approver).bytes())));
  }

  @Test
  void heldForAnApproval() throws Exception {
    try (Bench bench = new Bench(folder.resolve("home"), asking())) {
      SigningKey approver = approver(bench);
      bench.start();
      WorkflowStub lane = bench.run("held-and-approved");
      bench.awaitHold(lane, 1);
      approve(bench, lane, 1, approver);
      freeze(bench, lane, "held-and-approved");
    }
  }

  @Test
  void approvedAgainBeforeS6() throws Exception {
    try (Bench bench = new Bench(folder.resolve("home"), asking())) {
      SigningKey approver = approver(bench);
      Activities.S6PublishAddenda real = bench.realActivity(Activities.S6PublishAddenda.class);
      boolean[] late = {true};
      bench.replace(
          Activities.S6PublishAddenda.class,
          (call, primary) -> {
            boolean first = late[0];
            late[0] = false;
            return first
                ? new StageResult(
                    Stage.S6,
                    Verdict.reject(RejectCode.APPROVAL_EXPIRED, "approval", "an hour ago", "now"),
                    Optional.empty(),
                    "")
                : real.publish(call, primary);
          });
      bench.start();
      WorkflowStub lane = bench.run("approved-again");
      for (int hold = 1; hold <= 2; hold++) {
        bench.awaitHold(lane, hold);
        approve(bench, lane, hold, approver);
      }
      freeze(bench, lane, "approved-again-before-s6");
    }
  }

  @Test
  void appliedUnheard() throws Exception {
    try (Bench bench = new Bench(folder.resolve("home"))) {
      Activities.S7Review real = bench.realActivity(Activities.S7Review.class);
      bench.replace(
          Activities.S7Review.class,
          call -> {
            real.review(call);
            throw ApplicationFailure.newNonRetryableFailure("lost", "Lost");
          });
      bench.start();
      WorkflowStub lane = bench.run("applied-unheard");
      bench.awaitHold(lane, 1);
      bench.answer(lane, "rollback", 1);
      freeze(bench, lane, "applied-unheard");
    }
  }

  @Test
  void rollbackOfAnAppliedRun() throws Exception {
    try (Bench bench = new Bench(folder.resolve("home")).start()) {
      bench.outcome(bench.run());
      Owner run = bench.home().reader().ledger().runs(bench.lane()).get(0);
      LaneClient client = new LaneClient(bench.client());
      RollbackRequest request =
          new RollbackRequest(bench.lane(), run, Optional.empty(), Optional.empty());
      freeze(bench, client.startRollback(request).stub(), "rollback-refused");
      Instant now = Instant.now();
      RollbackGrant leave =
          new RollbackGrant(
              1,
              "leave",
              "owner",
              bench.home().reader().identity().id(),
              run,
              now.minusSeconds(1),
              now.plusSeconds(600),
              0);
      SigningKey owner = bench.home().keys().find("owner").orElseThrow();
      bench.home().evidence().putGrant(leave.sign(owner).bytes());
      freeze(bench, client.startRollback(request).stub(), "rollback");
    }
  }

  @Test
  void wrongInput() throws Exception {
    try (Bench bench = new Bench(folder.resolve("home")).start()) {
      WorkflowStub lane =
          bench
              .client()
              .newUntypedWorkflowStub(
                  "Lane",
                  io.temporal.client.WorkflowOptions.newBuilder()
                      .setWorkflowId("wrong-input")
                      .setTaskQueue(dev.lanekeeper.workflow.TaskQueues.EXECUTOR)
                      .build());
      lane.start("no lane request");
      freeze(bench, lane, "wrong-input");
    }
  }
}
