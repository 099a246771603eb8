package dev.lanekeeper.worker;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.util.Timestamps;
import dev.lanekeeper.workflow.TaskQueues;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import io.grpc.stub.StreamObserver;
import io.temporal.api.enums.v1.TaskQueueType;
import io.temporal.api.taskqueue.v1.PollerInfo;
import io.temporal.api.workflowservice.v1.DescribeTaskQueueRequest;
import io.temporal.api.workflowservice.v1.DescribeTaskQueueResponse;
import io.temporal.api.workflowservice.v1.GetSystemInfoRequest;
import io.temporal.api.workflowservice.v1.GetSystemInfoResponse;
import io.temporal.api.workflowservice.v1.WorkflowServiceGrpc;
import io.temporal.client.WorkflowClient;
import io.temporal.serviceclient.WorkflowServiceStubs;
import io.temporal.serviceclient.WorkflowServiceStubsOptions;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A queue belongs to one knowledge base, as far as the server says who polls it. */
final class QueueGuardTest {

  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");

  private final Map<String, PollerInfo> pollers = new HashMap<>();
  private Server server;
  private ManagedChannel channel;
  private WorkflowServiceStubs stubs;
  private WorkflowClient client;

  @BeforeEach
  void serve() throws Exception {
    String name = "queues-" + UUID.randomUUID();
    server =
        InProcessServerBuilder.forName(name)
            .addService(
                new WorkflowServiceGrpc.WorkflowServiceImplBase() {
                  @Override
                  public void getSystemInfo(
                      GetSystemInfoRequest request, StreamObserver<GetSystemInfoResponse> answer) {
                    answer.onNext(GetSystemInfoResponse.getDefaultInstance());
                    answer.onCompleted();
                  }

                  @Override
                  public void describeTaskQueue(
                      DescribeTaskQueueRequest request,
                      StreamObserver<DescribeTaskQueueResponse> answer) {
                    PollerInfo poller =
                        pollers.get(
                            key(request.getTaskQueue().getName(), request.getTaskQueueType()));
                    answer.onNext(
                        DescribeTaskQueueResponse.newBuilder()
                            .addAllPollers(poller == null ? List.of() : List.of(poller))
                            .build());
                    answer.onCompleted();
                  }
                })
            .build()
            .start();
    channel = InProcessChannelBuilder.forName(name).build();
    stubs =
        WorkflowServiceStubs.newServiceStubs(
            WorkflowServiceStubsOptions.newBuilder().setChannel(channel).build());
    client = WorkflowClient.newInstance(stubs);
  }

  @AfterEach
  void stop() {
    stubs.shutdownNow();
    var unusedChannel = channel.shutdownNow();
    var unusedServer = server.shutdownNow();
  }

  private static String key(String queue, TaskQueueType type) {
    return queue + " " + type;
  }

  private void polls(String queue, TaskQueueType type, String identity, Instant at) {
    pollers.clear();
    pollers.put(
        key(queue, type),
        PollerInfo.newBuilder()
            .setIdentity(identity)
            .setLastAccessTime(Timestamps.fromMillis(at.toEpochMilli()))
            .build());
  }

  private boolean taken() {
    return QueueGuard.stranger(client, "lanes", "kb-ours", NOW).isPresent();
  }

  @Test
  void queue_thatAnotherKnowledgeBasesWorkerPolls_isTaken_whicheverItPolls() {
    String stranger = QueueGuard.pollerName("worker@host", "kb-theirs");
    for (String queue : List.of("lanes", TaskQueues.reviewer("lanes"))) {
      for (TaskQueueType type :
          List.of(TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW, TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY)) {
        polls(queue, type, stranger, NOW.minusSeconds(69));
        assertThat(QueueGuard.stranger(client, "lanes", "kb-ours", NOW)).contains(stranger);
      }
    }
  }

  @Test
  void queue_isOurs_besideOurWorkers_thoseThatHaveStopped_andOnesThatAreNoLanekeepers() {
    TaskQueueType type = TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY;
    assertThat(taken()).as("nobody polls").isFalse();
    polls("lanes", type, QueueGuard.pollerName("worker@host", "kb-ours"), NOW);
    assertThat(taken()).as("a worker of ours").isFalse();
    polls("lanes", type, QueueGuard.pollerName("worker@host", "kb-theirs"), NOW.minusSeconds(71));
    assertThat(taken()).as("one that has stopped").isFalse();
    polls("lanes", type, "somebody", NOW);
    assertThat(taken()).as("one that serves no knowledge base").isFalse();
    polls("other", type, QueueGuard.pollerName("worker@host", "kb-theirs"), NOW);
    assertThat(taken()).as("one on another queue").isFalse();
  }
}
