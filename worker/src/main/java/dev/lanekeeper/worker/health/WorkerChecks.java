package dev.lanekeeper.worker.health;

import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.evidence.EvidenceStore;
import dev.lanekeeper.files.Kind;
import dev.lanekeeper.files.Named;
import dev.lanekeeper.kb.KbIdentity;
import dev.lanekeeper.kb.KbReader;
import dev.lanekeeper.worker.Home;
import dev.lanekeeper.worker.QueueGuard;
import dev.lanekeeper.worker.Role;
import dev.lanekeeper.worker.Wiring;
import dev.lanekeeper.workflow.TaskQueues;
import io.temporal.api.enums.v1.TaskQueueType;
import io.temporal.api.taskqueue.v1.TaskQueue;
import io.temporal.api.workflowservice.v1.DescribeTaskQueueRequest;
import io.temporal.api.workflowservice.v1.GetSystemInfoRequest;
import io.temporal.api.workflowservice.v1.WorkflowServiceGrpc.WorkflowServiceBlockingStub;
import io.temporal.client.WorkflowClient;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** What a worker of a real server cannot work without. */
public final class WorkerChecks {

  private static final byte[] PROBE = "lanekeeper readiness\n".getBytes(StandardCharsets.UTF_8);

  private final Home home;
  private final WorkflowClient client;
  private final String identity;

  private WorkerChecks(Home home, WorkflowClient client, String identity) {
    this.home = home;
    this.client = client;
    this.identity = identity;
  }

  /**
   * The checks of a worker.
   *
   * @throws IOException when the evidence store takes nothing
   */
  public static List<Check> of(Role role, Wiring wiring) throws IOException {
    Home home = wiring.home();
    WorkerChecks of =
        new WorkerChecks(
            home,
            wiring.client(),
            QueueGuard.pollerName(wiring.identity(), home.reader().identity().id()));
    List<Check> checks = new ArrayList<>();
    checks.add(new Check("Temporal server", of::server));
    if (role.executes()) {
      checks.add(of.polls(wiring.queue(), "workflows", TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW));
      checks.add(of.polls(wiring.queue(), "stages", TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY));
    }
    if (role.reviews()) {
      checks.add(
          of.polls(
              TaskQueues.reviewer(wiring.queue()),
              "stages",
              TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY));
    }
    // One reader for all its time: it reads what the ledger has gained, not all of it.
    KbReader kb = home.reader();
    checks.add(new Check("knowledge base", () -> of.knowledgeBase(kb)));
    // Opened once: opening it makes the folders that it wants.
    EvidenceStore evidence = home.evidence();
    Digest probe = evidence.put(PROBE);
    checks.add(new Check("evidence store", () -> answers(evidence, probe)));
    return List.copyOf(checks);
  }

  private WorkflowServiceBlockingStub stub() {
    return client
        .getWorkflowServiceStubs()
        .blockingStub()
        .withDeadlineAfter(1500, TimeUnit.MILLISECONDS);
  }

  private void server() {
    var unused = stub().getSystemInfo(GetSystemInfoRequest.getDefaultInstance());
  }

  /** The server's own word that this worker asks it for tasks. */
  private Check polls(String queue, String what, TaskQueueType type) {
    return new Check(
        "polling " + queue + " for " + what,
        () -> {
          boolean seen =
              stub()
                  .describeTaskQueue(
                      DescribeTaskQueueRequest.newBuilder()
                          .setNamespace(client.getOptions().getNamespace())
                          .setTaskQueue(TaskQueue.newBuilder().setName(queue))
                          .setTaskQueueType(type)
                          .build())
                  .getPollersList()
                  .stream()
                  .anyMatch(poller -> poller.getIdentity().equals(identity));
          if (!seen) {
            throw new IOException("the server has seen no poll of " + identity);
          }
        });
  }

  private void knowledgeBase(KbReader kb) throws IOException {
    KbIdentity now = home.reader().identity();
    if (!now.equals(kb.identity())) {
      throw new IOException("expected " + kb.identity() + ", found " + now);
    }
    var unused = kb.ledger();
    if (Named.kind(home.documents()) != Kind.FOLDER) {
      throw new IOException("no folder " + home.documents());
    }
  }

  private static void answers(EvidenceStore evidence, Digest probe) throws IOException {
    var unused = evidence.get(probe);
  }
}
