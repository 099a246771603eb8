package dev.lanekeeper.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.kb.LedgerEntry;
import dev.lanekeeper.lane.LaneName;
import dev.lanekeeper.lane.Stage;
import dev.lanekeeper.testkit.Triggers;
import dev.lanekeeper.verdict.RejectCode;
import dev.lanekeeper.verdict.Verdict;
import dev.lanekeeper.workflow.Activities;
import dev.lanekeeper.workflow.GatePass;
import dev.lanekeeper.workflow.Limits;
import dev.lanekeeper.workflow.ProbePass;
import dev.lanekeeper.workflow.SealCall;
import dev.lanekeeper.workflow.StageCall;
import dev.lanekeeper.workflow.StageResult;
import dev.lanekeeper.workflow.TaskQueues;
import io.temporal.activity.ActivityInterface;
import io.temporal.activity.ActivityMethod;
import io.temporal.activity.ActivityOptions;
import io.temporal.activity.LocalActivityOptions;
import io.temporal.client.WorkflowFailedException;
import io.temporal.client.WorkflowOptions;
import io.temporal.client.WorkflowStub;
import io.temporal.common.RetryOptions;
import io.temporal.failure.ApplicationFailure;
import io.temporal.failure.TemporalFailure;
import io.temporal.worker.Worker;
import io.temporal.worker.WorkerFactory;
import io.temporal.worker.WorkerFactoryOptions;
import io.temporal.workflow.NexusServiceOptions;
import io.temporal.workflow.Workflow;
import io.temporal.workflow.WorkflowInterface;
import io.temporal.workflow.WorkflowMethod;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A forbidden stage cannot be scheduled, registered, called or committed; each guard alone. */
class ForbiddenStageTest {

  @TempDir private Path folder;

  /** What no lane has. */
  @ActivityInterface
  public interface Deploy {
    /** Would deploy. */
    @ActivityMethod(name = "DeployToProduction")
    void deploy();
  }

  /** Counts whether anything was deployed. */
  public static final class DeployImpl implements Deploy {
    private final AtomicInteger deployed;

    DeployImpl(AtomicInteger deployed) {
      this.deployed = deployed;
    }

    @Override
    public void deploy() {
      deployed.incrementAndGet();
    }
  }

  /** A workflow that tries. */
  @WorkflowInterface
  public interface Intruder {
    /** Tries the named thing and hides its failure. */
    @WorkflowMethod(name = "Intruder")
    String run(String what);
  }

  /** It swallows what it can. */
  public static class IntruderImpl implements Intruder {
    @Override
    public String run(String what) {
      try {
        switch (what) {
          case "activity" ->
              Workflow.newUntypedActivityStub(options("intruders"))
                  .execute("DeployToProduction", Void.class);
          case "local activity" ->
              Workflow.newUntypedLocalActivityStub(
                      LocalActivityOptions.newBuilder()
                          .setStartToCloseTimeout(Duration.ofSeconds(5))
                          .build())
                  .execute("DeployToProduction", Void.class);
          case "child workflow" ->
              Workflow.newUntypedChildWorkflowStub("Deploy").execute(Void.class);
          case "continue as new" -> Workflow.continueAsNew("again");
          case "signal" -> Workflow.newUntypedExternalWorkflowStub("other").signal("go");
          case "Nexus operation" ->
              Workflow.newUntypedNexusServiceStub(
                      "deployments",
                      NexusServiceOptions.newBuilder().setEndpoint("production").build())
                  .execute("deploy", Void.class, "everything");
          case "cancel" -> Workflow.newUntypedExternalWorkflowStub("other").cancel();
          default -> throw new IllegalArgumentException(what);
        }
      } catch (ApplicationFailure refused) {
        throw refused;
      } catch (TemporalFailure hidden) {
        return "hidden";
      }
      return "done";
    }
  }

  /** The same under the name of the real workflow. */
  public static class ForgedLane implements ForgedLaneWorkflow {
    @Override
    public String run(StageCall call, GatePass gate, ProbePass probes) {
      Activities.S5PublishPrimary s5 =
          Workflow.newActivityStub(Activities.S5PublishPrimary.class, options(TaskQueues.EXECUTOR));
      return s5.publish(call, gate, probes, Optional.empty()).verdict().render();
    }
  }

  /** Its type is Lane, its code is not. */
  @WorkflowInterface
  public interface ForgedLaneWorkflow {
    /** Calls S5 with what it likes. */
    @WorkflowMethod(name = "Lane")
    String run(StageCall call, GatePass gate, ProbePass probes);
  }

  /** Seals what it likes, under the name of the real workflow. */
  public static class ForgedEnd implements ForgedEndWorkflow {
    @Override
    public String run(SealCall call) {
      Activities.Seal seal =
          Workflow.newActivityStub(Activities.Seal.class, options(TaskQueues.EXECUTOR));
      return seal.seal(call).toString();
    }
  }

  /** Its type is Lane, its code is not. */
  @WorkflowInterface
  public interface ForgedEndWorkflow {
    /** Calls Seal. */
    @WorkflowMethod(name = "Lane")
    String run(SealCall call);
  }

  /** A workflow of another type that calls S5. */
  @WorkflowInterface
  public interface Stranger {
    /** Calls S5 with what it likes. */
    @WorkflowMethod(name = "Stranger")
    String run(StageCall call, GatePass gate, ProbePass probes);
  }

  /** Not a lane. */
  public static class StrangerImpl implements Stranger {
    @Override
    public String run(StageCall call, GatePass gate, ProbePass probes) {
      return new ForgedLane().run(call, gate, probes);
    }
  }

  private static ActivityOptions options(String queue) {
    return ActivityOptions.newBuilder()
        .setTaskQueue(queue)
        .setStartToCloseTimeout(Duration.ofSeconds(20))
        .setRetryOptions(RetryOptions.newBuilder().setMaximumAttempts(1).build())
        .build();
  }

  private static WorkflowStub start(Bench bench, String type, Object... arguments) {
    WorkflowStub stub =
        bench
            .client()
            .newUntypedWorkflowStub(
                type,
                WorkflowOptions.newBuilder()
                    .setTaskQueue("intruders")
                    // Without the guard some of them would go on for ever instead of failing.
                    .setWorkflowExecutionTimeout(Duration.ofSeconds(30))
                    .build());
    stub.start(arguments);
    return stub;
  }

  private static WorkerFactory intruders(
      Bench bench, boolean guarded, Class<?> type, Object... activities) {
    WorkerFactoryOptions.Builder options = WorkerFactoryOptions.newBuilder();
    if (guarded) {
      options.setWorkerInterceptors(LaneWorker.interceptors(new Heartbeats()));
    }
    WorkerFactory factory = WorkerFactory.newInstance(bench.client(), options.build());
    Worker worker = factory.newWorker("intruders", Limits.EMBEDDED.worker().build());
    worker.registerWorkflowImplementationTypes(type);
    worker.registerActivitiesImplementations(activities);
    factory.start();
    return factory;
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "activity",
        "local activity",
        "child workflow",
        "Nexus operation",
        "continue as new",
        "signal",
        "cancel"
      })
  @Triggers(RejectCode.STAGE_FORBIDDEN)
  void schedule_ofAForbiddenStage_failsBeforeAnyCommand(String what) throws Exception {
    AtomicInteger deployed = new AtomicInteger();
    try (Bench bench = new Bench(folder.resolve("home"))) {
      WorkerFactory factory = intruders(bench, true, IntruderImpl.class, new DeployImpl(deployed));
      WorkflowStub intruder = start(bench, "Intruder", what);
      assertThatThrownBy(() -> intruder.getResult(String.class))
          .isInstanceOf(WorkflowFailedException.class)
          .cause()
          .isInstanceOfSatisfying(
              ApplicationFailure.class, f -> assertThat(f.getType()).isEqualTo("STAGE_FORBIDDEN"));
      List<String> events =
          bench.client().fetchHistory(intruder.getExecution().getWorkflowId()).getEvents().stream()
              .map(e -> e.getEventType().name())
              .toList();
      assertThat(events).noneMatch(e -> e.contains("SCHEDULED") && e.contains("ACTIVITY"));
      assertThat(events)
          .noneMatch(e -> e.contains("CHILD") || e.contains("EXTERNAL") || e.contains("NEXUS"));
      assertThat(deployed).hasValue(0);
      factory.shutdownNow();
    }
  }

  @Test
  void schedule_withoutTheGuard_wouldDeploy_soTheTestCanFail() throws Exception {
    AtomicInteger deployed = new AtomicInteger();
    try (Bench bench = new Bench(folder.resolve("home"))) {
      WorkerFactory factory = intruders(bench, false, IntruderImpl.class, new DeployImpl(deployed));
      assertThat(start(bench, "Intruder", "activity").getResult(String.class)).isEqualTo("done");
      assertThat(deployed).hasValue(1);
      factory.shutdownNow();
    }
  }

  @Test
  void registration_ofAnEleventhType_isRefused_andOfNineToo() throws Exception {
    try (Bench bench = new Bench(folder.resolve("home"))) {
      List<Object> ten = new ArrayList<>();
      for (Class<?> type :
          List.of(
              Activities.S0Preflight.class,
              Activities.S1SealVersusBytes.class,
              Activities.S2StagingRollbackProof.class,
              Activities.S3HardenedGate.class,
              Activities.S4ExecutionProbes.class,
              Activities.S5PublishPrimary.class,
              Activities.S6PublishAddenda.class,
              Activities.Rollback.class,
              Activities.Seal.class)) {
        ten.add(bench.realActivity(type));
      }
      List<Object> review = List.of(bench.realActivity(Activities.S7Review.class));
      List<Object> eleven = new ArrayList<>(ten);
      eleven.add(new DeployImpl(new AtomicInteger()));
      assertThatThrownBy(
              () -> LaneWorker.start(bench.client(), bench.trustedKeys(), eleven, review))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("DeployToProduction");
      assertThatThrownBy(
              () ->
                  LaneWorker.start(bench.client(), bench.trustedKeys(), ten.subList(0, 8), review))
          .isInstanceOf(IllegalStateException.class);
      LaneWorker.start(bench.client(), bench.trustedKeys(), ten, review).close();
    }
  }

  private static StageCall forgedCall(Bench bench) throws Exception {
    Digest grant = bench.home().evidence().grants().get(0);
    return new StageCall(
        new LaneName("fix7-p0"), Optional.empty(), 0, bench.plan().digest(), grant);
  }

  private static GatePass forgedGate() {
    return new GatePass(new StageResult(Stage.S3, Verdict.pass(), Optional.empty(), "forged"));
  }

  private static ProbePass forgedProbes() {
    return new ProbePass(new StageResult(Stage.S4, Verdict.pass(), Optional.empty(), "forged"));
  }

  @Test
  @Triggers(RejectCode.NOT_CALLED_BY_LANE)
  void activity_calledByAnotherWorkflowType_isRefused() throws Exception {
    try (Bench bench = new Bench(folder.resolve("home")).start()) {
      Digest before = bench.home().reader().inventory().tree();
      WorkerFactory factory = intruders(bench, true, StrangerImpl.class);
      WorkflowStub stranger =
          start(bench, "Stranger", forgedCall(bench), forgedGate(), forgedProbes());
      assertThatThrownBy(() -> stranger.getResult(String.class))
          .hasStackTraceContaining("NOT_CALLED_BY_LANE");
      assertThat(bench.home().reader().inventory().tree()).isEqualTo(before);
      assertThat(bench.home().reader().ledger().openClaims()).isEmpty();
      factory.shutdownNow();
    }
  }

  @Test
  @Triggers(RejectCode.COMMIT_NOT_CLEARED)
  void activity_calledByAForgedLane_isStoppedByTheCommit() throws Exception {
    try (Bench bench = new Bench(folder.resolve("home")).start()) {
      Digest before = bench.home().reader().inventory().tree();
      WorkerFactory factory = intruders(bench, true, ForgedLane.class);
      WorkflowStub forged = start(bench, "Lane", forgedCall(bench), forgedGate(), forgedProbes());
      assertThat(forged.getResult(String.class)).startsWith(RejectCode.COMMIT_NOT_CLEARED.name());
      assertThat(bench.home().reader().inventory().tree()).isEqualTo(before);
      factory.shutdownNow();
    }
  }

  @Test
  void seal_calledByAForgedLane_ofWhichTheLedgerKnowsNothing_endsNothing() throws Exception {
    try (Bench bench = new Bench(folder.resolve("home")).start()) {
      WorkerFactory factory = intruders(bench, true, ForgedEnd.class);
      SealCall call = new SealCall(Optional.empty(), Optional.empty());
      WorkflowStub forged = start(bench, "Lane", call);
      assertThatThrownBy(() -> forged.getResult(String.class))
          .hasStackTraceContaining(RejectCode.RUN_UNKNOWN.name());
      assertThat(bench.home().reader().ledger().all(LedgerEntry.RunEnded.class)).isEmpty();
      factory.shutdownNow();
    }
  }

  @Test
  void pass_ofAnotherStageOrVerdict_cannotBeMade() {
    Verdict no = Verdict.reject(RejectCode.GATE_SELFTEST_FAILED, "", "a", "b");
    assertThatThrownBy(() -> new GatePass(new StageResult(Stage.S3, no, Optional.empty(), "")))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(
            () -> new GatePass(new StageResult(Stage.S2, Verdict.pass(), Optional.empty(), "")))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(
            () ->
                new ProbePass(
                    new StageResult(Stage.S4, new Verdict.Unknown("?"), Optional.empty(), "")))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
