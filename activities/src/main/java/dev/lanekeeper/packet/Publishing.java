package dev.lanekeeper.packet;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lanekeeper.canonical.CanonicalJson;
import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.canonical.Json;
import dev.lanekeeper.kb.KbReader;
import dev.lanekeeper.lane.KbPath;
import dev.lanekeeper.lane.Lane;
import dev.lanekeeper.lane.LaneName;
import dev.lanekeeper.lane.Plan;
import dev.lanekeeper.report.Account;
import dev.lanekeeper.report.Fact;
import dev.lanekeeper.report.ReportException;
import dev.lanekeeper.report.ReportPage;
import dev.lanekeeper.report.ReportWriter;
import dev.lanekeeper.report.RunFacts;
import dev.lanekeeper.report.Source;
import dev.lanekeeper.signature.Envelope;
import dev.lanekeeper.stage.StageEnvironment;
import dev.lanekeeper.workflow.LaneEnd;
import dev.lanekeeper.workflow.Owner;
import dev.lanekeeper.workflow.SealedPacket;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** Stores a sealed packet with what is beside it: report, its HTML twin, signed summary. */
public final class Publishing {

  /** The DSSE payload type of a summary. */
  public static final String SUMMARY_TYPE = "application/vnd.lanekeeper.summary+json";

  /** The report cannot be written from this evidence. */
  public static final class BrokenReportException extends IOException {
    private static final long serialVersionUID = 1L;

    BrokenReportException(String message) {
      super(message);
    }
  }

  private final StageEnvironment environment;
  private final Optional<Lane> lane;
  private final LaneName name;
  private final Owner owner;
  private final Optional<Plan> plan;
  private final String folder;

  /** For a run whose lane is known. */
  public Publishing(StageEnvironment environment, Lane lane, Owner owner, Optional<Plan> plan) {
    this(
        environment, Optional.of(lane), lane.metadata().name(), owner, plan, owner.runId().value());
  }

  /**
   * For any run.
   *
   * @param folder what to call the packet's folder beside those of the lane's other runs
   */
  public Publishing(
      StageEnvironment environment,
      Optional<Lane> lane,
      LaneName name,
      Owner owner,
      Optional<Plan> plan,
      String folder) {
    this.environment = environment;
    this.lane = lane;
    this.name = name;
    this.owner = owner;
    this.plan = plan;
    this.folder = folder;
  }

  /**
   * Writes the report, then stores everything and reads the packet back.
   *
   * @param files the sealed packet
   * @param evidence its evidence as values
   * @param finding what the in-process verification found
   * @param stop why the run did not go on, if a stage refused
   * @throws BrokenReportException when the lane's report names evidence that is not there
   */
  public SealedPacket store(
      Map<String, byte[]> files,
      Map<String, ObjectNode> evidence,
      PacketVerifier.Finding finding,
      LaneEnd end,
      Optional<RunFacts.Stop> stop)
      throws IOException {
    Digest packetTree = PacketFiles.packetTree(files);
    Digest stableTree = PacketFiles.stableTree(files);
    ArrayNode roundTrip = roundTrip(files, end);
    String statusToken = statusToken(end);
    String markdown =
        markdown(evidence, packet(files, finding, roundTrip), files.keySet(), end, stop);

    ObjectNode summary = Json.object().put("formatVersion", 1);
    summary.put("lane", name.value()).put("status", end.name()).put("statusToken", statusToken);
    summary.set("run", Json.tree(owner));
    summary.put("packetTree", packetTree.hex()).put("stableTree", stableTree.hex());
    summary.put("files", files.size());
    byte[] page = ReportPage.of(title(), markdown).getBytes(StandardCharsets.UTF_8);
    summary.put("report", Digest.of(markdown).hex());
    summary.put("reportHtml", Digest.of(page).hex());
    summary.set("verification", PacketVerifier.json(finding));
    summary.set("roundTrip", roundTrip);
    String location = environment.evidence().putPacket(name, folder, files);
    if (!sameFiles(files, environment.evidence().packet(location))) {
      throw new IOException("the stored packet is not the sealed one: " + location);
    }
    Map<String, byte[]> beside = new TreeMap<>();
    beside.put("report.md", markdown.getBytes(StandardCharsets.UTF_8));
    beside.put("report.html", page);
    // Git would otherwise change the line ends of what is signed and of RERUN.sh.
    beside.put(".gitattributes", "* -text\n".getBytes(StandardCharsets.UTF_8));
    beside.put(
        BesidePacket.SUMMARY,
        Envelope.sign(SUMMARY_TYPE, CanonicalJson.bytes(summary), environment.key()).bytes());
    environment.evidence().putBeside(name, folder, beside);
    return new SealedPacket(location, packetTree, stableTree);
  }

  /**
   * What is wrong with the lane's own report over evidence of a lane that was applied; empty when
   * it can be written.
   */
  public Optional<String> problem(Map<String, ObjectNode> evidence) throws IOException {
    PacketVerifier.Finding passed =
        new PacketVerifier.Finding(
            PacketVerifier.Answer.PASS,
            Collections.nCopies(PacketVerifier.CHECKS, "held"),
            Optional.empty(),
            Optional.empty());
    ArrayNode roundTrip = Json.array();
    Set<String> files = new TreeSet<>();
    if (plan.isPresent()) {
      for (Lane.Change change : plan.get().spec().changes()) {
        exact(roundTrip, change.path(), plan.get().sourceDigest(change), true);
        if (change.expect().present()) {
          files.add(PacketFiles.BEFORE + change.path());
        }
      }
    }
    try {
      markdown(
          evidence, packet(Map.of(), passed, roundTrip), files, LaneEnd.APPLIED, Optional.empty());
      return Optional.empty();
    } catch (BrokenReportException e) {
      return Optional.of(e.getMessage());
    }
  }

  private static ObjectNode packet(
      Map<String, byte[]> files, PacketVerifier.Finding finding, ArrayNode roundTrip)
      throws IOException {
    ObjectNode packet = Json.object();
    packet.put("files", files.size()).put("tree", PacketFiles.packetTree(files).hex());
    packet.put("stableTree", PacketFiles.stableTree(files).hex());
    packet.put("verification", finding.answer().name());
    packet.set("checks", Json.tree(finding.checks()));
    packet.set("roundTrip", roundTrip);
    packet.put("roundTripText", exact(roundTrip) ? "byte-exact" : "NOT byte-exact");
    return packet;
  }

  private String title() {
    return lane.map(l -> l.metadata().title()).orElse(name.value());
  }

  private Map<String, Object> account(
      Map<String, ObjectNode> evidence,
      Set<String> files,
      LaneEnd end,
      Optional<RunFacts.Stop> stop)
      throws IOException {
    RunFacts facts = new RunFactsReader(environment, owner, plan, evidence, files).read(end, stop);
    return new Account(facts).values();
  }

  private static Fact found(String text, String where) {
    return new Fact(text, Source.found(where));
  }

  private static Fact said(String text) {
    return new Fact(text, Source.said(Source.LANE_FILE, "metadata"));
  }

  private String markdown(
      Map<String, ObjectNode> evidence,
      ObjectNode packet,
      Set<String> files,
      LaneEnd end,
      Optional<RunFacts.Stop> stop)
      throws IOException {
    Map<String, Object> run = new LinkedHashMap<>(account(evidence, files, end, stop));
    run.put("lane", said(lane.map(l -> l.metadata().id()).orElse(name.value())));
    run.put("title", said(title()));
    run.put("date", said(lane.map(l -> l.metadata().date()).orElse("")));
    run.put("statusToken", found(statusToken(end), "ledger"));
    run.put("end", found(end.name(), "ledger"));
    run.put("runId", found(owner.runId().value(), "service"));
    run.put("planDigest", found(plan.map(p -> p.digest().hex()).orElse("none"), "lane.json"));
    Map<String, ObjectNode> seen = new TreeMap<>(evidence);
    seen.put("packet", packet);
    try {
      Optional<Lane.Report> own =
          end == LaneEnd.APPLIED ? lane.flatMap(l -> l.spec().report()) : Optional.empty();
      return new ReportWriter(seen, Map.of("run", run)).markdown(own);
    } catch (ReportException e) {
      throw new BrokenReportException(e.getMessage());
    }
  }

  /** {@code <prefix>_APPLIED} and so on. */
  private String statusToken(LaneEnd end) {
    return lane.map(l -> l.spec().statusToken() + "_" + end).orElse(end.name());
  }

  /** The packet's documents against the knowledge base, both read now. */
  private ArrayNode roundTrip(Map<String, byte[]> files, LaneEnd end) throws IOException {
    ArrayNode out = Json.array();
    if (end != LaneEnd.APPLIED) {
      return out;
    }
    KbReader kb = environment.freshReader().open();
    for (Map.Entry<String, byte[]> file : files.entrySet()) {
      if (file.getKey().startsWith(PacketFiles.DOCUMENTS)) {
        KbPath path = new KbPath(file.getKey().substring(PacketFiles.DOCUMENTS.length()));
        boolean exact =
            kb.read(path).filter(d -> Arrays.equals(d.bytes(), file.getValue())).isPresent();
        exact(out, path, Digest.of(file.getValue()), exact);
      }
    }
    return out;
  }

  private static void exact(ArrayNode roundTrip, KbPath path, Digest sha256, boolean exact) {
    roundTrip
        .addObject()
        .put("path", path.value())
        .put("sha256", sha256.hex())
        .put("byteExact", exact);
  }

  private static boolean exact(ArrayNode roundTrip) {
    boolean exact = !roundTrip.isEmpty();
    for (var line : roundTrip) {
      exact &= line.path("byteExact").asBoolean();
    }
    return exact;
  }

  private static boolean sameFiles(Map<String, byte[]> one, Map<String, byte[]> other) {
    return one.keySet().equals(other.keySet())
        && one.entrySet().stream()
            .allMatch(e -> Arrays.equals(e.getValue(), other.get(e.getKey())));
  }
}
