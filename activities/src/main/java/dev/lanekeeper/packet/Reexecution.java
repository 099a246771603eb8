package dev.lanekeeper.packet;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.canonical.Json;
import dev.lanekeeper.gate.HardenedRollbackGate;
import dev.lanekeeper.grant.GrantVerifier;
import dev.lanekeeper.grant.TrustRoot;
import dev.lanekeeper.grant.VerifyKey;
import dev.lanekeeper.kb.Document;
import dev.lanekeeper.kb.Pins;
import dev.lanekeeper.kb.RefusedException;
import dev.lanekeeper.lane.Head;
import dev.lanekeeper.lane.KbPath;
import dev.lanekeeper.lane.Lane;
import dev.lanekeeper.lane.Plan;
import dev.lanekeeper.s2staging.S2StagingRollbackProofActivity;
import dev.lanekeeper.s2staging.StagingProof;
import dev.lanekeeper.s3gate.GateRun;
import dev.lanekeeper.s4probes.ProbeRun;
import dev.lanekeeper.s4probes.S4ExecutionProbesActivity;
import dev.lanekeeper.scope.ScopeGuard;
import dev.lanekeeper.stage.DiskFull;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * Executes S2 to S4 again from a packet's bytes alone, in a new workspace and at the recorded time,
 * and compares what comes out with what the packet says.
 */
public final class Reexecution {

  private static final Set<String> NOT_COMPARED =
      Set.of(
          "formatVersion",
          "lane",
          "planDigest",
          "status",
          "result",
          "volatile",
          "material",
          "gate");

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
      Plan plan = Plan.read(files.get(PacketFiles.LANE));
      Map<String, byte[]> documents = documents(plan);
      boolean proved = ran("rollback-proof.json");
      if (proved) {
        executed.add("S2");
        compare("S2", json("rollback-proof.json").path("evidence"), staging(plan, documents));
      }
      if (proved && ran("rollback-gate.json")) {
        executed.add("S3");
        compareFile("S3", "rollback-gate.json", gate(plan));
      }
      if (proved && ran("execution-probes.json")) {
        executed.add("S4");
        compareFile("S4", "execution-probes.json", probes(plan));
      }
    } catch (IOException | RefusedException | IllegalArgumentException e) {
      if (e instanceof IOException fault && DiskFull.is(fault)) {
        throw fault;
      }
      differences.add("re-execution stopped: " + e.getMessage());
    }
    return differences;
  }

  /** What was executed again, in words. */
  public String summary() {
    return executed.isEmpty()
        ? "none of S2 to S4 ran in this lane, so there was nothing to execute again"
        : String.join(", ", executed) + " executed again with the same result";
  }

  private boolean ran(String name) throws IOException {
    JsonNode file = json(name);
    return file.path("status").asText().equals("RUN") && file.has("material");
  }

  private JsonNode staging(Plan plan, Map<String, byte[]> documents) throws IOException {
    NavigableMap<KbPath, StagingProof.Standing> standing =
        S2StagingRollbackProofActivity.standing(
            (ObjectNode) json("rollback-proof.json").path("material"));
    for (Lane.Pin pin : plan.spec().pins()) {
      Optional<Document> document =
          Optional.ofNullable(standing.get(pin.path()))
              .map(
                  s ->
                      new Document(
                          new Head.Revision(s.revision(), Digest.of(s.bytes())), s.bytes()));
      RefusedException.unlessPassed(Pins.check(pin, document));
    }
    return new StagingProof(plan, workspace, Clock.systemUTC()).run(documents, standing);
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
    List<JsonNode> corpus = new ArrayList<>();
    JsonNode material = json("rollback-gate.json").path("material");
    for (Lane.GateCase c : GateRun.selfTest(plan).cases()) {
      byte[] bytes = Base64.getDecoder().decode(material.path(c.file().value()).asText());
      corpus.add(Json.parse(pinned(plan, c.file(), bytes)));
    }
    return new GateRun(plan, new HardenedRollbackGate())
        .run(corpus, json("rollback-proof.json").path("evidence"));
  }

  private ObjectNode probes(Plan plan) throws IOException {
    ObjectNode recorded = (ObjectNode) json("execution-probes.json");
    Map<KbPath, byte[]> presented = S4ExecutionProbesActivity.material(recorded);
    for (Map.Entry<KbPath, byte[]> file : presented.entrySet()) {
      pinned(plan, file.getKey(), file.getValue());
    }
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
            Set.of());
    return new ProbeRun(
            plan,
            new ProbeRun.Deciders(
                new ScopeGuard(plan.spec()),
                new GrantVerifier(trust),
                new HardenedRollbackGate(),
                situation,
                files.get(PacketFiles.GRANT),
                json("rollback-proof.json").path("evidence"),
                presented))
        .run();
  }

  private static byte[] pinned(Plan plan, KbPath path, byte[] bytes) throws IOException {
    Digest wanted = plan.files().get(path);
    if (wanted == null || !wanted.equals(Digest.of(bytes))) {
      throw new IOException(path + ": expected sha256 " + wanted + ", found " + Digest.of(bytes));
    }
    return bytes;
  }

  private void compareFile(String stage, String name, ObjectNode again) throws IOException {
    ObjectNode recorded = (ObjectNode) json(name).deepCopy();
    recorded.remove(NOT_COMPARED);
    compare(stage, recorded, again);
  }

  private void compare(String stage, JsonNode recorded, JsonNode again) {
    if (recorded.equals(again)) {
      return;
    }
    recorded
        .fieldNames()
        .forEachRemaining(
            name -> {
              if (!recorded.path(name).equals(again.path(name))) {
                differences.add(stage + ": " + name + " differs from the packet");
              }
            });
    if (differences.isEmpty()) {
      differences.add(stage + ": differs from the packet");
    }
  }

  private JsonNode json(String name) throws IOException {
    return Json.parse(files.get("data/" + name));
  }
}
