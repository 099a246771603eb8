package dev.lanekeeper.s5publish;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.canonical.Json;
import dev.lanekeeper.governance.Reservations;
import dev.lanekeeper.kb.Document;
import dev.lanekeeper.kb.LedgerEntry;
import dev.lanekeeper.kb.LedgerState;
import dev.lanekeeper.lane.Head;
import dev.lanekeeper.lane.Lane;
import dev.lanekeeper.lane.Stage;
import dev.lanekeeper.packet.PacketBuilder;
import dev.lanekeeper.packet.Publishing;
import dev.lanekeeper.review.BlockerMap;
import dev.lanekeeper.review.Review;
import dev.lanekeeper.review.SelfChecks;
import dev.lanekeeper.review.SurfaceProof;
import dev.lanekeeper.review.TableC;
import dev.lanekeeper.review.TableD;
import dev.lanekeeper.scope.Effect;
import dev.lanekeeper.stage.StageWork;
import dev.lanekeeper.verdict.RejectCode;
import dev.lanekeeper.verdict.Verdict;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The evidence as a run will leave it if all goes well from here on: what S0 to S4 found, and what
 * S5 to S7 make of it, by their own code. A self-check or a name in the lane's report for which it
 * has nothing would fail in S7, when the documents are published; here nothing is published yet.
 */
public final class Foreseen {

  private static final String LOCK = "delegation-and-authority-lock.json";
  private static final String REVIEW = "post-execution-review.json";

  /** Which workers review is not settled before they do. */
  private static final String INDEPENDENCE = REVIEW + "#/independence";

  /** What S5 to S7 write. */
  private static final Set<String> LATER =
      Set.of(
          "publication.json",
          "forbidden-surface-proof.json",
          "execution-plan.json",
          "production-readiness-blocker-map.json",
          REVIEW);

  private final StageWork work;
  private final LedgerState ledger;
  private final boolean rehearsal;
  private final PacketBuilder packet;
  private final ObjectNode review;

  /** What a run leaves, if all goes well after S4. */
  public Foreseen(StageWork work, LedgerState ledger) throws IOException {
    this(work, ledger, false);
  }

  private Foreseen(StageWork work, LedgerState ledger, boolean rehearsal) throws IOException {
    this.work = work;
    this.ledger = ledger;
    this.rehearsal = rehearsal;
    this.packet =
        new PacketBuilder(
            work.evidence(), ledger, work.owner(), Optional.of(work.plan()), work.grantBytes());
    publication();
    surfaces();
    Map<Stage, String> statuses = new EnumMap<>(Stage.class);
    for (Stage stage : Stage.values()) {
      statuses.put(stage, stage == Stage.S7 ? TableC.SEALS : Verdict.pass().word());
    }
    packet.executionPlan(statuses, work.now());
    this.review = review();
  }

  /**
   * The same after a rehearsal, whose keys and grant are not those of the run.
   *
   * @param agentKey the agent's key that the run's grant names, if it names one
   */
  public static Foreseen rehearsed(StageWork work, LedgerState ledger, Optional<Digest> agentKey)
      throws IOException {
    Foreseen foreseen = new Foreseen(work, ledger, true);
    if (foreseen.packet.file(LOCK).path("volatile") instanceof ObjectNode varying) {
      agentKey.ifPresent(key -> varying.put("agentKey", key.hex()));
    }
    return foreseen;
  }

  /** Whether the lane's self-checks hold in it, and its report can be written from it. */
  public Verdict verdict() throws IOException {
    for (Lane.SelfCheck check : work.spec().selfCheck()) {
      Verdict verdict = SelfChecks.judge(check, packet::file);
      if (!verdict.passed() && !notKnownYet(check.evidence())) {
        return verdict;
      }
    }
    // As in the review: what follows is not there when the self-checks are made.
    Review.close(review, work.spec(), packet::file, Verdict.pass());
    Optional<String> problem =
        new Publishing(
                work.environment(), work.plan().lane(), work.owner(), Optional.of(work.plan()))
            .problem(packet.files());
    return problem.isEmpty()
        ? Verdict.pass()
        : Verdict.reject(
            RejectCode.REVIEW_CHECK_FAILED,
            "report",
            "a report whose every value is in evidence",
            problem.get());
  }

  /** Whether a value is there that only the stages to come know, or only a real run. */
  private boolean notKnownYet(String evidence) {
    String[] where = evidence.split("#", 2);
    boolean varies = where[1].startsWith("/volatile") && (rehearsal || LATER.contains(where[0]));
    return !packet.file(where[0]).at(where[1]).isMissingNode()
        && (varies || evidence.equals(INDEPENDENCE));
  }

  private void publication() throws IOException {
    Map<Stage, ObjectNode> parts = new EnumMap<>(Stage.class);
    for (Stage stage : List.of(Stage.S5, Stage.S6)) {
      ObjectNode part = Json.object();
      ArrayNode lines = part.putArray(stage.name());
      for (Lane.Change change : work.changes(stage)) {
        Head.Revision after = work.plan().after(change);
        lines.add(Publisher.line(change, after, after));
      }
      ObjectNode varying = Publisher.varying(1, 1, work.owner(), List.of());
      if (work.spec().approval().isPresent()) {
        varying.set("approval", approval());
      }
      part.set("volatile", varying);
      parts.put(stage, part);
    }
    ArrayNode reserved = parts.get(Stage.S6).putArray("reservations");
    work.spec()
        .reservations()
        .forEach(r -> reserved.add(new Reservations(work.spec(), r).json(0, Verdict.pass())));
    packet.putPublication(parts, work.now());
  }

  /** The approval that is there; the form of one where it may still come. */
  private JsonNode approval() throws IOException {
    Optional<String> there = ledger.approval(work.plan().digest());
    if (there.isPresent()) {
      return Json.parse(there.get().getBytes(StandardCharsets.UTF_8));
    }
    ObjectNode form = Json.object().put("payload", "").put("payloadType", "");
    form.putArray("signatures").addObject().put("keyid", "").put("sig", "");
    return form;
  }

  private void surfaces() {
    List<Effect> effects = new ArrayList<>();
    ledger.effects(work.owner()).stream()
        .map(LedgerEntry.EffectRecorded::effect)
        .forEach(effects::add);
    for (Lane.Change change : work.spec().changes()) {
      effects.add(Effect.of(work.plan(), change));
    }
    work.spec().reservations().forEach(r -> effects.add(new Reservations(work.spec(), r).effect()));
    effects.add(Effect.of("workspace.write", "workspace:review"));
    effects.add(Effect.of("evidence.write", "evidence:packet"));
    List<SurfaceProof.Recorded> recorded =
        effects.stream().map(effect -> new SurfaceProof.Recorded(effect, true)).toList();
    TableD.Facts facts =
        new TableD.Facts(effects, List.of(), 1, List.of(), true, Optional.of(true));
    String environment = work.environment().kb().identity().environment();
    packet.put(
        "forbidden-surface-proof.json",
        SurfaceProof.of(work.spec(), environment, facts, recorded),
        work.now());
    packet.put(
        "production-readiness-blocker-map.json",
        BlockerMap.of(
            work.spec(),
            TableD.of(work.spec(), facts).json(),
            packet.file("delegation-and-authority-lock.json").path("gatesSatisfied")),
        work.now());
  }

  private ObjectNode review() throws IOException {
    ArrayNode lines = Json.array();
    for (Lane.ReviewCheck check : work.spec().review().checks()) {
      boolean reads = check.check().equals("rollback-exists");
      lines.add(Review.line(check, Verdict.pass(), reads ? Optional.of(undo()) : Optional.empty()));
    }
    ObjectNode content = Json.object();
    Review.count(content, work.spec(), lines);
    ObjectNode inventory = content.putObject("inventory");
    ArrayNode declared = inventory.putArray("declared");
    work.spec().changes().stream()
        .map(change -> change.path().value())
        .sorted()
        .forEach(declared::add);
    inventory.putArray("missing");
    inventory.putArray("otherLanes");
    inventory.putArray("undeclared");
    content.put("independence", "REVIEW_INDEPENDENT");
    ObjectNode varying = content.putObject("volatile");
    varying.put("reviewerKey", work.grant().reviewerKey().hex()).put("reviewer", "");
    varying.putArray("earlierRuns");
    return packet.put(REVIEW, content, work.now());
  }

  /** What the review will read for the undo of each change. */
  private ArrayNode undo() throws IOException {
    ArrayNode out = Json.array();
    for (Lane.Change change : work.spec().changes()) {
      ObjectNode line = out.addObject().put("rollbackId", change.rollbackId());
      if (change.expect() instanceof Head.Revision before) {
        Optional<Document> replaced =
            work.environment().kb().readBefore(change.path(), work.plan().digest());
        line.put("restores", before.sha256().hex());
        line.put("bytesRead", replaced.map(document -> document.bytes().length).orElse(0));
      } else {
        line.put("restores", "ABSENT");
      }
    }
    return out;
  }
}
