package dev.lanekeeper.worker;

import com.google.protobuf.util.Timestamps;
import dev.lanekeeper.workflow.TaskQueues;
import io.grpc.StatusRuntimeException;
import io.temporal.api.enums.v1.TaskQueueType;
import io.temporal.api.taskqueue.v1.PollerInfo;
import io.temporal.api.taskqueue.v1.TaskQueue;
import io.temporal.api.workflowservice.v1.DescribeTaskQueueRequest;
import io.temporal.client.WorkflowClient;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * Keeps workers of two knowledge bases off one task queue: a stage would be given to either. Each
 * worker polls under a name that ends with the knowledge base that it serves.
 */
public final class QueueGuard {

  /** A poll lasts a minute at most; who has not polled for longer has stopped. */
  private static final Duration SILENT = Duration.ofSeconds(70);

  private static final String SERVES = " serves ";

  private QueueGuard() {}

  /** The name under which a worker polls. */
  public static String pollerName(String identity, String kbId) {
    return identity + SERVES + kbId;
  }

  /** A worker of another knowledge base that polls the queue or its reviewer's, if one is seen. */
  public static Optional<String> stranger(
      WorkflowClient client, String queue, String kbId, Instant now) {
    for (String polled : List.of(queue, TaskQueues.reviewer(queue))) {
      for (TaskQueueType type :
          List.of(TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW, TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY)) {
        Optional<String> other =
            pollers(client, polled, type).stream()
                .filter(p -> lastSeen(p).isAfter(now.minus(SILENT)))
                .map(PollerInfo::getIdentity)
                .filter(name -> name.contains(SERVES) && !name.endsWith(SERVES + kbId))
                .findFirst();
        if (other.isPresent()) {
          return other;
        }
      }
    }
    return Optional.empty();
  }

  private static Instant lastSeen(PollerInfo poller) {
    return Instant.ofEpochMilli(Timestamps.toMillis(poller.getLastAccessTime()));
  }

  private static List<PollerInfo> pollers(WorkflowClient client, String queue, TaskQueueType type) {
    try {
      return client
          .getWorkflowServiceStubs()
          .blockingStub()
          .describeTaskQueue(
              DescribeTaskQueueRequest.newBuilder()
                  .setNamespace(client.getOptions().getNamespace())
                  .setTaskQueue(TaskQueue.newBuilder().setName(queue))
                  .setTaskQueueType(type)
                  .build())
          .getPollersList();
    } catch (StatusRuntimeException e) {
      // A server that does not say; a stage refuses a lane of another knowledge base all the same.
      return List.of();
    }
  }
}
