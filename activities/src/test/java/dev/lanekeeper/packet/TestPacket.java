package dev.lanekeeper.packet;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.canonical.Json;
import dev.lanekeeper.evidence.Bundle;
import dev.lanekeeper.evidence.DirectoryEvidenceStore;
import dev.lanekeeper.evidence.LaneFolder;
import dev.lanekeeper.gate.HardenedRollbackGate;
import dev.lanekeeper.grant.GrantVerifier;
import dev.lanekeeper.kb.Attestation;
import dev.lanekeeper.kb.Inventory;
import dev.lanekeeper.kb.LedgerEntry;
import dev.lanekeeper.kb.LedgerState;
import dev.lanekeeper.kb.Pins;
import dev.lanekeeper.lane.EvidenceFiles;
import dev.lanekeeper.lane.Head;
import dev.lanekeeper.lane.KbPath;
import dev.lanekeeper.lane.Lane;
import dev.lanekeeper.lane.Stage;
import dev.lanekeeper.review.AuthorityLock;
import dev.lanekeeper.review.BlockerMap;
import dev.lanekeeper.review.Review;
import dev.lanekeeper.review.ScopeLock;
import dev.lanekeeper.review.SurfaceProof;
import dev.lanekeeper.review.TableD;
import dev.lanekeeper.s2staging.S2StagingRollbackProofActivity;
import dev.lanekeeper.s3gate.GateRun;
import dev.lanekeeper.s4probes.ProbeRun;
import dev.lanekeeper.scope.Effect;
import dev.lanekeeper.scope.ScopeGuard;
import dev.lanekeeper.signature.Envelope;
import dev.lanekeeper.signature.SigningKey;
import dev.lanekeeper.signature.VerifyKey;
import dev.lanekeeper.stage.Evidence;
import dev.lanekeeper.testkit.Proofs;
import dev.lanekeeper.testkit.TestLane;
import dev.lanekeeper.verdict.RejectCode;
import dev.lanekeeper.verdict.Verdict;
import dev.lanekeeper.workflow.LaneEnd;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Base64;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.UnaryOperator;

/**
 * A packet of the example made by hand, with keys of its own, so that a test can let it lie before
 * it is sealed: every signature of such a packet holds.
 */
public final class TestPacket {

  private static final String TABLE_C = "execution-plan.json";

  private static final String REVIEW = "post-execution-review.json";

  private static final String REVIEWER = "reviewer@tests";

  static final Instant AT = Instant.parse("2026-06-12T10:00:00Z");

  private final TestLane lane;
  private final Path example;
  private final byte[] grant;
  private static final Map<Stage, List<String>> WRITTEN =
      Map.of(
          Stage.S0,
              List.of("delegation-and-authority-lock.json", "scope-lock.json", "preflight.json"),
          Stage.S1, List.of("seal-vs-bytes.json"),
          Stage.S2, List.of("rollback-proof.json"),
          Stage.S3, List.of("rollback-gate.json"),
          Stage.S4, List.of("execution-probes.json"),
          Stage.S7,
              List.of(
                  "forbidden-surface-proof.json",
                  "production-readiness-blocker-map.json",
                  "post-execution-review.json"));

  private final Map<Stage, Optional<String>> stated = new EnumMap<>(Stage.class);
  private final Map<Stage, byte[]> fragments = new EnumMap<>(Stage.class);
  private final PacketBuilder builder;
  private final Map<String, byte[]> documents = new TreeMap<>();
  private final Map<String, byte[]> before = new TreeMap<>();
  private final Map<String, JsonNode> derived = new TreeMap<>();

  /** Makes it in a folder. */
  public TestPacket(Path folder) throws Exception {
    this(folder, LaneFolder.read(TestLane.FIX7));
  }

  /** The packet of the example that updates documents. */
  public static TestPacket ofUpdates(Path folder) throws Exception {
    Path example = TestLane.ROOT.resolve("examples/handbook-release");
    return new TestPacket(folder, LaneFolder.read(example), example, UnaryOperator.identity());
  }

  /** The same of an edited example. */
  TestPacket(Path folder, Bundle bundle) throws Exception {
    this(folder, bundle, TestLane.FIX7, UnaryOperator.identity());
  }

  /** The same with the grant's envelope in another form. */
  TestPacket(Path folder, Bundle bundle, UnaryOperator<byte[]> form) throws Exception {
    this(folder, bundle, TestLane.FIX7, form);
  }

  private TestPacket(Path folder, Bundle bundle, Path example, UnaryOperator<byte[]> form)
      throws Exception {
    this.example = example;
    lane = new TestLane(Clock.fixed(AT, ZoneOffset.UTC), bundle);
    grant = form.apply(lane.signedGrant());
    builder =
        new PacketBuilder(
            new DirectoryEvidenceStore(folder.resolve("home")),
            new LedgerState(List.of()),
            TestLane.OWNER,
            Optional.of(lane.plan()),
            Optional.of(grant));
    ObjectNode evidence = Proofs.staging(lane.bundle(), example, folder.resolve("staging"));
    for (String name : EvidenceFiles.ALL) {
      builder.put(name, passed(Json.object()), AT);
    }
    builder.put("delegation-and-authority-lock.json", passed(lock()), AT);
    builder.put("scope-lock.json", passed(scope()), AT);
    builder.put("preflight.json", passed(preflight()), AT);
    builder.put("seal-vs-bytes.json", passed(seals()), AT);
    builder.put("rollback-proof.json", passed(proof(evidence)), AT);
    builder.put("rollback-gate.json", passed(gate(evidence)), AT);
    builder.put("execution-probes.json", passed(probes(evidence)), AT);
    review();
    derived.put(TABLE_C, file(TABLE_C));
    derived.put(REVIEW, file(REVIEW).path("selfCheck"));
    derive(true);
    for (Lane.Change change : lane.plan().spec().changes()) {
      documents.put(change.path().value(), lane.document(change));
      if (change.expect().present()) {
        before.put(
            change.path().value(),
            Files.readAllBytes(example.resolve("kb").resolve(change.path().value())));
      }
    }
  }

  private ObjectNode scope() throws Exception {
    Lane.Spec spec = lane.plan().spec();
    ObjectNode scope = ScopeLock.of(lane.plan(), spec.environment());
    for (int i = 0; i < spec.surfaces().excluded().size(); i++) {
      Optional<Lane.Counterfactual> told = spec.surfaces().excluded().get(i).counterfactual();
      if (told.isPresent()) {
        Lane.Pin pin =
            spec.pins().stream().filter(p -> p.id().equals(told.get().pin())).findFirst().get();
        byte[] pinned = Files.readAllBytes(example.resolve("kb/" + pin.path()));
        String would = Pins.appended(pin, pinned, told.get().append()).hex();
        ObjectNode line = ((ObjectNode) scope.path("excluded").get(i)).putObject("counterfactual");
        line.put("pin", pin.id()).put("append", told.get().append());
        line.put("pinned", pin.sha256().hex()).put("wouldBecome", would).put("breaksPin", true);
      }
    }
    return scope;
  }

  private static ObjectNode passed(ObjectNode content) {
    content.set("result", Evidence.json(Verdict.pass()));
    return content;
  }

  /** Lets the lane have ended after this stage, of S1 to S4, with files of no later one. */
  public void rejectedAfter(Stage last) {
    for (Stage stage : Stage.values()) {
      if (stage.compareTo(last) > 0) {
        state(stage, Optional.empty());
        WRITTEN.getOrDefault(stage, List.of()).forEach(this::notRun);
      }
    }
    file("publication.json").remove("documents");
    List.of("publication.json", REVIEW, "production-readiness-blocker-map.json")
        .forEach(this::notRun);
  }

  /** Lets the review have refused the lane, and said so. */
  public void rejectedByReview() throws Exception {
    ObjectNode refusal =
        Evidence.json(Verdict.reject(RejectCode.REVIEW_CHECK_FAILED, "", "a check", "none"));
    ObjectNode review = file(REVIEW);
    at(REVIEW, "/checks/0").put("holds", false).setAll(refusal);
    Review.count(review, lane.plan().spec(), (ArrayNode) review.get("checks"));
    derive(false);
    WRITTEN.get(Stage.S7).forEach(name -> file(name).set("result", refusal.deepCopy()));
    stateReview();
  }

  /** Lets the reviewer's refusal be about the files as they now are. */
  public void stateReview() throws Exception {
    ObjectNode details = details(0).put("worker", REVIEWER);
    state(Stage.S7, Optional.of(statement(Stage.S7, "REJECT", details)));
  }

  private void notRun(String name) {
    file(name).put("status", "NOT_RUN");
  }

  /** Makes anew what follows from the other files, unless a test has changed it. */
  private void derive(boolean sealedByReview) {
    if (file(TABLE_C).equals(derived.get(TABLE_C))) {
      builder.executionPlan(AT, sealedByReview);
      derived.put(TABLE_C, file(TABLE_C).deepCopy());
    }
    ObjectNode review = file(REVIEW);
    if (review.path("selfCheck").equals(derived.get(REVIEW))) {
      ArrayNode self = Review.selfChecks(lane.plan().spec(), builder::file);
      if (!self.equals(derived.put(REVIEW, self.deepCopy()))) {
        review.set("selfCheck", self);
        review.put("selfChecks", self.size());
      }
    }
  }

  /** What S5 to S7 leave when all is well. */
  private void review() {
    Lane.Spec spec = lane.plan().spec();
    List<SurfaceProof.Recorded> recorded =
        spec.changes().stream()
            .map(c -> Effect.of(c.effectKind(), "kb:" + c.path(), lane.plan().sourceDigest(c)))
            .map(effect -> new SurfaceProof.Recorded(effect, true))
            .toList();
    TableD.Facts facts =
        new TableD.Facts(
            recorded.stream().map(SurfaceProof.Recorded::effect).toList(),
            List.of(),
            1,
            List.of(),
            true,
            Optional.of(true));
    TableD tableD = TableD.of(spec, facts);
    builder.put(
        "forbidden-surface-proof.json",
        SurfaceProof.of(spec, spec.environment(), facts, recorded),
        AT);
    builder.put(
        "production-readiness-blocker-map.json",
        BlockerMap.of(
            spec, tableD.json(), file("delegation-and-authority-lock.json").path("gatesSatisfied")),
        AT);
    ArrayNode checks = Json.array();
    spec.review()
        .checks()
        .forEach(
            c ->
                checks
                    .addObject()
                    .put("id", c.id())
                    .put("title", c.title())
                    .put("check", c.check())
                    .put("holds", true)
                    .setAll(Evidence.json(Verdict.pass())));
    ObjectNode review = Json.object().put("independence", "REVIEW_INDEPENDENT");
    Review.count(review, spec, checks);
    ObjectNode varying = review.putObject("volatile").put("reviewer", REVIEWER);
    varying.put("reviewerKey", lane.reviewer().verifyKey().thumbprint().hex());
    builder.put("post-execution-review.json", passed(review), AT);
    publication(Json.object());
  }

  /** What S5 and S6 publish and sign, and the file that holds both; with the same evidence each. */
  public void publication(ObjectNode varying) {
    ArrayNode published = file("publication.json").putArray("documents");
    file("publication.json").put("count", lane.plan().spec().changes().size());
    ArrayNode reserved = file("publication.json").putArray("reservations");
    for (Lane.Reservation r : lane.plan().spec().reservations()) {
      ObjectNode line = reserved.addObject().put("range", r.range().toString());
      line.put("size", r.to() - r.from() + 1).put("applyNow", r.applyNow());
    }
    for (Stage stage : List.of(Stage.S5, Stage.S6)) {
      ObjectNode fragment = Evidence.header("RUN");
      fragment.put("lane", lane.plan().lane().metadata().id());
      fragment.put("planDigest", lane.plan().digest().hex());
      ArrayNode lines = fragment.putArray(stage.name());
      for (Lane.Change change : lane.plan().spec().changes()) {
        if (change.stage() == stage) {
          Digest sha256 = lane.plan().sourceDigest(change);
          int revision = change.expect().present() ? 2 : 1;
          lines
              .addObject()
              .put("change", change.id())
              .put("rollbackId", change.rollbackId())
              .put("title", change.title().orElse(change.id()))
              .put("path", change.path().value())
              .put("before", change.expect().toString())
              .put("revision", revision)
              .put("sha256", sha256.hex())
              .set("readBack", Head.revision(revision, sha256).json());
        }
      }
      published.addAll(lines.deepCopy());
      if (stage == Stage.S6) {
        fragment.set("reservations", reserved.deepCopy());
      }
      fragment.set("volatile", varying.deepCopy());
      ((ObjectNode) file("publication.json").get("volatile")).set(stage.name(), varying.deepCopy());
      fragments.put(stage, Json.pretty(passed(fragment)));
    }
  }

  private ObjectNode lock() {
    ObjectNode lock =
        AuthorityLock.of(lane.plan().spec(), Verdict.pass(), Optional.of(lane.grant()));
    ObjectNode varying = lock.putObject("volatile");
    varying.setAll(lane.grant().particulars());
    varying.put("grantSha256", Digest.of(grant).hex());
    key(varying, "owner", lane.owner().verifyKey());
    key(varying, "executor", lane.executor().verifyKey());
    key(varying, "reviewer", lane.reviewer().verifyKey());
    return lock;
  }

  private ObjectNode preflight() {
    Lane.Spec spec = lane.plan().spec();
    ObjectNode out = Json.object();
    ArrayNode inputs = out.putArray("inputs");
    spec.inputs().forEach(i -> inputs.addObject().put("id", i.id()));
    ArrayNode pins = out.putArray("pins");
    for (Lane.Pin pin : spec.pins()) {
      String pinned = pin.sha256().hex();
      pins.addObject().put("id", pin.id()).put("pinned", pinned).put("found", pinned);
    }
    ArrayNode heads = out.putArray("heads");
    for (Lane.Change change : spec.changes()) {
      String head = change.expect().toString();
      heads.addObject().put("change", change.id()).put("wanted", head).put("found", head);
    }
    for (ArrayNode lines : List.of(inputs, pins, heads)) {
      lines.forEach(line -> ((ObjectNode) line).setAll(Evidence.json(Verdict.pass())));
    }
    out.putArray("reservations");
    out.set("checks", new Evidence().add("grant", "grant", Verdict.pass()).json());
    ObjectNode inventory = out.putObject("inventory").put("documents", 0);
    inventory.put("tree", new Inventory(new TreeMap<>()).tree().hex()).putObject("heads");
    return out;
  }

  private ObjectNode seals() {
    Evidence documents = new Evidence();
    for (Lane.Change change : lane.plan().spec().changes()) {
      String digest = lane.plan().sourceDigest(change).hex();
      String subject = change.id() + " " + change.path();
      documents.add("document", subject, digest, digest, Verdict.pass());
    }
    ObjectNode out = Json.object().put("sealCount", 0);
    out.putArray("seals");
    out.set("documents", documents.json());
    return out;
  }

  private static void key(ObjectNode out, String role, VerifyKey key) {
    out.put(role + "Key", key.thumbprint().hex()).put(role + "Pem", key.pem());
  }

  private ObjectNode proof(ObjectNode evidence) throws Exception {
    ObjectNode file = Json.object();
    file.set("evidence", evidence);
    file.set(
        "material",
        S2StagingRollbackProofActivity.material(Proofs.standing(lane.bundle(), example)));
    return file;
  }

  private ObjectNode gate(ObjectNode evidence) throws Exception {
    ObjectNode file = Json.object();
    file.putObject("gate").put("name", HardenedRollbackGate.NAME);
    file.setAll(
        new GateRun(lane.plan(), new HardenedRollbackGate()::judge)
            .run(Proofs.corpus(lane.bundle()), evidence));
    ObjectNode material = file.putObject("material");
    for (Lane.GateCase c : GateRun.selfTest(lane.plan()).cases()) {
      put(material, c.file());
    }
    return file;
  }

  private ObjectNode probes(ObjectNode evidence) throws Exception {
    Map<KbPath, byte[]> presented = new TreeMap<>();
    for (Lane.Probe probe : lane.plan().spec().probes()) {
      probe
          .present()
          .flatMap(Lane.Presented::file)
          .ifPresent(file -> presented.put(file, lane.bundle().files().get(file)));
    }
    GrantVerifier.Situation situation =
        new GrantVerifier.Situation(
            lane.plan(),
            TestLane.KB_ID,
            lane.plan().spec().environment(),
            Optional.of(lane.executor().verifyKey().thumbprint()),
            Optional.empty(),
            AT,
            Set.of(),
            Set.of());
    ObjectNode file =
        new ProbeRun(
                lane.plan(),
                new ProbeRun.ProbeTargets(
                    ProbeRun.effectSender(new ScopeGuard(lane.plan().spec())),
                    new GrantVerifier(lane.trust()),
                    new HardenedRollbackGate(),
                    situation,
                    lane.signedGrant(),
                    evidence,
                    presented))
            .run();
    ObjectNode material = file.putObject("material");
    presented.keySet().forEach(path -> put(material, path));
    return file;
  }

  private void put(ObjectNode material, KbPath path) {
    material.put(path.value(), Base64.getEncoder().encodeToString(lane.bundle().files().get(path)));
  }

  /** An evidence file, to be changed before the packet is sealed. */
  public ObjectNode file(String name) {
    return builder.files().get(name);
  }

  /** A part of an evidence file. */
  public ObjectNode at(String name, String pointer) {
    JsonNode node = file(name).at(pointer);
    return (ObjectNode) node;
  }

  /** The documents by KB path, to be changed before the packet is sealed. */
  public Map<String, byte[]> documents() {
    return documents;
  }

  /** The bytes that updates replace, by KB path, to be changed before the packet is sealed. */
  public Map<String, byte[]> before() {
    return before;
  }

  /** The lane with its keys. */
  public TestLane lane() {
    return lane;
  }

  /** What a stage's statement says further. */
  public ObjectNode details(int round) throws Exception {
    return Json.object()
        .put("round", round)
        .put("grant", Digest.of(grant).hex())
        .put("worker", "executor@test")
        .put("startedAt", AT.toString())
        .put("finishedAt", AT.toString());
  }

  /** What a stage's statement is about: the files as they now are. */
  public Map<String, Digest> subjects(Stage stage) {
    Map<String, Digest> subjects = new TreeMap<>();
    for (String name : WRITTEN.getOrDefault(stage, List.of())) {
      subjects.put("data/" + name, Digest.of(Json.pretty(file(name))));
    }
    if (fragments.containsKey(stage)) {
      subjects.put("fragment/publication-" + stage + ".json", Digest.of(fragments.get(stage)));
    }
    for (Lane.Change change : lane.plan().spec().changes()) {
      if (change.stage() == stage && before.containsKey(change.path().value())) {
        subjects.put(
            PacketFiles.BEFORE + change.path(), Digest.of(before.get(change.path().value())));
      }
    }
    return subjects;
  }

  /** A stage's statement about the files as they now are. */
  public String statement(Stage stage, String verdict, ObjectNode details) {
    return Attestation.sign(
        stage == Stage.S7 ? lane.reviewer() : lane.executor(),
        TestLane.OWNER,
        stage.name(),
        lane.plan().digest(),
        verdict,
        subjects(stage),
        details);
  }

  /** Lets a stage have this statement; without one it has none. */
  public void state(Stage stage, Optional<String> statement) {
    stated.put(stage, statement);
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /** Seals it as the reviewer would, with a pass of each stage where nothing else is stated. */
  public Map<String, byte[]> seal() throws Exception {
    return seal(lane.reviewer(), "S7", LaneEnd.APPLIED);
  }

  /** Seals it. */
  public Map<String, byte[]> seal(SigningKey key, String stage, LaneEnd end) throws Exception {
    builder.records().clear();
    for (Stage s : Stage.values()) {
      Optional<String> statement =
          stated.getOrDefault(s, Optional.of(statement(s, "PASS", details(0))));
      boolean seals = s == Stage.S7 && (stage.equals("S7") || !stated.containsKey(s));
      if (!seals && statement.isPresent()) {
        JsonNode stated = Json.parse(Envelope.read(utf8(statement.get())).payload());
        builder
            .records()
            .put(
                s,
                new LedgerEntry.StageRecorded(
                    TestLane.OWNER,
                    s,
                    0,
                    stated.at("/predicate/verdict").asText(),
                    Digest.of(s.name()),
                    statement.get()));
      }
    }
    derive(stage.equals("S7"));
    return builder.seal(
        key,
        stage,
        end,
        new PacketBuilder.Documents(documents, before),
        AT,
        Json.object().put("worker", REVIEWER));
  }

  /** Seals and verifies it with the owner's true thumbprint. */
  public PacketVerifier.Finding verify(Path workspace) throws Exception {
    return verify(seal(), workspace);
  }

  /** Verifies files with the owner's true thumbprint. */
  public PacketVerifier.Finding verify(Map<String, byte[]> files, Path workspace) {
    return new PacketVerifier(files, Optional.of(lane.owner().verifyKey().thumbprint().hex()))
        .verify(workspace);
  }
}
