package dev.lanekeeper.client;

import dev.lanekeeper.authority.RequestProof;
import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.canonical.Json;
import dev.lanekeeper.lane.LaneName;
import dev.lanekeeper.signature.SigningKey;
import dev.lanekeeper.workflow.ApproveRequest;
import dev.lanekeeper.workflow.HoldRef;
import dev.lanekeeper.workflow.LaneOutcome;
import dev.lanekeeper.workflow.LaneRequest;
import dev.lanekeeper.workflow.LaneRollbackWorkflow;
import dev.lanekeeper.workflow.LaneStatus;
import dev.lanekeeper.workflow.LaneWorkflow;
import dev.lanekeeper.workflow.RollbackRequest;
import dev.lanekeeper.workflow.TaskQueues;
import io.temporal.api.enums.v1.WorkflowIdConflictPolicy;
import io.temporal.api.enums.v1.WorkflowIdReusePolicy;
import io.temporal.client.WorkflowClient;
import io.temporal.client.WorkflowException;
import io.temporal.client.WorkflowOptions;
import io.temporal.client.WorkflowStub;
import io.temporal.failure.ApplicationFailure;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;

/** Starts lanes and answers their holds. */
public final class LaneClient {

  private final WorkflowClient client;
  private final String queue;

  /** A client on a connection that the caller owns, for workers on the usual task queue. */
  public LaneClient(WorkflowClient client) {
    this(client, TaskQueues.EXECUTOR);
  }

  /**
   * The same for workers on another task queue.
   *
   * @param queue the executor's task queue
   */
  public LaneClient(WorkflowClient client, String queue) {
    this.client = client;
    this.queue = queue;
  }

  /** The id of the workflow that runs this plan on this knowledge base. */
  public static String workflowId(LaneName lane, String kbId, Digest planDigest) {
    return lane + ":" + kbId + ":" + planDigest;
  }

  /**
   * Starts a lane, or attaches to the run of the same plan that is under way. Whether the plan is
   * applied already the ledger decides, in S0.
   */
  public WorkflowStub start(String workflowId, LaneRequest request) {
    WorkflowStub stub = stub(LaneWorkflow.TYPE, workflowId, "Lane " + request.lane());
    stub.start(Json.tree(request));
    return stub;
  }

  /** Starts the rollback of a run that cannot undo itself any more. */
  public WorkflowStub startRollback(RollbackRequest request) {
    WorkflowStub stub =
        stub(
            LaneRollbackWorkflow.TYPE,
            "rollback:" + request.run().workflowId() + ":" + request.run().runId(),
            "Rollback of a run of lane " + request.lane());
    stub.start(Json.tree(request));
    return stub;
  }

  /** The state of a lane. */
  public LaneStatus status(WorkflowStub lane) {
    return lane.query("status", LaneStatus.class);
  }

  /** The outcome that the failure of a lane's or a rollback's workflow carries, if it does. */
  public static Optional<LaneOutcome> outcome(Throwable failure) {
    return failure instanceof WorkflowException
            && failure.getCause() instanceof ApplicationFailure application
            && application.getDetails().getSize() > 0
        ? Optional.of(application.getDetails().get(LaneOutcome.class))
        : Optional.empty();
  }

  /**
   * Why an outcome is not proven to be that of a run; empty when it is. Without this, an outcome is
   * what anybody who may write to the namespace says.
   *
   * @param run the run as {@link #start} returned it
   * @param owner the SHA-256 of the owner key's DER SubjectPublicKeyInfo, from the owner
   */
  public static Optional<String> unverified(LaneOutcome outcome, WorkflowStub run, Digest owner) {
    return OutcomeCheck.problem(outcome, run.getExecution(), owner);
  }

  /**
   * The request, signed with the agent's key for one start of one workflow, as a grant that names
   * the key wants it.
   *
   * @param workflowId the workflow that it will start
   * @param now the time; the request must be sent within ten minutes
   * @throws IllegalArgumentException when the request does not name plan and knowledge base
   */
  public static LaneRequest prove(
      LaneRequest request, String workflowId, SigningKey agent, Instant now) {
    if (request.planDigest().isEmpty() || request.kbId().isEmpty()) {
      throw new IllegalArgumentException("expected a request with planDigest and kbId, found none");
    }
    RequestProof proof =
        new RequestProof(
            1,
            request.lane(),
            request.planDigest().get(),
            request.kbId().get(),
            workflowId,
            now.truncatedTo(ChronoUnit.SECONDS));
    return request.with(proof.sign(agent));
  }

  /**
   * Sends {@code resume}, {@code rollback} or {@code abort}.
   *
   * @throws io.temporal.client.WorkflowUpdateException when the lane refuses, with its reason
   */
  public void answer(WorkflowStub lane, String update, int hold) {
    lane.update(update, Void.class, new HoldRef(hold));
  }

  /**
   * Sends an approval.
   *
   * @throws io.temporal.client.WorkflowUpdateException when the lane refuses, with its reason
   */
  public void approve(WorkflowStub lane, ApproveRequest request) {
    lane.update("approve", Void.class, Json.tree(request));
  }

  private WorkflowStub stub(String type, String workflowId, String summary) {
    return client.newUntypedWorkflowStub(
        type,
        WorkflowOptions.newBuilder()
            .setWorkflowId(workflowId)
            .setTaskQueue(queue)
            .setStaticSummary(summary)
            .setWorkflowIdConflictPolicy(
                WorkflowIdConflictPolicy.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING)
            .setWorkflowIdReusePolicy(
                WorkflowIdReusePolicy.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE)
            .build());
  }
}
