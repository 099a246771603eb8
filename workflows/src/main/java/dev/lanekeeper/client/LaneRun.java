package dev.lanekeeper.client;

import com.google.protobuf.ByteString;
import dev.lanekeeper.canonical.Json;
import dev.lanekeeper.client.LaneException.Code;
import dev.lanekeeper.workflow.ApproveRequest;
import dev.lanekeeper.workflow.HoldRef;
import dev.lanekeeper.workflow.Input;
import dev.lanekeeper.workflow.LaneOutcome;
import dev.lanekeeper.workflow.LaneStatus;
import io.temporal.api.common.v1.WorkflowExecution;
import io.temporal.api.enums.v1.WorkflowExecutionStatus;
import io.temporal.api.workflow.v1.WorkflowExecutionInfo;
import io.temporal.client.UpdateOptions;
import io.temporal.client.WorkflowException;
import io.temporal.client.WorkflowStub;
import io.temporal.client.WorkflowTargetOptions;
import io.temporal.client.WorkflowUpdateStage;
import io.temporal.failure.ApplicationFailure;
import io.temporal.failure.CanceledFailure;
import io.temporal.failure.TerminatedFailure;
import io.temporal.failure.TimeoutFailure;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * One run of a lane or of a rollback. Every call has the client's deadline, and fails with a {@link
 * LaneException}. After a reset a call is about what the reset made of the run.
 */
public final class LaneRun {

  private final Calls calls;
  private final WorkflowExecution run;
  private final String firstRunId;

  LaneRun(Calls calls, WorkflowExecution run, String firstRunId) {
    this.calls = calls;
    this.run = run;
    this.firstRunId = firstRunId;
  }

  /** The workflow's id. */
  public String workflowId() {
    return run.getWorkflowId();
  }

  /** The run's id, as it was when this was made. */
  public String runId() {
    return run.getRunId();
  }

  /** The id that the run began with, which a reset keeps, and which ledger and evidence name. */
  public String firstRunId() {
    return firstRunId;
  }

  /** The workflow itself, for what is not here; it writes and reads the values of lanes. */
  public WorkflowStub stub() {
    return stub(run);
  }

  private WorkflowStub stub(WorkflowExecution of) {
    return calls
        .client()
        .newUntypedWorkflowStub(
            WorkflowTargetOptions.newBuilder().setWorkflowExecution(of).build(), Optional.empty());
  }

  /**
   * What the lane is doing. Of a run that the server ended, only that it has ended: then no worker
   * is asked.
   */
  public LaneStatus status() {
    WorkflowExecutionInfo now = now();
    if (cutOff(now.getStatus())) {
      return new LaneStatus(
          LaneStatus.Phase.ENDED,
          List.of(),
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          Optional.empty());
    }
    LaneStatus said =
        calls.worker(
            now.getExecution(), () -> stub(now.getExecution()).query("status", LaneStatus.class));
    boolean over = now.getStatus() != WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_RUNNING;
    // A worker of an older release says of input that it could not read that it is running.
    return over && said.phase() != LaneStatus.Phase.ENDED
        ? new LaneStatus(
            LaneStatus.Phase.ENDED,
            said.stages(),
            Optional.empty(),
            said.planDigest(),
            said.end(),
            said.packet())
        : said;
  }

  /** The run as the server has it now: what a reset made of it, if one did. */
  private WorkflowExecutionInfo now() {
    WorkflowExecutionInfo own = calls.describe(run);
    if (own.getStatus() != WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_TERMINATED) {
      return own;
    }
    WorkflowExecutionInfo latest =
        calls.describe(WorkflowExecution.newBuilder().setWorkflowId(workflowId()).build());
    return latest.getFirstRunId().equals(own.getFirstRunId()) ? latest : own;
  }

  private static boolean cutOff(WorkflowExecutionStatus status) {
    return status == WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_TERMINATED
        || status == WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_TIMED_OUT;
  }

  /**
   * Waits for the end.
   *
   * @param patience how long; this is the call's deadline
   * @return empty when the run goes on, or waits for a person
   */
  public Optional<RunEnd> end(Duration patience) {
    long begun = System.nanoTime();
    while (true) {
      WorkflowExecutionInfo now = now();
      boolean open = now.getStatus() == WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_RUNNING;
      Duration left = patience.minusNanos(System.nanoTime() - begun);
      if (open && (left.isNegative() || left.isZero())) {
        return Optional.empty();
      }
      try {
        Optional<RunEnd> end = ended(now, open ? left : calls.deadline());
        if (end.isPresent()) {
          return end;
        }
      } catch (TimeoutException e) {
        // Whether it goes on, the server says in the next round.
      }
    }
  }

  /** How the run ended; empty when it was reset meanwhile. */
  private Optional<RunEnd> ended(WorkflowExecutionInfo now, Duration patience)
      throws TimeoutException {
    try {
      return Optional.of(
          new RunEnd.Ended(
              stub(now.getExecution())
                  .getResult(patience.toMillis(), TimeUnit.MILLISECONDS, LaneOutcome.class)));
    } catch (WorkflowException e) {
      Throwable cause = e.getCause();
      if (cause instanceof ApplicationFailure failure) {
        return Optional.of(
            LaneClient.outcome(failure)
                .<RunEnd>map(RunEnd.Ended::new)
                .orElseGet(
                    () -> new RunEnd.NoOutcome(failure.getType(), failure.getOriginalMessage())));
      }
      if (cause instanceof CanceledFailure) {
        return Optional.of(new RunEnd.Canceled(said()));
      }
      if (cause instanceof TimeoutFailure) {
        return Optional.of(new RunEnd.TimedOut());
      }
      if (cause instanceof TerminatedFailure) {
        boolean reset = !now().getExecution().equals(now.getExecution());
        return reset ? Optional.empty() : Optional.of(new RunEnd.Terminated());
      }
      throw calls.failed(run, false, e);
    }
  }

  private Optional<LaneStatus> said() {
    try {
      return Optional.of(status());
    } catch (LaneException.Unanswered nobody) {
      return Optional.empty();
    }
  }

  /**
   * Lets a held lane go on.
   *
   * @param hold the number of the hold that is answered
   * @param answerId names the answer: the same again is the same answer, also when its reply was
   *     lost or the lane has ended since
   */
  public void resume(int hold, String answerId) {
    answer("resume", hold, answerId);
  }

  /** Has a held lane withdraw what it published, and end. */
  public void rollback(int hold, String answerId) {
    answer("rollback", hold, answerId);
  }

  /** Gives a held lane up: it withdraws what it published, and ends. */
  public void abort(int hold, String answerId) {
    answer("abort", hold, answerId);
  }

  /** Lets a held lane publish. */
  public void approve(ApproveRequest approval, String answerId) {
    send("approve", approval, answerId);
  }

  void answer(String update, int hold, String answerId) {
    send(update, new HoldRef(hold), answerId);
  }

  private void send(String update, Object value, String answerId) {
    if (answerId.isBlank()) {
      throw LaneException.of(Code.INVALID, workflowId(), "an id of the answer", "none");
    }
    int size = ByteString.copyFromUtf8(Json.tree(value).toString()).size();
    if (size > Input.MOST) {
      throw LaneException.of(
          Code.TOO_LARGE, workflowId(), "at most " + Input.MOST + " bytes", size + " bytes");
    }
    WorkflowExecution now = now().getExecution();
    try {
      calls.worker(
          now,
          () ->
              stub(now)
                  .startUpdate(
                      UpdateOptions.newBuilder(Void.class)
                          .setUpdateName(update)
                          .setUpdateId(answerId)
                          .setWaitForStage(WorkflowUpdateStage.COMPLETED)
                          .build(),
                      value)
                  .getResult());
    } catch (LaneException.Refused e) {
      if (e.code() != Code.RUN_UNKNOWN) {
        throw e;
      }
      if (!taken(now, answerId)) {
        throw LaneException.of(
            Code.ALREADY_ENDED, workflowId(), "a lane that is under way", "one that has ended", e);
      }
    }
  }

  /** Whether the run took this very answer before it ended. */
  private boolean taken(WorkflowExecution now, String answerId) {
    try {
      calls.server(now, () -> stub(now).getUpdateHandle(answerId, Void.class).getResult());
      return true;
    } catch (LaneException.Refused e) {
      return false;
    }
  }
}
