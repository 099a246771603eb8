package dev.lanekeeper.packet;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.canonical.Json;
import dev.lanekeeper.grant.TrustRoot;
import dev.lanekeeper.kb.KbReader;
import dev.lanekeeper.kb.LedgerEntry;
import dev.lanekeeper.kb.LedgerState;
import dev.lanekeeper.kb.RefusedException;
import dev.lanekeeper.lane.Head;
import dev.lanekeeper.lane.KbPath;
import dev.lanekeeper.lane.Lane;
import dev.lanekeeper.lane.Plan;
import dev.lanekeeper.lane.Stage;
import dev.lanekeeper.report.RunFacts;
import dev.lanekeeper.signature.Envelope;
import dev.lanekeeper.signature.VerifyKey;
import dev.lanekeeper.stage.StageEnvironment;
import dev.lanekeeper.workflow.Approval;
import dev.lanekeeper.workflow.LaneEnd;
import dev.lanekeeper.workflow.Owner;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Reads what a report says of a run: ledger, documents and evidence, all of them now. */
final class RunFactsReader {

  private static final String LOCK = "delegation-and-authority-lock.json";

  private final StageEnvironment environment;
  private final Owner owner;
  private final Optional<Plan> plan;
  private final Map<String, ObjectNode> evidence;
  private final Set<String> files;
  private final KbReader kb;
  private final LedgerState ledger;
  private final Instant now;

  RunFactsReader(
      StageEnvironment environment,
      Owner owner,
      Optional<Plan> plan,
      Map<String, ObjectNode> evidence,
      Set<String> files)
      throws IOException {
    this.environment = environment;
    this.owner = owner;
    this.plan = plan;
    this.evidence = evidence;
    this.files = files;
    this.kb = environment.freshReader().open();
    this.ledger = kb.ledger();
    this.now = environment.clock().instant();
  }

  RunFacts read(LaneEnd end, Optional<RunFacts.Stop> stop) throws IOException {
    return new RunFacts(
        end, plan.isPresent(), stop, changes(), steps(), opened(), now, people(), place());
  }

  private List<RunFacts.Change> changes() {
    List<RunFacts.Change> out = new ArrayList<>();
    Optional<Long> epoch = ledger.lastClaim(owner).map(LedgerEntry.Claimed::epoch);
    for (Lane.Change change : plan.map(p -> p.spec().changes()).orElse(List.of())) {
      Optional<LedgerEntry.Outcome> last = epoch.flatMap(e -> ledger.lastOutcome(e, change.id()));
      Optional<LedgerEntry.Intent> intent =
          epoch.filter(e -> ledger.lastDone(e, change.id()).isPresent()).stream()
              .flatMap(e -> ledger.intents(e).stream())
              .filter(i -> i.changeId().equals(change.id()))
              .findFirst();
      out.add(
          new RunFacts.Change(
              change.id(),
              change.title().orElse(change.id()),
              change.path().value(),
              intent.map(LedgerEntry.Intent::before).orElse(change.expect()),
              Optional.of(PacketFiles.BEFORE + change.path()).filter(files::contains),
              plan.orElseThrow().sourceDigest(change),
              intent.map(LedgerEntry.Intent::after),
              last.map(LedgerEntry.Outcome::outcome),
              head(change.path())));
    }
    return out;
  }

  /** What stands at a path; empty when that cannot be told. */
  private Optional<Head> head(KbPath path) {
    try {
      return Optional.of(kb.head(path));
    } catch (IOException | RefusedException e) {
      return Optional.empty();
    }
  }

  private List<RunFacts.Step> steps() throws IOException {
    List<RunFacts.Step> out = new ArrayList<>();
    for (Stage stage : Stage.values()) {
      Optional<LedgerState.Line> last = lastWord(stage);
      if (last.isPresent() && last.get().entry() instanceof LedgerEntry.StageRecorded record) {
        JsonNode said = predicate(record.attestation());
        out.add(
            new RunFacts.Step(
                stage.name(),
                stage.title(),
                record.verdict(),
                time(said.path("startedAt")),
                time(said.path("finishedAt")),
                said.path("worker").asText()));
      } else if (last.isPresent()) {
        out.add(step(stage, "REFUSED", Optional.of(last.get().at()), last.map(l -> l.at()), "–"));
      } else if (stage == Stage.S7 && review().isPresent()) {
        JsonNode varying = review().get().path("volatile");
        out.add(
            step(
                stage,
                review().get().at("/result/verdict").asText(),
                time(varying.path("evaluatedAt")),
                Optional.of(now),
                varying.path("reviewer").asText()));
      } else {
        out.add(step(stage, "NOT_RUN", Optional.empty(), Optional.empty(), "–"));
      }
    }
    return out;
  }

  private static RunFacts.Step step(
      Stage stage,
      String verdict,
      Optional<Instant> started,
      Optional<Instant> finished,
      String worker) {
    return new RunFacts.Step(stage.name(), stage.title(), verdict, started, finished, worker);
  }

  /** What the ledger says last of a stage of the run: that it was recorded, or refused. */
  private Optional<LedgerState.Line> lastWord(Stage stage) {
    return ledger.lines().stream()
        .filter(
            line ->
                (line.entry() instanceof LedgerEntry.StageRecorded r
                        && r.owner().equals(owner)
                        && r.stage() == stage)
                    || (line.entry() instanceof LedgerEntry.StageRefused f
                        && f.owner().equals(owner)
                        && f.stage() == stage))
        .reduce((first, second) -> second);
  }

  private static JsonNode predicate(String attestation) throws IOException {
    Envelope envelope = Envelope.read(attestation.getBytes(StandardCharsets.UTF_8));
    return Json.parse(envelope.payload()).path("predicate");
  }

  private static Optional<Instant> time(JsonNode text) {
    return text.isTextual() ? Optional.of(Instant.parse(text.asText())) : Optional.empty();
  }

  private Instant opened() {
    return ledger.lines().stream()
        .filter(line -> line.entry() instanceof LedgerEntry.RunOpened o && o.owner().equals(owner))
        .map(LedgerState.Line::at)
        .findFirst()
        .orElse(now);
  }

  private RunFacts.People people() throws IOException {
    String requester =
        ledger
            .all(LedgerEntry.RunOpened.class)
            .filter(o -> o.owner().equals(owner))
            .map(LedgerEntry.RunOpened::requester)
            .findFirst()
            .orElse("not known");
    return new RunFacts.People(
        requester,
        delegation(),
        plan.flatMap(p -> p.spec().approval()).isPresent(),
        approver(),
        review().map(RunFactsReader::reviewed),
        rollbackGrant());
  }

  private Optional<RunFacts.Delegation> delegation() {
    JsonNode lock = evidence.getOrDefault(LOCK, Json.object());
    JsonNode varying = lock.path("volatile");
    return varying.path("ownerKey").isTextual()
        ? Optional.of(
            new RunFacts.Delegation(
                lock.at("/grant/delegation").asText(),
                varying.path("issuer").asText(),
                varying.path("subject").asText(),
                lock.at("/delegation/chainText").asText(),
                varying.path("ownerKey").asText(),
                lock.at("/volatile/issued").asText()))
        : Optional.empty();
  }

  /** Who signed the approval under which the run's claim published. */
  private Optional<String> approver() throws IOException {
    Optional<LedgerEntry.Claimed> claim = ledger.lastClaim(owner);
    List<Long> lineage = claim.map(c -> ledger.lineage(c.epoch())).orElse(List.of());
    Optional<String> used =
        ledger
            .all(LedgerEntry.ApprovalUsed.class)
            .filter(u -> lineage.contains(u.epoch()))
            .map(LedgerEntry.ApprovalUsed::approvalId)
            .reduce((first, second) -> second);
    for (LedgerEntry.Approved approved : ledger.all(LedgerEntry.Approved.class).toList()) {
      Envelope envelope = Envelope.read(approved.envelope().getBytes(StandardCharsets.UTF_8));
      if (used.filter(Approval.in(envelope).id()::equals).isPresent()) {
        return Optional.of(signer(envelope));
      }
    }
    return Optional.empty();
  }

  private String signer(Envelope envelope) {
    TrustRoot trust = environment.trust().get();
    return envelope
        .signedBy(trust.of(TrustRoot.Role.APPROVER))
        .map(key -> named(trust, key))
        .orElse("a key that is no approver's in the trust root now");
  }

  private static String named(TrustRoot trust, VerifyKey key) {
    Digest thumbprint = key.thumbprint();
    return String.join(", ", trust.names(thumbprint)) + " with key " + thumbprint.hex();
  }

  /** The review's file, if one was written. */
  private Optional<ObjectNode> review() {
    return Optional.ofNullable(evidence.get("post-execution-review.json"))
        .filter(file -> file.at("/volatile/reviewer").isTextual());
  }

  private static RunFacts.Review reviewed(JsonNode review) {
    return new RunFacts.Review(
        review.at("/volatile/reviewer").asText(),
        review.at("/volatile/reviewerKey").asText(),
        review.path("independence").asText(),
        review.at("/result/verdict").asText());
  }

  /** The grant under which the applied run was opened again, with who signed it if that is told. */
  private Optional<String> rollbackGrant() throws IOException {
    Optional<LedgerEntry.Reopened> reopened = ledger.reopened(owner);
    if (reopened.isEmpty()) {
      return Optional.empty();
    }
    String name = "sha256 " + reopened.get().grant().hex();
    Optional<byte[]> stored = environment.evidence().grant(reopened.get().grant());
    if (stored.isEmpty()) {
      return Optional.of(name);
    }
    TrustRoot trust = environment.trust().get();
    return Optional.of(
        name
            + Envelope.read(stored.get())
                .signedBy(trust.of(TrustRoot.Role.OWNER))
                .map(key -> ", signed by " + named(trust, key))
                .orElse(", signed by no owner's key of the trust root now"));
  }

  private RunFacts.Place place() {
    String process = ManagementFactory.getRuntimeMXBean().getName();
    return new RunFacts.Place(
        process.substring(process.indexOf('@') + 1),
        kb.identity().id(),
        kb.identity().environment(),
        environment.kb().getClass().getSimpleName(),
        owner.engine() + ", namespace " + owner.namespace(),
        owner.workflowId());
  }
}
