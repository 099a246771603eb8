package dev.lanekeeper.packet;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lanekeeper.canonical.Json;
import dev.lanekeeper.evidence.DirectoryEvidenceStore;
import dev.lanekeeper.gate.HardenedRollbackGate;
import dev.lanekeeper.grant.GrantVerifier;
import dev.lanekeeper.grant.VerifyKey;
import dev.lanekeeper.kb.LedgerState;
import dev.lanekeeper.lane.KbPath;
import dev.lanekeeper.lane.Lane;
import dev.lanekeeper.s2staging.StagingProof;
import dev.lanekeeper.s3gate.GateRun;
import dev.lanekeeper.s4probes.ProbeRun;
import dev.lanekeeper.scope.ScopeGuard;
import dev.lanekeeper.testkit.Proofs;
import dev.lanekeeper.testkit.TestLane;
import dev.lanekeeper.workflow.LaneEnd;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * A packet of the example made by hand, with keys of its own, so that a test can let it lie before
 * it is sealed: every signature of such a packet holds.
 */
final class TestPacket {

  static final Instant AT = Instant.parse("2026-06-12T10:00:00Z");

  private final TestLane lane = new TestLane(Clock.fixed(AT, ZoneOffset.UTC));
  private final PacketBuilder builder;
  private final Map<String, byte[]> documents = new TreeMap<>();

  TestPacket(Path folder) throws Exception {
    builder =
        new PacketBuilder(
            new DirectoryEvidenceStore(folder.resolve("home")),
            new LedgerState(List.of()),
            TestLane.OWNER,
            Optional.of(lane.plan()),
            Optional.of(lane.signedGrant()));
    ObjectNode evidence = Proofs.staging(lane.bundle(), TestLane.FIX7, folder.resolve("staging"));
    builder.put("delegation-and-authority-lock.json", lock(), AT);
    builder.put("rollback-proof.json", proof(evidence), AT);
    builder.put("rollback-gate.json", gate(evidence), AT);
    builder.put("execution-probes.json", probes(evidence), AT);
    for (Lane.Change change : lane.plan().spec().changes()) {
      documents.put(change.path().value(), lane.document(change));
    }
  }

  private ObjectNode lock() {
    ObjectNode lock = Json.object().put("environment", "no-production");
    ObjectNode varying = lock.putObject("volatile").put("kbId", TestLane.KB_ID);
    key(varying, "owner", lane.owner().verifyKey());
    key(varying, "executor", lane.executor().verifyKey());
    key(varying, "reviewer", lane.reviewer().verifyKey());
    return lock;
  }

  private static void key(ObjectNode out, String role, VerifyKey key) {
    out.put(role + "Key", key.thumbprint().hex()).put(role + "Pem", key.pem());
  }

  private ObjectNode proof(ObjectNode evidence) throws Exception {
    ObjectNode file = Json.object();
    file.set("evidence", evidence);
    ObjectNode material = file.putObject("material");
    for (Map.Entry<KbPath, StagingProof.Standing> s :
        Proofs.standing(lane.bundle(), TestLane.FIX7).entrySet()) {
      material
          .putObject(s.getKey().value())
          .put("revision", s.getValue().revision())
          .put("base64", Base64.getEncoder().encodeToString(s.getValue().bytes()));
    }
    return file;
  }

  private ObjectNode gate(ObjectNode evidence) throws Exception {
    ObjectNode file = Json.object();
    file.putObject("gate").put("name", HardenedRollbackGate.NAME);
    file.setAll(
        new GateRun(lane.plan(), new HardenedRollbackGate())
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
            "no-production",
            Optional.of(lane.executor().verifyKey().thumbprint()),
            Optional.empty(),
            AT,
            Set.of());
    ObjectNode file =
        new ProbeRun(
                lane.plan(),
                new ProbeRun.Deciders(
                    new ScopeGuard(lane.plan().spec()),
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
  ObjectNode file(String name) {
    return builder.files().get(name);
  }

  /** A part of an evidence file. */
  ObjectNode at(String name, String pointer) {
    JsonNode node = file(name).at(pointer);
    return (ObjectNode) node;
  }

  Map<String, byte[]> documents() {
    return documents;
  }

  TestLane lane() {
    return lane;
  }

  /** Seals it as the reviewer would. */
  Map<String, byte[]> seal() throws Exception {
    return builder.seal(lane.reviewer(), "S7", LaneEnd.APPLIED, documents, AT, Json.object());
  }

  /** Seals and verifies it with the owner's true thumbprint. */
  PacketVerifier.Finding verify(Path workspace) throws Exception {
    return verify(seal(), workspace);
  }

  PacketVerifier.Finding verify(Map<String, byte[]> files, Path workspace) {
    return new PacketVerifier(files, Optional.of(lane.owner().verifyKey().thumbprint().hex()))
        .verify(workspace);
  }
}
