package dev.lanekeeper.workflow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lanekeeper.canonical.Json;
import io.temporal.client.WorkflowClientOptions;
import io.temporal.common.WorkflowExecutionHistory;
import io.temporal.common.converter.RawValue;
import io.temporal.testing.TestEnvironmentOptions;
import io.temporal.testing.TestWorkflowEnvironment;
import io.temporal.worker.Worker;
import io.temporal.workflow.Workflow;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every frozen history replays on today's workflow, with the options that a worker has; one that
 * differs would not.
 */
class ReplayTest {

  private static TestWorkflowEnvironment environment;

  @BeforeAll
  static void start() {
    environment =
        TestWorkflowEnvironment.newInstance(
            TestEnvironmentOptions.newBuilder()
                .setWorkflowClientOptions(
                    WorkflowClientOptions.newBuilder().setNamespace("default").build())
                .build());
  }

  @AfterAll
  static void close() {
    environment.close();
  }

  private static final Path FOLDER = Path.of("src/test/resources/histories");

  static List<Path> histories() throws IOException {
    try (Stream<Path> files = Files.list(FOLDER)) {
      return files.sorted().toList();
    }
  }

  @Test
  void histories_areThere() throws IOException {
    assertThat(histories().stream().map(p -> p.getFileName().toString()))
        .contains(
            "0.1.0-applied.json",
            "0.1.0-applied-unheard.json",
            "0.1.0-approved-again-before-s6.json",
            "0.1.0-rollback.json",
            "0.1.0-rollback-refused.json")
        .hasSizeGreaterThanOrEqualTo(13);
  }

  /** Under the workflow's own id and namespace, for which its results are signed. */
  private static void replay(Path frozen, Class<? extends LaneWorkflow> lane) throws Exception {
    ObjectNode history = (ObjectNode) Json.parse(Files.readAllBytes(frozen));
    String id = history.remove("workflowId").textValue();
    Worker worker =
        environment.newWorker("replay-" + UUID.randomUUID(), Limits.DEFAULT.worker().build());
    worker.registerWorkflowImplementationTypes(
        Limits.DEFAULT.workflows(), lane, LaneRollbackWorkflowImpl.class);
    worker.replayWorkflowExecution(WorkflowExecutionHistory.fromJson(history.toString(), id));
  }

  @ParameterizedTest
  @MethodSource("histories")
  void history_replays(Path history) throws Exception {
    replay(history, LaneWorkflowImpl.class);
  }

  @Test
  void history_ofAnotherWorkflow_doesNotReplay() throws IOException {
    Path applied =
        histories().stream()
            .filter(p -> p.toString().endsWith("0.1.0-applied.json"))
            .findFirst()
            .get();
    assertThatThrownBy(() -> replay(applied, Changed.class))
        .hasStackTraceContaining("NonDeterministicException");
  }

  @Test
  void history_replaysInALaneThatChangedUnderAVersion() throws Exception {
    for (Path history : histories()) {
      if (!history.toString().endsWith("-wrong-input.json")) {
        replay(history, LaneWithMore.class);
      }
    }
  }

  /** The lane as it is, with a timer before everything else in runs that begin from now on. */
  public static class LaneWithMore extends LaneWorkflowImpl {
    @Override
    public LaneOutcome run(RawValue input) {
      int version = Workflow.getVersion("a-pause-first", Workflow.DEFAULT_VERSION, 1);
      if (version == 1) {
        Workflow.sleep(java.time.Duration.ofSeconds(1));
      }
      return super.run(input);
    }
  }

  /** A lane that skips S1. */
  public static class Changed implements LaneWorkflow {
    private final Activities.S0Preflight s0 =
        StageStubs.of(dev.lanekeeper.lane.Stage.S0, Activities.S0Preflight.class);
    private final Activities.S2StagingRollbackProof s2 =
        StageStubs.of(dev.lanekeeper.lane.Stage.S2, Activities.S2StagingRollbackProof.class);

    @Override
    public LaneOutcome run(RawValue input) {
      LaneRequest request = LaneRequest.read(input);
      PreflightResult preflight = s0.preflight(request, 0);
      s2.prove(
          new StageCall(
              request.lane(),
              java.util.Optional.empty(),
              0,
              preflight.planDigest().orElseThrow(),
              preflight.grant().orElseThrow()));
      throw new IllegalStateException("never reached in a replay");
    }

    @Override
    public LaneStatus status() {
      return new LaneStatus(
          LaneStatus.Phase.RUNNING,
          List.of(),
          java.util.Optional.empty(),
          java.util.Optional.empty(),
          java.util.Optional.empty(),
          java.util.Optional.empty());
    }

    @Override
    public void resume(RawValue hold) {}

    @Override
    public void mayResume(RawValue hold) {}

    @Override
    public void approve(RawValue approval) {}

    @Override
    public void mayApprove(RawValue approval) {}

    @Override
    public void rollback(RawValue hold) {}

    @Override
    public void mayRollback(RawValue hold) {}

    @Override
    public void abort(RawValue hold) {}

    @Override
    public void mayAbort(RawValue hold) {}
  }
}
