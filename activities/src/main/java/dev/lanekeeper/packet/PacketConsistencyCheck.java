package dev.lanekeeper.packet;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lanekeeper.authority.Grant;
import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.canonical.Json;
import dev.lanekeeper.canonical.Utf8;
import dev.lanekeeper.lane.EvidenceFiles;
import dev.lanekeeper.lane.Head;
import dev.lanekeeper.lane.Lane;
import dev.lanekeeper.lane.Plan;
import dev.lanekeeper.lane.Stage;
import dev.lanekeeper.signature.Envelope;
import dev.lanekeeper.signature.VerifyKey;
import dev.lanekeeper.stage.Evidence;
import dev.lanekeeper.verdict.Verdict;
import dev.lanekeeper.workflow.Approval;
import dev.lanekeeper.workflow.LaneEnd;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Whether a packet's parts tell one story: the end that its seal names, the statements of the
 * stages, the results in their files, and the documents. Signatures are checked elsewhere; this
 * finds what rightly signed parts leave out or contradict.
 */
final class PacketConsistencyCheck {

  private static final String LOCK = "delegation-and-authority-lock.json";

  private static final String PUBLICATION = "publication.json";

  /** The file of each stage whose file no other stage touches, and which every pass leaves. */
  private static final Map<Stage, List<String>> FILES =
      Map.of(
          Stage.S0, List.of(LOCK, "scope-lock.json", "preflight.json"),
          Stage.S1, List.of("seal-vs-bytes.json"),
          Stage.S2, List.of("rollback-proof.json"),
          Stage.S3, List.of("rollback-gate.json"),
          Stage.S4, List.of("execution-probes.json"));

  private static final List<String> ENDS = Stream.of(LaneEnd.values()).map(LaneEnd::name).toList();

  private static final String REVIEW = "post-execution-review.json";

  private static final List<String> REVIEWED =
      List.of(REVIEW, "production-readiness-blocker-map.json");

  private final Map<String, byte[]> files;
  private final Plan plan;
  private final List<String> problems = new ArrayList<>();
  private final Map<String, JsonNode> statements = new LinkedHashMap<>();
  private String sealing = "";

  /**
   * Reads the statements.
   *
   * @throws IOException when a statement is not readable
   */
  PacketConsistencyCheck(Map<String, byte[]> files, Plan plan) throws IOException {
    this.files = files;
    this.plan = plan;
    for (String line : Utf8.decode(files.get(PacketFiles.ATTESTATIONS)).lines().toList()) {
      Envelope envelope = Envelope.read(line.getBytes(StandardCharsets.UTF_8));
      JsonNode statement = Json.parse(envelope.payload());
      sealing = statement.at("/predicate/stage").asText();
      if (statements.put(sealing, statement) != null) {
        problems.add("statements: expected one of " + sealing + ", found two");
      }
    }
  }

  /** What does not fit; empty when all does. */
  List<String> problems() throws IOException {
    statements.forEach(this::aboutThisRun);
    documents();
    before();
    for (Stage stage : FILES.keySet()) {
      for (String name : FILES.get(stage)) {
        stage(stage, name);
      }
    }
    if (!sealing.equals(Stage.S7.name())) {
      // What was reviewed and not applied: the reviewer's own statement stands behind it.
      for (String name : REVIEWED) {
        stage(Stage.S7, name);
      }
    }
    authority();
    publication();
    if (!ENDS.contains(end())) {
      problems.add("the end: expected one of " + ENDS + ", found " + end());
    }
    boolean applied = end().equals(LaneEnd.APPLIED.name());
    if (applied != sealing.equals(Stage.S7.name())) {
      problems.add("the end: expected S7 to seal APPLIED and no other, found " + end());
    }
    if (applied) {
      applied();
    }
    return problems;
  }

  /** What does not follow from the parts of a packet that tells one story. */
  List<String> underived() throws IOException {
    return new DerivationCheck(files, plan, grant(), statements, sealing).problems();
  }

  /** How the lane ended, as the seal says. */
  private String end() {
    return statements.get(sealing).at("/predicate/end").asText();
  }

  /** Whether a stage ran under the grant that the packet holds. */
  boolean ofThisGrant(Stage stage) {
    return predicate(stage)
        .path("grant")
        .asText()
        .equals(Digest.of(files.get(PacketFiles.GRANT)).hex());
  }

  private JsonNode predicate(Stage stage) {
    return statements.getOrDefault(stage.name(), Json.object()).path("predicate");
  }

  private void aboutThisRun(String stage, JsonNode statement) {
    JsonNode sealed = statements.get(sealing).path("predicate");
    JsonNode predicate = statement.path("predicate");
    expect(stage + " statement, plan", plan.digest().hex(), predicate.path("planDigest").asText());
    expect(
        stage + " statement, run", sealed.path("run").toString(), predicate.path("run").toString());
  }

  /** The packet holds the plan's documents and no others. */
  private void documents() {
    Set<String> expected = new TreeSet<>();
    plan.spec().changes().forEach(c -> expected.add(PacketFiles.DOCUMENTS + c.path()));
    Set<String> found = new TreeSet<>(files.keySet());
    found.removeIf(name -> !name.startsWith(PacketFiles.DOCUMENTS));
    expect("documents", expected.toString(), found.toString());
  }

  /**
   * What updates replace has the digest of the head that the plan expects. A lane that was applied
   * has read all of it; otherwise a part may not have been there.
   */
  private void before() {
    Map<String, Digest> expected = new TreeMap<>();
    for (Lane.Change change : plan.spec().changes()) {
      if (change.expect() instanceof Head.Revision before) {
        expected.put(PacketFiles.BEFORE + change.path(), before.sha256());
      }
    }
    Map<String, Digest> found = new TreeMap<>();
    files.forEach(
        (name, bytes) -> {
          if (name.startsWith(PacketFiles.BEFORE)) {
            found.put(name, Digest.of(bytes));
          }
        });
    if (end().equals(LaneEnd.APPLIED.name())) {
      expect("documents before", expected.keySet().toString(), found.keySet().toString());
    }
    found.forEach(
        (name, digest) ->
            expect(
                name,
                Optional.ofNullable(expected.get(name)).map(Digest::hex).orElse("no such file"),
                digest.hex()));
  }

  /** A file says what the statement of its stage says, and is there only with one. */
  private void stage(Stage stage, String name) throws IOException {
    JsonNode file = json(name);
    boolean ran = file.path("status").asText().equals("RUN");
    JsonNode predicate = predicate(stage);
    if (!ran) {
      if (predicate.path("verdict").asText().equals("PASS")) {
        problems.add(name + ": expected what " + stage + " found, found NOT_RUN");
      }
      return;
    }
    header(name, file);
    expect(
        name + ", result", predicate.path("verdict").asText(), file.at("/result/verdict").asText());
    if (!subjects(stage).containsKey("data/" + name)) {
      problems.add(name + ": expected a statement of " + stage + " about it, found none");
    }
  }

  /** What a stage signed, by name. */
  private Map<String, String> subjects(Stage stage) {
    Map<String, String> digests = new TreeMap<>();
    statements
        .getOrDefault(stage.name(), Json.object())
        .path("subject")
        .forEach(
            subject ->
                digests.put(subject.path("name").asText(), subject.at("/digest/sha256").asText()));
    return digests;
  }

  /** Table A says of the grant what the grant says. */
  private void authority() throws IOException {
    JsonNode lock = json(LOCK);
    JsonNode varying = lock.path("volatile");
    if (!varying.has("ownerPem") || !ofThisGrant(Stage.S0)) {
      return;
    }
    Grant grant = grant();
    ObjectNode particulars = grant.particulars();
    particulars.put("grantSha256", Digest.of(files.get(PacketFiles.GRANT)).hex());
    particulars.put(
        "ownerKey", VerifyKey.ofPem(varying.path("ownerPem").asText()).thumbprint().hex());
    particulars.put("executorKey", grant.executorKey().hex());
    if (varying.has("reviewerKey")) {
      particulars.put("reviewerKey", grant.reviewerKey().hex());
    }
    fields(LOCK + ", grant", grant.terms(), lock.path("grant"));
    fields(LOCK, particulars, varying);
  }

  private void fields(String where, ObjectNode expected, JsonNode found) {
    expected
        .properties()
        .forEach(
            field -> {
              JsonNode actual = found.path(field.getKey());
              if (!field.getValue().equals(actual)) {
                problems.add(
                    where
                        + ", "
                        + field.getKey()
                        + ": expected the grant's "
                        + field.getValue()
                        + ", found "
                        + actual);
              }
            });
  }

  private Grant grant() throws IOException {
    return Grant.in(Envelope.read(files.get(PacketFiles.GRANT)));
  }

  /** The file puts together what S5 and S6 signed apart: taken apart again, it is that. */
  private void publication() throws IOException {
    JsonNode merged = json(PUBLICATION);
    int signed = 0;
    for (Stage stage : List.of(Stage.S5, Stage.S6)) {
      String name = "publication-" + stage + ".json";
      String digest = subjects(stage).get("fragment/" + name);
      if (digest == null) {
        continue;
      }
      ObjectNode part = part(stage, merged);
      signed += part.path(stage.name()).size();
      if (!Digest.of(Json.pretty(part)).hex().equals(digest)) {
        problems.add(PUBLICATION + ": expected what " + stage + " signed, found another");
      }
    }
    expect(
        PUBLICATION + ", documents",
        String.valueOf(signed),
        String.valueOf(merged.path("documents").size()));
  }

  private ObjectNode part(Stage stage, JsonNode merged) {
    ObjectNode part = Evidence.header("RUN");
    part.put("lane", plan.lane().metadata().id()).put("planDigest", plan.digest().hex());
    part.set("result", Evidence.json(Verdict.pass()));
    ArrayNode documents = part.putArray(stage.name());
    Set<String> changes =
        plan.spec().changes().stream()
            .filter(change -> change.stage() == stage)
            .map(Lane.Change::id)
            .collect(Collectors.toSet());
    for (JsonNode document : merged.path("documents")) {
      if (changes.contains(document.path("change").asText())) {
        documents.add(document);
      }
    }
    if (stage == Stage.S6) {
      part.set("reservations", merged.path("reservations"));
    }
    part.set("volatile", merged.at("/volatile/" + stage));
    return part;
  }

  private void header(String name, JsonNode file) {
    expect(
        name + ", formatVersion",
        String.valueOf(Evidence.FORM),
        file.path("formatVersion").asText());
    expect(name + ", lane", plan.lane().metadata().id(), file.path("lane").asText());
    expect(name + ", planDigest", plan.digest().hex(), file.path("planDigest").asText());
  }

  /** What must be in the packet of a lane that was applied. */
  private void applied() throws IOException {
    Grant grant = grant();
    int round = 0;
    for (Stage stage : Stage.values()) {
      JsonNode predicate = predicate(stage);
      expect(stage + " statement", "PASS", predicate.path("verdict").asText());
      if (stage == Stage.S7) {
        continue;
      }
      if (!ofThisGrant(stage)) {
        problems.add(stage + " statement, grant: expected this packet's, found another");
      }
      if (!within(stage, grant.notBefore(), grant.expiresAt())) {
        problems.add(
            stage
                + " statement, startedAt: expected a time while the grant was valid, found "
                + predicate.path("startedAt").asText());
      }
      if (predicate.path("round").asInt(-1) < round) {
        problems.add(
            stage + " statement, round: expected " + round + " or later, found an earlier");
      }
      round = predicate.path("round").asInt(-1);
    }
    for (String name : EvidenceFiles.ALL) {
      expect(name, "RUN", json(name).path("status").asText());
      header(name, json(name));
    }
    JsonNode review = json(REVIEW);
    expect(REVIEW + ", result", "PASS", review.at("/result/verdict").asText());
    expect(REVIEW + ", end", LaneEnd.APPLIED.name(), review.path("end").asText());
    expect(REVIEW + ", holds", reviewed(), holding(review.path("checks")));
    JsonNode surfaces = json("forbidden-surface-proof.json");
    expect(
        "forbidden-surface-proof.json, attempted",
        "false",
        surfaces.path("any_forbidden_surface_attempted").asText());
    expect("forbidden-surface-proof.json, tableD", untouched(), surfaceRows(surfaces));
    expect(PUBLICATION + ", documents", planned(), published());
    if (plan.spec().approval().isPresent()) {
      approved(Stage.S5, grant);
      approved(Stage.S6, grant);
    }
  }

  /** Whether a stage began in a time; the end is not in it. */
  private boolean within(Stage stage, Instant from, Instant until) {
    try {
      Instant started = Instant.parse(predicate(stage).path("startedAt").asText());
      return !started.isBefore(from) && started.isBefore(until);
    } catch (DateTimeParseException none) {
      return false;
    }
  }

  /** The approval that a stage published under is of this plan and place, and of its time. */
  private void approved(Stage stage, Grant grant) throws IOException {
    JsonNode envelope = json(PUBLICATION).at("/volatile/" + stage + "/approval");
    if (envelope.isMissingNode()) {
      problems.add(PUBLICATION + ": expected the approval of " + stage + ", found none");
      return;
    }
    Approval approval = Approval.in(Envelope.of(envelope));
    String where = PUBLICATION + ", approval of " + stage;
    expect(where + ", planDigest", plan.digest().hex(), approval.planDigest().hex());
    expect(where + ", kbId", grant.kbId(), approval.kbId());
    if (!within(stage, Instant.MIN, approval.expiresAt())) {
      problems.add(where + ", expiresAt: expected after the stage began, found an earlier time");
    }
  }

  private String reviewed() {
    return plan.spec().review().checks().stream().map(Lane.ReviewCheck::id).toList().toString();
  }

  private static String holding(JsonNode checks) {
    List<String> ids = new ArrayList<>();
    for (JsonNode check : checks) {
      if (check.path("holds").asBoolean()) {
        ids.add(check.path("id").asText());
      }
    }
    return ids.toString();
  }

  private String untouched() {
    return plan.spec().surfaces().forbidden().stream()
        .map(surface -> surface.name() + " UNTOUCHED")
        .toList()
        .toString();
  }

  private static String surfaceRows(JsonNode proof) {
    List<String> rows = new ArrayList<>();
    for (JsonNode row : proof.path("tableD")) {
      rows.add(row.path("surface").asText() + " " + row.path("status").asText());
    }
    return rows.toString();
  }

  private String planned() {
    Map<String, Digest> documents = new TreeMap<>();
    plan.spec().changes().forEach(c -> documents.put(c.path().value(), plan.sourceDigest(c)));
    return documents.toString();
  }

  private String published() throws IOException {
    Map<String, String> documents = new TreeMap<>();
    for (JsonNode document : json(PUBLICATION).path("documents")) {
      documents.put(document.path("path").asText(), document.path("sha256").asText());
    }
    return documents.toString();
  }

  private void expect(String what, String expected, String found) {
    if (!expected.equals(found)) {
      problems.add(
          what + ": expected " + expected + ", found " + (found.isEmpty() ? "nothing" : found));
    }
  }

  private JsonNode json(String name) throws IOException {
    return Json.parse(files.get("data/" + name));
  }
}
