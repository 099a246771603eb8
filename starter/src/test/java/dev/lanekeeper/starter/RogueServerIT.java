package dev.lanekeeper.starter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lanekeeper.canonical.DirHash;
import dev.lanekeeper.canonical.Json;
import dev.lanekeeper.client.LaneClient;
import dev.lanekeeper.evidence.FileTree;
import dev.lanekeeper.kb.Leases;
import dev.lanekeeper.kb.LedgerEntry;
import dev.lanekeeper.lane.Stage;
import dev.lanekeeper.rogue.Completer;
import dev.lanekeeper.rogue.ForeignWorkflow;
import dev.lanekeeper.rogue.RawJson;
import dev.lanekeeper.rogue.RoguePoller;
import dev.lanekeeper.signature.Signed;
import dev.lanekeeper.signature.SigningKey;
import dev.lanekeeper.testkit.EditedLane;
import dev.lanekeeper.testkit.TestLane;
import dev.lanekeeper.verdict.RejectCode;
import dev.lanekeeper.worker.Catalogue;
import dev.lanekeeper.worker.Home;
import dev.lanekeeper.worker.LaneWorker;
import dev.lanekeeper.worker.Wiring;
import dev.lanekeeper.workflow.Activities;
import dev.lanekeeper.workflow.EndStatement;
import dev.lanekeeper.workflow.Hold;
import dev.lanekeeper.workflow.LaneAttributes;
import dev.lanekeeper.workflow.LaneEnd;
import dev.lanekeeper.workflow.LaneRollbackWorkflow;
import dev.lanekeeper.workflow.LaneRollbackWorkflowImpl;
import dev.lanekeeper.workflow.LaneStatus;
import dev.lanekeeper.workflow.LaneWorkflow;
import dev.lanekeeper.workflow.LaneWorkflowImpl;
import dev.lanekeeper.workflow.Limits;
import dev.lanekeeper.workflow.Owner;
import dev.lanekeeper.workflow.TaskQueues;
import dev.lanekeeper.workflow.TrustedKeys;
import io.temporal.api.enums.v1.EventType;
import io.temporal.api.history.v1.HistoryEvent;
import io.temporal.client.WorkflowException;
import io.temporal.client.WorkflowNotFoundException;
import io.temporal.client.WorkflowStub;
import io.temporal.common.SearchAttributes;
import io.temporal.worker.Worker;
import io.temporal.worker.WorkerFactory;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What whoever may write to the namespace, and holds nothing else, can do: programs of an attacker
 * against a real server, real workers and the commands.
 */
class RogueServerIT {

  private static final String NONE = "0".repeat(64);
  private static final String PATH = "../../kb/governance/x.md";

  /** A ledger line of a refusal is bounded; so is all that a call may leave, in bytes. */
  private static final int LEFT_BY_A_CALL = 2000;

  private static final int LONG = 20_000;

  @TempDir private Path folder;

  // --- what must stay as it was

  /** Everything that a foreign call must leave as it was. */
  private record Untouched(
      String documents, String keys, String trust, List<String> packets, List<Object> ends) {

    static Untouched of(TestBed bed) throws IOException {
      return new Untouched(
          bed.tree(),
          DirHash.ofBytes(FileTree.read(bed.home().resolve("keys"))).hex(),
          DirHash.ofBytes(FileTree.read(bed.home().resolve("trust"))).hex(),
          files(bed.home().resolve("runs")),
          List.copyOf(bed.ledger().all(LedgerEntry.RunEnded.class).toList()));
    }
  }

  private static List<String> files(Path root) throws IOException {
    try (Stream<Path> all = Files.walk(root)) {
      return all.map(p -> root.relativize(p).toString()).sorted().toList();
    }
  }

  /** What stands beside the home, but for what server, workers and commands of the test write. */
  private List<String> besideTheHome() throws IOException {
    return files(folder).stream()
        .filter(f -> !f.startsWith("home") && !f.startsWith("server"))
        .filter(f -> !f.matches("(worker-|out).*\\.txt"))
        .toList();
  }

  private static long ledgerBytes(TestBed bed) throws IOException {
    return Files.size(bed.home().resolve("ledger/ledger.jsonl"));
  }

  private static Hold awaitHold(TestBed bed, LaneOnServer lane, int number) throws Exception {
    LaneOnServer.await(
        "hold " + number, () -> status(bed, lane).hold().filter(is(number)).isPresent());
    return status(bed, lane).hold().orElseThrow();
  }

  private static java.util.function.Predicate<Hold> is(int number) {
    return hold -> hold.number() == number;
  }

  private static LaneStatus status(TestBed bed, LaneOnServer lane) {
    return new LaneClient(bed.client()).status(lane.stub());
  }

  private static void resume(TestBed bed, LaneOnServer lane, int hold) {
    new LaneClient(bed.client()).answer(lane.stub(), "resume", hold);
  }

  private static Jar.Result command(TestBed bed, Object... words) throws Exception {
    List<Object> all = new ArrayList<>(List.of(words));
    all.addAll(List.of("--home", bed.home()));
    return bed.command(all.toArray());
  }

  private static final Pattern END = Pattern.compile("(?m)^.*(APPLIED|ROLLED_BACK).*$");

  /** No line of what a command prints says an end as a fact. */
  private static void saysNoEnd(Jar.Result said) {
    Matcher lines = END.matcher(said.out());
    while (lines.find()) {
      assertThat(lines.group()).as(said.out()).containsAnyOf("UNVERIFIED", "The server shows");
    }
  }

  // --- a. foreign workflows

  /** What a foreign workflow sends each of the ten activities. */
  private static List<ForeignWorkflow.Call> forgeries(TestBed bed, Owner other, boolean all)
      throws Exception {
    TestLane lane = new TestLane(Clock.systemUTC());
    String plan = lane.plan().digest().hex();
    String grant = bed.home().resolve("store/grants").toFile().list()[0].substring(0, 64);
    String kb = new Home(bed.home(), Clock.systemUTC()).reader().identity().id();

    List<String> stages = new ArrayList<>();
    stages.add(call("fix7-p0", kb, "0", plan, NONE));
    stages.add(call("fix7-p0", kb, "0", NONE, grant));
    stages.add(call(PATH, kb, "0", plan, grant));
    if (all) {
      stages.add(call("fix7-p0", PATH, "0", plan, grant));
      stages.add(call("fix7-p0", kb, "0", PATH, grant));
      stages.add(call("fix7-p0", kb, "0", plan, PATH));
      stages.add(call("fix7-p0", "kb-000000000000", "0", plan, grant));
      stages.add(call("fix7-p0", kb, "-1", plan, NONE));
      stages.add(call("fix7-p0", kb, "1e9", plan, NONE));
      stages.add(call("fix7-p0", kb, "99999999999", plan, NONE));
      stages.add(call("fix7-p0", kb, "0", plan, NONE).replace("\"" + plan + "\"", "null"));
      stages.add(call("fix7-p0", kb, "0", plan, NONE).replace("\"" + NONE + "\"", "null"));
      stages.add(call("fix7-p0", kb, "0", plan, NONE).replace("\"fix7-p0\"", "null"));
      stages.add(call("fix7-p0", kb, "0", plan, NONE).replace("\"fix7-p0\"", RawJson.megabyte()));
      stages.add(
          call("fix7-p0", kb, "0", plan, NONE).replace("\"" + kb + "\"", RawJson.megabyte()));
      stages.addAll(List.of("null", "42", "[]", "{}", "{", "\"" + PATH + "\""));
    }
    String gate = passed("S3");
    String probes = passed("S4");
    List<ForeignWorkflow.Call> calls = new ArrayList<>();
    for (Stage stage : Stage.values()) {
      String queue =
          stage == Stage.S7 ? TaskQueues.reviewer(TaskQueues.EXECUTOR) : TaskQueues.EXECUTOR;
      for (String argument : stage == Stage.S0 ? requests(plan, grant, kb, all) : stages) {
        List<String> arguments = new ArrayList<>(List.of(argument));
        switch (stage) {
          case S0 -> arguments.add("0");
          case S5 -> arguments.addAll(List.of(gate, probes, "null"));
          case S6 -> arguments.add(passed("S5"));
          default -> {}
        }
        calls.add(new ForeignWorkflow.Call(queue, stage.activityType(), arguments));
      }
    }
    if (all) {
      String genuine = call("fix7-p0", kb, "0", plan, grant);
      for (List<String> more :
          List.of(
              List.of("null", "null", "null"),
              List.of(gate.replace("PASS", "MAYBE"), probes, "null"),
              List.of(gate, probes, "\"" + PATH + "\""),
              List.of(gate, probes, RawJson.megabyte()),
              List.of(gate, probes, "null"))) {
        List<String> arguments = new ArrayList<>(List.of(genuine));
        arguments.addAll(more);
        calls.add(
            new ForeignWorkflow.Call(
                TaskQueues.EXECUTOR, Stage.S5.activityType(), List.copyOf(arguments)));
      }
      for (Stage stage : List.of(Stage.S6, Stage.S7)) {
        String queue =
            stage == Stage.S7 ? TaskQueues.reviewer(TaskQueues.EXECUTOR) : TaskQueues.EXECUTOR;
        calls.add(
            new ForeignWorkflow.Call(queue, stage.activityType(), List.of(genuine, passed("S5"))));
      }
    }
    for (String activity : List.of(Activities.ROLLBACK, Activities.SEAL)) {
      for (String argument : runs(activity, other, kb, grant, all)) {
        ForeignWorkflow.Call call =
            new ForeignWorkflow.Call(TaskQueues.EXECUTOR, activity, List.of(argument));
        // Before S0 the ledger knows no run of the caller's own.
        calls.add(argument.equals("{}") ? 0 : calls.size(), call);
      }
    }
    return calls;
  }

  /** Whose run it is, as Rollback and Seal are told. */
  private static List<String> runs(
      String activity, Owner other, String kb, String grant, boolean all) {
    String run = Json.tree(other).toString();
    List<String> runs = new ArrayList<>();
    runs.add("{\"run\":" + run + ",\"kbId\":\"" + kb + "\"}");
    runs.add("{\"run\":" + run.replace(other.runId().value(), PATH) + "}");
    runs.add("{}");
    if (all) {
      if (activity.equals(Activities.ROLLBACK)) {
        runs.add("{\"run\":" + run + ",\"grant\":\"" + grant + "\"}");
        runs.add("{\"run\":" + run + ",\"grant\":\"" + PATH + "\"}");
      }
      runs.add("{\"run\":" + run + ",\"kbId\":\"kb-000000000000\"}");
      runs.add("{\"run\":" + run.replace("\"" + other.namespace() + "\"", "\"other\"") + "}");
      runs.add("{\"run\":" + run.replace("\"" + other.engine() + "\"", RawJson.megabyte()) + "}");
      runs.add("{\"run\":" + run.replace("\"" + other.workflowId() + "\"", "null") + "}");
      runs.add("{\"run\":\"" + PATH + "\"}");
      runs.addAll(List.of("42", "[]", "{"));
    }
    return runs;
  }

  private static List<String> requests(String plan, String grant, String kb, boolean all) {
    List<String> requests = new ArrayList<>();
    requests.add("{\"lane\":\"" + PATH + "\"}");
    requests.add("{\"lane\":\"fix7-p0\",\"grant\":\"" + NONE + "\"}");
    if (all) {
      requests.add("{\"lane\":\"nothing\"}");
      requests.add("{\"lane\":\"nothing\",\"bundle\":\"" + grant + "\"}");
      requests.add("{\"lane\":\"nothing\",\"bundle\":\"" + plan + "\"}");
      requests.add("{\"lane\":\"fix7-p0\",\"planDigest\":\"" + NONE + "\"}");
      requests.add("{\"lane\":\"fix7-p0\",\"kbId\":\"" + kb + "0\"}");
      requests.add("{\"lane\":\"fix7-p0\",\"bundle\":\"" + PATH + "\"}");
      requests.add("{\"lane\":\"fix7-p0\",\"grant\":\"" + PATH + "\"}");
      requests.add(
          "{\"lane\":\"fix7-p0\",\"grant\":\"" + NONE + "\",\"requester\":\"" + PATH + "\"}");
      requests.add("{\"lane\":\"fix7-p0\",\"requester\":" + RawJson.megabyte() + "}");
      requests.add("{\"lane\":\"fix7-p0\",\"note\":" + RawJson.megabyte() + "}");
      requests.add("{\"lane\":\"fix7-p0\",\"proof\":" + RawJson.megabyte() + "}");
      requests.add("{\"lane\":" + RawJson.megabyte() + "}");
      requests.addAll(List.of("null", "42", "[]", "{}", "{", "{\"lane\":null}"));
    }
    return requests;
  }

  private static String call(String lane, String kb, String round, String plan, String grant) {
    return "{\"lane\":\"%s\",\"kbId\":\"%s\",\"round\":%s,\"planDigest\":\"%s\",\"grant\":\"%s\"}"
        .formatted(lane, kb, round, plan, grant);
  }

  private static String pass(String stage) {
    return "{\"stage\":\"%s\",\"verdict\":{\"verdict\":\"PASS\"},\"evidence\":null,\"note\":\"rogue\"}"
        .formatted(stage);
  }

  private static String passed(String stage) {
    return "{\"result\":" + pass(stage) + "}";
  }

  /** Envelopes in an answer, as what they sign. */
  private static List<String> signed(String answer) {
    List<String> payloads = new ArrayList<>();
    Matcher payload = Pattern.compile("payload\\\\*\":\\\\*\"([A-Za-z0-9+/=]+)").matcher(answer);
    while (payload.find()) {
      payloads.add(
          new String(Base64.getDecoder().decode(payload.group(1)), StandardCharsets.UTF_8));
    }
    return payloads;
  }

  private void foreignCalls(String type, boolean all) throws Exception {
    try (TestBed bed = new TestBed(folder);
        StoreGate gate = new StoreGate(bed.home())) {
      bed.worker();
      LaneOnServer lane = Fix7.heldInS6(bed, gate);
      Owner other = bed.ledger().all(LedgerEntry.Claimed.class).findFirst().orElseThrow().owner();
      List<ForeignWorkflow.Call> calls = forgeries(bed, other, all);
      Untouched before = Untouched.of(bed);
      List<String> beside = besideTheHome();
      long ledger = ledgerBytes(bed);
      int known = bed.ledger().lines().size();
      try (ForeignWorkflow foreign = new ForeignWorkflow(bed.client())) {
        List<ForeignWorkflow.Said> said = foreign.call(type, "rogue-1", calls);
        assertThat(said)
            .as("an answer repeats no long text")
            .allMatch(s -> s.answer().length() < LONG);
        said.forEach(
            s ->
                System.out.printf(
                    "%s %s -> %s%n",
                    s.activity(), brief(s.arguments().toString()), brief(s.answer())));
        assertThat(Untouched.of(bed)).isEqualTo(before);
        assertThat(besideTheHome()).isEqualTo(beside);
        long grown = ledgerBytes(bed) - ledger;
        System.out.printf(
            "%s: %d calls, %d bytes of ledger, %d a call%n",
            type, calls.size(), grown, grown / calls.size());
        assertThat(grown).isLessThan((long) LEFT_BY_A_CALL * calls.size());
        assertThat(bed.ledger().lines().subList(known, bed.ledger().lines().size()))
            .as("a foreign call leaves facts about itself alone")
            .noneMatch(line -> line.entry().toString().contains(other.runId().value()));
        said.stream()
            .flatMap(s -> signed(s.answer()).stream())
            .forEach(s -> assertThat(s).contains("rogue-1").doesNotContain(other.workflowId()));
      }
      Files.delete(bed.document(Fix7.ADDENDUM));
      resume(bed, lane, 1);
      assertThat(lane.end()).isEqualTo("APPLIED");
      Fix7.assertApplied(bed, lane);
    }
  }

  private static String brief(String text) {
    return text.length() <= 260 ? text : text.substring(0, 260) + "… " + text.length();
  }

  @Test
  void foreignLane_callingEachActivity_changesNothing_andAHealthyRunGoesOn() throws Exception {
    foreignCalls(LaneWorkflow.TYPE, false);
  }

  @ParameterizedTest
  @Tag("full")
  @ValueSource(strings = {LaneWorkflow.TYPE, LaneRollbackWorkflow.TYPE, "Stranger"})
  void foreignWorkflow_callingEachActivityWithEachArgumentForged_changesNothing(String type)
      throws Exception {
    foreignCalls(type, true);
  }

  // --- b. rogue pollers

  /** A worker of ours whose activity pollers stand still: workflows run, and stages wait. */
  private static WorkerFactory workflowsOnly(TestBed bed) {
    Home home = new Home(bed.home(), Clock.systemUTC());
    TrustedKeys trusted =
        (role, key) ->
            home.trustRoot().of(dev.lanekeeper.grant.TrustRoot.Role.valueOf(role.name())).stream()
                .anyMatch(k -> k.thumbprint().equals(key));
    WorkerFactory factory = WorkerFactory.newInstance(bed.client());
    Worker worker =
        factory.newWorker(
            TaskQueues.EXECUTOR, Limits.DEFAULT.worker().setLocalActivityWorkerOnly(true).build());
    worker.registerWorkflowImplementationFactory(
        LaneWorkflow.class, () -> new LaneWorkflowImpl(trusted));
    worker.registerWorkflowImplementationFactory(
        LaneRollbackWorkflow.class, () -> new LaneRollbackWorkflowImpl(trusted));
    factory.start();
    return factory;
  }

  private static final String MADE_UP_PACKET =
      "{\"location\":\"runs/x/packet\",\"packetTree\":\"%1$s\",\"stableTree\":\"%1$s\",\"end\":%2$s}";

  private static String review(String result, String packet) {
    return "{\"result\":" + result + ",\"packet\":" + packet + "}";
  }

  private static String madeUpReview() {
    return review(pass("S7"), MADE_UP_PACKET.formatted(NONE, "null"));
  }

  private static Owner ownerOf(TestBed bed, String workflowId) throws IOException {
    return bed.ledger()
        .all(LedgerEntry.RunOpened.class)
        .map(LedgerEntry.RunOpened::owner)
        .filter(o -> o.workflowId().equals(workflowId))
        .findFirst()
        .orElseThrow();
  }

  /** An end of the run, and the result of its review, by a key that nobody trusts. */
  private static String reviewByOwnKey(TestBed bed, String workflowId) throws IOException {
    SigningKey key = SigningKey.generate();
    Owner owner = ownerOf(bed, workflowId);
    String kbId = new Home(bed.home(), Clock.systemUTC()).reader().identity().id();
    ObjectNode core = Json.object().put("stage", "S7").put("note", "rogue");
    core.putObject("verdict").put("verdict", "PASS");
    core.put("evidence", "");
    ObjectNode statement =
        Json.object().put("formatVersion", 1).put("kbId", kbId).put("activity", "S7Review");
    statement.set("caller", Json.tree(owner));
    statement.put("round", 0).put("attempt", 1);
    statement.put("result", dev.lanekeeper.canonical.CanonicalJson.digest(core).hex());
    ObjectNode end = Json.object().put("formatVersion", 1).put("lane", "fix7-p0").put("kbId", kbId);
    end.set("run", Json.tree(owner));
    end.put("end", "APPLIED").put("location", "runs/x/packet");
    end.put("packetTree", NONE).put("stableTree", NONE).put("at", Instant.now().toString());
    String signedEnd = Signed.write(EndStatement.PAYLOAD_TYPE, end, key);
    String signedResult = Signed.write("application/vnd.lanekeeper.result+json", statement, key);
    return review(
        pass("S7").substring(0, pass("S7").length() - 1)
            + ",\"signed\":"
            + text(signedResult)
            + "}",
        MADE_UP_PACKET.formatted(NONE, text(signedEnd)));
  }

  private static String text(String value) {
    return Json.tree(value).toString();
  }

  /** The results of a type that stand in a lane's history, as JSON. */
  private static List<String> results(TestBed bed, String workflowId, String activity) {
    List<HistoryEvent> events = bed.client().fetchHistory(workflowId).getHistory().getEventsList();
    List<String> results = new ArrayList<>();
    for (HistoryEvent event : events) {
      if (event.getEventType() == EventType.EVENT_TYPE_ACTIVITY_TASK_COMPLETED) {
        var done = event.getActivityTaskCompletedEventAttributes();
        HistoryEvent scheduled = events.get((int) done.getScheduledEventId() - 1);
        String type =
            scheduled.getActivityTaskScheduledEventAttributes().getActivityType().getName();
        if (type.equals(activity)) {
          results.add(done.getResult().getPayloads(0).getData().toStringUtf8());
        }
      }
    }
    return results;
  }

  /** Every command that shows how a lane stands: none may say an end that the ledger has not. */
  private static void commandsSayNoEnd(TestBed bed, String id) throws Exception {
    saysNoEnd(command(bed, "status", id));
    saysNoEnd(command(bed, "list"));
    Jar.Result json = command(bed, "list", "--json");
    assertThat(json.out()).doesNotContain("\"status\": \"APPLIED\"");
    Jar.Result watched = command(bed, "watch", id);
    saysNoEnd(watched);
    assertThat(watched.exitCode()).as(watched.out()).isNotZero();
  }

  /** What a rogue reviewer answers with. */
  enum MadeUpReview {
    UNSIGNED,
    BY_OWN_KEY,
    OF_ANOTHER_RUN,
    OF_ANOTHER_STAGE;

    String json(TestBed bed, String workflowId, String earlier) {
      try {
        return switch (this) {
          case UNSIGNED -> madeUpReview();
          case BY_OWN_KEY -> reviewByOwnKey(bed, workflowId);
          case OF_ANOTHER_RUN -> earlier;
          case OF_ANOTHER_STAGE ->
              review(
                  results(bed, workflowId, Stage.S1.activityType())
                      .get(0)
                      .replace("\"stage\":\"S1\"", "\"stage\":\"S7\""),
                  MADE_UP_PACKET.formatted(NONE, "null"));
        };
      } catch (IOException e) {
        throw new AssertionError(e);
      }
    }
  }

  private void rogueReviewer(MadeUpReview kind) throws Exception {
    try (TestBed bed = new TestBed(folder);
        StoreGate gate = new StoreGate(bed.home())) {
      String earlier = kind == MadeUpReview.OF_ANOTHER_RUN ? appliedAndWithdrawn(bed, gate) : "";
      Process executor = bed.worker("--role", "executor");
      LaneOnServer lane;
      long ends = bed.ledger().all(LedgerEntry.RunEnded.class).count();
      try (RoguePoller rogue =
          RoguePoller.ofActivities(
              bed.client(),
              TaskQueues.reviewer(TaskQueues.EXECUTOR),
              task ->
                  Optional.of(
                      kind.json(bed, task.getWorkflowExecution().getWorkflowId(), earlier)))) {
        lane = LaneOnServer.start(bed, gate);
        Hold hold = awaitHold(bed, lane, 1);
        assertThat(hold.stage()).isEqualTo(Stage.S7);
        assertThat(hold.reject().code()).as(kind.name()).isEqualTo(RejectCode.RESULT_UNVERIFIED);
        assertThat(rogue.taken()).contains(Stage.S7.activityType());
        commandsSayNoEnd(bed, lane.id());
        assertThat(bed.ledger().all(LedgerEntry.RunEnded.class)).hasSize((int) ends);
        assertThat(bed.ledger().openClaims()).hasSize(1);
      }
      bed.worker("--role", "reviewer");
      resume(bed, lane, 1);
      assertThat(lane.end()).isEqualTo("APPLIED");
      Fix7.assertApplied(bed, lane);
      assertThat(executor.isAlive()).isTrue();
    }
  }

  /** A run that was applied and withdrawn; what its reviewer had returned, signed. */
  private static String appliedAndWithdrawn(TestBed bed, StoreGate gate) throws Exception {
    Process worker = bed.worker();
    LaneOnServer lane = LaneOnServer.start(bed, gate);
    assertThat(lane.end()).isEqualTo("APPLIED");
    assertThat(command(bed, "grant", "rollback", "fix7-p0").exitCode()).isZero();
    assertThat(command(bed, "rollback", "fix7-p0").exitCode()).isZero();
    assertThat(Cli.run("grant", "issue", TestLane.FIX7, "--home", bed.home()).exitCode()).isZero();
    assertThat(worker.destroyForcibly().waitFor()).isNotZero();
    return results(bed, lane.id(), Stage.S7.activityType()).get(0);
  }

  @Test
  void rogueReviewer_whoPassesTheReview_isNotBelieved_andTheLaneGoesOnWithoutIt() throws Exception {
    rogueReviewer(MadeUpReview.UNSIGNED);
  }

  @ParameterizedTest
  @Tag("full")
  @EnumSource(MadeUpReview.class)
  void rogueReviewer_withAnyResult_isNotBelieved(MadeUpReview kind) throws Exception {
    rogueReviewer(kind);
  }

  @Test
  @Tag("full")
  void rogueExecutor_whoPassesEveryStage_publishesNothing_andTheLaneGoesOnWithoutIt()
      throws Exception {
    try (TestBed bed = new TestBed(folder);
        StoreGate gate = new StoreGate(bed.home())) {
      Process made = bed.worker();
      assertThat(made.destroyForcibly().waitFor()).isNotZero();
      Untouched before = Untouched.of(bed);
      WorkerFactory ours = workflowsOnly(bed);
      LaneOnServer lane;
      try (RoguePoller rogue =
          RoguePoller.ofActivities(
              bed.client(),
              TaskQueues.EXECUTOR,
              task ->
                  Optional.of(
                      "{\"result\":"
                          + pass("S0")
                          + ",\"planDigest\":\""
                          + NONE
                          + "\",\"grant\":\""
                          + NONE
                          + "\"}"))) {
        lane = LaneOnServer.start(bed, gate);
        assertThat(awaitHold(bed, lane, 1).reject().code()).isEqualTo(RejectCode.RESULT_UNVERIFIED);
        commandsSayNoEnd(bed, lane.id());
        assertThat(Untouched.of(bed)).isEqualTo(before);
        assertThat(rogue.taken()).containsOnly(Stage.S0.activityType());
      }
      ours.shutdownNow();
      bed.worker();
      resume(bed, lane, 1);
      assertThat(lane.end()).isEqualTo("APPLIED");
      Fix7.assertApplied(bed, lane);
    }
  }

  /** Rollback and Seal answered by somebody who did nothing. */
  @Test
  @Tag("full")
  void rogueExecutor_whoSaysThatAllIsWithdrawn_isNotBelieved_andTheRollbackIsFinishedLater()
      throws Exception {
    try (TestBed bed = new TestBed(folder);
        StoreGate gate = new StoreGate(bed.home())) {
      Process worker = bed.worker();
      LaneOnServer lane = Fix7.heldInS6(bed, gate);
      String standing = bed.tree();
      assertThat(worker.destroyForcibly().waitFor()).isNotZero();
      WorkerFactory ours = workflowsOnly(bed);
      try (RoguePoller rogue =
          RoguePoller.ofActivities(
              bed.client(),
              TaskQueues.EXECUTOR,
              task ->
                  Optional.of(
                      task.getActivityType().getName().equals(Activities.ROLLBACK)
                          ? "{\"complete\":true,\"outcomes\":[\"M-1: WITHDRAWN\"],\"refused\":null}"
                          : MADE_UP_PACKET.formatted(NONE, "null")))) {
        LaneOnServer.await("a worker for workflows", () -> status(bed, lane).hold().isPresent());
        new LaneClient(bed.client()).answer(lane.stub(), "rollback", 1);
        assertThat(lane.end()).isEqualTo("ROLLBACK_FAILED");
        assertThat(rogue.taken()).contains(Activities.ROLLBACK, Activities.SEAL);
        commandsSayNoEnd(bed, lane.id());
        assertThat(bed.tree()).isEqualTo(standing);
        assertThat(bed.ledger().openClaims()).as("nothing stands without a claim").hasSize(1);
        assertThat(bed.ledger().all(LedgerEntry.RunEnded.class)).isEmpty();
      }
      ours.shutdownNow();
      bed.worker();
      Jar.Result done = command(bed, "rollback", "fix7-p0");
      assertThat(done.exitCode()).as(done.out()).isZero();
      assertThat(bed.document(Fix7.PRIMARY)).doesNotExist();
      assertThat(bed.ledger().openClaims()).isEmpty();
    }
  }

  private static String outcome(LaneEnd end) {
    return "{\"lane\":\"fix7-p0\",\"end\":\"%s\",\"alreadyApplied\":false,\"planDigest\":null,\"stage\":null,\"reject\":null,\"withdrawn\":[],\"packet\":%s}"
        .formatted(end, MADE_UP_PACKET.formatted(NONE, "null"));
  }

  private static String ended(LaneEnd end) {
    return "{\"phase\":\"ENDED\",\"stages\":[],\"hold\":null,\"planDigest\":null,\"end\":\"%s\",\"packet\":null}"
        .formatted(end);
  }

  /** Nobody but the rogue takes the lane's turns: it says that the lane is applied. */
  @Test
  void rogueWorkflowWorker_whoSaysApplied_isCalledUnverified_andTheLaneRunsAgainWithoutIt()
      throws Exception {
    try (TestBed bed = new TestBed(folder)) {
      Process made = bed.worker();
      assertThat(made.destroyForcibly().waitFor()).isNotZero();
      Untouched before = Untouched.of(bed);
      try (RoguePoller rogue =
          RoguePoller.ofWorkflows(
              bed.client(),
              TaskQueues.EXECUTOR,
              outcome(LaneEnd.APPLIED),
              ended(LaneEnd.APPLIED))) {
        Jar.Result started = command(bed, "start", TestLane.FIX7, "--wait");
        saysNoEnd(started);
        assertThat(started.exitCode()).as(started.out()).isNotZero();
        assertThat(rogue.taken()).contains("workflow Lane");
        String id = workflowId(bed);
        commandsSayNoEnd(bed, id);
        JsonNode status =
            Json.parse(command(bed, "status", id, "--json").out().getBytes(StandardCharsets.UTF_8));
        assertThat(status.path("verified").asBoolean()).isFalse();
        assertThat(Untouched.of(bed)).isEqualTo(before);
      }
      bed.worker();
      Jar.Result started = command(bed, "start", TestLane.FIX7, "--wait");
      assertThat(started.exitCode()).as(started.out()).isZero();
      assertThat(bed.ledger().all(LedgerEntry.RunEnded.class).map(LedgerEntry.RunEnded::end))
          .containsExactly(LaneEnd.APPLIED);
    }
  }

  private static String workflowId(TestBed bed) {
    return bed.client()
        .listExecutions("WorkflowType = 'Lane'")
        .findFirst()
        .orElseThrow()
        .getExecution()
        .getWorkflowId();
  }

  /** The documents of S5 stand when the rogue ends the lane's workflow as applied. */
  @Test
  @Tag("full")
  void rogueWorkflowWorker_whoEndsALaneThatHasPublished_leavesItsClaim_andTheNextRunGoesOn()
      throws Exception {
    try (TestBed bed = new TestBed(folder);
        StoreGate gate = new StoreGate(bed.home())) {
      Process worker = bed.worker();
      LaneOnServer lane = Fix7.heldInS6(bed, gate);
      assertThat(worker.destroyForcibly().waitFor()).isNotZero();
      try (RoguePoller rogue =
          RoguePoller.ofWorkflows(
              bed.client(),
              TaskQueues.EXECUTOR,
              outcome(LaneEnd.APPLIED),
              ended(LaneEnd.APPLIED))) {
        lane.stub().signal("wake");
        LaneOnServer.await("the rogue's end", lane::closed);
        commandsSayNoEnd(bed, lane.id());
        assertThat(rogue.taken()).contains("workflow Lane");
        assertThat(bed.ledger().openClaims()).as("nothing stands without a claim").hasSize(1);
      }
      Files.delete(bed.document(Fix7.ADDENDUM));
      bed.worker();
      Jar.Result again = command(bed, "start", TestLane.FIX7, "--wait");
      assertThat(again.exitCode()).as(again.out()).isZero();
      assertThat(bed.ledger().openClaims()).isEmpty();
      assertThat(Fix7.applied(bed)).isTrue();
    }
  }

  /** The same of a rollback: its command must not say that documents are withdrawn that stand. */
  @Test
  @Tag("full")
  void rogueWorkflowWorker_whoSaysRolledBack_isNotBelievedByTheRollback() throws Exception {
    try (TestBed bed = new TestBed(folder);
        StoreGate gate = new StoreGate(bed.home())) {
      Process worker = bed.worker();
      LaneOnServer lane = Fix7.heldInS6(bed, gate);
      lane.stub().terminate("test");
      assertThat(worker.destroyForcibly().waitFor()).isNotZero();
      try (RoguePoller rogue =
          RoguePoller.ofWorkflows(
              bed.client(),
              TaskQueues.EXECUTOR,
              outcome(LaneEnd.ROLLED_BACK).replaceAll("\"packet\":.*", "\"packet\":null}"),
              ended(LaneEnd.ROLLED_BACK))) {
        Jar.Result said = command(bed, "rollback", "fix7-p0");
        assertThat(rogue.taken()).contains("workflow LaneRollback");
        assertThat(bed.document(Fix7.PRIMARY)).exists();
        saysNoEnd(said);
        assertThat(said.exitCode()).as(said.out()).isNotZero();
      }
      bed.worker();
      Jar.Result done = command(bed, "rollback", "fix7-p0");
      assertThat(done.exitCode()).as(done.out()).isZero();
      assertThat(bed.document(Fix7.PRIMARY)).doesNotExist();
    }
  }

  // --- c. completers by id

  /** What is put in a stage's place. */
  private static String garbage(TestBed bed, LaneOnServer lane, Stage stage, int kind)
      throws IOException {
    String result = pass(stage.name());
    String whole =
        switch (stage) {
          case S0 ->
              "{\"result\":"
                  + result
                  + ",\"planDigest\":\""
                  + NONE
                  + "\",\"grant\":\""
                  + NONE
                  + "\"}";
          case S7 -> madeUpReview();
          default -> result;
        };
    List<String> s1 = results(bed, lane.id(), Stage.S1.activityType());
    return switch (kind % 8) {
      case 0 -> whole;
      case 1 -> "null";
      case 2 -> "\"" + PATH + "\"";
      case 3 -> "{}";
      case 4 -> "{\"stage\":null,\"verdict\":null,\"evidence\":null,\"note\":null,\"result\":null}";
      case 5 -> "{";
      case 6 -> whole.replace("\"rogue\"", RawJson.megabyte());
      default -> s1.isEmpty() ? "[]" : s1.get(0);
    };
  }

  /** One lane; in each stage somebody answers in the worker's place, and it is resumed. */
  private void completedById(int first) throws Exception {
    try (TestBed bed = new TestBed(folder);
        StoreGate gate = new StoreGate(bed.home())) {
      bed.worker();
      Completer completer = new Completer(bed.client());
      LaneOnServer lane = LaneOnServer.standing(bed, gate, Stage.S0).orElseThrow();
      int hold = 0;
      for (Stage stage : Stage.values()) {
        if (stage != Stage.S0 && !lane.standsIn(stage.activityType())) {
          continue;
        }
        String activity = lane.inHand().orElseThrow().getActivityId();
        completer.heartbeat(lane.id(), activity, RawJson.megabyte());
        // The server takes no cancellation of what nobody has canceled.
        completer.cancel(lane.id(), activity);
        assertThat(lane.inHand()).isPresent();
        String answer = garbage(bed, lane, stage, first + hold);
        completer.complete(lane.id(), activity, answer);
        gate.open();
        Hold held = awaitHold(bed, lane, ++hold);
        assertThat(held.stage()).isEqualTo(stage);
        assertThat(held.reject().code()).as(brief(answer)).isEqualTo(RejectCode.RESULT_UNVERIFIED);
        resume(bed, lane, hold);
      }
      assertThat(hold).as("stages that were stopped in time").isGreaterThan(5);
      assertThat(lane.end()).isEqualTo("APPLIED");
      Fix7.assertApplied(bed, lane);
    }
  }

  @Test
  void stagesCompletedById_hold_andTheLaneGoesOnWithRealOnes() throws Exception {
    completedById(0);
  }

  @ParameterizedTest
  @Tag("full")
  @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7})
  void stagesCompletedById_withAnything_hold(int first) throws Exception {
    completedById(first);
  }

  @Test
  void stageFailedById_underTheNameOfACode_holdsAsAFault_andTheLaneGoesOn() throws Exception {
    try (TestBed bed = new TestBed(folder);
        StoreGate gate = new StoreGate(bed.home())) {
      bed.worker();
      Completer completer = new Completer(bed.client());
      LaneOnServer lane = LaneOnServer.standing(bed, gate, Stage.S0).orElseThrow();
      int hold = 0;
      for (RejectCode code :
          List.of(
              RejectCode.GRANT_FORGED,
              RejectCode.NOT_CALLED_BY_LANE,
              RejectCode.STAGE_FORBIDDEN,
              RejectCode.ALREADY_APPLIED)) {
        Stage stage = List.of(Stage.S0, Stage.S1, Stage.S2, Stage.S3).get(hold);
        if (stage != Stage.S0) {
          assertThat(lane.standsIn(stage.activityType())).as("stopped in time").isTrue();
        }
        completer.fail(
            lane.id(),
            lane.inHand().orElseThrow().getActivityId(),
            code.name(),
            "x".repeat(90_000));
        gate.open();
        Hold held = awaitHold(bed, lane, ++hold);
        assertThat(held.reject().code()).isEqualTo(RejectCode.STAGE_FAULT);
        assertThat(held.stage()).isEqualTo(stage);
        resume(bed, lane, hold);
      }
      assertThat(lane.end()).isEqualTo("APPLIED");
      Fix7.assertApplied(bed, lane);
    }
  }

  /** Rollback or Seal completed by id while the worker has it in hand. */
  @ParameterizedTest
  @Tag("full")
  @ValueSource(strings = {Activities.ROLLBACK, Activities.SEAL})
  void compensationCompletedById_isNotBelieved_andCanBeFinished(String activity) throws Exception {
    for (String answer :
        List.of(
            "{\"complete\":true,\"outcomes\":[],\"refused\":null}",
            MADE_UP_PACKET.formatted(NONE, "null"),
            "null",
            "42")) {
      Path own = Files.createTempDirectory(folder, "bed");
      try (TestBed bed = new TestBed(own);
          StoreGate gate = new StoreGate(bed.home())) {
        bed.worker();
        LaneOnServer lane = Fix7.heldInS6(bed, gate);
        if (activity.equals(Activities.ROLLBACK)) {
          gate.shut();
        }
        new LaneClient(bed.client()).answer(lane.stub(), "rollback", 1);
        assertThat(lane.standsIn(activity)).as("stopped in time").isTrue();
        new Completer(bed.client())
            .complete(lane.id(), lane.inHand().orElseThrow().getActivityId(), answer);
        gate.open();
        String end = lane.end();
        assertThat(end).as(answer).isIn("ROLLED_BACK", "ROLLBACK_FAILED");
        LaneOnServer.await(
            "the ledger's word",
            () ->
                bed.ledger().all(LedgerEntry.RunEnded.class).findAny().isPresent()
                    || !bed.ledger().openClaims().isEmpty()
                    || lane.closed());
        Jar.Result done = command(bed, "rollback", "fix7-p0");
        assertThat(done.exitCode()).as(answer + ": " + done.out()).isZero();
        assertThat(bed.document(Fix7.PRIMARY)).doesNotExist();
        assertThat(bed.ledger().openClaims()).isEmpty();
      }
    }
  }

  // --- d. names, attributes, updates and signals

  private static SearchAttributes attributes(String lane, String status) {
    return SearchAttributes.newBuilder()
        .set(LaneAttributes.NAME, lane)
        .set(LaneAttributes.STATUS, status)
        .build();
  }

  @Test
  void foreignWorkflow_underALanesName_isNeitherApproved_norCalledApplied() throws Exception {
    Path lanes = Files.createDirectory(folder.resolve("lanes"));
    Path asking = lanes.resolve("fix7-p0");
    EditedLane.copyOf(TestLane.FIX7, asking)
        .edit("\n  next:\n", "\n  approval: {question: May it stand.}\n\n  next:\n");
    try (TestBed bed = new TestBed(folder);
        StoreGate gate = new StoreGate(bed.home());
        ForeignWorkflow foreign = new ForeignWorkflow(bed.client())) {
      assertThat(Cli.run("grant", "issue", asking, "--home", bed.home()).exitCode()).isZero();
      assertThat(Cli.run("key", "new", "approver", "--home", bed.home()).exitCode()).isZero();
      Path key = bed.home().resolve("keys/approver.key");
      Path trusted = bed.home().resolve("keys/approver.pub");
      assertThat(
              Cli.run("trust", "add", trusted, "--role", "approver", "--home", bed.home())
                  .exitCode())
          .isZero();
      bed.worker(Map.of(), lanes);
      foreign
          .start(LaneWorkflow.TYPE, "fix7-p0", attributes("fix7-p0", "APPLIED"), List.of())
          .getResult(String[].class);
      foreign.start(
          LaneWorkflow.TYPE,
          "fix7-p0:held",
          attributes("fix7-p0", "HELD"),
          List.of(new ForeignWorkflow.Call("nobody-polls-this", "Wait", List.of())));
      Jar.Result none = command(bed, "approve", "fix7-p0", "--key", key);
      assertThat(none.exitCode()).as(none.out()).isEqualTo(ExitCode.REJECTED);
      assertThat(none.out()).contains("NOT_HELD");
      Jar.Result foreigner = command(bed, "approve", "fix7-p0:held", "--key", key);
      assertThat(foreigner.exitCode()).as(foreigner.out()).isEqualTo(ExitCode.REJECTED);
      saysNoEnd(command(bed, "list"));

      LaneOnServer lane = LaneOnServer.start(bed, gate);
      awaitHold(bed, lane, 1);
      junk(lane);
      Jar.Result approved = command(bed, "approve", "fix7-p0", "--key", key);
      assertThat(approved.exitCode()).as(approved.out()).isZero();
      assertThat(approved.out()).contains("of " + lane.id());
      assertThat(lane.end()).isEqualTo("APPLIED");
      Fix7.assertApplied(bed, lane);
      saysOneEnd(command(bed, "list"), lane.id());
    }
  }

  @Test
  void foreignWorkflow_whoseStatusLooksLikeAnEnd_isNotListedSo() throws Exception {
    try (TestBed bed = new TestBed(folder);
        ForeignWorkflow foreign = new ForeignWorkflow(bed.client())) {
      assertThat(bed.worker().isAlive()).isTrue();
      for (String status : List.of("applied", "APPLIED ", "APPLIED (as the ledger says)")) {
        foreign
            .start(LaneWorkflow.TYPE, "x-" + status, attributes("fix7-p0", status), List.of())
            .getResult(String[].class);
      }
      LaneOnServer.await(
          "the list", () -> bed.client().listExecutions("WorkflowType = 'Lane'").count() == 3);
      assertThat(command(bed, "list").out().lines().skip(1))
          .allMatch(line -> line.contains("UNVERIFIED"));
      assertThat(command(bed, "list", "--status", "APPLIED").out()).doesNotContain("x-applied");
    }
  }

  /** A claim that nobody's S0 to S4 stand behind would keep a healthy lane from its paths. */
  @Test
  void foreignLane_thatSkipsTheChecks_takesNoClaim() throws Exception {
    try (TestBed bed = new TestBed(folder);
        ForeignWorkflow foreign = new ForeignWorkflow(bed.client())) {
      assertThat(bed.worker().isAlive()).isTrue();
      String plan = new TestLane(Clock.systemUTC()).plan().digest().hex();
      String grant = bed.home().resolve("store/grants").toFile().list()[0].substring(0, 64);
      List<ForeignWorkflow.Said> said =
          foreign.call(
              LaneWorkflow.TYPE,
              "rogue-2",
              List.of(
                  new ForeignWorkflow.Call(
                      TaskQueues.EXECUTOR,
                      Stage.S0.activityType(),
                      List.of("{\"lane\":\"fix7-p0\",\"grant\":\"" + NONE + "\"}", "0")),
                  new ForeignWorkflow.Call(
                      TaskQueues.EXECUTOR,
                      Stage.S5.activityType(),
                      List.of(
                          "{\"lane\":\"fix7-p0\",\"round\":0,\"planDigest\":\"%s\",\"grant\":\"%s\"}"
                              .formatted(plan, grant),
                          passed("S3"),
                          passed("S4"),
                          "null"))));
      assertThat(said.get(1).answer()).contains("COMMIT_NOT_CLEARED");
      assertThat(bed.ledger().openClaims()).isEmpty();
    }
  }

  /** Whoever may start workflows may cause this as often as they like. */
  @Test
  void foreignLane_withoutAGrant_leavesItsOwnRejectionAlone() throws Exception {
    try (TestBed bed = new TestBed(folder);
        ForeignWorkflow foreign = new ForeignWorkflow(bed.client())) {
      assertThat(bed.worker().isAlive()).isTrue();
      long before = ledgerBytes(bed);
      List<ForeignWorkflow.Said> said =
          foreign.call(
              LaneWorkflow.TYPE,
              "rogue-3",
              List.of(
                  new ForeignWorkflow.Call(
                      TaskQueues.EXECUTOR,
                      Stage.S0.activityType(),
                      List.of("{\"lane\":\"fix7-p0\",\"grant\":\"" + NONE + "\"}", "0")),
                  new ForeignWorkflow.Call(TaskQueues.EXECUTOR, Activities.SEAL, List.of("{}")),
                  new ForeignWorkflow.Call(TaskQueues.EXECUTOR, Activities.SEAL, List.of("{}"))));
      long packets;
      try (Stream<Path> files = Files.walk(bed.home().resolve("runs"))) {
        packets =
            files.filter(Files::isRegularFile).mapToLong(file -> file.toFile().length()).sum();
      }
      System.out.printf(
          "a run without a grant: %d bytes of ledger, %d of packets%n",
          ledgerBytes(bed) - before, packets);
      assertThat(said.get(1).answer()).startsWith("answered");
      assertThat(bed.ledger().all(LedgerEntry.RunEnded.class))
          .as("sealed twice, ended once")
          .singleElement()
          .satisfies(
              ended -> {
                assertThat(ended.end()).isEqualTo(LaneEnd.REJECTED);
                assertThat(ended.owner().workflowId()).isEqualTo("rogue-3");
                assertThat(ended.planDigest()).as("anybody may name any plan").isEmpty();
              });
    }
  }

  /** Only the lane itself is listed as applied. */
  private static void saysOneEnd(Jar.Result list, String id) {
    assertThat(list.out().lines().filter(l -> l.startsWith("APPLIED") && !l.contains("UNVERIFIED")))
        .as(list.out())
        .singleElement()
        .asString()
        .contains(id);
  }

  /** 100 answers that are none. */
  private static void junk(LaneOnServer lane) {
    Object[] answers = {
      "42", Map.of("hold", 7), Map.of("hold", "1"), List.of(), "x".repeat(1_000_000), Map.of()
    };
    String[] names = {"resume", "approve", "rollback", "abort", "unknown", "__stack_trace"};
    for (int i = 0; i < 100; i++) {
      Object answer = answers[i % answers.length];
      String name = names[(i / answers.length) % names.length];
      assertThatThrownBy(() -> lane.stub().update(name, Void.class, answer))
          .isInstanceOf(WorkflowException.class);
    }
  }

  private static boolean signaled(LaneOnServer lane, String name) {
    try {
      lane.stub().signal(name, "not an answer");
      return true;
    } catch (WorkflowNotFoundException ended) {
      return false;
    }
  }

  @Test
  void thousandSignals_beforeAndDuringALane_changeNothing() throws Exception {
    try (TestBed bed = new TestBed(folder);
        StoreGate gate = new StoreGate(bed.home())) {
      LaneOnServer lane = LaneOnServer.start(bed, gate);
      String[] names = {"resume", "rollback", "abort", "approve", "x".repeat(900), "../../kb"};
      for (int i = 0; i < 500; i++) {
        lane.stub().signal(names[i % names.length], Map.of("hold", 1));
      }
      bed.worker();
      for (int i = 0; i < 500 && signaled(lane, names[i % names.length]); i++) {}
      assertThat(lane.end()).isEqualTo("APPLIED");
      Fix7.assertApplied(bed, lane);
    }
  }

  // --- e. two knowledge bases on one queue

  /** A worker that was started without asking who else polls. */
  private static LaneWorker polling(TestBed bed, Path folder, String identity) throws IOException {
    Home home = new Home(folder, Clock.systemUTC());
    return LaneWorker.start(
        new Wiring(
            home,
            bed.client(),
            bed.connection().engine(),
            bed.connection(),
            new Catalogue(TestLane.ROOT.resolve("examples"), home.evidence()),
            identity,
            TaskQueues.EXECUTOR,
            Leases.SETTLED));
  }

  @Test
  void workerOfAnotherKnowledgeBase_isRefusedAtItsStart_andWhereItPollsAllTheSameChangesNothing()
      throws Exception {
    Path other = folder.resolve("home-b");
    assertThat(
            Cli.run("kb", "create", "--environment", "no-production", "--home", other).exitCode())
        .isZero();
    try (TestBed bed = new TestBed(folder)) {
      Process worker = bed.worker();
      Jar.Result refused =
          bed.command("worker", "--home", other, "--lanes", TestLane.ROOT.resolve("examples"));
      assertThat(refused.exitCode()).as(refused.out()).isEqualTo(ExitCode.FAULT);
      assertThat(refused.out()).contains("QUEUE_TAKEN").contains("LANEKEEPER_QUEUE=");
      assertThat(worker.destroyForcibly().waitFor()).isNotZero();

      LaneWorker stranger = polling(bed, other, "stranger");
      String before = DirHash.ofBytes(FileTree.read(other.resolve("kb"))).hex();
      String ledger = Files.readString(other.resolve("ledger/ledger.jsonl"));
      assertThat(command(bed, "start", TestLane.FIX7).exitCode()).isZero();
      String id = workflowId(bed);
      WorkflowStub lane = bed.client().newUntypedWorkflowStub(id);
      LaneClient client = new LaneClient(bed.client());
      LaneOnServer.await("the hold", () -> client.status(lane).hold().isPresent());
      assertThat(client.status(lane).hold().orElseThrow().reject().code())
          .isEqualTo(RejectCode.KB_MISMATCH);
      assertThat(Files.readString(other.resolve("ledger/ledger.jsonl"))).isEqualTo(ledger);
      assertThat(DirHash.ofBytes(FileTree.read(other.resolve("kb"))).hex()).isEqualTo(before);

      // A's worker is back, and B's still polls: either takes stages and turns of the lane. The
      // start of a worker would be refused still, for the stranger's sake.
      LaneWorker back = polling(bed, bed.home(), "back");
      for (int hold = 1; client.status(lane).end().isEmpty(); hold++) {
        assertThat(hold).isLessThan(8);
        if (hold == 3) {
          stranger.close();
        }
        int answered = hold;
        client.answer(lane, "resume", hold);
        LaneOnServer.await(
            "the end or a hold",
            () ->
                client.status(lane).hold().filter(h -> h.number() > answered).isPresent()
                    || client.status(lane).end().isPresent());
      }
      assertThat(client.status(lane).end()).contains(LaneEnd.APPLIED);
      stranger.close();
      back.close();
      assertThat(bed.ledger().openClaims()).isEmpty();
      assertThat(Files.readString(other.resolve("ledger/ledger.jsonl"))).isEqualTo(ledger);
      assertThat(DirHash.ofBytes(FileTree.read(other.resolve("kb"))).hex()).isEqualTo(before);
    }
  }
}
