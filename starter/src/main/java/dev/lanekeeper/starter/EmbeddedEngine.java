package dev.lanekeeper.starter;

import dev.lanekeeper.kb.KnowledgeBase;
import dev.lanekeeper.workflow.Owner;
import io.temporal.api.common.v1.WorkflowExecution;
import io.temporal.api.enums.v1.WorkflowExecutionStatus;
import io.temporal.api.workflowservice.v1.DescribeWorkflowExecutionRequest;
import io.temporal.client.WorkflowClient;
import io.temporal.client.WorkflowClientOptions;
import io.temporal.serviceclient.WorkflowServiceStubs;
import io.temporal.serviceclient.WorkflowServiceStubsOptions;
import io.temporal.testserver.TestServer;
import java.util.UUID;

/** Temporal's in-JVM test server in real time, in this process; the one class that connects. */
final class EmbeddedEngine implements KnowledgeBase.OwnerProof, AutoCloseable {

  private static final String PREFIX = "embedded-";
  private static final String NAMESPACE = "default";

  private final String name = PREFIX + UUID.randomUUID();
  private final TestServer.InProcessTestServer server;
  private final WorkflowServiceStubs stubs;
  private final WorkflowClient client;

  /** Starts the engine; the caller holds the home's lock. */
  EmbeddedEngine() {
    boolean realTime = true;
    server = TestServer.createServer(realTime);
    stubs =
        WorkflowServiceStubs.newServiceStubs(
            WorkflowServiceStubsOptions.newBuilder().setChannel(server.getChannel()).build());
    client =
        WorkflowClient.newInstance(
            stubs, WorkflowClientOptions.newBuilder().setNamespace(NAMESPACE).build());
  }

  /** The name that owners of claims carry; a new one in each process. */
  String name() {
    return name;
  }

  WorkflowClient client() {
    return client;
  }

  /**
   * A run of another embedded engine is closed, since this process holds the home's lock and an
   * embedded engine ends with its process. A run of this engine is closed when the engine says so.
   */
  @Override
  public boolean provenClosed(Owner owner) {
    if (!owner.engine().equals(name)) {
      return owner.engine().startsWith(PREFIX);
    }
    return stubs
            .blockingStub()
            .describeWorkflowExecution(
                DescribeWorkflowExecutionRequest.newBuilder()
                    .setNamespace(NAMESPACE)
                    .setExecution(
                        WorkflowExecution.newBuilder().setWorkflowId(owner.workflowId()).build())
                    .build())
            .getWorkflowExecutionInfo()
            .getStatus()
        != WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_RUNNING;
  }

  @Override
  public void close() {
    stubs.shutdownNow();
    server.close();
  }
}
