package dev.lanekeeper.starter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.canonical.Json;
import dev.lanekeeper.client.LaneClient;
import dev.lanekeeper.client.LaneException;
import dev.lanekeeper.client.LaneException.Code;
import dev.lanekeeper.client.LaneRun;
import dev.lanekeeper.client.RunEnd;
import dev.lanekeeper.lane.Plan;
import dev.lanekeeper.signature.SigningKey;
import dev.lanekeeper.testkit.TestLane;
import dev.lanekeeper.verdict.RejectCode;
import dev.lanekeeper.worker.Home;
import dev.lanekeeper.worker.LocalKeys;
import dev.lanekeeper.workflow.ApproveRequest;
import dev.lanekeeper.workflow.Hold;
import dev.lanekeeper.workflow.LaneEnd;
import dev.lanekeeper.workflow.LaneOutcome;
import dev.lanekeeper.workflow.LaneRequest;
import dev.lanekeeper.workflow.LaneStatus;
import dev.lanekeeper.workflow.LaneWorkflow;
import dev.lanekeeper.workflow.TaskQueues;
import io.temporal.api.common.v1.Payload;
import io.temporal.client.WorkflowClient;
import io.temporal.client.WorkflowClientOptions;
import io.temporal.client.WorkflowOptions;
import io.temporal.client.WorkflowStub;
import io.temporal.common.converter.CodecDataConverter;
import io.temporal.common.converter.DefaultDataConverter;
import io.temporal.common.converter.GsonJsonPayloadConverter;
import io.temporal.failure.ApplicationFailure;
import io.temporal.payload.codec.PayloadCodec;
import io.temporal.serviceclient.WorkflowServiceStubs;
import io.temporal.serviceclient.WorkflowServiceStubsOptions;
import io.temporal.worker.WorkerFactory;
import io.temporal.workflow.QueryMethod;
import io.temporal.workflow.UpdateMethod;
import io.temporal.workflow.Workflow;
import io.temporal.workflow.WorkflowInterface;
import io.temporal.workflow.WorkflowMethod;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * An agent's program on a real server: a connection of its own, a key of its own, {@link
 * LaneClient}, and nothing else. What it is told beside that, a person could write on a note: the
 * plan's digest, the knowledge base's id, the owner's thumbprint.
 */
class AgentServerIT {

  private static final String BLUEPRINT = "fix7-p0-operative-birth-blueprint-2026-06-12.md";

  /** More than a lane takes here. */
  private static final Duration LONG = Duration.ofMinutes(4);

  @TempDir private Path folder;

  /** What the agent was told. */
  private record Note(Plan plan, String kbId, Digest owner) {

    static Note of(TestBed bed) throws Exception {
      Home home = new Home(bed.home(), Clock.systemUTC());
      return new Note(
          new TestLane(Clock.systemUTC()).plan(),
          home.reader().identity().id(),
          home.keys().publicKey("owner").orElseThrow().thumbprint());
    }

    LaneRequest request(Optional<Digest> grant) {
      return new LaneRequest(
          plan.lane().metadata().name(),
          Optional.empty(),
          Optional.of(plan.digest()),
          Optional.of(kbId),
          grant,
          Optional.empty(),
          Optional.empty(),
          Optional.empty());
    }

    String workflowId() {
      return LaneClient.workflowId(plan.lane().metadata().name(), kbId, plan.digest());
    }
  }

  /** Turns every bit around, as an encrypting codec would. */
  private static final class Turned implements PayloadCodec {
    @Override
    public List<Payload> encode(List<Payload> payloads) {
      return payloads.stream().map(Turned::turned).toList();
    }

    @Override
    public List<Payload> decode(List<Payload> payloads) {
      return payloads.stream().map(Turned::turned).toList();
    }

    private static Payload turned(Payload payload) {
      byte[] bytes = payload.getData().toByteArray();
      for (int i = 0; i < bytes.length; i++) {
        bytes[i] = (byte) ~bytes[i];
      }
      return payload.toBuilder().setData(ByteString.copyFrom(bytes)).build();
    }
  }

  /** The agent's own connection; the rest of its program writes values in a way of its own. */
  private static WorkflowClient connection(TestBed bed, String namespace) {
    return WorkflowClient.newInstance(
        WorkflowServiceStubs.newServiceStubs(
            WorkflowServiceStubsOptions.newBuilder().setTarget(bed.address()).build()),
        WorkflowClientOptions.newBuilder()
            .setNamespace(namespace)
            .setDataConverter(
                new CodecDataConverter(
                    DefaultDataConverter.newDefaultInstance()
                        .withPayloadConverterOverrides(new GsonJsonPayloadConverter()),
                    List.of(new Turned()),
                    true))
            .build());
  }

  private static void refused(Code code, boolean retryable, Runnable call) {
    assertThatThrownBy(call::run)
        .isInstanceOfSatisfying(
            LaneException.class,
            e -> {
              assertThat(e.code()).as(e.getMessage()).isEqualTo(code);
              assertThat(e.retryable()).isEqualTo(retryable);
            });
  }

  private static Hold awaitHold(LaneRun run, int number) throws Exception {
    LaneOnServer.await(
        "hold " + number,
        () -> run.status().hold().filter(hold -> hold.number() == number).isPresent());
    return run.status().hold().orElseThrow();
  }

  private static LaneOutcome outcome(LaneRun run) {
    RunEnd end = run.end(LONG).orElseThrow();
    assertThat(end).isInstanceOf(RunEnd.Ended.class);
    return ((RunEnd.Ended) end).outcome();
  }

  @Test
  void agent_withItsKeyAlone_startsItsLane_answersIt_andProvesTheEndToTheOwner() throws Exception {
    try (TestBed bed = new TestBed(folder)) {
      Path keys = folder.resolve("agent");
      assertThat(Cli.run("key", "new", "agent", "--dir", keys).exitCode()).isZero();
      Path publicKey = keys.resolve("agent.pub");
      Cli issued =
          Cli.run("grant", "issue", TestLane.FIX7, "--agent-key", publicKey, "--home", bed.home());
      assertThat(issued.exitCode()).as(issued.err()).isZero();
      bed.worker();
      Files.writeString(bed.document(BLUEPRINT), "foreign");

      Note note = Note.of(bed);
      SigningKey agent = LocalKeys.ofFile(keys.resolve("agent.key"));
      LaneClient client = new LaneClient(connection(bed, "default"));
      LaneRequest request = note.request(Optional.empty());
      String id = note.workflowId();
      LaneRun run = client.start(id, LaneClient.prove(request, id, agent, Instant.now()));
      assertThat(awaitHold(run, 1).reject().code()).isEqualTo(RejectCode.DOCUMENT_PRESENT);

      LaneRequest later = LaneClient.prove(request, id, agent, Instant.now().plusSeconds(5));
      assertThat(client.start(id, later).runId()).as("the same request").isEqualTo(run.runId());
      LaneRequest other = note.request(Optional.of(Digest.of("another grant")));
      refused(Code.CONFLICT, false, () -> client.start(id, other));
      refused(
          Code.CONFLICT,
          false,
          () -> new LaneClient(connection(bed, "default"), "another-queue").start(id, request));

      refused(Code.STALE_HOLD, false, () -> run.resume(2, "wrong"));
      Files.delete(bed.document(BLUEPRINT));
      run.resume(1, "first");
      run.resume(1, "first");
      LaneOutcome outcome = outcome(run);
      assertThat(outcome.end()).isEqualTo(LaneEnd.APPLIED);
      assertThat(LaneClient.unverified(outcome, run, note.owner())).isEmpty();
      assertThat(LaneClient.unverified(outcome, run, Digest.of("another owner"))).isPresent();
      run.resume(1, "first");
      refused(Code.ALREADY_ENDED, false, () -> run.resume(1, "second"));
      assertThat(run.status().end()).contains(LaneEnd.APPLIED);

      LaneRun again =
          client.start("again", LaneClient.prove(request, "again", agent, Instant.now()));
      LaneOutcome already = outcome(again);
      assertThat(already.alreadyApplied()).isTrue();
      assertThat(already.endOf().orElseThrow().runId().value()).isEqualTo(run.firstRunId());
      assertThat(already.packet()).isEqualTo(outcome.packet());
      assertThat(LaneClient.unverified(already, again, note.owner())).isEmpty();
    }
  }

  @Test
  void runsThatEndOtherwise_haveTypedEnds_andNoneRunsForEver() throws Exception {
    try (TestBed bed = new TestBed(folder)) {
      bed.worker();
      Files.writeString(bed.document(BLUEPRINT), "foreign");
      Note note = Note.of(bed);
      LaneClient client = new LaneClient(connection(bed, "default"));
      LaneRequest request = note.request(Optional.empty());

      LaneRun terminated = client.start("terminated", request);
      awaitHold(terminated, 1);
      assertThat(terminated.end(Duration.ZERO)).as("it waits").isEmpty();
      terminated.stub().terminate("test");
      assertThat(terminated.end(LONG)).containsInstanceOf(RunEnd.Terminated.class);
      assertThat(terminated.status().phase()).isEqualTo(LaneStatus.Phase.ENDED);
      refused(Code.ALREADY_ENDED, false, () -> terminated.resume(1, "late"));

      LaneRun canceled = client.start("canceled", request);
      awaitHold(canceled, 1);
      canceled.stub().cancel();
      assertThat(canceled.end(LONG))
          .get()
          .isInstanceOfSatisfying(
              RunEnd.Canceled.class,
              c -> assertThat(c.status().orElseThrow().end()).contains(LaneEnd.CANCELED));

      LaneRun aborted = client.start("aborted", request);
      awaitHold(aborted, 1);
      aborted.abort(1, "abort");
      assertThat(outcome(aborted).end()).isEqualTo(LaneEnd.ABORTED);

      raw(bed, "invalid", TaskQueues.EXECUTOR, Duration.ZERO).start("no request");
      LaneRun invalid = client.run("invalid");
      assertThat(invalid.end(LONG))
          .get()
          .isInstanceOfSatisfying(
              RunEnd.NoOutcome.class,
              n -> assertThat(n.code()).isEqualTo(RejectCode.INVALID_LANE_INPUT.name()));
      assertThat(invalid.status().phase()).isEqualTo(LaneStatus.Phase.ENDED);

      raw(bed, "late", "nobodys-queue", Duration.ofSeconds(1)).start(request);
      LaneRun late = client.run("late");
      assertThat(late.end(LONG)).containsInstanceOf(RunEnd.TimedOut.class);
      assertThat(late.status().phase()).isEqualTo(LaneStatus.Phase.ENDED);
    }
  }

  private static WorkflowStub raw(TestBed bed, String id, String queue, Duration limit) {
    return bed.client()
        .newUntypedWorkflowStub(
            LaneWorkflow.TYPE,
            WorkflowOptions.newBuilder()
                .setWorkflowId(id)
                .setTaskQueue(queue)
                .setWorkflowExecutionTimeout(limit)
                .build());
  }

  /** There is no worker, then no server; the deadline is short, and every call keeps it. */
  @Test
  void callsThatNobodyAnswers_areTyped_andEndWithTheirDeadline() throws Exception {
    try (TestBed bed = new TestBed(folder)) {
      Note note = Note.of(bed);
      Duration deadline = Duration.ofSeconds(2);
      WorkflowClient connection = connection(bed, "default");
      LaneClient client = new LaneClient(connection, TaskQueues.EXECUTOR, deadline);
      LaneRequest request = note.request(Optional.empty());
      LaneRun run = client.start(request);
      refused(Code.NO_WORKERS, true, run::status);
      refused(Code.NO_WORKERS, true, () -> run.resume(1, "one"));
      assertThat(run.end(Duration.ZERO)).isEmpty();

      refused(Code.RUN_UNKNOWN, false, () -> client.run("nobody"));
      LaneClient lost = new LaneClient(connection(bed, "nowhere"), TaskQueues.EXECUTOR, deadline);
      refused(Code.NAMESPACE_MISSING, false, () -> lost.start(request));
      refused(Code.NAMESPACE_MISSING, false, () -> lost.run("nobody"));
      ApproveRequest large = new ApproveRequest(1, Json.object().put("note", "x".repeat(70_000)));
      refused(Code.TOO_LARGE, false, () -> run.approve(large, "large"));

      bed.killServer();
      refused(Code.UNREACHABLE, true, () -> client.start(request));
      refused(Code.UNREACHABLE, true, run::status);
      refused(Code.UNREACHABLE, true, () -> run.resume(1, "one"));
      refused(Code.UNREACHABLE, true, () -> run.end(Duration.ofSeconds(1)));
      connection.getWorkflowServiceStubs().shutdownNow();
    }
  }

  /** A lane of another release: it knows fewer fields of what it is sent, and says more. */
  @WorkflowInterface
  public interface OtherRelease {
    /** Runs it. */
    @WorkflowMethod(name = LaneWorkflow.TYPE)
    void run(Map<String, Object> request);

    /** The state. */
    @QueryMethod
    Map<String, Object> status();

    /** Goes on. */
    @UpdateMethod
    void resume(Map<String, Object> hold);
  }

  /** It waits for an answer, then ends as an older release has no words for. */
  public static final class OtherReleaseImpl implements OtherRelease {

    private static final Map<String, Object> REJECT =
        Map.of(
            "verdict", "REJECT",
            "code", "QUOTA_REACHED",
            "subject", "a.md",
            "expected", "less",
            "actual", "more",
            "since", 7);

    private boolean answered;

    @Override
    public void run(Map<String, Object> request) {
      only(request, Set.of("lane", "planDigest", "kbId"));
      Workflow.await(() -> answered);
      Workflow.await(Workflow::isEveryHandlerFinished);
      throw ApplicationFailure.newNonRetryableFailure(
          "It ended REJECTED.",
          "REJECTED",
          Map.of(
              "lane",
              request.get("lane"),
              "end",
              "REJECTED",
              "alreadyApplied",
              false,
              "reject",
              REJECT,
              "withdrawn",
              List.of(),
              "price",
              Map.of("amount", 3)));
    }

    @Override
    public Map<String, Object> status() {
      return Map.of(
          "phase",
          "QUEUED",
          "stages",
          List.of(),
          "place",
          3,
          "hold",
          Map.of("number", 1, "stage", "S0", "remedy", "wait", "reject", REJECT));
    }

    @Override
    public void resume(Map<String, Object> hold) {
      only(hold, Set.of("hold"));
      answered = true;
    }

    private static void only(Map<String, Object> sent, Set<String> known) {
      if (!sent.keySet().equals(known)) {
        throw ApplicationFailure.newNonRetryableFailure("found " + sent.keySet(), "UNREADABLE");
      }
    }
  }

  @Test
  void workerOfAnotherRelease_isSentNoFieldThatIsAbsent_andItsOwnWordsAreKept() throws Exception {
    try (TestBed bed = new TestBed(folder)) {
      WorkerFactory workers = WorkerFactory.newInstance(bed.client());
      workers
          .newWorker("other-release")
          .registerWorkflowImplementationTypes(OtherReleaseImpl.class);
      workers.start();
      try {
        LaneClient client = new LaneClient(connection(bed, "default"), "other-release");
        LaneRun run = client.start(Note.of(bed).request(Optional.empty()));
        Hold hold = awaitHold(run, 1);
        assertThat(hold.reject().render()).isEqualTo("UNKNOWN:QUOTA_REACHED:a.md");
        assertThat(run.status().phase()).isEqualTo(LaneStatus.Phase.UNKNOWN);
        run.resume(1, "one");
        LaneOutcome outcome = outcome(run);
        assertThat(outcome.end()).isEqualTo(LaneEnd.REJECTED);
        assertThat(outcome.reject().orElseThrow().code()).isEqualTo(RejectCode.UNKNOWN);
        assertThat(outcome.reject().orElseThrow().subject()).isEqualTo("QUOTA_REACHED:a.md");
      } finally {
        workers.shutdownNow();
      }
    }
  }
}
