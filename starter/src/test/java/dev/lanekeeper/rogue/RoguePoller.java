package dev.lanekeeper.rogue;

import io.grpc.Context;
import io.grpc.StatusRuntimeException;
import io.temporal.api.command.v1.Command;
import io.temporal.api.command.v1.CompleteWorkflowExecutionCommandAttributes;
import io.temporal.api.common.v1.Payloads;
import io.temporal.api.enums.v1.CommandType;
import io.temporal.api.enums.v1.QueryResultType;
import io.temporal.api.taskqueue.v1.TaskQueue;
import io.temporal.api.workflowservice.v1.PollActivityTaskQueueRequest;
import io.temporal.api.workflowservice.v1.PollActivityTaskQueueResponse;
import io.temporal.api.workflowservice.v1.PollWorkflowTaskQueueRequest;
import io.temporal.api.workflowservice.v1.PollWorkflowTaskQueueResponse;
import io.temporal.api.workflowservice.v1.RespondActivityTaskCompletedRequest;
import io.temporal.api.workflowservice.v1.RespondQueryTaskCompletedRequest;
import io.temporal.api.workflowservice.v1.RespondWorkflowTaskCompletedRequest;
import io.temporal.api.workflowservice.v1.WorkflowServiceGrpc.WorkflowServiceBlockingStub;
import io.temporal.client.WorkflowClient;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;

/** Polls one of the product's queues as a worker does, and answers what it likes. */
public final class RoguePoller implements AutoCloseable {

  /** Takes one task, and says under which name it stands in {@link #taken()}. */
  private interface Taking {
    Optional<String> take(WorkflowServiceBlockingStub service);
  }

  /** What to say to an activity's task. */
  public interface Answers {
    /** JSON; nothing to keep the task and say nothing. */
    Optional<String> answer(PollActivityTaskQueueResponse task);
  }

  private final Context.CancellableContext context = Context.current().withCancellation();
  private final List<String> taken = new CopyOnWriteArrayList<>();
  private final Thread thread;

  private RoguePoller(WorkflowClient client, Taking taking) {
    WorkflowServiceBlockingStub service = client.getWorkflowServiceStubs().blockingStub();
    thread =
        new Thread(
            context.wrap(
                () -> {
                  while (!context.isCancelled()) {
                    try {
                      taking.take(service).ifPresent(taken::add);
                    } catch (StatusRuntimeException goneMeanwhile) {
                      // Its task timed out, or this poller was told to end.
                    }
                  }
                }),
            "rogue");
    thread.setDaemon(true);
    thread.start();
  }

  /** Answers activities. */
  public static RoguePoller ofActivities(WorkflowClient client, String queue, Answers answers) {
    String namespace = client.getOptions().getNamespace();
    return new RoguePoller(
        client,
        service -> {
          PollActivityTaskQueueResponse task =
              service.pollActivityTaskQueue(
                  PollActivityTaskQueueRequest.newBuilder()
                      .setNamespace(namespace)
                      .setIdentity("rogue")
                      .setTaskQueue(TaskQueue.newBuilder().setName(queue))
                      .build());
          if (task.getTaskToken().isEmpty()) {
            return Optional.empty();
          }
          Optional<String> answer = answers.answer(task);
          if (answer.isPresent()) {
            var unused =
                service.respondActivityTaskCompleted(
                    RespondActivityTaskCompletedRequest.newBuilder()
                        .setNamespace(namespace)
                        .setTaskToken(task.getTaskToken())
                        .setResult(payloads(answer.get()))
                        .build());
          }
          return Optional.of(task.getActivityType().getName());
        });
  }

  /**
   * Completes every workflow of the queue, and answers every query.
   *
   * @param result what the workflow is to have come to, as JSON
   * @param status what a query is told, as JSON
   */
  public static RoguePoller ofWorkflows(
      WorkflowClient client, String queue, String result, String status) {
    String namespace = client.getOptions().getNamespace();
    return new RoguePoller(
        client,
        service -> {
          PollWorkflowTaskQueueResponse task =
              service.pollWorkflowTaskQueue(
                  PollWorkflowTaskQueueRequest.newBuilder()
                      .setNamespace(namespace)
                      .setIdentity("rogue")
                      .setTaskQueue(TaskQueue.newBuilder().setName(queue))
                      .build());
          if (task.getTaskToken().isEmpty()) {
            return Optional.empty();
          }
          if (task.hasQuery()) {
            var unused =
                service.respondQueryTaskCompleted(
                    RespondQueryTaskCompletedRequest.newBuilder()
                        .setNamespace(namespace)
                        .setTaskToken(task.getTaskToken())
                        .setCompletedType(QueryResultType.QUERY_RESULT_TYPE_ANSWERED)
                        .setQueryResult(payloads(status))
                        .build());
            return Optional.of("query " + task.getQuery().getQueryType());
          }
          var unused =
              service.respondWorkflowTaskCompleted(
                  RespondWorkflowTaskCompletedRequest.newBuilder()
                      .setNamespace(namespace)
                      .setTaskToken(task.getTaskToken())
                      .addCommands(
                          Command.newBuilder()
                              .setCommandType(CommandType.COMMAND_TYPE_COMPLETE_WORKFLOW_EXECUTION)
                              .setCompleteWorkflowExecutionCommandAttributes(
                                  CompleteWorkflowExecutionCommandAttributes.newBuilder()
                                      .setResult(payloads(result))))
                      .build());
          return Optional.of("workflow " + task.getWorkflowType().getName());
        });
  }

  private static Payloads payloads(String json) {
    return Payloads.newBuilder().addPayloads(RawJson.payload(json)).build();
  }

  /** What it has taken so far. */
  public List<String> taken() {
    return List.copyOf(taken);
  }

  @Override
  public void close() throws InterruptedException {
    context.cancel(null);
    thread.join();
  }
}
