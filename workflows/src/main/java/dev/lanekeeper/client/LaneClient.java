package dev.lanekeeper.client;

import dev.lanekeeper.authority.RequestProof;
import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.client.LaneException.Code;
import dev.lanekeeper.lane.LaneName;
import dev.lanekeeper.signature.SigningKey;
import dev.lanekeeper.workflow.ApproveRequest;
import dev.lanekeeper.workflow.LaneOutcome;
import dev.lanekeeper.workflow.LaneRequest;
import dev.lanekeeper.workflow.LaneRollbackWorkflow;
import dev.lanekeeper.workflow.LaneStatus;
import dev.lanekeeper.workflow.LaneWorkflow;
import dev.lanekeeper.workflow.RollbackRequest;
import dev.lanekeeper.workflow.TaskQueues;
import dev.lanekeeper.workflow.Wire;
import io.temporal.api.common.v1.WorkflowExecution;
import io.temporal.api.enums.v1.WorkflowIdConflictPolicy;
import io.temporal.api.enums.v1.WorkflowIdReusePolicy;
import io.temporal.api.history.v1.WorkflowExecutionStartedEventAttributes;
import io.temporal.api.workflow.v1.WorkflowExecutionInfo;
import io.temporal.client.WorkflowClient;
import io.temporal.client.WorkflowException;
import io.temporal.client.WorkflowOptions;
import io.temporal.client.WorkflowStub;
import io.temporal.common.converter.DataConverterException;
import io.temporal.common.converter.RawValue;
import io.temporal.failure.ApplicationFailure;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;
import java.util.function.Predicate;

/**
 * Starts lanes, watches them and answers their holds. Every call ends within a deadline, and fails
 * with a {@link LaneException} that says why and whether the same call may succeed later.
 *
 * <p>The client's connection, namespace and identity are the caller's. How values are written is
 * not: lanes have one form, whatever converter or codec the caller's client has.
 */
public final class LaneClient {

  /** How long a call may take when nobody says otherwise. */
  public static final Duration DEADLINE = Duration.ofSeconds(10);

  private final Calls calls;
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
    this(client, queue, DEADLINE);
  }

  /**
   * The same with another deadline.
   *
   * @param deadline how long a call may take; one that nobody answers takes as long
   */
  public LaneClient(WorkflowClient client, String queue, Duration deadline) {
    this.calls = new Calls(Wire.client(client), deadline);
    this.queue = queue;
  }

  /** The id of the workflow that runs this plan on this knowledge base. */
  public static String workflowId(LaneName lane, String kbId, Digest planDigest) {
    return lane + ":" + kbId + ":" + planDigest;
  }

  /**
   * Starts a lane under the id of its plan on its knowledge base, so that the same request starts
   * one run at a time, however often it is made.
   *
   * @throws LaneException with INVALID when the request names no plan or no knowledge base, and
   *     otherwise as the other {@code start}
   */
  public LaneRun start(LaneRequest request) {
    if (request.planDigest().isEmpty() || request.kbId().isEmpty()) {
      throw LaneException.of(
          Code.INVALID,
          request.lane().value(),
          "a request with planDigest and kbId, or a workflow id beside it",
          "neither");
    }
    return start(
        workflowId(request.lane(), request.kbId().get(), request.planDigest().get()), request);
  }

  /**
   * Starts a lane, or attaches to the run of the same request that is under way. Whether the plan
   * is applied already the ledger decides, in S0.
   *
   * @throws LaneException with CONFLICT when under this id a run of another request is under way
   */
  public LaneRun start(String workflowId, LaneRequest request) {
    return start(
        LaneWorkflow.TYPE,
        workflowId,
        "Lane " + request.lane(),
        request,
        new Asked<>(LaneRequest::read, request::asksTheSame, LaneClient::words));
  }

  /**
   * How the request of another run is compared with one.
   *
   * @param read reads what a run was started with
   * @param same whether that asks for the same
   * @param words says what is asked for
   */
  private record Asked<T>(
      Function<RawValue, T> read, Predicate<T> same, Function<T, String> words) {

    /** What a run was started with; empty when it is no such request. */
    Optional<T> of(WorkflowExecutionStartedEventAttributes started) {
      try {
        return started.getInput().getPayloadsCount() == 1
            ? Optional.of(read.apply(new RawValue(started.getInput().getPayloads(0))))
            : Optional.empty();
      } catch (ApplicationFailure unreadable) {
        return Optional.empty();
      }
    }
  }

  private static String words(LaneRequest request) {
    return "lane "
        + request.lane()
        + request.planDigest().map(d -> ", plan " + d.brief()).orElse("")
        + request.bundle().map(d -> ", bundle " + d.brief()).orElse("")
        + request.kbId().map(id -> ", knowledge base " + id).orElse("")
        + request.grant().map(d -> ", grant " + d.brief()).orElse("");
  }

  private static String words(RollbackRequest request) {
    return "run "
        + request.run().runId()
        + request.kbId().map(id -> ", knowledge base " + id).orElse("")
        + request.grant().map(d -> ", grant " + d.brief()).orElse(", no grant named");
  }

  /**
   * Starts the rollback of a run that cannot undo itself any more, or attaches to the same that is
   * under way.
   *
   * @throws LaneException with CONFLICT when a rollback of the run is under way that names another
   *     grant
   */
  public LaneRun startRollback(RollbackRequest request) {
    return start(
        LaneRollbackWorkflow.TYPE,
        "rollback:" + request.run().workflowId() + ":" + request.run().runId(),
        "Rollback of a run of lane " + request.lane(),
        request,
        new Asked<>(RollbackRequest::read, request::equals, LaneClient::words));
  }

  private <T> LaneRun start(
      String type, String workflowId, String summary, T request, Asked<T> asked) {
    if (workflowId == null || workflowId.isBlank()) {
      throw LaneException.of(
          Code.INVALID, "workflowId", "the workflow id under which the run is known", "none");
    }
    WorkflowStub stub = stub(type, workflowId, summary);
    WorkflowExecution run = calls.server(execution(workflowId, ""), () -> stub.start(request));
    WorkflowExecutionStartedEventAttributes started = calls.started(run);
    Optional<T> running = asked.of(started);
    String runs = started.getWorkflowType().getName();
    String on = started.getTaskQueue().getName();
    if (runs.equals(type) && on.equals(queue) && running.filter(asked.same()).isPresent()) {
      return new LaneRun(calls, run, started.getFirstExecutionRunId());
    }
    throw LaneException.of(
        Code.CONFLICT,
        workflowId,
        "no run under this id, or one of the same request: "
            + asked.words().apply(request)
            + ", queue "
            + queue,
        "run "
            + run.getRunId()
            + " of "
            + runs
            + ": "
            + running.map(asked.words()).orElse("no request that can be read")
            + ", queue "
            + on);
  }

  /** The newest run of a workflow id. */
  public LaneRun run(String workflowId) {
    return run(workflowId, "");
  }

  /**
   * A run that was started before.
   *
   * @throws LaneException with RUN_UNKNOWN when the server has none
   */
  public LaneRun run(String workflowId, String runId) {
    WorkflowExecutionInfo found = calls.describe(execution(workflowId, runId));
    return new LaneRun(calls, found.getExecution(), found.getFirstRunId());
  }

  private LaneRun run(WorkflowStub lane) {
    return new LaneRun(calls, lane.getExecution(), lane.getExecution().getRunId());
  }

  private static WorkflowExecution execution(String workflowId, String runId) {
    return WorkflowExecution.newBuilder().setWorkflowId(workflowId).setRunId(runId).build();
  }

  /** The state of a lane. */
  public LaneStatus status(WorkflowStub lane) {
    return run(lane).status();
  }

  /** Sends {@code resume}, {@code rollback} or {@code abort}, as a new answer. */
  public void answer(WorkflowStub lane, String update, int hold) {
    run(lane).answer(update, hold, UUID.randomUUID().toString());
  }

  /** Sends an approval, as a new answer. */
  public void approve(WorkflowStub lane, ApproveRequest request) {
    run(lane).approve(request, UUID.randomUUID().toString());
  }

  /** What a failure of the caller's own call to the same server means; no worker was asked. */
  public LaneException failure(RuntimeException e) {
    WorkflowExecution of =
        Calls.cause(e, WorkflowException.class)
            .map(WorkflowException::getExecution)
            .orElseGet(WorkflowExecution::getDefaultInstance);
    return calls.failed(of, false, e);
  }

  /**
   * The outcome that a failure carries, if it does: that of a lane's or a rollback's workflow, or
   * one of which it is a cause, as of an {@link java.util.concurrent.ExecutionException}.
   */
  public static Optional<LaneOutcome> outcome(Throwable failure) {
    return Calls.cause(failure, ApplicationFailure.class)
        .filter(application -> application.getDetails().getSize() > 0)
        .flatMap(LaneClient::outcome);
  }

  private static Optional<LaneOutcome> outcome(ApplicationFailure failure) {
    try {
      return Optional.ofNullable(failure.getDetails().get(LaneOutcome.class));
    } catch (DataConverterException unreadable) {
      return Optional.empty();
    }
  }

  /**
   * Why an outcome is not proven to be that of a run; empty when it is. Without this, an outcome is
   * what anybody who may write to the namespace says.
   *
   * @param owner the SHA-256 of the owner key's DER SubjectPublicKeyInfo, from the owner
   */
  public static Optional<String> unverified(LaneOutcome outcome, LaneRun run, Digest owner) {
    return OutcomeCheck.problem(outcome, execution(run.workflowId(), run.firstRunId()), owner);
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

  private WorkflowStub stub(String type, String workflowId, String summary) {
    return calls
        .client()
        .newUntypedWorkflowStub(
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
