package dev.lanekeeper.packet;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lanekeeper.authority.Grant;
import dev.lanekeeper.canonical.Json;
import dev.lanekeeper.canonical.PlainText;
import dev.lanekeeper.kb.Inventory;
import dev.lanekeeper.kb.Pins;
import dev.lanekeeper.lane.EvidenceFiles;
import dev.lanekeeper.lane.Head;
import dev.lanekeeper.lane.KbPath;
import dev.lanekeeper.lane.Lane;
import dev.lanekeeper.lane.Plan;
import dev.lanekeeper.lane.Stage;
import dev.lanekeeper.review.AuthorityLock;
import dev.lanekeeper.review.BlockerMap;
import dev.lanekeeper.review.Review;
import dev.lanekeeper.review.ScopeLock;
import dev.lanekeeper.review.SurfaceProof;
import dev.lanekeeper.review.TableC;
import dev.lanekeeper.review.TableD;
import dev.lanekeeper.s2staging.S2StagingRollbackProofActivity;
import dev.lanekeeper.s2staging.StagingProof;
import dev.lanekeeper.scope.Effect;
import dev.lanekeeper.verdict.RejectCode;
import dev.lanekeeper.verdict.Verdict;
import dev.lanekeeper.workflow.LaneEnd;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/**
 * Derives each evidence file again from its own parts, the plan, the grant and the statements, by
 * the code that made it. What was observed outside stands as it is; what follows from it must
 * follow.
 */
final class DerivationCheck {

  private static final String LOCK = "delegation-and-authority-lock.json";
  private static final String SCOPE = "scope-lock.json";
  private static final String PREFLIGHT = "preflight.json";
  private static final String SEALS = "seal-vs-bytes.json";
  private static final String PROOF = "rollback-proof.json";
  private static final String PUBLICATION = "publication.json";
  private static final String SURFACES = "forbidden-surface-proof.json";
  private static final String TABLE_C = "execution-plan.json";
  private static final String BLOCKERS = "production-readiness-blocker-map.json";
  private static final String REVIEW = "post-execution-review.json";

  /** What every file says beside its own content, compared elsewhere. */
  private static final Set<String> HEADER =
      Set.of("formatVersion", "lane", "planDigest", "result", "status", "volatile");

  private final Plan plan;
  private final Lane.Spec spec;
  private final Grant grant;
  private final Map<String, JsonNode> statements;
  private final String sealing;
  private final Map<String, ObjectNode> evidence = new TreeMap<>();
  private final List<String> problems = new ArrayList<>();

  /**
   * Reads the evidence.
   *
   * @param statements the statements by stage
   * @param sealing the stage of the last one
   */
  DerivationCheck(
      Map<String, byte[]> files,
      Plan plan,
      Grant grant,
      Map<String, JsonNode> statements,
      String sealing)
      throws IOException {
    this.plan = plan;
    this.spec = plan.spec();
    this.grant = grant;
    this.statements = statements;
    this.sealing = sealing;
    for (String name : EvidenceFiles.ALL) {
      byte[] bytes = files.get("data/" + name);
      JsonNode file = Json.parse(bytes);
      if (!Arrays.equals(Json.pretty(file), bytes)) {
        problems.add(name + ": expected the form in which evidence is made, found another");
      }
      if (!(file instanceof ObjectNode object)) {
        throw new IOException(name + ": expected an object, found another value");
      }
      evidence.put(name, object);
    }
  }

  /** What does not follow; empty when all does. */
  List<String> problems() {
    statements.forEach(this::times);
    evidence.forEach(this::placeAndTime);
    if (ran(LOCK)) {
      authorityLock();
    }
    if (ran(SCOPE)) {
      scopeLock();
    }
    if (ran(PREFLIGHT)) {
      preflight();
    }
    if (ran(SEALS)) {
      seals();
    }
    if (ran(PUBLICATION)) {
      publication();
    }
    if (ran(SURFACES) && sealedByReview()) {
      surfaces();
    } else if (ran(SURFACES)) {
      tableD();
    }
    if (ran(TABLE_C)) {
      same(TABLE_C, TableC.of(Optional.of(plan), statuses(reviewed()), file(SURFACES)));
    }
    boolean superseded = superseded();
    if (ran(BLOCKERS) && !superseded) {
      JsonNode gates = file(LOCK).path("gatesSatisfied");
      same(BLOCKERS, BlockerMap.of(spec, file(SURFACES).path("tableD"), gates));
    }
    if (ran(REVIEW)) {
      review(superseded);
    }
    return problems;
  }

  private ObjectNode file(String name) {
    return evidence.get(name);
  }

  private boolean ran(String name) {
    return file(name).path("status").asText().equals("RUN");
  }

  private boolean sealedByReview() {
    return sealing.equals(Stage.S7.name());
  }

  private JsonNode predicate(Stage stage) {
    return statements.getOrDefault(stage.name(), Json.object()).path("predicate");
  }

  private void expect(String what, Object expected, Object found) {
    String wanted = String.valueOf(expected);
    String actual = String.valueOf(found);
    if (!expected.equals(found) && !wanted.equals(actual)) {
      problems.add(
          what
              + ": expected "
              + PlainText.visible(wanted, 200)
              + ", found "
              + (actual.isEmpty() ? "nothing" : PlainText.visible(actual, 200)));
    }
  }

  /** Every field of a file but the header is as derived, and no other is there. */
  private void same(String name, ObjectNode derived) {
    same(name, file(name), derived);
  }

  private void same(String name, ObjectNode found, ObjectNode derived) {
    Set<String> fields = new TreeSet<>();
    derived.fieldNames().forEachRemaining(fields::add);
    found.fieldNames().forEachRemaining(fields::add);
    fields.removeAll(HEADER);
    fields.forEach(f -> expect(name + ", " + f, derived.path(f), found.path(f)));
  }

  private Optional<Instant> instant(String where, JsonNode found) {
    try {
      Instant instant = Instant.parse(found.asText());
      if (instant.toString().equals(found.asText())) {
        return Optional.of(instant);
      }
    } catch (DateTimeParseException none) {
      // Said below, as of a time in another form.
    }
    problems.add(where + ": expected a time, found " + PlainText.visible(found.asText(), 50));
    return Optional.empty();
  }

  /** A stage began before it ended; the day of bagging is a day. */
  private void times(String stage, JsonNode statement) {
    JsonNode predicate = statement.path("predicate");
    String where = stage + " statement, ";
    if (stage.equals(sealing)) {
      String day = predicate.path("baggingDate").asText();
      try {
        expect(where + "baggingDate", LocalDate.parse(day), day);
      } catch (DateTimeParseException none) {
        problems.add(where + "baggingDate: expected a date, found " + day);
      }
      String sealed = file(TABLE_C).at("/volatile/evaluatedAt").asText();
      expect(where + "baggingDate", sealed.replaceFirst("T.*", ""), day);
      return;
    }
    Optional<Instant> started = instant(where + "startedAt", predicate.path("startedAt"));
    Optional<Instant> finished = instant(where + "finishedAt", predicate.path("finishedAt"));
    if (started.isPresent() && finished.isPresent() && finished.get().isBefore(started.get())) {
      problems.add(where + "finishedAt: expected after " + started.get() + ", found before");
    }
  }

  /** A file names the run, and the time of the statement that speaks of it. */
  private void placeAndTime(String name, ObjectNode file) {
    if (!ran(name) || name.equals(PUBLICATION)) {
      return;
    }
    JsonNode varying = file.path("volatile");
    JsonNode run = statements.get(sealing).at("/predicate/run");
    expect(name + ", runId", run.path("runId").asText(), varying.path("runId").asText());
    expect(
        name + ", workflowId",
        run.path("workflowId").asText(),
        varying.path("workflowId").asText());
    instant(name + ", evaluatedAt", varying.path("evaluatedAt"));
    statements.forEach(
        (stage, statement) -> {
          if (!stage.equals(sealing) && speaksOf(statement, name)) {
            expect(
                name + ", evaluatedAt",
                statement.at("/predicate/startedAt").asText(),
                varying.path("evaluatedAt").asText());
          }
        });
  }

  private static boolean speaksOf(JsonNode statement, String name) {
    for (JsonNode subject : statement.path("subject")) {
      if (subject.path("name").asText().equals("data/" + name)) {
        return true;
      }
    }
    return false;
  }

  private boolean ofThisGrant(Stage stage) {
    return predicate(stage)
        .path("grant")
        .asText()
        .equals(file(LOCK).at("/volatile/grantSha256").asText());
  }

  /** Table A, where the grant in the packet is the one that S0 verified and accepted. */
  private void authorityLock() {
    boolean accepted = file(LOCK).at("/grant/verdict").asText().equals("PASS");
    if (accepted && ofThisGrant(Stage.S0)) {
      same(LOCK, AuthorityLock.of(spec, Verdict.pass(), Optional.of(grant)));
    } else {
      for (JsonNode gate : file(LOCK).path("gatesSatisfied")) {
        expect(LOCK + ", gate without a grant", "false", gate.path("satisfied"));
      }
    }
  }

  /**
   * Table B is the plan's; of a counterfactual, what the pinned bytes of S2's material give, where
   * S2 followed on this very S0.
   */
  private void scopeLock() {
    ObjectNode found = file(SCOPE).deepCopy();
    Map<KbPath, StagingProof.Standing> standing =
        ran(PROOF)
                && predicate(Stage.S0).path("round").equals(predicate(Stage.S2).path("round"))
                && file(PROOF).path("material") instanceof ObjectNode material
            ? S2StagingRollbackProofActivity.standing(material)
            : Map.of();
    List<Lane.Excluded> excluded = spec.surfaces().excluded();
    for (int i = 0; i < excluded.size() && found.path("excluded").has(i); i++) {
      if (found.path("excluded").get(i) instanceof ObjectNode line
          && excluded.get(i).counterfactual().isPresent()) {
        counterfactual(
            SCOPE + ", " + excluded.get(i).id() + ", ",
            excluded.get(i).counterfactual().get(),
            line.path("counterfactual"),
            standing);
        line.remove("counterfactual");
      }
    }
    same(SCOPE, found, ScopeLock.of(plan, file(LOCK).path("environment").asText()));
  }

  private void counterfactual(
      String where,
      Lane.Counterfactual wanted,
      JsonNode line,
      Map<KbPath, StagingProof.Standing> standing) {
    Lane.Pin pin =
        spec.pins().stream().filter(p -> p.id().equals(wanted.pin())).findFirst().orElseThrow();
    String would = line.path("wouldBecome").asText();
    expect(where + "pin", pin.id(), line.path("pin").asText());
    expect(where + "append", wanted.append(), line.path("append").asText());
    expect(where + "pinned", pin.sha256().hex(), line.path("pinned").asText());
    expect(
        where + "breaksPin",
        !would.equals("UNKNOWN") && !would.equals(pin.sha256().hex()),
        line.path("breaksPin"));
    if (standing.containsKey(pin.path())) {
      try {
        byte[] bytes = standing.get(pin.path()).bytes();
        expect(where + "wouldBecome", Pins.appended(pin, bytes, wanted.append()).hex(), would);
      } catch (CharacterCodingException e) {
        problems.add(where + "wouldBecome: expected UTF-8 text, found other bytes");
      }
    }
  }

  private void preflight() {
    JsonNode file = file(PREFLIGHT);
    expect(PREFLIGHT + ", result", firstRefusal(file.path("checks")), verdict(file.path("result")));
    expect(
        PREFLIGHT + ", inputs",
        ids(spec.inputs().stream().map(Lane.Input::id)),
        ids(file, "inputs", "id"));
    expect(
        PREFLIGHT + ", pins", ids(spec.pins().stream().map(Lane.Pin::id)), ids(file, "pins", "id"));
    expect(
        PREFLIGHT + ", heads",
        ids(spec.changes().stream().map(Lane.Change::id)),
        ids(file, "heads", "change"));
    for (int i = 0; i < file.path("pins").size() && i < spec.pins().size(); i++) {
      Lane.Pin pin = spec.pins().get(i);
      JsonNode line = file.path("pins").get(i);
      expect(PREFLIGHT + ", pinned", pin.sha256(), line.path("pinned").asText());
      agrees("pin " + pin.id(), line, "pinned", "found");
    }
    for (int i = 0; i < file.path("heads").size() && i < spec.changes().size(); i++) {
      Lane.Change change = spec.changes().get(i);
      JsonNode line = file.path("heads").get(i);
      expect(PREFLIGHT + ", wanted", change.expect(), line.path("wanted").asText());
      agrees("head " + change.id(), line, "wanted", "found");
    }
    List<String> failed = new ArrayList<>();
    for (String list : List.of("pins", "heads", "reservations")) {
      for (JsonNode line : file.path(list)) {
        if (!verdict(line).equals("PASS")) {
          failed.add(verdict(line));
        }
      }
    }
    if (!failed.isEmpty() && verdict(file.path("result")).equals("PASS")) {
      problems.add(PREFLIGHT + ", result: expected a refusal, as of its parts, found PASS");
    }
    inventory(file.path("inventory"));
  }

  /** What was found is what was wanted, where the verdict is a pass. */
  private void agrees(String what, JsonNode line, String wanted, String found) {
    if (verdict(line).equals("PASS")) {
      expect(PREFLIGHT + ", " + what, line.path(wanted).asText(), line.path(found).asText());
    }
  }

  private void inventory(JsonNode inventory) {
    NavigableMap<KbPath, Head.Revision> heads = new TreeMap<>();
    for (Map.Entry<String, JsonNode> head : inventory.path("heads").properties()) {
      if (Head.read(head.getValue()) instanceof Head.Revision revision) {
        heads.put(new KbPath(head.getKey()), revision);
      }
    }
    expect(PREFLIGHT + ", documents", heads.size(), inventory.path("documents").asText());
    expect(PREFLIGHT + ", tree", new Inventory(heads).tree(), inventory.path("tree").asText());
  }

  private void seals() {
    JsonNode file = file(SEALS);
    String seals = firstRefusal(file.path("seals"));
    String documents = firstRefusal(file.path("documents"));
    expect(
        SEALS + ", result", seals.equals("PASS") ? documents : seals, verdict(file.path("result")));
    expect(SEALS + ", sealCount", file.path("seals").size(), file.path("sealCount").asText());
    expect(
        SEALS + ", documents",
        ids(spec.changes().stream().map(c -> c.id() + " " + c.path())),
        ids(file, "documents", "subject"));
    for (int i = 0; i < file.path("documents").size() && i < spec.changes().size(); i++) {
      JsonNode line = file.path("documents").get(i);
      String digest = plan.sourceDigest(spec.changes().get(i)).hex();
      expect(SEALS + ", actual", digest, line.path("actual").asText());
      expect(
          SEALS + ", document",
          line.path("expected").asText().equals(digest) ? "PASS" : "REJECT",
          verdict(line));
    }
  }

  /** What was published is what the plan says of it, read back as it was written. */
  private void publication() {
    JsonNode file = file(PUBLICATION);
    expect(PUBLICATION + ", count", file.path("documents").size(), file.path("count").asText());
    for (JsonNode line : file.path("documents")) {
      Optional<Lane.Change> planned =
          spec.changes().stream()
              .filter(c -> c.id().equals(line.path("change").asText()))
              .findFirst();
      if (planned.isEmpty()) {
        problems.add(PUBLICATION + ": expected changes of the plan, found another");
        continue;
      }
      Lane.Change change = planned.get();
      String where = PUBLICATION + ", " + change.id() + ", ";
      expect(where + "rollbackId", change.rollbackId(), line.path("rollbackId").asText());
      expect(where + "title", change.title().orElse(change.id()), line.path("title").asText());
      expect(where + "path", change.path(), line.path("path").asText());
      expect(where + "before", change.expect(), line.path("before").asText());
      Head.Revision after = plan.after(change);
      expect(where + "sha256", after.sha256(), line.path("sha256").asText());
      expect(where + "revision", after.number(), line.path("revision").asText());
      expect(where + "readBack", after.json(), line.path("readBack"));
    }
  }

  /** The proof of an applied lane is what its record of effects gives, and what else was seen. */
  private void surfaces() {
    List<SurfaceProof.Recorded> recorded = SurfaceProof.recorded(file(SURFACES));
    TableD.Facts facts =
        new TableD.Facts(
            recorded.stream().map(SurfaceProof.Recorded::effect).toList(),
            List.of(),
            file(SURFACES).at("/volatile/historyEvents").asLong(),
            SurfaceProof.undeclared(file(SURFACES)),
            true,
            Optional.of(true));
    same(SURFACES, SurfaceProof.of(spec, file(LOCK).path("environment").asText(), facts, recorded));
    expect(
        SURFACES + ", undeclared",
        ids(SurfaceProof.undeclared(file(SURFACES)).stream().map(Effect::target)),
        ids(
            StreamSupport.stream(file(REVIEW).at("/inventory/undeclared").spliterator(), false)
                .map(path -> "kb:" + path.asText())));
    for (Lane.Change change : spec.changes()) {
      Effect effect = Effect.of(plan, change);
      if (!recorded.contains(new SurfaceProof.Recorded(effect, true))) {
        problems.add(
            SURFACES + ", effects: expected the one of " + change.id() + ", admitted, found none");
      }
    }
  }

  /** Table D: each row agrees with itself, and the totals with the rows. */
  private void tableD() {
    JsonNode file = file(SURFACES);
    JsonNode rows = file.path("tableD");
    expect(
        SURFACES + ", surfaces",
        ids(spec.surfaces().forbidden().stream().map(Lane.Forbidden::name)),
        ids(file, "tableD", "surface"));
    int untouched = 0;
    int unknown = 0;
    for (int i = 0; i < rows.size() && i < spec.surfaces().forbidden().size(); i++) {
      JsonNode row = rows.get(i);
      String where = SURFACES + ", " + row.path("surface").asText() + ", ";
      expect(
          where + "title", spec.surfaces().forbidden().get(i).title(), row.path("title").asText());
      int attempts = row.path("attempts").asInt(-1);
      String seen = row.path("seenBeyondRecord").asText();
      boolean attempted = attempts != 0 || seen.equals("TOUCHED");
      String status = row.path("status").asText();
      if (attempted != status.equals(TableD.ATTEMPTED)
          || !Set.of(TableD.ATTEMPTED, "UNTOUCHED", "UNKNOWN").contains(status)) {
        problems.add(
            where + "status: found " + status + " with " + attempts + " attempts, seen " + seen);
      }
      expect(
          where + "requested",
          attempts == 0 ? "NOT_REQUESTED" : "REQUESTED",
          row.path("requested").asText());
      untouched += status.equals("UNTOUCHED") ? 1 : 0;
      unknown += seen.equals("UNKNOWN") ? 1 : 0;
    }
    expect(SURFACES + ", number", rows.size(), file.path("surfaces").asText());
    expect(SURFACES + ", untouched", untouched, file.path("untouched").asText());
    expect(
        SURFACES + ", seenBeyondRecordUnknown",
        unknown,
        file.path("seenBeyondRecordUnknown").asText());
    if (!rows.isEmpty()) {
      expect(
          SURFACES + ", " + TableD.ANY_ATTEMPTED,
          untouched != rows.size(),
          file.path(TableD.ANY_ATTEMPTED));
    }
  }

  private Optional<String> reviewed() {
    if (sealedByReview()) {
      return Optional.of(TableC.SEALS);
    }
    return Optional.of(predicate(Stage.S7).path("verdict").asText()).filter(v -> !v.isEmpty());
  }

  private Map<Stage, String> statuses(Optional<String> review) {
    Map<Stage, String> statuses = new EnumMap<>(Stage.class);
    for (Stage stage : Stage.values()) {
      String verdict = predicate(stage).path("verdict").asText();
      if (stage != Stage.S7 && !verdict.isEmpty()) {
        statuses.put(stage, verdict);
      }
    }
    review.ifPresent(word -> statuses.put(Stage.S7, word));
    return statuses;
  }

  /** Whether a stage ran again after the review: then the review was of other evidence. */
  private boolean superseded() {
    String reviewed = predicate(Stage.S7).path("startedAt").asText();
    return !sealedByReview()
        && statements.entrySet().stream()
            .filter(s -> !s.getKey().equals(sealing))
            .anyMatch(
                s -> s.getValue().at("/predicate/startedAt").asText().compareTo(reviewed) > 0);
  }

  private void review(boolean superseded) {
    ObjectNode found = file(REVIEW);
    ArrayNode lines = Json.array();
    found.path("checks").forEach(lines::add);
    expect(
        REVIEW + ", checks",
        ids(spec.review().checks().stream().map(c -> c.id() + " " + c.check() + " " + c.title())),
        checks(lines));
    for (JsonNode line : lines) {
      expect(
          REVIEW + ", " + line.path("id").asText() + " holds",
          verdict(line).equals("PASS"),
          line.path("holds"));
    }
    ObjectNode derived = found.deepCopy();
    List.of("result", "selfCheck", "selfChecks").forEach(derived::remove);
    Review.count(derived, spec, lines);
    ArrayNode self = superseded ? stated(found) : selfChecks(derived);
    boolean clean = lines.size() == derived.path("checksPassed").asInt();
    for (JsonNode line : self) {
      clean &= line.path("holds").asBoolean();
    }
    derived.set("selfCheck", self);
    derived.put("selfChecks", self.size());
    boolean passed = verdict(found.path("result")).equals("PASS");
    if (passed && !clean) {
      problems.add(REVIEW + ", result: expected a refusal, as of its checks, found PASS");
    }
    Review.conclude(derived, spec, passed ? Verdict.pass() : refusal());
    same(REVIEW, derived);
    JsonNode varying = found.path("volatile");
    expect(REVIEW + ", reviewerKey", grant.reviewerKey(), varying.path("reviewerKey").asText());
    String reviewer = varying.path("reviewer").asText();
    expect(REVIEW + ", reviewer", predicate(Stage.S7).path("worker").asText(), reviewer);
    boolean executed =
        statements.entrySet().stream()
            .filter(s -> !s.getKey().equals(Stage.S7.name()) && !s.getKey().equals("SEAL"))
            .anyMatch(s -> s.getValue().at("/predicate/worker").asText().equals(reviewer));
    String independence = found.path("independence").asText();
    if (executed || !independence.equals("REVIEW_INDEPENDENT")) {
      expect(REVIEW + ", independence", "REVIEW_NOT_INDEPENDENT", independence);
    }
    String end = statements.get(sealing).at("/predicate/end").asText();
    if (passed && end.equals(LaneEnd.REJECTED.name())) {
      problems.add(REVIEW + ", end: expected none but " + end + ", found APPLIED");
    }
  }

  private static ArrayNode stated(ObjectNode review) {
    return review.path("selfCheck") instanceof ArrayNode self ? self : Json.array();
  }

  private static Verdict refusal() {
    return Verdict.reject(RejectCode.REVIEW_CHECK_FAILED, "", "", "");
  }

  /** The self-checks, on the evidence as it was when they were made. */
  private ArrayNode selfChecks(ObjectNode review) {
    Map<String, JsonNode> then = new TreeMap<>(evidence);
    then.put(REVIEW, review);
    for (String name : List.of(SURFACES, BLOCKERS)) {
      ObjectNode file = file(name).deepCopy();
      file.remove("result");
      then.put(name, file);
    }
    ObjectNode tableC = file(TABLE_C).deepCopy();
    tableC.setAll(
        TableC.of(Optional.of(plan), statuses(Optional.of(TableC.SEALS)), file(SURFACES)));
    then.put(TABLE_C, tableC);
    return Review.selfChecks(spec, name -> then.getOrDefault(name, Json.object()));
  }

  private static String checks(ArrayNode lines) {
    List<String> out = new ArrayList<>();
    lines.forEach(
        l ->
            out.add(
                l.path("id").asText()
                    + " "
                    + l.path("check").asText()
                    + " "
                    + l.path("title").asText()));
    return out.toString();
  }

  private static String verdict(JsonNode of) {
    return of.path("verdict").asText();
  }

  private static String firstRefusal(JsonNode checks) {
    for (JsonNode check : checks) {
      if (!verdict(check).equals("PASS")) {
        return verdict(check);
      }
    }
    return "PASS";
  }

  private static String ids(Stream<String> ids) {
    return ids.toList().toString();
  }

  private static String ids(JsonNode file, String list, String field) {
    List<String> out = new ArrayList<>();
    file.path(list).forEach(line -> out.add(line.path(field).asText()));
    return out.toString();
  }
}
