package dev.lanekeeper.starter;

import com.google.protobuf.util.Timestamps;
import com.uber.m3.tally.NoopScope;
import com.uber.m3.tally.Scope;
import dev.lanekeeper.client.LaneClient;
import dev.lanekeeper.client.LaneException;
import dev.lanekeeper.kb.KnowledgeBase;
import dev.lanekeeper.kb.LedgerState;
import dev.lanekeeper.text.CommandName;
import dev.lanekeeper.worker.SearchAttributes;
import dev.lanekeeper.workflow.Owner;
import dev.lanekeeper.workflow.TaskQueues;
import io.grpc.StatusRuntimeException;
import io.temporal.api.common.v1.WorkflowExecution;
import io.temporal.api.enums.v1.WorkflowExecutionStatus;
import io.temporal.api.workflow.v1.WorkflowExecutionInfo;
import io.temporal.api.workflowservice.v1.DescribeWorkflowExecutionRequest;
import io.temporal.api.workflowservice.v1.GetClusterInfoRequest;
import io.temporal.client.WorkflowClient;
import io.temporal.client.WorkflowClientOptions;
import io.temporal.client.WorkflowStub;
import io.temporal.client.WorkflowTargetOptions;
import io.temporal.envconfig.ClientConfigProfile;
import io.temporal.envconfig.LoadClientConfigProfileOptions;
import io.temporal.serviceclient.OperatorServiceStubs;
import io.temporal.serviceclient.OperatorServiceStubsOptions;
import io.temporal.serviceclient.WorkflowServiceStubs;
import io.temporal.serviceclient.WorkflowServiceStubsOptions;
import io.temporal.testserver.TestServer;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;

/**
 * A connection to a Temporal service: the in-JVM test server in this process, or a real server by
 * Temporal's own environment configuration. Nothing else in the code knows which it is.
 */
final class Connection implements KnowledgeBase.OwnerProof, LostRuns.Server, AutoCloseable {

  /** In the environment given to {@link #server}: read no configuration file. */
  static final String NO_FILE = "LANEKEEPER_NO_TEMPORAL_FILE";

  /** The environment variable that names the workers' task queue, as a worker reads it. */
  private static final String QUEUE = "LANEKEEPER_QUEUE";

  private static final String EMBEDDED = "embedded-";
  private static final String NAMESPACE = "default";
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private final String engine;
  private final WorkflowServiceStubs stubs;
  private final WorkflowClient client;
  private final String address;
  private final Runnable afterwards;
  private final String queue;

  private Connection(
      String engine,
      WorkflowServiceStubs stubs,
      WorkflowClient client,
      String address,
      String queue,
      Runnable afterwards) {
    this.queue = queue;
    this.engine = engine;
    this.stubs = stubs;
    this.client = client;
    this.address = address;
    this.afterwards = afterwards;
  }

  /** Starts an engine in this process, in real time; the caller holds the home's lock alone. */
  static Connection embedded() {
    boolean realTime = true;
    TestServer.InProcessTestServer server = TestServer.createServer(realTime);
    WorkflowServiceStubs stubs =
        WorkflowServiceStubs.newServiceStubs(
            WorkflowServiceStubsOptions.newBuilder().setChannel(server.getChannel()).build());
    SearchAttributes.register(
        OperatorServiceStubs.newServiceStubs(
            OperatorServiceStubsOptions.newBuilder()
                .setChannel(server.getChannel())
                .validateAndBuildWithDefaults()),
        NAMESPACE);
    return new Connection(
        EMBEDDED + UUID.randomUUID(),
        stubs,
        WorkflowClient.newInstance(stubs),
        "this process",
        TaskQueues.EXECUTOR,
        () -> {
          // The stubs leave a channel that they were given open, and the server would wait five
          // seconds for calls that follow a lane which is still open.
          var unused = server.getChannel().shutdownNow();
          server.close();
        });
  }

  /** Whether the environment names a server. */
  static boolean named(Map<String, String> environment) {
    return Stream.of("TEMPORAL_ADDRESS", "TEMPORAL_PROFILE")
        .anyMatch(name -> !environment.getOrDefault(name, "").isEmpty());
  }

  /** Whether a run was one of an engine in a command's own process. */
  static boolean embedded(Owner owner) {
    return owner.engine().startsWith(EMBEDDED);
  }

  /**
   * Connects to a real server as the environment and Temporal's configuration file say (Source:
   * Temporal, "Environment configuration"); without either, to the address of a local dev server.
   *
   * @param environment the environment variables
   * @param identity what the server shows as this process
   * @throws CommandFailure when the configuration is wrong or no server answers
   */
  static Connection server(Map<String, String> environment, String identity, String again)
      throws CommandFailure {
    return server(environment, identity, new NoopScope(), again);
  }

  /**
   * The same with metrics.
   *
   * @param metrics where the SDK counts
   */
  static Connection server(
      Map<String, String> environment, String identity, Scope metrics, String again)
      throws CommandFailure {
    ClientConfigProfile profile = profile(environment, again);
    WorkflowServiceStubsOptions options = options(profile, environment, metrics, again);
    WorkflowServiceStubs stubs = WorkflowServiceStubs.newServiceStubs(options);
    try {
      stubs.connect(PATIENCE);
      String cluster =
          stubs
              .blockingStub()
              .getClusterInfo(GetClusterInfoRequest.getDefaultInstance())
              .getClusterId();
      WorkflowClient client =
          WorkflowClient.newInstance(
              stubs,
              WorkflowClientOptions.newBuilder(profile.toWorkflowClientOptions())
                  .setIdentity(identity)
                  .build());
      String queue = environment.getOrDefault(QUEUE, "");
      return new Connection(
          "temporal-" + cluster,
          stubs,
          client,
          options.getTarget(),
          queue.isEmpty() ? TaskQueues.EXECUTOR : queue,
          () -> {});
    } catch (StatusRuntimeException e) {
      stubs.shutdownNow();
      throw new CommandFailure(
          ExitCode.FAULT,
          CommandCode.TEMPORAL_UNREACHABLE,
          options.getTarget(),
          "a Temporal server that answers within " + PATIENCE.toSeconds() + " s",
          why(e),
          "start one with "
              + CommandName.DEV.quoted()
              + ", or set TEMPORAL_ADDRESS or TEMPORAL_PROFILE; if the"
              + " server wants TLS or a client certificate, set TEMPORAL_TLS and the variables"
              + " after it (TEMPORAL_TLS_CLIENT_CERT_PATH, ...) or the profile's tls table",
          Shell.lanekeeper(CommandName.DEV));
    }
  }

  /** The status, and the innermost cause that says more: this is where TLS says what is wrong. */
  private static String why(StatusRuntimeException e) {
    String status =
        e.getStatus().getCode()
            + Optional.ofNullable(e.getStatus().getDescription())
                .map(d -> ": " + d.lines().findFirst().orElse(""))
                .orElse("");
    return Faults.innermost(e).map(root -> status + ": " + root).orElse(status);
  }

  private static ClientConfigProfile profile(Map<String, String> environment, String again)
      throws CommandFailure {
    try {
      return ClientConfigProfile.load(
          LoadClientConfigProfileOptions.newBuilder()
              .setConfigFileStrict(true)
              .setEnvOverrides(environment)
              .setDisableFile(environment.containsKey(NO_FILE))
              .build());
    } catch (IOException | RuntimeException e) {
      throw misconfigured(environment, e, again);
    }
  }

  private static WorkflowServiceStubsOptions options(
      ClientConfigProfile profile, Map<String, String> environment, Scope metrics, String again)
      throws CommandFailure {
    try {
      return WorkflowServiceStubsOptions.newBuilder(profile.toWorkflowServiceStubsOptions())
          .setMetricsScope(metrics)
          .validateAndBuildWithDefaults();
    } catch (RuntimeException e) {
      throw misconfigured(environment, e, again);
    }
  }

  private static CommandFailure misconfigured(
      Map<String, String> environment, Exception e, String again) {
    String message = String.valueOf(e.getMessage());
    String root = Faults.innermost(e).orElse("");
    String found = message.contains(root) ? message : message + ": " + root;
    return new CommandFailure(
        ExitCode.USAGE,
        CommandCode.TEMPORAL_CONFIGURATION,
        variable(environment, found),
        "Temporal's environment configuration",
        found,
        "correct the variable or the line that is named",
        again);
  }

  /** The variable whose file a fault names, or else where the configuration is. */
  private static String variable(Map<String, String> environment, String found) {
    return environment.entrySet().stream()
        .filter(v -> v.getKey().startsWith("TEMPORAL_") && v.getKey().endsWith("_PATH"))
        .filter(v -> !v.getValue().isEmpty() && found.contains(v.getValue()))
        .map(Map.Entry::getKey)
        .findFirst()
        .orElse(environment.getOrDefault("TEMPORAL_CONFIG_FILE", "environment"));
  }

  /** The engine's name, as owners of claims carry it; an embedded one has a new one each time. */
  String engine() {
    return engine;
  }

  WorkflowClient client() {
    return client;
  }

  /** Starts and steers lanes for the workers of this connection's queue. */
  LaneClient lanes() {
    return new LaneClient(client, queue);
  }

  /** Where the server is. */
  String address() {
    return address;
  }

  String namespace() {
    return client.getOptions().getNamespace();
  }

  /** Stubs of the operator service on the same channel. */
  OperatorServiceStubs operator() {
    return OperatorServiceStubs.newServiceStubs(
        OperatorServiceStubsOptions.newBuilder()
            .setChannel(stubs.getRawChannel())
            .validateAndBuildWithDefaults());
  }

  /**
   * A run of an embedded engine is closed: whoever asks holds the home's lock, alone or with other
   * workers, and an embedded engine holds it alone and ends with its process. A run of this engine
   * is closed when the engine says so: neither the run nor one that a reset made of it goes on. Of
   * any other engine, or one that does not answer, nothing is proven.
   */
  @Override
  public boolean provenClosed(Owner owner) {
    if (!knows(owner)) {
      return embedded(owner);
    }
    try {
      return closed(owner);
    } catch (LaneException e) {
      return false;
    }
  }

  @Override
  public boolean closed(Owner owner) {
    boolean runs = goesOn(owner.workflowId(), owner.runId().value()).isPresent();
    Optional<WorkflowExecutionInfo> latest = goesOn(owner.workflowId(), "");
    return !runs && latest.filter(l -> l.getFirstRunId().equals(owner.runId().value())).isEmpty();
  }

  /** Whether a run of this engine may still be under way: it has no end, and is not closed. */
  boolean mayGoOn(LedgerState ledger, Owner owner) {
    return knows(owner) && ledger.effectiveEnd(owner).isEmpty() && !provenClosed(owner);
  }

  /** Whether the service still has a run, open or closed. */
  boolean has(Owner owner) {
    return describe(owner.workflowId(), owner.runId().value()).isPresent();
  }

  /** A run that this engine knows, or what a reset made of it. */
  WorkflowStub run(Owner owner) {
    return client.newUntypedWorkflowStub(
        WorkflowTargetOptions.newBuilder()
            .setWorkflowId(owner.workflowId())
            .setFirstExecutionRunId(owner.runId().value())
            .build(),
        Optional.empty());
  }

  @Override
  public boolean knows(Owner owner) {
    return owner.engine().equals(engine) && owner.namespace().equals(namespace());
  }

  @Override
  public Optional<Instant> closedAt(Owner owner) {
    return describe(owner.workflowId(), owner.runId().value())
        .filter(WorkflowExecutionInfo::hasCloseTime)
        .map(i -> Instant.ofEpochMilli(Timestamps.toMillis(i.getCloseTime())));
  }

  /** The run, if it goes on; the latest one when no run id is given. */
  private Optional<WorkflowExecutionInfo> goesOn(String workflowId, String runId) {
    return describe(workflowId, runId)
        .filter(i -> i.getStatus() == WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_RUNNING);
  }

  /** What the server knows of a run; nothing when it was deleted. */
  private Optional<WorkflowExecutionInfo> describe(String workflowId, String runId) {
    try {
      return Optional.of(
          stubs
              .blockingStub()
              .describeWorkflowExecution(
                  DescribeWorkflowExecutionRequest.newBuilder()
                      .setNamespace(namespace())
                      .setExecution(
                          WorkflowExecution.newBuilder().setWorkflowId(workflowId).setRunId(runId))
                      .build())
              .getWorkflowExecutionInfo());
    } catch (StatusRuntimeException e) {
      if (e.getStatus().getCode() == io.grpc.Status.Code.NOT_FOUND) {
        return Optional.empty();
      }
      throw lanes().failure(e);
    }
  }

  @Override
  public void close() {
    stubs.shutdownNow();
    afterwards.run();
  }
}
