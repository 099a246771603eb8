package dev.lanekeeper.hostile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lanekeeper.canonical.Json;
import dev.lanekeeper.evidence.FileTree;
import dev.lanekeeper.signature.Envelope;
import dev.lanekeeper.signature.SigningKey;
import dev.lanekeeper.starter.Cli;
import dev.lanekeeper.starter.Embedded;
import dev.lanekeeper.testkit.TestLane;
import dev.lanekeeper.worker.LocalKeys;
import dev.lanekeeper.workflow.Approval;
import io.temporal.client.WorkflowStub;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Every field of what is signed or sent: grants, approvals, requests, and what the home trusts. */
@Timeout(value = 1, unit = TimeUnit.HOURS) // for the whole corpus; each answer has its own
class HostileDocumentsTest {

  private static final String NAME = "handbook-release";

  /** How many lanes are started before the first is waited for. */
  private static final int AT_ONCE = 16;

  private static final Set<String> NUMBERS = Set.of("formatVersion", "hold");
  private static final Path EXAMPLE = TestLane.ROOT.resolve("examples/" + NAME);

  @TempDir private Path folder;
  private Sandbox sandbox;
  private Path home;
  private SigningKey owner;

  @BeforeEach
  void home() throws Exception {
    sandbox = new Sandbox(folder);
    home = sandbox.home();
    done(Cli.run("kb", "create", "--environment", "handbook", "--home", home));
    done(Cli.run("kb", "import", EXAMPLE.resolve("kb"), "--home", home));
    done(Cli.run("grant", "issue", EXAMPLE, "--home", home));
    owner = new LocalKeys(home.resolve("keys")).find("owner").orElseThrow();
    sandbox.canaries().addKeys(home.resolve("keys"));
  }

  private static void done(Cli command) {
    assertThat(command.exitCode()).as(command.out() + command.err()).isZero();
  }

  private static String name(HostileCorpus.Pair pair) {
    return pair.field() + " with " + pair.value();
  }

  /** The pairs of a JSON document in which the value may stand. */
  private static List<HostileCorpus.Pair> pairs(Fields fields) {
    return HostileCorpus.pairs(fields.patterns()).stream()
        .filter(pair -> !pair.value().yamlOnly())
        // That one is as it should be.
        .filter(pair -> !NUMBERS.contains(pair.field()) || !pair.value().kind().equals("number"))
        .filter(pair -> !pair.value().besideAField() || fields.inMap(pair.field()))
        .toList();
  }

  private JsonNode payload(Path envelope) throws IOException {
    return Json.parse(Envelope.read(Files.readAllBytes(envelope)).payload());
  }

  @Test
  void grant_withAnythingInAnyField_signedByTheOwner() throws Exception {
    Path file = sandbox.folder().resolve("grant.json");
    done(Cli.run("grant", "issue", EXAMPLE, "--home", home, "--out", file));
    Envelope good = Envelope.read(Files.readAllBytes(file));
    Fields fields = new Fields(payload(file));
    Map<Integer, Integer> codes = new TreeMap<>();
    int tried = 0;
    for (HostileCorpus.Pair pair : pairs(fields)) {
      byte[] bytes = Fields.bytes(fields.with(pair.field(), tried, pair.value()));
      Files.write(file, Envelope.sign(good.payloadType(), bytes, owner).bytes());
      sandbox.run(name(pair), "grant", "inspect", file, "--home", home);
      if (tried % (10 * HostileCorpus.slowness()) == 0) {
        codes.merge(runs(name(pair), file), 1, Integer::sum);
      }
      tried++;
    }
    Fields envelope = new Fields(Json.parse(good.bytes()));
    for (HostileCorpus.Pair pair : pairs(envelope)) {
      Files.write(file, Fields.bytes(envelope.with(pair.field(), tried, pair.value())));
      sandbox.run(name(pair), "grant", "inspect", file, "--home", home);
      if (tried % (20 * HostileCorpus.slowness()) == 0) {
        codes.merge(runs(name(pair), file), 1, Integer::sum);
      }
      tried++;
    }
    sandbox.run("what was stored of them", "grant", "list", "--home", home);
    sandbox.canaries().absentBelow(home, home.resolve("keys"));
    System.out.printf(
        "hostile grants: %d fields, %d tried, exit codes of runs %s%n",
        fields.patterns().size() + envelope.patterns().size(), tried, codes);
  }

  /** Runs the lane under a grant, in a copy of the home, since it may hold. */
  private int runs(String what, Path grant) throws Exception {
    Path before = copied();
    int code = sandbox.run(what, "run", EXAMPLE, "--grant", grant, "--home", home).exitCode();
    assertThat(code).as(what).isIn(0, 2, 3, 4);
    sandbox.canaries().absentBelow(home, home.resolve("keys"));
    if (code == 0) {
      restore(before);
    }
    return code;
  }

  /** A copy of the home beside it, with its links. */
  private Path copied() throws Exception {
    Path copy = sandbox.folder().resolve("copy");
    FileTree.delete(copy);
    program("cp", "-a", home.toString(), copy.toString());
    return copy;
  }

  private void restore(Path copy) throws Exception {
    FileTree.delete(home);
    program("cp", "-a", copy.toString(), home.toString());
  }

  private static void program(String... words) throws Exception {
    assertThat(new ProcessBuilder(words).inheritIO().start().waitFor()).isZero();
  }

  @Test
  void rollbackGrant_withAnythingInAnyField_signedByTheOwner() throws Exception {
    done(Cli.run("run", EXAMPLE, "--home", home));
    Path file = sandbox.folder().resolve("grant.json");
    done(Cli.run("grant", "rollback", NAME, "--home", home, "--out", file));
    Path applied = copied();
    Envelope good = Envelope.read(Files.readAllBytes(file));
    Fields fields = new Fields(payload(file));
    Map<Integer, Integer> codes = new TreeMap<>();
    int tried = 0;
    for (HostileCorpus.Pair pair : pairs(fields)) {
      byte[] bytes = Fields.bytes(fields.with(pair.field(), tried, pair.value()));
      Files.write(file, Envelope.sign(good.payloadType(), bytes, owner).bytes());
      sandbox.run(name(pair), "grant", "inspect", file, "--home", home);
      if (tried % 6 == 0) {
        int code =
            sandbox.run(name(pair), "rollback", NAME, "--grant", file, "--home", home).exitCode();
        codes.merge(code, 1, Integer::sum);
        if (code == 0 || code == 5) {
          restore(applied);
        }
      }
      tried++;
    }
    sandbox.canaries().absentBelow(home, home.resolve("keys"));
    System.out.printf(
        "hostile rollback grants: %d fields, %d tried, exit codes of rollbacks %s%n",
        fields.patterns().size(), tried, codes);
  }

  @Test
  void request_withAnythingInAnyField() throws Exception {
    ObjectNode request = Json.object();
    request.put("lane", NAME).put("bundle", "0".repeat(64)).put("planDigest", "0".repeat(64));
    request.put("kbId", "kb-1").put("grant", "0".repeat(64)).put("requester", "somebody");
    request.put("note", "a note").put("proof", "{}");
    Fields fields = new Fields(request);
    Map<String, String> requests = new LinkedHashMap<>();
    for (HostileCorpus.Pair pair : pairs(fields)) {
      requests.put(name(pair), fields.with(pair.field(), 0, pair.value()));
    }
    // With nothing else in it, the field decides.
    for (HostileCorpus.Pair pair : HostileCorpus.some(pairs(fields))) {
      ObjectNode alone = Json.object().put("lane", NAME);
      alone.set(pair.field(), request.get(pair.field()));
      requests.put(name(pair) + " alone", new Fields(alone).with(pair.field(), 0, pair.value()));
    }
    for (HostileCorpus.Value value : HostileCorpus.some(HostileCorpus.values())) {
      if (!value.besideAField() && !value.yamlOnly()) {
        requests.put("the request as " + value, value.json());
      }
    }
    Map<String, Integer> ends = new TreeMap<>();
    try (Embedded engine = new Embedded(home, TestLane.ROOT.resolve("examples"))) {
      // Some at once: most of their time they wait.
      List<String> names = List.copyOf(requests.keySet());
      for (int i = 0; i < names.size(); i += AT_ONCE) {
        Map<String, WorkflowStub> started = new LinkedHashMap<>();
        for (String name : names.subList(i, Math.min(i + AT_ONCE, names.size()))) {
          started.put(name, engine.start(requests.get(name)));
        }
        for (Map.Entry<String, WorkflowStub> one : started.entrySet()) {
          ends.merge(ends(engine, one.getKey(), one.getValue()), 1, Integer::sum);
        }
      }
    }
    sandbox.canaries().absentBelow(home, home.resolve("keys"));
    long ledger = Files.size(home.resolve("ledger/ledger.jsonl"));
    assertThat(ledger).as("what all of them left in the ledger").isLessThan(4_000_000);
    System.out.printf(
        "hostile requests: %d fields, %d tried, %d bytes of ledger, ends %s%n",
        fields.patterns().size(), requests.size(), ledger, ends);
  }

  private String ends(Embedded engine, String what, WorkflowStub lane) throws Exception {
    String end = Sandbox.soon(what, () -> engine.end(lane));
    refusal(what, end);
    sandbox.canaries().absentIn("the history of " + what, engine.history(lane));
    if (end.startsWith("HELD")) {
      lane.terminate("the test has seen it");
    }
    java.util.regex.Matcher code =
        java.util.regex.Pattern.compile("[A-Z]{2,}(_[A-Z0-9]+)*")
            .matcher(end.replaceAll("S[0-7] ", ""));
    return code.results().map(r -> r.group()).limit(2).reduce((a, b) -> a + " " + b).orElse(end);
  }

  private void refusal(String what, String said) {
    for (String java : List.of("Exception", "java.", "com.fasterxml", "dev.lanekeeper")) {
      assertThat(said).as(what).doesNotContain(java);
    }
    assertThat(said.length())
        .as(what + said.substring(0, Math.min(300, said.length())))
        .isLessThan(10_000);
    sandbox.canaries().absentIn(what, said);
  }

  @Test
  void approval_withAnythingInAnyField_signedByAnApprover() throws Exception {
    Path lanes = sandbox.folder().resolve("lanes");
    for (Map.Entry<String, byte[]> file : FileTree.read(EXAMPLE).entrySet()) {
      Path target = lanes.resolve(NAME).resolve(file.getKey());
      Files.createDirectories(target.getParent());
      Files.write(target, file.getValue());
    }
    Path lane = lanes.resolve(NAME).resolve("lane.yaml");
    Files.writeString(
        lane,
        Files.readString(lane)
            .replace("\n  next:\n", "\n  approval: {question: Well.}\n\n  next:\n"));
    done(Cli.run("key", "new", "approver", "--home", home));
    Path key = home.resolve("keys/approver.pub");
    done(Cli.run("trust", "add", key, "--role", "approver", "--home", home));
    done(Cli.run("grant", "issue", lanes.resolve(NAME), "--home", home));
    SigningKey approver = new LocalKeys(home.resolve("keys")).find("approver").orElseThrow();
    sandbox.canaries().addKeys(home.resolve("keys"));
    String kb =
        Json.parse(Files.readAllBytes(home.resolve("ledger/identity.json"))).path("id").asText();
    String plan =
        Cli.run("plan", lanes.resolve(NAME), "--home", home, "--json")
            .json()
            .path("planDigest")
            .asText();
    int tried = 0;
    int accepted = 0;
    try (Embedded engine = new Embedded(home, lanes)) {
      WorkflowStub held = engine.start("{\"lane\":\"" + NAME + "\"}");
      assertThat(engine.end(held)).contains("APPROVAL_MISSING");
      ObjectNode good = Json.object().put("formatVersion", 1).put("id", "approval-1");
      good.put("planDigest", plan).put("kbId", kb).put("runId", held.getExecution().getRunId());
      good.put("expiresAt", Instant.now().plusSeconds(3600).toString());
      Fields fields = new Fields(good);
      for (HostileCorpus.Pair pair : pairs(fields)) {
        byte[] bytes = Fields.bytes(fields.with(pair.field(), 0, pair.value()));
        byte[] signed = Envelope.sign(Approval.PAYLOAD_TYPE, bytes, approver).bytes();
        ObjectNode request = Json.object().put("hold", engine.hold(held));
        request.set("approval", Json.parse(signed));
        refused(held, name(pair), request.toString());
        tried++;
      }
      ObjectNode request = Json.object().put("hold", engine.hold(held));
      byte[] signed =
          Envelope.sign(Approval.PAYLOAD_TYPE, Fields.bytes(good.toString()), approver).bytes();
      request.set("approval", Json.parse(signed));
      for (HostileCorpus.Pair pair : pairs(new Fields(request))) {
        boolean unsigned =
            pair.field().endsWith(".keyid")
                || (pair.field().startsWith("approval.")
                    && pair.value().kind().startsWith("unknown "));
        if (unsigned) {
          // A hint, or a field to be ignored (DSSE v1.0.2): the approval is the same with any.
          continue;
        }
        request.put("hold", engine.hold(held));
        String text = new Fields(request).with(pair.field(), 0, pair.value());
        // Who signed it, an activity sees: what is no envelope at all is refused at the door, and
        // what holds no approver's signature leaves the lane held.
        if (answered(held, name(pair), "approve", text).isEmpty()) {
          accepted++;
          assertThat(Sandbox.soon(name(pair), () -> engine.end(held)))
              .as(name(pair))
              .contains("HELD", "APPROVAL_");
        }
        tried++;
      }
      for (String update : List.of("resume", "rollback", "abort")) {
        Fields answer = new Fields(Json.object().put("hold", engine.hold(held)));
        for (HostileCorpus.Pair pair : pairs(answer)) {
          String text = answer.with(pair.field(), 0, pair.value());
          refusedUpdate(held, update + " " + name(pair), update, text);
          tried++;
        }
      }
      sandbox.canaries().absentIn("the history", engine.history(held));
      assertThat(engine.end(held)).as("no junk ended it").contains("HELD", "APPROVAL_");
      request.put("hold", engine.hold(held));
      held.update("approve", Void.class, request);
      assertThat(Sandbox.soon("the lane", () -> engine.end(held))).contains("APPLIED");
    }
    sandbox.canaries().absentBelow(home, home.resolve("keys"));
    System.out.printf(
        "hostile approvals and answers: %d tried, %d of them for an activity to refuse%n",
        tried, accepted);
  }

  private String refused(WorkflowStub lane, String what, String request) {
    return refusedUpdate(lane, what, "approve", request);
  }

  private String refusedUpdate(WorkflowStub lane, String what, String update, String request) {
    Optional<String> refused = answered(lane, what, update, request);
    assertThat(refused).as(what).isPresent();
    return refused.get();
  }

  private Optional<String> answered(WorkflowStub lane, String what, String update, String request) {
    Throwable refusal =
        Sandbox.soon(
            what,
            () -> catchThrowable(() -> lane.update(update, Void.class, Embedded.input(request))));
    if (refusal == null) {
      return Optional.empty();
    }
    Throwable cause = refusal.getCause() == null ? refusal : refusal.getCause();
    // The type of a failure that a validator throws is a Java class; what it says is ours.
    String said = String.valueOf(cause.getMessage()).replaceAll(", type='[^']*'", "");
    refusal(what, said);
    return Optional.of(said);
  }

  @Test
  void homesOwnFiles_withAnythingInAnyField() throws Exception {
    done(Cli.run("run", EXAMPLE, "--home", home));
    int tried = 0;
    for (String name : List.of("trust/root.json", "lanekeeper-home.json", "ledger/identity.json")) {
      Path file = home.resolve(name);
      byte[] good = Files.readAllBytes(file);
      Fields fields = new Fields(Json.parse(good));
      for (HostileCorpus.Pair pair : pairs(fields)) {
        Files.write(file, Fields.bytes(fields.with(pair.field(), tried, pair.value())));
        String what = name + ": " + name(pair);
        switch (tried % 4) {
          case 0 -> sandbox.run(what, "trust", "list", "--home", home);
          case 1 -> sandbox.run(what, "plan", EXAMPLE, "--home", home);
          case 2 -> sandbox.run(what, "grant", "list", "--home", home, "--json");
          default -> sandbox.run(what, "run", EXAMPLE, "--home", home);
        }
        tried++;
        Files.write(file, good);
      }
    }
    tried += ledger();
    done(Cli.run("run", EXAMPLE, "--home", home));
    sandbox.canaries().absentBelow(home, home.resolve("keys"));
    System.out.printf("hostile files of the home: %d tried%n", tried);
  }

  /** One line of the ledger after the other, each with some of the corpus. */
  private int ledger() throws Exception {
    Path file = home.resolve("ledger/ledger.jsonl");
    List<String> good = Files.readAllLines(file);
    int tried = 0;
    for (int i = 0; i < good.size(); i += 5) {
      Fields fields = new Fields(Json.parse(Fields.bytes(good.get(i))));
      List<HostileCorpus.Pair> pairs = pairs(fields);
      for (int j = i % 7; j < pairs.size(); j += 7) {
        List<String> bad = new ArrayList<>(good);
        bad.set(i, fields.with(pairs.get(j).field(), tried, pairs.get(j).value()));
        Files.write(file, Fields.bytes(String.join("\n", bad) + "\n"));
        String what = "ledger, line " + (i + 1) + ": " + name(pairs.get(j));
        switch (tried % 3) {
          case 0 -> sandbox.run(what, "grant", "list", "--home", home);
          case 1 -> sandbox.run(what, "plan", EXAMPLE, "--home", home, "--json");
          default -> sandbox.run(what, "rollback", NAME, "--home", home);
        }
        tried++;
      }
    }
    Files.write(file, Fields.bytes(String.join("\n", good) + "\n"));
    return tried;
  }
}
