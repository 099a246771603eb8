package dev.lanekeeper.worker;

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
import dev.lanekeeper.testkit.NearMiss;
import dev.lanekeeper.testkit.RunIds;
import dev.lanekeeper.testkit.Triggers;
import dev.lanekeeper.verdict.RejectCode;
import dev.lanekeeper.workflow.Hold;
import dev.lanekeeper.workflow.LaneEnd;
import dev.lanekeeper.workflow.LaneOutcome;
import dev.lanekeeper.workflow.LaneRequest;
import dev.lanekeeper.workflow.LaneStatus;
import dev.lanekeeper.workflow.LaneWorkflow;
import dev.lanekeeper.workflow.Owner;
import dev.lanekeeper.workflow.RollbackRequest;
import dev.lanekeeper.workflow.TaskQueues;
import dev.lanekeeper.workflow.Wire;
import io.temporal.api.common.v1.Payload;
import io.temporal.client.WorkflowClient;
import io.temporal.client.WorkflowClientOptions;
import io.temporal.client.WorkflowException;
import io.temporal.client.WorkflowOptions;
import io.temporal.client.WorkflowStub;
import io.temporal.common.converter.DefaultDataConverter;
import io.temporal.common.converter.GsonJsonPayloadConverter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a program learns through the SDK, on a Temporal server in this JVM with the real stages. */
class LaneClientTest {

  /** More than a lane takes here. */
  private static final Duration LONG = Duration.ofMinutes(4);

  @TempDir private Path folder;

  private Bench bench() throws Exception {
    return new Bench(folder.resolve("home"));
  }

  private static LaneRequest request(Bench bench, Optional<Digest> grant) throws Exception {
    return new LaneRequest(
        bench.lane(),
        Optional.empty(),
        Optional.of(bench.plan().digest()),
        Optional.of(bench.home().reader().identity().id()),
        grant,
        Optional.empty(),
        Optional.empty(),
        Optional.empty());
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

  @Test
  void request_isOneRun_howeverOftenItIsMade_andAnotherUnderItsIdAConflict() throws Exception {
    try (Bench bench = bench().start()) {
      bench.foreign("M-1", "foreign");
      LaneClient client = new LaneClient(bench.client());
      LaneRequest request = request(bench, Optional.empty());
      LaneRun run = client.start(request);
      assertThat(client.start(request).runId()).isEqualTo(run.runId());
      LaneRequest other = request(bench, Optional.of(Digest.of("another grant")));
      refused(Code.CONFLICT, false, () -> client.start(run.workflowId(), other));
      refused(
          Code.CONFLICT,
          false,
          () -> client.start(run.workflowId(), LaneRequest.of(request.lane())));
      refused(Code.INVALID, false, () -> client.start(null, request));
      refused(Code.INVALID, false, () -> client.start(LaneRequest.of(request.lane())));
      refused(Code.RUN_UNKNOWN, false, () -> client.run("nobody"));
    }
  }

  @Test
  void answer_givenTwice_isTheSameAnswer_alsoAfterTheEnd_andOneToAnotherHoldIsStale()
      throws Exception {
    try (Bench bench = bench().start()) {
      bench.foreign("M-1", "foreign");
      LaneRun run = new LaneClient(bench.client()).start(request(bench, Optional.empty()));
      bench.awaitHold(run.stub(), 1);
      refused(Code.STALE_HOLD, false, () -> run.resume(2, "wrong"));
      Files.delete(bench.file("M-1"));
      run.resume(1, "first");
      run.resume(1, "first");
      RunEnd end = run.end(LONG).orElseThrow();
      assertThat(end).isInstanceOf(RunEnd.Ended.class);
      assertThat(((RunEnd.Ended) end).outcome().end()).isEqualTo(LaneEnd.APPLIED);
      run.resume(1, "first");
      refused(Code.ALREADY_ENDED, false, () -> run.resume(1, "second"));
    }
  }

  @Test
  void planThatIsAppliedAlready_namesTheRunAndThePacketThatAppliedIt() throws Exception {
    try (Bench bench = bench().start()) {
      LaneClient client = new LaneClient(bench.client());
      LaneRun first = client.start("first", request(bench, Optional.empty()));
      assertThat(first.end(LONG)).isPresent();
      RunEnd end = client.start("second", request(bench, Optional.empty())).end(LONG).orElseThrow();
      LaneOutcome outcome = ((RunEnd.Ended) end).outcome();
      assertThat(outcome.alreadyApplied()).isTrue();
      assertThat(outcome.packet()).isPresent();
      assertThat(outcome.endOf().orElseThrow().runId().value()).isEqualTo(first.firstRunId());
    }
  }

  @Test
  void runsThatEndOtherwise_haveTypedEnds_andNoneRunsForEver() throws Exception {
    try (Bench bench = bench().start()) {
      bench.foreign("M-1", "foreign");
      LaneClient client = new LaneClient(bench.client());
      LaneRun terminated = client.start("terminated", request(bench, Optional.empty()));
      bench.awaitHold(terminated.stub(), 1);
      assertThat(terminated.end(Duration.ZERO)).isEmpty();
      terminated.stub().terminate("test");
      assertThat(terminated.end(LONG)).containsInstanceOf(RunEnd.Terminated.class);
      assertThat(terminated.status().phase()).isEqualTo(LaneStatus.Phase.ENDED);

      LaneRun canceled = client.start("canceled", request(bench, Optional.empty()));
      bench.awaitHold(canceled.stub(), 1);
      canceled.stub().cancel();
      assertThat(canceled.end(LONG))
          .get()
          .isInstanceOfSatisfying(
              RunEnd.Canceled.class,
              c -> assertThat(c.status().orElseThrow().end()).contains(LaneEnd.CANCELED));

      WorkflowStub unreadable =
          bench
              .client()
              .newUntypedWorkflowStub(
                  LaneWorkflow.TYPE,
                  WorkflowOptions.newBuilder()
                      .setWorkflowId("unreadable")
                      .setTaskQueue(TaskQueues.EXECUTOR)
                      .build());
      unreadable.start("no request");
      LaneRun invalid = client.run("unreadable");
      assertThat(invalid.end(LONG))
          .get()
          .isInstanceOfSatisfying(
              RunEnd.NoOutcome.class,
              n -> assertThat(n.code()).isEqualTo(RejectCode.INVALID_LANE_INPUT.name()));
      assertThat(invalid.status().phase()).isEqualTo(LaneStatus.Phase.ENDED);
    }
  }

  @Test
  void outcome_insideAnExecutionException_isFound() throws Exception {
    try (Bench bench = bench().start()) {
      bench.foreign("M-1", "foreign");
      LaneRun run = new LaneClient(bench.client()).start(request(bench, Optional.empty()));
      bench.awaitHold(run.stub(), 1);
      run.abort(1, "abort");
      assertThatThrownBy(() -> run.stub().getResult(LaneOutcome.class))
          .isInstanceOfSatisfying(
              WorkflowException.class,
              e ->
                  assertThat(LaneClient.outcome(new ExecutionException(e)).orElseThrow().end())
                      .isEqualTo(LaneEnd.ABORTED));
    }
  }

  @Test
  void wrongGrant_holds_andAResumeTakesTheOneThatTheOwnerStoredSince() throws Exception {
    try (Bench bench = bench().start()) {
      Digest wrong = bench.home().evidence().putGrant("{}".getBytes(StandardCharsets.UTF_8));
      LaneRun run = new LaneClient(bench.client()).start(request(bench, Optional.of(wrong)));
      assertThat(bench.awaitHold(run.stub(), 1).reject().code())
          .isEqualTo(RejectCode.GRANT_MALFORMED);
      bench.issueGrant();
      run.resume(1, "resume");
      RunEnd end = run.end(LONG).orElseThrow();
      assertThat(((RunEnd.Ended) end).outcome().end()).isEqualTo(LaneEnd.APPLIED);
    }
  }

  @Test
  void wrongGrant_satisfiesNoGate_inThePacketOfALaneThatWasGivenUp() throws Exception {
    try (Bench bench = bench().start()) {
      Digest wrong = bench.home().evidence().putGrant("{}".getBytes(StandardCharsets.UTF_8));
      LaneRun run = new LaneClient(bench.client()).start(request(bench, Optional.of(wrong)));
      bench.awaitHold(run.stub(), 1);
      run.abort(1, "abort");
      LaneOutcome outcome = ((RunEnd.Ended) run.end(LONG).orElseThrow()).outcome();
      assertThat(outcome.end()).isEqualTo(LaneEnd.ABORTED);
      byte[] lock =
          bench
              .home()
              .evidence()
              .packet(outcome.packet().orElseThrow().location())
              .get("data/delegation-and-authority-lock.json");
      assertThat(Json.parse(lock).has("gatesSatisfied")).isFalse();
    }
  }

  /** Nobody polls: the bench is not started. */
  @Test
  void lane_withoutAWorker_isSaidToHaveNone_withinTheDeadline() throws Exception {
    try (Bench bench = bench()) {
      LaneClient client =
          new LaneClient(bench.client(), TaskQueues.EXECUTOR, Duration.ofSeconds(1));
      LaneRun run = client.start(request(bench, Optional.empty()));
      refused(Code.NO_WORKERS, true, run::status);
      refused(Code.NO_WORKERS, true, () -> run.resume(1, "one"));
    }
  }

  @Test
  void rollback_isOneRun_andUnderAnotherGrantAConflict() throws Exception {
    try (Bench bench = bench()) {
      LaneClient client = new LaneClient(bench.client());
      Owner run = new Owner("engine", "default", "lane", RunIds.of("run"));
      RollbackRequest request =
          new RollbackRequest(bench.lane(), run, Optional.empty(), Optional.empty());
      LaneRun rollback = client.startRollback(request);
      assertThat(client.startRollback(request).runId()).isEqualTo(rollback.runId());
      RollbackRequest other =
          new RollbackRequest(
              bench.lane(), run, Optional.of(Digest.of("a grant")), Optional.empty());
      refused(Code.CONFLICT, false, () -> client.startRollback(other));
    }
  }

  @Test
  void callersOwnConverter_changesNothing() throws Exception {
    try (Bench bench = bench().start()) {
      WorkflowClient gson =
          WorkflowClient.newInstance(
              bench.client().getWorkflowServiceStubs(),
              WorkflowClientOptions.newBuilder()
                  .setDataConverter(
                      DefaultDataConverter.newDefaultInstance()
                          .withPayloadConverterOverrides(new GsonJsonPayloadConverter()))
                  .build());
      LaneRun run = new LaneClient(gson).start(request(bench, Optional.empty()));
      RunEnd end = run.end(LONG).orElseThrow();
      assertThat(((RunEnd.Ended) end).outcome().end()).isEqualTo(LaneEnd.APPLIED);
      assertThat(run.status().end()).contains(LaneEnd.APPLIED);
    }
  }

  private static <T> T read(String json, Class<T> type) {
    Payload payload =
        Payload.newBuilder()
            .putMetadata("encoding", ByteString.copyFromUtf8("json/plain"))
            .setData(ByteString.copyFromUtf8(json))
            .build();
    return Wire.converter().fromPayload(payload, type, type);
  }

  private static final String HOLD =
      "{\"number\":1,\"stage\":\"S0\",\"remedy\":\"wait\",\"more\":{},\"reject\":"
          + "{\"verdict\":\"REJECT\",\"code\":\"%s\",\"subject\":\"a.md\",\"expected\":\"x\","
          + "\"actual\":\"y\",\"since\":7}}";

  @Test
  @Triggers(RejectCode.UNKNOWN)
  @NearMiss(RejectCode.UNKNOWN)
  void codeAndFieldsOfANewerWorker_areRead_andTheTextIsKept() {
    Hold newer = read(HOLD.formatted("QUOTA_REACHED"), Hold.class);
    assertThat(newer.reject().render()).isEqualTo("UNKNOWN:QUOTA_REACHED:a.md");
    assertThat(newer.remedy()).isEqualTo("wait");
    assertThat(read(HOLD.formatted("FROZEN"), Hold.class).reject().render())
        .isEqualTo("FROZEN:a.md");
    LaneStatus status = read("{\"phase\":\"QUEUED\",\"stages\":[],\"place\":3}", LaneStatus.class);
    assertThat(status.phase()).isEqualTo(LaneStatus.Phase.UNKNOWN);
    assertThat(status.hold()).isEmpty();
  }

  /** An older worker reads strictly, and knows fewer fields. */
  @Test
  void whatIsAbsent_isLeftOutOfARequest() throws Exception {
    try (Bench bench = bench()) {
      Payload sent = Wire.converter().toPayload(LaneRequest.of(bench.lane())).orElseThrow();
      String text = sent.getData().toString(StandardCharsets.UTF_8);
      assertThat(Json.parse(text.getBytes(StandardCharsets.UTF_8)))
          .isEqualTo(Json.object().put("lane", bench.lane().value()));
    }
  }
}
