package dev.lanekeeper.starter;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.lanekeeper.canonical.Json;
import dev.lanekeeper.kb.LedgerEntry;
import dev.lanekeeper.lane.Stage;
import dev.lanekeeper.testkit.TestLane;
import dev.lanekeeper.workflow.LaneEnd;
import dev.lanekeeper.workflow.LaneOutcome;
import io.grpc.StatusRuntimeException;
import io.temporal.api.enums.v1.IndexedValueType;
import io.temporal.api.operatorservice.v1.AddSearchAttributesRequest;
import io.temporal.client.WorkflowStub;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Worker processes as an operator configures, asks and stops them. */
class WorkerServerIT {

  private static final String BLUEPRINT = "fix7-p0-operative-birth-blueprint-2026-06-12.md";

  private static final Pattern SERVED =
      Pattern.compile("health http://127\\.0\\.0\\.1:([0-9]+)/healthz, /readyz, /metrics");

  @TempDir private Path folder;

  private final HttpClient http = HttpClient.newHttpClient();

  /** A worker process, what it prints, and its port. */
  private record Running(Process process, Path output, int port) implements AutoCloseable {

    String out() throws IOException {
      return Files.readString(output);
    }

    @Override
    public void close() throws Exception {
      process.destroyForcibly().waitFor();
    }
  }

  /** Starts a worker with this file and more in its environment, and waits until it is ready. */
  private Running worker(TestBed bed, String yaml, Map<String, String> more) throws Exception {
    Path file = Files.createTempFile(folder, "worker", ".yaml");
    Files.writeString(
        file,
        yaml
            + "\nlanes: "
            + TestLane.ROOT.resolve("examples")
            + "\nhome: "
            + bed.home()
            // A free port, which the worker names, so that nobody can take it in between.
            + "\nhealth: {port: 0}\n");
    Path output = Files.createTempFile(folder, "worker", ".txt");
    Map<String, String> environment = new HashMap<>(more);
    environment.put("TEMPORAL_ADDRESS", bed.address());
    Process process = Jar.start(environment, output, "worker", "--config", file);
    await(() -> SERVED.matcher(Files.readString(output)).find() || !process.isAlive());
    Matcher served = SERVED.matcher(Files.readString(output));
    assertThat(served.find()).as(Files.readString(output)).isTrue();
    return new Running(process, output, Integer.parseInt(served.group(1)));
  }

  private interface Condition {
    boolean holds() throws Exception;
  }

  /** Waits; a test that waits for ever is ended by its time-out. */
  private static void await(Condition condition) throws Exception {
    while (!condition.holds()) {
      Thread.sleep(50);
    }
  }

  private HttpResponse<String> get(Running worker, String path) throws Exception {
    return http.send(
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + worker.port() + path)).build(),
        HttpResponse.BodyHandlers.ofString());
  }

  private JsonNode json(Running worker, String path) throws Exception {
    return Json.parse(get(worker, path).body().getBytes(StandardCharsets.UTF_8));
  }

  private void awaitReady(Running worker) throws Exception {
    await(() -> get(worker, "/readyz").statusCode() == 200);
  }

  private static WorkflowStub lane(TestBed bed) {
    return bed.lane(Map.of("lane", "fix7-p0"));
  }

  private static List<JsonNode> jsonLines(String text) throws IOException {
    List<JsonNode> lines = new ArrayList<>();
    for (String line : text.lines().toList()) {
      lines.add(Json.parse(line.getBytes(StandardCharsets.UTF_8)));
    }
    return lines;
  }

  @Test
  void readyz_followsTheServer_andTheKnowledgeBase_andTheEvidence() throws Exception {
    try (TestBed bed = new TestBed(folder);
        Running worker = worker(bed, "role: both", Map.of())) {
      awaitReady(worker);
      assertThat(json(worker, "/readyz").path("checks").properties())
          .extracting(Map.Entry::getKey)
          .containsExactly(
              "Temporal server",
              "polling lanekeeper for workflows",
              "polling lanekeeper for stages",
              "polling lanekeeper-review for stages",
              "knowledge base",
              "evidence store");

      bed.killServer();
      await(() -> get(worker, "/readyz").statusCode() == 503);
      assertThat(json(worker, "/readyz").path("notAnswering").toString())
          .contains("Temporal server");
      assertThat(json(worker, "/readyz").path("checks").path("knowledge base").asText())
          .isEqualTo("answers");
      assertThat(get(worker, "/healthz").statusCode())
          .as("a restart would not help")
          .isEqualTo(200);
      bed.startServer();
      awaitReady(worker);

      for (String[] part :
          new String[][] {
            {"ledger", "knowledge base"}, {"kb", "knowledge base"}, {"store", "evidence store"}
          }) {
        Path moved = folder.resolve("moved");
        Files.move(bed.home().resolve(part[0]), moved);
        await(() -> get(worker, "/readyz").statusCode() == 503);
        assertThat(json(worker, "/readyz").path("notAnswering"))
            .hasToString("[\"" + part[1] + "\"]");
        Files.move(moved, bed.home().resolve(part[0]));
        awaitReady(worker);
      }
      assertThat(lane(bed).getResult(LaneOutcome.class).end()).isEqualTo(LaneEnd.APPLIED);
    }
  }

  @Test
  void worker_thatCannotRegisterItsSearchAttributes_saysWhy_andTheCommandThatDoes()
      throws Exception {
    try (TestBed bed = new TestBed(folder)) {
      String refused = fillAttributes(bed);
      Path output = Files.createTempFile(folder, "worker", ".txt");
      Process worker =
          Jar.start(
              Map.of("TEMPORAL_ADDRESS", bed.address()), output, "worker", "--home", bed.home());
      assertThat(worker.waitFor()).isEqualTo(ExitCode.FAULT);
      assertThat(Files.readString(output))
          .contains("SEARCH_ATTRIBUTES_MISSING default")
          .contains(refused)
          .contains("temporal operator search-attribute create --address " + bed.address())
          .contains(" --name LaneStatus --type Keyword");
    }
  }

  /** Takes all the room that the namespace has for such attributes; what the server says then. */
  private static String fillAttributes(TestBed bed) {
    for (int i = 0; ; i++) {
      try {
        var unused =
            bed.connection()
                .operator()
                .blockingStub()
                .addSearchAttributes(
                    AddSearchAttributesRequest.newBuilder()
                        .setNamespace(bed.connection().namespace())
                        .putSearchAttributes(
                            "Other" + i, IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD)
                        .build());
      } catch (StatusRuntimeException full) {
        return full.getStatus().getDescription();
      }
    }
  }

  @Test
  void metrics_countWhatHappened_andJsonLinesSayWhere() throws Exception {
    String yaml = "log: {format: json, output: console}";
    try (TestBed bed = new TestBed(folder);
        Running worker = worker(bed, yaml, Map.of())) {
      assertThat(get(worker, "/metrics").body()).doesNotContain("lanekeeper_stages_total");
      Files.writeString(bed.document(BLUEPRINT), "foreign");
      WorkflowStub lane = lane(bed);
      await(() -> get(worker, "/metrics").body().contains("lanekeeper_lanes_held_total{"));
      Files.delete(bed.document(BLUEPRINT));
      assertThat(bed.command("resume", "fix7-p0").exitCode()).isZero();
      assertThat(lane.getResult(LaneOutcome.class).end()).isEqualTo(LaneEnd.APPLIED);
      await(() -> get(worker, "/metrics").body().contains("lanekeeper_lanes_ended_total{"));

      List<String> metrics = get(worker, "/metrics").body().lines().toList();
      assertThat(metrics).contains("lanekeeper_stages_total{stage=\"S0\",verdict=\"REJECT\"} 1.0");
      for (Stage stage : Stage.values()) {
        assertThat(metrics)
            .contains("lanekeeper_stages_total{stage=\"" + stage + "\",verdict=\"PASS\"} 1.0");
      }
      assertThat(metrics)
          .noneMatch(l -> l.startsWith("lanekeeper_stages_total{stage=\"Rollback\""))
          .contains("lanekeeper_lanes_held_total{code=\"DOCUMENT_PRESENT\"} 1.0")
          .contains("lanekeeper_lanes_ended_total{end=\"APPLIED\"} 1.0")
          .doesNotContain("end=\"RUNNING\"")
          .anyMatch(l -> l.startsWith("lanekeeper_stage_duration_seconds_count{stage=\"S7\"}"))
          .anyMatch(l -> l.startsWith("temporal_request_total{"))
          .anyMatch(l -> l.startsWith("temporal_activity_execution_latency_seconds_count{"))
          .anyMatch(l -> l.startsWith("jvm_memory_used_bytes{"));

      String run = lane.getExecution().getRunId();
      List<JsonNode> lines = jsonLines(worker.out());
      Predicate<JsonNode> ofTheRun =
          l ->
              l.path("context").path("RunId").asText().equals(run)
                  || l.has("run")
                  || l.path("thread").asText().startsWith("Activity Executor")
                  || l.path("logger").asText().startsWith("dev.lanekeeper.stage");
      assertThat(lines.stream().filter(ofTheRun))
          .hasSizeGreaterThanOrEqualTo(9)
          .allSatisfy(
              line -> {
                assertThat(line.path("lane").asText()).isEqualTo("fix7-p0");
                assertThat(line.path("run").asText()).isEqualTo(run);
                assertThat(line.path("stage").asText()).matches("S[0-7]");
              });
      assertThat(lines)
          .anyMatch(
              l ->
                  l.path("stage").asText().equals("S7")
                      && l.path("message").asText().startsWith("verdict PASS"));
    }
  }

  @Test
  void textLines_sayLaneRunAndStage_alsoOfARollback() throws Exception {
    try (TestBed bed = new TestBed(folder);
        Running worker = worker(bed, "log: {output: console}", Map.of())) {
      Files.writeString(bed.document(BLUEPRINT), "foreign");
      WorkflowStub lane = lane(bed);
      await(() -> worker.out().contains("DOCUMENT_PRESENT"));
      await(() -> bed.command("rollback", "fix7-p0", "--home", bed.home()).exitCode() == 0);
      String where = " lane=fix7-p0 run=" + lane.getExecution().getRunId() + " stage=";
      assertThat(worker.out().lines())
          .anyMatch(l -> l.contains(where + "S0 verdict DOCUMENT_PRESENT"))
          .anyMatch(l -> l.contains(where + "Rollback withdrawal complete"))
          .filteredOn(l -> l.contains(" d.l."))
          .allMatch(l -> l.contains(" d.l.starter.") || l.contains(where));
    }
  }

  @Test
  void sigterm_letsTheRunningStageEnd_andReadyzSaysSoMeanwhile() throws Exception {
    try (TestBed bed = new TestBed(folder);
        Running worker = worker(bed, "identity: first\nlog: {output: console}", Map.of())) {
      awaitReady(worker);
      WorkflowStub lane;
      // Every write waits for this lock, so the stage runs until the test gives it back.
      try (FileChannel store =
          FileChannel.open(
              bed.home().resolve("ledger/lock"),
              StandardOpenOption.CREATE,
              StandardOpenOption.WRITE)) {
        store.lock();
        lane = lane(bed);
        await(() -> get(worker, "/metrics").body().contains("lanekeeper_stages_running 1.0"));
        worker.process().destroy();
        await(() -> get(worker, "/readyz").statusCode() == 503);
        assertThat(json(worker, "/readyz").path("phase").asText()).isEqualTo("draining");
        assertThat(get(worker, "/healthz").statusCode()).isEqualTo(200);
        assertThat(worker.process().isAlive()).isTrue();
      }
      assertThat(worker.process().waitFor()).isEqualTo(143);
      assertThat(worker.out()).contains("stage=S0 verdict PASS").contains(" drained");
      assertThat(bed.ledger().all(LedgerEntry.StageRecorded.class))
          .extracting(LedgerEntry.StageRecorded::stage)
          .containsExactly(Stage.S0);

      try (Running second = worker(bed, "identity: second", Map.of())) {
        assertThat(lane.getResult(LaneOutcome.class).end()).isEqualTo(LaneEnd.APPLIED);
        assertThat(get(second, "/metrics").body())
            .doesNotContain("lanekeeper_stages_total{stage=\"S0\"");
      }
    }
  }

  @Test
  void workerOfOneRole_opensThatRolesKeyAlone() throws Exception {
    try (TestBed bed = new TestBed(folder)) {
      Path keys = bed.home().resolve("keys");
      for (String name : List.of("executor.key", "executor.pub", "reviewer.key", "reviewer.pub")) {
        Files.delete(keys.resolve(name));
      }
      bed.worker("--role", "reviewer");
      assertThat(keys.resolve("reviewer.key")).exists();
      assertThat(keys.resolve("executor.key")).doesNotExist();
      Files.delete(keys.resolve("reviewer.key"));
      bed.worker("--role", "executor");
      assertThat(keys.resolve("executor.key")).exists();
      assertThat(keys.resolve("reviewer.key")).doesNotExist();
    }
  }

  @Test
  void printedConfiguration_saysWhereFrom_andHoldsNoSecret() throws Exception {
    try (TestBed bed = new TestBed(folder)) {
      String secret = "not-to-be-shown";
      Path output = folder.resolve("out.txt");
      Map<String, String> environment =
          Map.of(
              "TEMPORAL_ADDRESS",
              bed.address(),
              "TEMPORAL_API_KEY",
              secret,
              "TEMPORAL_TLS",
              "false",
              "LANEKEEPER_PASSWORD",
              secret,
              "LANEKEEPER_HOME",
              bed.home().toString(),
              "LANEKEEPER_LOG_LEVEL",
              "debug",
              "LANEKEEPER_LOG_OUTPUT",
              "console",
              "LANEKEEPER_HEALTH_PORT",
              "0");
      // With an API key the SDK speaks TLS, which this server does not: the worker ends.
      int code = Jar.start(environment, output, "worker", "--role", "reviewer").waitFor();
      String out = Files.readString(output);
      assertThat(code).as(out).isEqualTo(ExitCode.FAULT);
      assertThat(out)
          .containsPattern("role +reviewer +option --role")
          .containsPattern("home +" + bed.home() + " +environment LANEKEEPER_HOME")
          .containsPattern("log.level +debug +environment LANEKEEPER_LOG_LEVEL")
          .contains("not a field, not used: LANEKEEPER_PASSWORD")
          .contains("TEMPORAL_UNREACHABLE")
          .doesNotContain(secret);
    }
  }

  @Test
  void wrongVariable_isRefused_beforeAnything() throws Exception {
    Path output = folder.resolve("out.txt");
    Map<String, String> environment = Map.of("LANEKEEPER_HEALTH_PORT", "tcp://10.0.0.1:80");
    Path home = folder.resolve("home");
    assertThat(Jar.start(environment, output, "worker", "--home", home).waitFor())
        .isEqualTo(ExitCode.USAGE);
    assertThat(Files.readString(output))
        .contains("CONFIGURATION_INVALID environment LANEKEEPER_HEALTH_PORT: health.port")
        .contains("remedy:   correct the variable, or unset it")
        .contains("command:  env -u LANEKEEPER_HEALTH_PORT ./lanekeeper worker --home " + home);
    assertThat(home).doesNotExist();
  }
}
