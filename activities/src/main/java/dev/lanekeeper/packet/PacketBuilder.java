package dev.lanekeeper.packet;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.canonical.Json;
import dev.lanekeeper.evidence.EvidenceStore;
import dev.lanekeeper.kb.Attestation;
import dev.lanekeeper.kb.LedgerEntry;
import dev.lanekeeper.kb.LedgerState;
import dev.lanekeeper.lane.EvidenceFiles;
import dev.lanekeeper.lane.KbPath;
import dev.lanekeeper.lane.Lane;
import dev.lanekeeper.lane.Plan;
import dev.lanekeeper.lane.Stage;
import dev.lanekeeper.review.TableC;
import dev.lanekeeper.s2staging.S2StagingRollbackProofActivity;
import dev.lanekeeper.s2staging.StagingProof;
import dev.lanekeeper.signature.Envelope;
import dev.lanekeeper.signature.SigningKey;
import dev.lanekeeper.stage.Evidence;
import dev.lanekeeper.stage.StageRecords;
import dev.lanekeeper.workflow.LaneEnd;
import dev.lanekeeper.workflow.Owner;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Assembles a packet from what the stages stored, and seals it. */
public final class PacketBuilder {

  private final EvidenceStore evidence;
  private final Owner owner;
  private final Optional<Plan> plan;
  private final Optional<byte[]> grant;
  private final Map<Stage, LedgerEntry.StageRecorded> records = new EnumMap<>(Stage.class);
  private final Map<String, ObjectNode> files = new TreeMap<>();

  /** Collects the newest record of each stage of a run. */
  public PacketBuilder(
      EvidenceStore evidence,
      LedgerState ledger,
      Owner owner,
      Optional<Plan> plan,
      Optional<byte[]> grant)
      throws IOException {
    this.evidence = evidence;
    this.owner = owner;
    this.plan = plan;
    this.grant = grant;
    for (Stage stage : Stage.values()) {
      Optional<LedgerEntry.StageRecorded> record = ledger.stage(owner, stage);
      if (record.isPresent() && (stage != Stage.S7 || underGrant(record.get()))) {
        records.put(stage, record.get());
        files.putAll(StageRecords.files(evidence, record.get()));
      }
    }
    mergePublication();
  }

  /** The grant in the packet names the reviewer's key: what another's signed cannot be checked. */
  private boolean underGrant(LedgerEntry.StageRecorded record) throws IOException {
    byte[] envelope = record.attestation().getBytes(StandardCharsets.UTF_8);
    String named = Json.parse(Envelope.read(envelope).payload()).at("/predicate/grant").asText();
    return grant.filter(g -> Digest.of(g).hex().equals(named)).isPresent();
  }

  /** The release's RERUN.sh. */
  public static byte[] rerun() throws IOException {
    try (InputStream in = PacketBuilder.class.getResourceAsStream("RERUN.sh")) {
      return in.readAllBytes();
    }
  }

  /** The software agent that bag-info.txt names. */
  public static String agent() {
    String version = PacketBuilder.class.getPackage().getImplementationVersion();
    return "Lanekeeper " + (version == null ? "development" : version);
  }

  /** The evidence collected so far, by file name; changes show in the packet. */
  public Map<String, ObjectNode> files() {
    return files;
  }

  /** The newest record of each stage that ran. */
  public Map<Stage, LedgerEntry.StageRecorded> records() {
    return records;
  }

  /** Puts what every evidence file says around one that the sealing stage writes. */
  public ObjectNode put(String name, ObjectNode content, Instant at) {
    ObjectNode out = header("RUN");
    out.setAll(content);
    files.put(name, Evidence.place(out, owner, at));
    return out;
  }

  /** Table C, with the row of what must not happen as the proof of this packet says it. */
  public void executionPlan(Instant at, boolean sealedByReview) {
    Map<Stage, String> statuses = new EnumMap<>(Stage.class);
    records.forEach((stage, record) -> statuses.put(stage, record.verdict()));
    if (sealedByReview) {
      statuses.put(Stage.S7, TableC.SEALS);
    }
    executionPlan(statuses, at);
  }

  /** Table C of stages that came to these verdicts. */
  public void executionPlan(Map<Stage, String> statuses, Instant at) {
    put("execution-plan.json", TableC.of(plan, statuses, file("forbidden-surface-proof.json")), at);
  }

  /** Puts in what S5 and S6 publish, in place of what is there. */
  public void putPublication(Map<Stage, ObjectNode> parts, Instant at) {
    parts.forEach((stage, part) -> files.put(publication(stage), Evidence.place(part, owner, at)));
    mergePublication();
  }

  private static String publication(Stage stage) {
    return "publication-" + stage + ".json";
  }

  private void mergePublication() {
    ObjectNode merged = Json.object();
    ArrayNode documents = merged.putArray("documents");
    ObjectNode varying = merged.putObject("volatile");
    boolean any = records.containsKey(Stage.S5);
    for (Stage stage : List.of(Stage.S5, Stage.S6)) {
      ObjectNode part = files.remove(publication(stage));
      if (part == null) {
        continue;
      }
      any = true;
      part.path(stage.name()).forEach(documents::add);
      varying.set(stage.name(), part.path("volatile"));
      if (part.has("reservations")) {
        merged.set("reservations", part.get("reservations"));
      }
    }
    merged.put("count", documents.size());
    if (any) {
      ObjectNode out = header("RUN");
      out.setAll(merged);
      files.put("publication.json", out);
    }
  }

  private ObjectNode header(String status) {
    ObjectNode out = Evidence.header(status);
    plan.ifPresent(
        p -> out.put("lane", p.lane().metadata().id()).put("planDigest", p.digest().hex()));
    return out;
  }

  /**
   * The documents that a packet holds, each by its KB path.
   *
   * @param after the bytes that the plan publishes
   * @param before the bytes that its updates replace, as far as they were found
   */
  public record Documents(Map<String, byte[]> after, Map<String, byte[]> before) {}

  /**
   * Seals the packet.
   *
   * @param key signs the sealing statement
   * @param stage S7, or SEAL for a run that did not pass
   * @param documents what the plan changes, before and after
   */
  public Map<String, byte[]> seal(
      SigningKey key,
      String stage,
      LaneEnd end,
      Documents documents,
      Instant at,
      ObjectNode details)
      throws IOException {
    Map<String, byte[]> all = new TreeMap<>();
    for (String name : EvidenceFiles.ALL) {
      all.put("data/" + name, Json.pretty(files.getOrDefault(name, header("NOT_RUN"))));
    }
    all.put(PacketFiles.LANE, plan.map(Plan::bytes).orElse(Json.pretty(header("NOT_RUN"))));
    all.put(PacketFiles.GRANT, grant.orElse(Json.pretty(header("NOT_RUN"))));
    documents.after().forEach((path, bytes) -> all.put(PacketFiles.DOCUMENTS + path, bytes));
    documents.before().forEach((path, bytes) -> all.put(PacketFiles.BEFORE + path, bytes));
    all.put("RERUN.sh", rerun());
    all.put("bagit.txt", Bag.DECLARATION.getBytes(StandardCharsets.UTF_8));

    List<String> statements = new ArrayList<>();
    records.values().stream()
        .filter(r -> !r.stage().name().equals(stage))
        .forEach(r -> statements.add(r.attestation()));
    Bag.Info info =
        new Bag.Info(
            at.toString().substring(0, 10),
            agent(),
            plan.map(p -> p.lane().metadata().id()).orElse("unknown"));
    ObjectNode predicate = details.deepCopy();
    predicate.put("end", end.name());
    predicate.put("statements", Digest.of(lines(statements)).hex());
    predicate.put("baggingDate", info.date());
    predicate.put("bagSoftwareAgent", info.agent());
    predicate.put("externalIdentifier", info.identifier());
    statements.add(
        Attestation.sign(
            key,
            owner,
            stage,
            plan.map(Plan::digest).orElse(Digest.of("")),
            stage.equals("S7") ? "PASS" : end.name(),
            PacketFiles.subjects(all),
            predicate));
    all.put(PacketFiles.ATTESTATIONS, lines(statements).getBytes(StandardCharsets.UTF_8));
    return Bag.close(all, info);
  }

  private static String lines(List<String> statements) {
    StringBuilder out = new StringBuilder();
    statements.forEach(s -> out.append(s).append('\n'));
    return out.toString();
  }

  /** The bytes that the plan publishes, by KB path. */
  public Map<String, byte[]> plannedDocuments() throws IOException {
    Map<String, byte[]> out = new TreeMap<>();
    if (plan.isPresent()) {
      for (Lane.Change change : plan.get().spec().changes()) {
        out.put(change.path().value(), evidence.get(plan.get().sourceDigest(change)));
      }
    }
    return out;
  }

  /** The document that S2 had at a path before it published there, if it came so far. */
  public Optional<byte[]> rehearsed(KbPath path) {
    return file("rollback-proof.json").path("material") instanceof ObjectNode material
        ? Optional.ofNullable(S2StagingRollbackProofActivity.standing(material).get(path))
            .map(StagingProof.Standing::bytes)
        : Optional.empty();
  }

  /** Whether every fragment and bundle file can still be read back. */
  public boolean evidenceIntact() {
    try {
      for (LedgerEntry.StageRecorded record : records.values()) {
        evidence.get(record.fragment());
      }
      if (plan.isPresent()) {
        for (Digest digest : plan.get().files().values()) {
          evidence.get(digest);
        }
      }
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  /** An evidence file as a value, for pointers. */
  public JsonNode file(String name) {
    return files.getOrDefault(name, header("NOT_RUN"));
  }
}
