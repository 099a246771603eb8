package dev.lanekeeper.worker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lanekeeper.authority.Grant;
import dev.lanekeeper.client.LaneClient;
import dev.lanekeeper.evidence.Bundle;
import dev.lanekeeper.evidence.FileTree;
import dev.lanekeeper.evidence.LaneFolder;
import dev.lanekeeper.grant.TrustRoot;
import dev.lanekeeper.kb.KnowledgeBase;
import dev.lanekeeper.lane.KbPath;
import dev.lanekeeper.lane.LaneName;
import dev.lanekeeper.lane.Plan;
import dev.lanekeeper.rollback.RollbackActivity;
import dev.lanekeeper.s0preflight.S0PreflightActivity;
import dev.lanekeeper.s1seal.S1SealVersusBytesActivity;
import dev.lanekeeper.s2staging.S2StagingRollbackProofActivity;
import dev.lanekeeper.s3gate.S3HardenedGateActivity;
import dev.lanekeeper.s4probes.S4ExecutionProbesActivity;
import dev.lanekeeper.s5publish.S5PublishPrimaryActivity;
import dev.lanekeeper.s6addenda.S6PublishAddendaActivity;
import dev.lanekeeper.s7review.S7ReviewActivity;
import dev.lanekeeper.seal.SealActivity;
import dev.lanekeeper.signature.SigningKey;
import dev.lanekeeper.stage.ResultSigner;
import dev.lanekeeper.stage.StageEnvironment;
import dev.lanekeeper.stage.TemporalCalls;
import dev.lanekeeper.testkit.Environments;
import dev.lanekeeper.testkit.TestLane;
import dev.lanekeeper.workflow.Activities;
import dev.lanekeeper.workflow.Hold;
import dev.lanekeeper.workflow.LaneEnd;
import dev.lanekeeper.workflow.LaneOutcome;
import dev.lanekeeper.workflow.LaneRequest;
import dev.lanekeeper.workflow.LaneStatus;
import dev.lanekeeper.workflow.PreflightResult;
import dev.lanekeeper.workflow.ReviewResult;
import dev.lanekeeper.workflow.StageCall;
import dev.lanekeeper.workflow.StageResult;
import dev.lanekeeper.workflow.TrustedKeys;
import dev.lanekeeper.workflow.WithdrawResult;
import io.temporal.client.WorkflowClient;
import io.temporal.client.WorkflowClientOptions;
import io.temporal.client.WorkflowFailedException;
import io.temporal.client.WorkflowStub;
import io.temporal.failure.ApplicationFailure;
import io.temporal.serviceclient.OperatorServiceStubs;
import io.temporal.serviceclient.OperatorServiceStubsOptions;
import io.temporal.serviceclient.WorkflowServiceStubs;
import io.temporal.serviceclient.WorkflowServiceStubsOptions;
import io.temporal.testserver.TestServer;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;

/** A home, a Temporal server in this JVM, and a worker with the real stages, or some replaced. */
final class Bench implements AutoCloseable {

  private final LaterClock clock = new LaterClock();
  private final Home home;
  private final TestServer.InProcessTestServer server = TestServer.createServer(true);
  private final WorkflowServiceStubs stubs;
  private final WorkflowClient client;
  private final StageEnvironment environment;
  private final SigningKey owner;
  private final SigningKey reviewer;
  private final Map<Class<?>, Object> activities = new LinkedHashMap<>();
  private Bundle bundle;
  private LaneWorker worker;

  Bench(Path folder) throws Exception {
    this(folder, LaneFolder.read(TestLane.FIX7));
  }

  Bench(Path folder, Bundle bundle) throws Exception {
    this(folder, bundle, TestLane.FIX7);
  }

  /** One of a knowledge base that begins with the first documents of the lane in a folder. */
  Bench(Path folder, Bundle bundle, Path lane) throws Exception {
    this.bundle = bundle;
    home = new Home(folder, clock);
    home.createKnowledgeBase(LaneFolder.read(lane).plan().spec().environment());
    KnowledgeBase kb = home.knowledgeBase();
    Map<KbPath, byte[]> first = new TreeMap<>();
    FileTree.read(lane.resolve("kb")).forEach((name, bytes) -> first.put(new KbPath(name), bytes));
    kb.importDocuments(first, "test");
    owner = home.keys().create("owner");
    SigningKey executor = home.keys().create("executor");
    reviewer = home.keys().create("reviewer");
    home.writeTrustRoot(
        TrustRoot.empty()
            .with(TrustRoot.Role.OWNER, "owner", owner.verifyKey())
            .with(TrustRoot.Role.EXECUTOR, "executor", executor.verifyKey())
            .with(TrustRoot.Role.REVIEWER, "reviewer", reviewer.verifyKey()));
    stubs =
        WorkflowServiceStubs.newServiceStubs(
            WorkflowServiceStubsOptions.newBuilder().setChannel(server.getChannel()).build());
    SearchAttributes.register(
        OperatorServiceStubs.newServiceStubs(
            OperatorServiceStubsOptions.newBuilder()
                .setChannel(server.getChannel())
                .validateAndBuildWithDefaults()),
        "default");
    client =
        WorkflowClient.newInstance(
            stubs, WorkflowClientOptions.newBuilder().setIdentity("bench").build());
    environment =
        new StageEnvironment(
            kb,
            home::reader,
            home.evidence(),
            home.evidence()::plan,
            home::trustRoot,
            executor,
            "bench",
            false,
            clock,
            "bench-engine",
            run -> false,
            dev.lanekeeper.kb.Leases.SETTLED,
            new TemporalHistory(client),
            home.workspaces(),
            key -> home.keys().holds(key, "owner"),
            new TemporalCalls(client));
    real(environment, Environments.with(environment, Map.of("key", reviewer)));
    home.evidence().putBundle(bundle);
    issueGrant();
  }

  private void real(StageEnvironment executor, StageEnvironment review) {
    activities.put(Activities.S0Preflight.class, new S0PreflightActivity(executor));
    activities.put(Activities.S1SealVersusBytes.class, new S1SealVersusBytesActivity(executor));
    activities.put(
        Activities.S2StagingRollbackProof.class, new S2StagingRollbackProofActivity(executor));
    activities.put(Activities.S3HardenedGate.class, new S3HardenedGateActivity(executor));
    activities.put(Activities.S4ExecutionProbes.class, new S4ExecutionProbesActivity(executor));
    activities.put(Activities.S5PublishPrimary.class, new S5PublishPrimaryActivity(executor));
    activities.put(Activities.S6PublishAddenda.class, new S6PublishAddendaActivity(executor));
    activities.put(Activities.Rollback.class, new RollbackActivity(executor));
    activities.put(Activities.Seal.class, new SealActivity(executor));
    activities.put(Activities.S7Review.class, new S7ReviewActivity(review));
  }

  /** The real implementation of an activity. */
  <T> T realActivity(Class<T> type) {
    return type.cast(activities.get(type));
  }

  /**
   * Replaces an activity before the start; what it returns is signed as a worker signs, unless it
   * is already.
   */
  <T> Bench replace(Class<T> type, T with) {
    Object signing =
        Proxy.newProxyInstance(
            type.getClassLoader(),
            new Class<?>[] {type},
            (proxy, method, arguments) -> {
              if (method.getDeclaringClass() == Object.class) {
                return method.invoke(this, arguments);
              }
              try {
                return signed(type, method.invoke(with, arguments), arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
    activities.put(type, signing);
    return this;
  }

  /** Replaces an activity before the start by one whose results nobody signs. */
  <T> Bench replaceUnsigned(Class<T> type, T with) {
    activities.put(type, with);
    return this;
  }

  private Object signed(Class<?> type, Object result, Object[] arguments) {
    boolean reviews = type == Activities.S7Review.class;
    ResultSigner signer =
        new ResultSigner(
            reviews ? Environments.with(environment, Map.of("key", reviewer)) : environment);
    int round =
        arguments[0] instanceof StageCall call
            ? call.round()
            : arguments.length > 1 && arguments[1] instanceof Integer given ? given : 0;
    if (result instanceof StageResult r && r.signed().isEmpty()) {
      return signer.sign(r, round);
    }
    if (result instanceof PreflightResult r && r.signed().isEmpty()) {
      return signer.sign(r, round);
    }
    if (result instanceof ReviewResult r && r.result().signed().isEmpty()) {
      return new ReviewResult(signer.sign(r.result(), round), r.packet());
    }
    return result instanceof WithdrawResult r && r.signed().isEmpty() ? signer.sign(r) : result;
  }

  /** Whose results a lane of this home believes. */
  TrustedKeys trustedKeys() {
    return (role, key) ->
        home.trustRoot().of(TrustRoot.Role.valueOf(role.name())).stream()
            .anyMatch(k -> k.thumbprint().equals(key));
  }

  Bench start() {
    List<Object> executor = new ArrayList<>(activities.values());
    Object review = activities.get(Activities.S7Review.class);
    executor.remove(review);
    worker = LaneWorker.start(client, trustedKeys(), executor, List.of(review));
    return this;
  }

  StageEnvironment environment() {
    return environment;
  }

  /** What a reviewer of this identity works with. */
  StageEnvironment reviewer(String identity) {
    return Environments.with(environment, Map.of("key", reviewer, "identity", identity));
  }

  Home home() {
    return home;
  }

  /** The clock of the home and the stages. */
  LaterClock clock() {
    return clock;
  }

  WorkflowClient client() {
    return client;
  }

  Plan plan() {
    return bundle.plan();
  }

  LaneName lane() {
    return bundle.plan().lane().metadata().name();
  }

  /** Stores a fresh grant for the bundle. */
  void issueGrant() throws IOException {
    issueGrant(bundle.plan());
  }

  void issueGrant(Plan plan) throws IOException {
    Instant now = Instant.now();
    Grant.Terms terms =
        new Grant.Terms(
            "grant-" + UUID.randomUUID(),
            "owner",
            "agent",
            home.reader().identity().id(),
            environment.key().verifyKey().thumbprint(),
            reviewer.verifyKey().thumbprint(),
            now.minusSeconds(1),
            now.plus(Duration.ofHours(1)),
            0);
    home.evidence().putGrant(Grant.of(plan, terms).sign(owner).bytes());
  }

  WorkflowStub run() {
    return run("lane-" + UUID.randomUUID());
  }

  WorkflowStub run(String workflowId) {
    return run(workflowId, lane());
  }

  WorkflowStub run(String workflowId, LaneName name) {
    return new LaneClient(client).start(workflowId, LaneRequest.of(name)).stub();
  }

  /** Waits until the lane is held for the n-th time. */
  Hold awaitHold(WorkflowStub lane, int number) throws InterruptedException {
    long end = System.nanoTime() + Duration.ofMinutes(4).toNanos();
    while (System.nanoTime() < end) {
      LaneStatus status = new LaneClient(client).status(lane);
      if (status.hold().filter(h -> h.number() == number).isPresent()) {
        return status.hold().get();
      }
      if (status.phase() == LaneStatus.Phase.ENDED) {
        throw new AssertionError("the lane ended: " + status);
      }
      Thread.sleep(20);
    }
    throw new AssertionError("no hold " + number + ": " + new LaneClient(client).status(lane));
  }

  void answer(WorkflowStub lane, String update, int hold) {
    new LaneClient(client).answer(lane, update, hold);
  }

  /** How the lane ended, whichever way. */
  LaneOutcome outcome(WorkflowStub lane) {
    try {
      LaneOutcome outcome = lane.getResult(LaneOutcome.class);
      assertThat(outcome.end())
          .as("the end of a workflow that completes")
          .isIn(LaneEnd.APPLIED, LaneEnd.ROLLED_BACK);
      return outcome;
    } catch (WorkflowFailedException e) {
      if (e.getCause() instanceof ApplicationFailure failure) {
        LaneOutcome outcome = failure.getDetails().get(LaneOutcome.class);
        assertThat(failure.getType()).isEqualTo(outcome.end().name());
        return outcome;
      }
      throw e;
    }
  }

  KbPath path(String change) {
    return plan().spec().changes().stream()
        .filter(c -> c.id().equals(change))
        .findFirst()
        .orElseThrow()
        .path();
  }

  Path file(String change) {
    return home.documents().resolve(path(change).value());
  }

  void foreign(String change, String text) throws IOException {
    Path file = file(change);
    Files.createDirectories(file.getParent());
    Path fresh = home.folder().resolve("foreign-" + UUID.randomUUID());
    Files.writeString(fresh, text);
    Files.move(fresh, file, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
  }

  @Override
  public void close() {
    if (worker != null) {
      worker.close();
    }
    stubs.shutdownNow();
    // Without this the server waits five seconds for calls that follow a lane which is still open.
    var unused = server.getChannel().shutdownNow();
    server.close();
  }
}
