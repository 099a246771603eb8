package dev.lanekeeper.packet;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.canonical.Json;
import dev.lanekeeper.files.FaultText;
import dev.lanekeeper.gate.HardenedRollbackGate;
import dev.lanekeeper.grant.GrantVerifier;
import dev.lanekeeper.grant.TrustRoot;
import dev.lanekeeper.kb.RefusedException;
import dev.lanekeeper.lane.EvidenceFiles;
import dev.lanekeeper.lane.KbPath;
import dev.lanekeeper.lane.Lane;
import dev.lanekeeper.lane.Plan;
import dev.lanekeeper.lane.Stage;
import dev.lanekeeper.s2staging.S2StagingRollbackProofActivity;
import dev.lanekeeper.s2staging.StagingProof;
import dev.lanekeeper.s3gate.GateRun;
import dev.lanekeeper.s4probes.ProbeRun;
import dev.lanekeeper.s4probes.S4ExecutionProbesActivity;
import dev.lanekeeper.scope.ScopeGuard;
import dev.lanekeeper.signature.VerifyKey;
import dev.lanekeeper.stage.DiskFull;
import dev.lanekeeper.stage.Evidence;
import dev.lanekeeper.verdict.Verdict;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Executes S2 to S4 again from a packet's bytes alone, in a new workspace and at the recorded time,
 * and compares what comes out with what the packet says.
 */
public final class Reexecution {

  /**
   * What varies, and the digest of the class file of the gate, which another release compiles to
   * other bytes; what its header says is compared elsewhere.
   */
  private static final Set<String> NOT_COMPARED =
      Set.of("formatVersion", "lane", "planDigest", "status", "volatile", "gate");

  private final Map<String, byte[]> files;
  private final Path workspace;
  private final List<String> differences = new ArrayList<>();
  private final List<String> executed = new ArrayList<>();

  /**
   * Over a packet whose integrity and signatures are known to hold.
   *
   * @param workspace an empty folder
   */
  public Reexecution(Map<String, byte[]> files, Path workspace) {
    this.files = files;
    this.workspace = workspace;
  }

  /**
   * Runs it; an empty list says that everything came out the same.
   *
   * @throws IOException when the disk is full, which says nothing about the packet
   */
  public List<String> differences() throws IOException {
    try {
      if (!json("lane.json").has("lane")) {
        return differences;
      }
      earlierForm();
      if (!differences.isEmpty()) {
        return differences;
      }
      Plan plan = Plan.read(files.get(PacketFiles.LANE));
      PacketConsistencyCheck consistency = new PacketConsistencyCheck(files, plan);
      differences.addAll(consistency.problems());
      if (!differences.isEmpty()) {
        return differences;
      }
      Map<String, byte[]> documents = documents(plan);
      if (ran("rollback-proof.json")) {
        executed.add("S2");
        compare("S2", "rollback-proof.json", staging(plan, documents));
      }
      if (!differences.isEmpty()) {
        return differences;
      }
      if (ran("rollback-gate.json")) {
        executed.add("S3");
        compare("S3", "rollback-gate.json", gate(plan));
      }
      // Where a held lane was resumed with another grant and ended before S4 came round again, its
      // probes are of the grant before, which is not here.
      if (ran("execution-probes.json") && consistency.ofThisGrant(Stage.S4)) {
        executed.add("S4");
        compare("S4", "execution-probes.json", probes(plan));
      }
      if (differences.isEmpty()) {
        differences.addAll(consistency.underived());
      }
    } catch (IOException | RefusedException | IllegalArgumentException | DateTimeParseException e) {
      if (e instanceof IOException fault && DiskFull.is(fault)) {
        throw fault;
      }
      differences.add("re-execution stopped: " + FaultText.withoutPlace(e));
    }
    return differences;
  }

  private void earlierForm() throws IOException {
    for (String name : EvidenceFiles.ALL) {
      int form = json(name).path("formatVersion").asInt();
      if (form > 0 && form < Evidence.FORM) {
        differences.add(
            "%s: expected evidence of form %d, of which each value follows from its parts, found form %d of an earlier release"
                .formatted(name, Evidence.FORM, form));
        return;
      }
    }
  }

  /** What was executed again, in words. */
  public String summary() {
    return executed.isEmpty()
        ? "none of S2 to S4 ran in this lane, so there was nothing to execute again"
        : String.join(", ", executed) + " executed again with the same result";
  }

  private boolean ran(String name) throws IOException {
    return json(name).path("status").asText().equals("RUN");
  }

  private ObjectNode staging(Plan plan, Map<String, byte[]> documents) throws IOException {
    NavigableMap<KbPath, StagingProof.Standing> standing =
        S2StagingRollbackProofActivity.standing(material("rollback-proof.json"));
    // That the pinned ones are as pinned, the commit checks see when staging publishes.
    Set<KbPath> known = new TreeSet<>();
    for (Lane.Pin pin : plan.spec().pins()) {
      known.add(pin.path());
    }
    plan.spec().changes().forEach(c -> known.add(c.path()));
    if (!known.containsAll(standing.keySet())) {
      throw new IOException("S2 material: expected documents of " + known + ", found others");
    }
    for (Lane.Change change : plan.spec().changes()) {
      StagingProof.Standing updated = standing.get(change.path());
      if (updated != null && updated.access().isEmpty()) {
        throw new IOException(
            "S2 material: expected the mode of " + change.path() + ", found none");
      }
    }
    ObjectNode file = new StagingProof(plan, workspace, Clock.systemUTC()).run(documents, standing);
    // Whose the documents were was seen there and then; here they are whoever's this process is.
    file.set("volatile", json("rollback-proof.json").path("volatile"));
    file.set("result", Evidence.json(StagingProof.judge(plan, file)));
    file.set("material", S2StagingRollbackProofActivity.material(standing));
    return file;
  }

  private Map<String, byte[]> documents(Plan plan) throws IOException {
    Map<String, byte[]> out = new TreeMap<>();
    for (Lane.Change change : plan.spec().changes()) {
      byte[] bytes = files.get(PacketFiles.DOCUMENTS + change.path());
      out.put(change.id(), pinned(plan, change.source(), bytes == null ? new byte[0] : bytes));
    }
    return out;
  }

  private ObjectNode gate(Plan plan) throws IOException {
    List<KbPath> cases = GateRun.selfTest(plan).cases().stream().map(Lane.GateCase::file).toList();
    Map<KbPath, byte[]> frozen = presented(plan, "rollback-gate.json", cases);
    List<JsonNode> corpus = new ArrayList<>();
    for (KbPath file : cases) {
      corpus.add(Json.parse(frozen.get(file)));
    }
    GateRun run = new GateRun(plan, new HardenedRollbackGate()::judge);
    ObjectNode file = run.run(corpus, json("rollback-proof.json").path("evidence"));
    return completed(file, run.verdict(), frozen);
  }

  /** The files of the lane that an evidence file carries: these and no others, as pinned. */
  private Map<KbPath, byte[]> presented(Plan plan, String name, List<KbPath> paths)
      throws IOException {
    ObjectNode material = material(name);
    Map<KbPath, byte[]> out = new TreeMap<>();
    for (KbPath path : paths) {
      byte[] bytes = Base64.getDecoder().decode(material.path(path.value()).asText());
      out.put(path, pinned(plan, path, bytes));
    }
    return out;
  }

  private static ObjectNode completed(
      ObjectNode file, Verdict verdict, Map<KbPath, byte[]> presented) {
    file.set("result", Evidence.json(verdict));
    ObjectNode material = file.putObject("material");
    presented.forEach(
        (path, bytes) -> material.put(path.value(), Base64.getEncoder().encodeToString(bytes)));
    return file;
  }

  private ObjectNode probes(Plan plan) throws IOException {
    JsonNode recorded = json("execution-probes.json");
    Map<KbPath, byte[]> presented =
        presented(plan, "execution-probes.json", S4ExecutionProbesActivity.presented(plan));
    JsonNode lock = json("delegation-and-authority-lock.json").path("volatile");
    TrustRoot trust =
        TrustRoot.empty()
            .with(TrustRoot.Role.OWNER, "owner", VerifyKey.ofPem(lock.path("ownerPem").asText()));
    GrantVerifier.Situation situation =
        new GrantVerifier.Situation(
            plan,
            lock.path("kbId").asText(),
            json("delegation-and-authority-lock.json").path("environment").asText(),
            Optional.of(new Digest(lock.path("executorKey").asText())),
            Optional.empty(),
            Clock.fixed(
                    Instant.parse(recorded.at("/volatile/evaluatedAt").asText()), ZoneOffset.UTC)
                .instant(),
            Set.of(),
            Set.of());
    ProbeRun run =
        new ProbeRun(
            plan,
            new ProbeRun.ProbeTargets(
                ProbeRun.effectSender(new ScopeGuard(plan.spec())),
                new GrantVerifier(trust),
                new HardenedRollbackGate(),
                situation,
                files.get(PacketFiles.GRANT),
                json("rollback-proof.json").path("evidence"),
                presented));
    ObjectNode file = run.run();
    return completed(file, run.verdict(), presented);
  }

  private static byte[] pinned(Plan plan, KbPath path, byte[] bytes) throws IOException {
    Digest wanted = plan.files().get(path);
    if (wanted == null || !wanted.equals(Digest.of(bytes))) {
      throw new IOException(path + ": expected sha256 " + wanted + ", found " + Digest.of(bytes));
    }
    return bytes;
  }

  private void compare(String stage, String name, ObjectNode again) throws IOException {
    compare(stage + ": ", "", json(name), again);
  }

  private void compare(String stage, String prefix, JsonNode recorded, JsonNode again) {
    Set<String> fields = new TreeSet<>();
    recorded.fieldNames().forEachRemaining(fields::add);
    again.fieldNames().forEachRemaining(fields::add);
    if (prefix.isEmpty()) {
      fields.removeAll(NOT_COMPARED);
    }
    for (String field : fields) {
      JsonNode one = recorded.path(field);
      JsonNode other = again.path(field);
      if (one.equals(other)) {
        continue;
      }
      if (prefix.isEmpty() && one.isObject() && other.isObject()) {
        compare(stage, field + ".", one, other);
      } else {
        differences.add(stage + prefix + field + " differs from the packet");
      }
    }
  }

  private ObjectNode material(String name) throws IOException {
    if (json(name).path("material") instanceof ObjectNode material) {
      return material;
    }
    throw new IOException(name + ": expected material, found none");
  }

  private JsonNode json(String name) throws IOException {
    return Json.parse(files.get("data/" + name));
  }
}
