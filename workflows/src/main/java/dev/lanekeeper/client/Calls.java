package dev.lanekeeper.client;

import dev.lanekeeper.client.LaneException.Code;
import dev.lanekeeper.workflow.Refusal;
import io.grpc.Context;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.temporal.api.common.v1.WorkflowExecution;
import io.temporal.api.errordetails.v1.NamespaceNotFoundFailure;
import io.temporal.api.history.v1.WorkflowExecutionStartedEventAttributes;
import io.temporal.api.workflow.v1.WorkflowExecutionInfo;
import io.temporal.api.workflowservice.v1.DescribeWorkflowExecutionRequest;
import io.temporal.api.workflowservice.v1.GetSystemInfoRequest;
import io.temporal.api.workflowservice.v1.GetWorkflowExecutionHistoryRequest;
import io.temporal.api.workflowservice.v1.WorkflowServiceGrpc.WorkflowServiceBlockingStub;
import io.temporal.client.WorkflowClient;
import io.temporal.client.WorkflowNotFoundException;
import io.temporal.client.WorkflowUpdateException;
import io.temporal.common.converter.DataConverterException;
import io.temporal.failure.ApplicationFailure;
import io.temporal.serviceclient.StatusUtils;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** Calls of a server, each with a deadline, and each failure as a {@link LaneException}. */
final class Calls {

  /** Ends the waits of all clients; it does nothing else. */
  private static final ScheduledExecutorService TIMER =
      Executors.newSingleThreadScheduledExecutor(
          work -> {
            Thread thread = new Thread(work, "lane-client-deadlines");
            thread.setDaemon(true);
            return thread;
          });

  private static final Duration LOOK = Duration.ofSeconds(2);

  private final WorkflowClient client;
  private final Duration deadline;

  Calls(WorkflowClient client, Duration deadline) {
    this.client = client;
    this.deadline = deadline;
  }

  WorkflowClient client() {
    return client;
  }

  /** How long a call may take. */
  Duration deadline() {
    return deadline;
  }

  /**
   * Makes a call that the server answers itself.
   *
   * @param run what it is about
   */
  <T> T server(WorkflowExecution run, Callable<T> call) {
    return made(run, false, call);
  }

  /** Makes a call that a worker answers. */
  <T> T worker(WorkflowExecution run, Callable<T> call) {
    return made(run, true, call);
  }

  private <T> T made(WorkflowExecution run, boolean byWorker, Callable<T> call) {
    Context.CancellableContext context =
        Context.current().withDeadlineAfter(deadline.toMillis(), TimeUnit.MILLISECONDS, TIMER);
    try {
      return context.call(call);
    } catch (LaneException e) {
      throw e;
    } catch (Exception e) {
      throw failed(run, byWorker, e);
    } finally {
      context.cancel(null);
    }
  }

  /** The run as the server has it; the newest of the workflow id when no run is named. */
  WorkflowExecutionInfo describe(WorkflowExecution run) {
    return server(
        run,
        () ->
            blocking()
                .describeWorkflowExecution(
                    DescribeWorkflowExecutionRequest.newBuilder()
                        .setNamespace(client.getOptions().getNamespace())
                        .setExecution(run)
                        .build())
                .getWorkflowExecutionInfo());
  }

  /** With what a run was started. */
  WorkflowExecutionStartedEventAttributes started(WorkflowExecution run) {
    return server(
        run,
        () ->
            blocking()
                .getWorkflowExecutionHistory(
                    GetWorkflowExecutionHistoryRequest.newBuilder()
                        .setNamespace(client.getOptions().getNamespace())
                        .setExecution(run)
                        .setMaximumPageSize(1)
                        .build())
                .getHistory()
                .getEvents(0)
                .getWorkflowExecutionStartedEventAttributes());
  }

  private WorkflowServiceBlockingStub blocking() {
    return client.getWorkflowServiceStubs().blockingStub();
  }

  /** What a failure of a call means; what a deadline means is looked up. */
  LaneException failed(WorkflowExecution run, boolean byWorker, Exception e) {
    String id = run.getWorkflowId();
    Optional<WorkflowUpdateException> refused = cause(e, WorkflowUpdateException.class);
    if (refused.isPresent()) {
      return refused(id, refused.get());
    }
    Optional<DataConverterException> unreadable = cause(e, DataConverterException.class);
    if (unreadable.isPresent()) {
      String why = innermost(unreadable.get());
      return LaneException.of(Code.UNREADABLE, id, "an answer that this release can read", why, e);
    }
    Optional<Status> status =
        cause(e, StatusRuntimeException.class).map(StatusRuntimeException::getStatus);
    boolean missing =
        cause(e, StatusRuntimeException.class)
            .filter(s -> StatusUtils.hasFailure(s, NamespaceNotFoundFailure.class))
            .isPresent();
    String namespace = client.getOptions().getNamespace();
    String answered = status.map(Calls::words).orElseGet(() -> innermost(e));
    if (missing) {
      return LaneException.of(
          Code.NAMESPACE_MISSING, namespace, "a namespace of the server", answered, e);
    }
    if (cause(e, WorkflowNotFoundException.class).isPresent()) {
      return LaneException.of(
          Code.RUN_UNKNOWN, id, "a run that is under way in namespace " + namespace, answered, e);
    }
    return switch (status.map(Status::getCode).orElse(Status.Code.UNKNOWN)) {
      case UNAVAILABLE -> unreachable(id, answered, e);
      case DEADLINE_EXCEEDED, CANCELLED ->
          serverAnswers()
              ? nobody(id, byWorker, "none within " + deadline.toMillis() + " ms", e)
              : unreachable(id, answered, e);
      case NOT_FOUND ->
          LaneException.of(Code.RUN_UNKNOWN, id, "a run of namespace " + namespace, answered, e);
      case FAILED_PRECONDITION -> nobody(id, byWorker, answered, e);
      case INVALID_ARGUMENT ->
          LaneException.of(
              large(answered) ? Code.TOO_LARGE : Code.INVALID,
              id,
              "what the server takes",
              answered,
              e);
      case RESOURCE_EXHAUSTED ->
          LaneException.of(
              large(answered) ? Code.TOO_LARGE : Code.BUSY,
              id,
              "what the server takes",
              answered,
              e);
      case PERMISSION_DENIED, UNAUTHENTICATED ->
          LaneException.of(Code.DENIED, id, "the right to do this", answered, e);
      default -> LaneException.of(Code.FAULT, id, "an answer of the server", answered, e);
    };
  }

  private static LaneException refused(String id, WorkflowUpdateException e) {
    Optional<ApplicationFailure> why = cause(e, ApplicationFailure.class);
    return LaneException.of(
        why.filter(Refusal::isStaleHold).isPresent() ? Code.STALE_HOLD : Code.INVALID,
        id,
        "a lane that takes the answer",
        why.map(ApplicationFailure::getOriginalMessage).orElseGet(() -> innermost(e)),
        e);
  }

  private static LaneException unreachable(String id, String answered, Exception e) {
    return LaneException.of(Code.UNREACHABLE, id, "a server that answers", answered, e);
  }

  private static LaneException nobody(String id, boolean byWorker, String answered, Exception e) {
    return byWorker
        ? LaneException.of(Code.NO_WORKERS, id, "a worker that answers for the lane", answered, e)
        : LaneException.of(Code.BUSY, id, "an answer of the server", answered, e);
  }

  private boolean serverAnswers() {
    try {
      return blocking()
          .withDeadlineAfter(LOOK.toMillis(), TimeUnit.MILLISECONDS)
          .getSystemInfo(GetSystemInfoRequest.getDefaultInstance())
          .hasCapabilities();
    } catch (StatusRuntimeException e) {
      return false;
    }
  }

  private static boolean large(String answered) {
    String lower = answered.toLowerCase(Locale.ROOT);
    return Stream.of("size exceeds", "too large", "larger than max", "exceeds size limit")
        .anyMatch(lower::contains);
  }

  private static String words(Status status) {
    String description = status.getDescription();
    return status.getCode()
        + (description == null ? "" : ": " + description.lines().findFirst().orElse(""));
  }

  private static String innermost(Throwable fault) {
    Throwable root = fault;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    return String.valueOf(root.getMessage()).lines().findFirst().orElse("");
  }

  /** The outermost of a kind among a failure and its causes. */
  static <T extends Throwable> Optional<T> cause(Throwable failure, Class<T> type) {
    return Stream.iterate(failure, f -> f != null, Throwable::getCause)
        .filter(type::isInstance)
        .map(type::cast)
        .findFirst();
  }
}
