package dev.lanekeeper.s7review;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lanekeeper.authority.Grant;
import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.canonical.Json;
import dev.lanekeeper.grant.TrustRoot;
import dev.lanekeeper.kb.Document;
import dev.lanekeeper.kb.Inventory;
import dev.lanekeeper.kb.KbReader;
import dev.lanekeeper.kb.LedgerEntry;
import dev.lanekeeper.kb.LedgerState;
import dev.lanekeeper.kb.RefusedException;
import dev.lanekeeper.lane.Head;
import dev.lanekeeper.lane.Lane;
import dev.lanekeeper.lane.LaneName;
import dev.lanekeeper.lane.Plan;
import dev.lanekeeper.lane.Stage;
import dev.lanekeeper.packet.PacketBuilder;
import dev.lanekeeper.packet.PacketFiles;
import dev.lanekeeper.packet.PacketVerifier;
import dev.lanekeeper.packet.Publishing;
import dev.lanekeeper.review.BlockerMap;
import dev.lanekeeper.review.Review;
import dev.lanekeeper.review.SelfChecks;
import dev.lanekeeper.review.SurfaceProof;
import dev.lanekeeper.review.TableD;
import dev.lanekeeper.scope.Effect;
import dev.lanekeeper.signature.Envelope;
import dev.lanekeeper.signature.VerifyKey;
import dev.lanekeeper.stage.Calls;
import dev.lanekeeper.stage.Evidence;
import dev.lanekeeper.stage.Fragment;
import dev.lanekeeper.stage.Grants;
import dev.lanekeeper.stage.ResultSigner;
import dev.lanekeeper.stage.StageEnvironment;
import dev.lanekeeper.stage.StageRunner;
import dev.lanekeeper.stage.StageWork;
import dev.lanekeeper.stage.WorkflowHistory;
import dev.lanekeeper.stage.Workspace;
import dev.lanekeeper.verdict.RejectCode;
import dev.lanekeeper.verdict.Verdict;
import dev.lanekeeper.workflow.Activities;
import dev.lanekeeper.workflow.EndStatement;
import dev.lanekeeper.workflow.LaneEnd;
import dev.lanekeeper.workflow.Owner;
import dev.lanekeeper.workflow.ReviewResult;
import dev.lanekeeper.workflow.SealedPacket;
import dev.lanekeeper.workflow.StageCall;
import dev.lanekeeper.workflow.StageResult;
import io.temporal.activity.Activity;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/** S7: reviews knowledge base, ledger and evidence under a key of its own, and seals the packet. */
public final class S7ReviewActivity implements Activities.S7Review {

  private static final Set<String> EXPECTED_EVENTS =
      Set.of(
          "WORKFLOW_EXECUTION_STARTED",
          "WORKFLOW_TASK_SCHEDULED",
          "WORKFLOW_TASK_STARTED",
          "WORKFLOW_TASK_COMPLETED",
          "WORKFLOW_TASK_TIMED_OUT",
          "WORKFLOW_TASK_FAILED",
          "ACTIVITY_TASK_SCHEDULED",
          "ACTIVITY_TASK_STARTED",
          "ACTIVITY_TASK_COMPLETED",
          "ACTIVITY_TASK_FAILED",
          "ACTIVITY_TASK_TIMED_OUT",
          "ACTIVITY_TASK_CANCEL_REQUESTED",
          "ACTIVITY_TASK_CANCELED",
          "WORKFLOW_EXECUTION_CANCEL_REQUESTED",
          "WORKFLOW_EXECUTION_UPDATE_ACCEPTED",
          "WORKFLOW_EXECUTION_UPDATE_COMPLETED",
          "WORKFLOW_EXECUTION_OPTIONS_UPDATED",
          // No lane handles a signal, so one that somebody sends changes nothing.
          "WORKFLOW_EXECUTION_SIGNALED",
          "WORKFLOW_PROPERTIES_MODIFIED",
          "UPSERT_WORKFLOW_SEARCH_ATTRIBUTES",
          "MARKER_RECORDED");

  private final StageEnvironment environment;
  private final StageRunner runner;
  private final ResultSigner signer;

  /** The stage on a worker, with the reviewer's key. */
  public S7ReviewActivity(StageEnvironment environment) {
    this.environment = environment;
    this.runner = new StageRunner(environment);
    this.signer = new ResultSigner(environment);
  }

  @Override
  public ReviewResult review(StageCall call) {
    try {
      environment.requireKb(call.kbId());
      ReviewResult review = attempt(call);
      return new ReviewResult(
          signer.sign(review.result(), call.round()),
          review.packet().map(p -> p.under(grantText(call))));
    } catch (IOException e) {
      throw Activity.wrap(e);
    }
  }

  private ReviewResult attempt(StageCall call) throws IOException {
    try {
      Owner owner = environment.owner();
      LedgerState known = environment.kb().ledger();
      Optional<LedgerEntry.RunEnded> ended = known.end(owner);
      if (ended.isPresent()) {
        return again(ended.get(), known.isApplied(owner));
      }
      SealedPacket[] sealed = new SealedPacket[1];
      // The runner signs for itself; what is returned is signed with the end.
      StageResult result =
          runner.run(Stage.S7, call, work -> perform(work, packet -> sealed[0] = packet));
      return result.verdict().passed()
          ? new ReviewResult(result, Optional.of(endApplied(call, owner, sealed[0])))
          : new ReviewResult(result, Optional.empty());
    } catch (RefusedException e) {
      return new ReviewResult(
          new StageResult(Stage.S7, e.unlessOvertaken().reject(), Optional.empty(), "refused"),
          Optional.empty());
    }
  }

  /** The grant, where a history has room for it, so that the end can be traced to the owner. */
  private Optional<String> grantText(StageCall call) {
    try {
      return Grants.text(environment.evidence().grant(call.grant()));
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /** An attempt that comes after the run has ended reports the end and changes nothing. */
  private static ReviewResult again(LedgerEntry.RunEnded ended, boolean applied) {
    String since = ended.end() == LaneEnd.APPLIED ? ", and was opened again to be withdrawn" : "";
    Verdict verdict =
        applied
            ? Verdict.pass()
            : Verdict.reject(
                RejectCode.LANE_CLOSED,
                "",
                "an open run",
                "a run that ended " + ended.end() + since);
    return new ReviewResult(
        new StageResult(Stage.S7, verdict, Optional.empty(), "by an earlier attempt"),
        applied ? ended.packet() : Optional.empty());
  }

  /** The end: the ledger says APPLIED last, when everything else is in place. */
  private SealedPacket endApplied(StageCall call, Owner owner, SealedPacket packet)
      throws IOException {
    LaneName lane =
        Plan.read(environment.evidence().get(call.planDigest())).lane().metadata().name();
    EndStatement statement =
        new EndStatement(
            1,
            owner,
            lane,
            environment.kb().identity().id(),
            Optional.of(call.planDigest()),
            Optional.of(call.grant()),
            environment.evidence().grant(call.grant()).flatMap(this::signer).map(VerifyKey::base64),
            LaneEnd.APPLIED,
            Optional.empty(),
            Optional.empty(),
            packet.location(),
            packet.packetTree(),
            packet.stableTree(),
            environment.clock().instant());
    SealedPacket signed = packet.with(statement.sign(environment.key()));
    environment
        .kb()
        .appendIfCurrent(
            owner,
            environment.calls().current().scheduled(),
            new LedgerEntry.RunEnded(
                owner, lane, Optional.of(call.planDigest()), LaneEnd.APPLIED, Optional.of(signed)));
    return signed;
  }

  private interface PacketSink {
    void accept(SealedPacket packet);
  }

  private Fragment perform(StageWork work, PacketSink sink) throws IOException {
    if (work.grantBytes().isEmpty()) {
      return refused(
          Verdict.reject(RejectCode.GRANT_MISSING, "", "the grant that S0 verified", "none"));
    }
    Digest named = Grant.in(Envelope.read(work.grantBytes().get())).reviewerKey();
    Digest own = environment.key().verifyKey().thumbprint();
    if (!own.equals(named)) {
      return refused(
          Verdict.reject(RejectCode.GRANT_KEY_MISMATCH, "reviewer", named.hex(), own.hex()));
    }
    KbReader kb = environment.freshReader().open();
    // First the documents, then the ledger: it names whatever other lanes had done by then.
    int known = kb.ledger().lines().size();
    Inventory inventory = kb.inventory();
    LedgerState ledger = kb.ledger();
    Optional<LedgerEntry.Claimed> claim = ledger.openClaim(work.owner());
    if (claim.isEmpty() || ledger.withdrawing(claim.get().epoch())) {
      return refused(
          Verdict.reject(RejectCode.LANE_CLOSED, "", "the open claim of this run", "none"));
    }
    List<Long> lineage = ledger.lineage(claim.get().epoch());
    PacketBuilder packet =
        new PacketBuilder(
            work.evidence(), ledger, work.owner(), Optional.of(work.plan()), work.grantBytes());
    List<WorkflowHistory.Event> history = history(work);
    List<String> unexpected = unexpected(history);
    InventoryDiff diff =
        InventoryDiff.of(
            packet.file("preflight.json").at("/inventory/heads"),
            inventory,
            work.plan(),
            ledger,
            known,
            lineage);
    List<SurfaceProof.Recorded> effects = effects(ledger, lineage);
    TableD.Facts facts =
        new TableD.Facts(
            effects.stream().map(SurfaceProof.Recorded::effect).toList(),
            unexpected,
            history.size(),
            diff.asEffects(),
            true,
            Optional.of(packet.evidenceIntact()));
    TableD tableD = TableD.of(work.spec(), facts);
    packet.put(
        "forbidden-surface-proof.json",
        SurfaceProof.of(work.spec(), kb.identity().environment(), facts, effects),
        work.now());
    packet.put(
        "production-readiness-blocker-map.json",
        BlockerMap.of(
            work.spec(),
            tableD.json(),
            packet.file("delegation-and-authority-lock.json").path("gatesSatisfied")),
        work.now());
    packet.executionPlan(work.now(), true);

    Evidence checks = new Evidence();
    try (Workspace workspace =
        work.effects()
            .perform(
                Effect.of("workspace.write", "workspace:review"),
                () -> Workspace.under(environment.workspaces(), "review"))) {
      ReviewChecks catalogue =
          new ReviewChecks(work, kb, ledger, packet, tableD, diff, unexpected, lineage);
      ArrayNode lines = Json.array();
      for (Lane.ReviewCheck check : work.spec().review().checks()) {
        Verdict verdict = catalogue.check(check);
        checks.add("review", check.id(), verdict);
        lines.add(
            Review.line(
                check,
                verdict,
                check.check().equals("rollback-exists")
                    ? Optional.of(catalogue.undo())
                    : Optional.empty()));
      }
      ObjectNode review = review(work, ledger, packet, diff, lines);
      ObjectNode written = packet.put("post-execution-review.json", review, work.now());
      for (Lane.SelfCheck check : work.spec().selfCheck()) {
        checks.add("self-check", check.text(), SelfChecks.judge(check, packet::file));
      }
      Review.close(written, work.spec(), packet::file, checks.verdict());
      Map<String, ObjectNode> files = new TreeMap<>();
      for (String name :
          List.of(
              "forbidden-surface-proof.json",
              "production-readiness-blocker-map.json",
              "post-execution-review.json")) {
        files.put(name, packet.files().get(name));
      }
      Verdict verdict = checks.verdict();
      if (verdict.passed()) {
        verdict = seal(work, kb, packet, workspace, sink);
        Review.conclude(written, work.spec(), verdict);
      }
      return new Fragment(
          verdict,
          files,
          Map.of(),
          lines.size() + " review checks, " + work.spec().selfCheck().size() + " self-checks");
    }
  }

  private static Fragment refused(Verdict.Reject reject) {
    return new Fragment(reject, Map.of(), Map.of(), "refused");
  }

  private List<WorkflowHistory.Event> history(StageWork work) {
    Calls.Caller caller = environment.calls().current();
    List<WorkflowHistory.Event> upToHere = new ArrayList<>();
    List<WorkflowHistory.Event> all =
        environment.history().events(work.owner().workflowId(), caller.runId());
    long last =
        all.stream()
            .filter(e -> e.activityType().filter(Stage.S7.activityType()::equals).isPresent())
            .mapToLong(WorkflowHistory.Event::id)
            .max()
            .orElse(0);
    all.stream().filter(e -> e.id() <= last).forEach(upToHere::add);
    return upToHere;
  }

  private static List<String> unexpected(List<WorkflowHistory.Event> history) {
    List<String> found = new ArrayList<>();
    if (history.isEmpty()) {
      found.add("no history that schedules S7");
    }
    for (WorkflowHistory.Event event : history) {
      boolean known =
          event.activityType().isEmpty() || Activities.types().contains(event.activityType().get());
      if (!EXPECTED_EVENTS.contains(event.type()) || !known) {
        found.add(event.type() + event.activityType().map(t -> " " + t).orElse(""));
      }
    }
    return found;
  }

  /** What this run recorded, and what the runs recorded that it goes on from. */
  private static List<SurfaceProof.Recorded> effects(LedgerState ledger, List<Long> lineage) {
    List<SurfaceProof.Recorded> effects = new ArrayList<>();
    for (long epoch : lineage) {
      ledger.effects(ledger.claim(epoch).orElseThrow().owner()).stream()
          .map(e -> new SurfaceProof.Recorded(e.effect(), e.admitted()))
          .forEach(effects::add);
    }
    return effects;
  }

  private ObjectNode review(
      StageWork work,
      LedgerState ledger,
      PacketBuilder packet,
      InventoryDiff diff,
      ArrayNode lines) {
    ObjectNode out = Json.object();
    Review.count(out, work.spec(), lines);
    out.set("inventory", diff.json());
    boolean executed =
        environment.bothRoles() || StatementReader.executed(packet, environment.identity());
    out.put("independence", executed ? "REVIEW_NOT_INDEPENDENT" : "REVIEW_INDEPENDENT");
    ObjectNode varying = out.putObject("volatile");
    varying.put("reviewerKey", environment.key().verifyKey().thumbprint().hex());
    varying.put("reviewer", environment.identity());
    ArrayNode earlier = varying.putArray("earlierRuns");
    ledger.runs(work.plan().lane().metadata().name()).stream()
        .filter(run -> !run.equals(work.owner()) && ledger.end(run).isEmpty())
        .forEach(
            run ->
                earlier
                    .addObject()
                    .put("runId", run.runId().value())
                    .put("historyUnavailable", true));
    return out;
  }

  /** Seals, verifies the sealed bytes with every check, and stores packet, report and summary. */
  private Verdict seal(
      StageWork work, KbReader kb, PacketBuilder packet, Workspace workspace, PacketSink sink)
      throws IOException {
    Map<String, byte[]> documents = new TreeMap<>();
    Map<String, byte[]> before = new TreeMap<>();
    for (Lane.Change change : work.spec().changes()) {
      Optional<Document> published = kb.read(change.path());
      if (published.isEmpty()) {
        throw new RefusedException(
            Verdict.reject(
                RejectCode.INVENTORY_CHANGED, change.path().value(), "the document", "ABSENT"));
      }
      documents.put(change.path().value(), published.get().bytes());
      if (change.expect() instanceof Head.Revision replaced) {
        before.put(change.path().value(), kb.kept(replaced));
      }
    }
    Map<String, byte[]> files =
        packet.seal(
            environment.key(),
            "S7",
            LaneEnd.APPLIED,
            new PacketBuilder.Documents(documents, before),
            work.now(),
            Json.object().put("worker", environment.identity()));
    PacketVerifier.Finding finding =
        new PacketVerifier(files, Optional.of(ownerKey(work).hex()))
            .verify(workspace.folder().resolve("re-execution"));
    if (finding.answer() == PacketVerifier.Answer.INCOMPLETE) {
      throw new IOException(finding.problem().orElse("the packet could not be verified"));
    }
    if (finding.answer() != PacketVerifier.Answer.PASS) {
      return Verdict.reject(
          RejectCode.PACKET_INVALID,
          finding.answer().name(),
          "PASS",
          finding.problem().orElse("no reason"));
    }
    try {
      Publishing publishing =
          new Publishing(environment, work.plan().lane(), work.owner(), Optional.of(work.plan()));
      SealedPacket sealed =
          work.effects()
              .perform(
                  Effect.of("evidence.write", "evidence:packet", PacketFiles.packetTree(files)),
                  () ->
                      environment
                          .kb()
                          .whileNewest(
                              work.owner(),
                              environment.calls().current().scheduled(),
                              () ->
                                  publishing.store(
                                      files,
                                      packet.files(),
                                      finding,
                                      LaneEnd.APPLIED,
                                      Optional.empty())));
      sink.accept(sealed);
      return Verdict.pass();
    } catch (Publishing.BrokenReportException e) {
      return Verdict.reject(
          RejectCode.REVIEW_CHECK_FAILED,
          "report",
          "a report whose every value is in evidence",
          e.getMessage());
    }
  }

  /** The owner key by the trust root, not by the packet. */
  private Optional<VerifyKey> signer(byte[] grant) {
    try {
      return Envelope.read(grant).signedBy(environment.trust().get().of(TrustRoot.Role.OWNER));
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  private Digest ownerKey(StageWork work) throws IOException {
    return signer(work.grantBytes().orElseThrow())
        .orElseThrow(() -> new IOException("no owner of the trust root signed the grant"))
        .thumbprint();
  }
}
