package dev.lanekeeper.s0preflight;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lanekeeper.authority.Grant;
import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.canonical.Json;
import dev.lanekeeper.governance.Reservations;
import dev.lanekeeper.grant.GrantVerifier;
import dev.lanekeeper.grant.PossessionVerifier;
import dev.lanekeeper.grant.TrustRoot;
import dev.lanekeeper.kb.CommitChecks;
import dev.lanekeeper.kb.Document;
import dev.lanekeeper.kb.Inventory;
import dev.lanekeeper.kb.KbReader;
import dev.lanekeeper.kb.LedgerEntry;
import dev.lanekeeper.kb.LedgerState;
import dev.lanekeeper.kb.Pins;
import dev.lanekeeper.kb.RefusedException;
import dev.lanekeeper.lane.Head;
import dev.lanekeeper.lane.KbPath;
import dev.lanekeeper.lane.Lane;
import dev.lanekeeper.lane.LaneName;
import dev.lanekeeper.lane.Plan;
import dev.lanekeeper.lane.Stage;
import dev.lanekeeper.report.ReportWords;
import dev.lanekeeper.review.AuthorityLock;
import dev.lanekeeper.review.ScopeLock;
import dev.lanekeeper.scope.Effect;
import dev.lanekeeper.signature.VerifyKey;
import dev.lanekeeper.stage.Calls;
import dev.lanekeeper.stage.Evidence;
import dev.lanekeeper.stage.Fragment;
import dev.lanekeeper.stage.Grants;
import dev.lanekeeper.stage.Refusals;
import dev.lanekeeper.stage.ResultSigner;
import dev.lanekeeper.stage.StageEnvironment;
import dev.lanekeeper.stage.StageRunner;
import dev.lanekeeper.stage.StageWork;
import dev.lanekeeper.verdict.RejectCode;
import dev.lanekeeper.verdict.Verdict;
import dev.lanekeeper.workflow.Activities;
import dev.lanekeeper.workflow.LaneRequest;
import dev.lanekeeper.workflow.Owner;
import dev.lanekeeper.workflow.PreflightResult;
import dev.lanekeeper.workflow.SealedPacket;
import dev.lanekeeper.workflow.StageResult;
import io.temporal.activity.Activity;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.NoSuchFileException;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;

/**
 * S0: verifies grant, inputs, pins and heads, and takes the inventory; writes Tables A, B and C.
 */
public final class S0PreflightActivity implements Activities.S0Preflight {

  private final StageEnvironment environment;
  private final StageRunner runner;
  private final ResultSigner signer;

  /** The stage on a worker. */
  public S0PreflightActivity(StageEnvironment environment) {
    this.environment = environment;
    this.runner = new StageRunner(environment);
    this.signer = new ResultSigner(environment);
  }

  @Override
  public PreflightResult preflight(LaneRequest request, int round) {
    try {
      environment.requireKb(request.kbId());
      return signer.sign(attempt(request, round), round);
    } catch (IOException e) {
      throw Activity.wrap(e);
    }
  }

  private PreflightResult attempt(LaneRequest request, int round) throws IOException {
    try {
      Optional<Plan> found = plan(request);
      open(request, found.map(Plan::digest));
      if (found.isEmpty()) {
        throw new RefusedException(
            Verdict.reject(
                RejectCode.BUNDLE_MISSING,
                request.lane().value(),
                request
                    .bundle()
                    .map(b -> "bundle " + b + " in the evidence store")
                    .orElse("a bundle of this name in the catalogue"),
                "none"));
      }
      return underGrant(request, round, found.get());
    } catch (RefusedException e) {
      open(request, Optional.empty());
      return stopped(round, Optional.empty(), e.reject());
    }
  }

  /** Notes that the run exists; once, however often it is tried. */
  private void open(LaneRequest request, Optional<Digest> plan) throws IOException {
    Owner owner = environment.owner();
    LedgerEntry.RunOpened opened =
        new LedgerEntry.RunOpened(
            owner,
            request.lane(),
            plan,
            request.requester().orElse("not stated"),
            request.proof().map(Digest::of));
    boolean known =
        environment
            .kb()
            .ledger()
            .all(LedgerEntry.RunOpened.class)
            .anyMatch(r -> r.owner().equals(owner) && (plan.isEmpty() || r.equals(opened)));
    if (!known) {
      environment.kb().record(opened);
    }
  }

  /** Before a grant is verified nothing is read, written or recorded for the lane. */
  private PreflightResult underGrant(LaneRequest request, int round, Plan plan) throws IOException {
    Optional<PreflightResult> early = beforeAnything(request, round, plan);
    if (early.isPresent()) {
      return early.get();
    }
    Optional<byte[]> grant = chooseGrant(request, round, plan);
    if (grant.isEmpty() && request.grant().isPresent()) {
      return stopped(
          round,
          Optional.of(plan.digest()),
          Verdict.reject(
              RejectCode.GRANT_MISSING,
              request.grant().get().brief(),
              "the grant that the request names, " + request.grant().get() + ", in the store",
              "none; after a resume any stored grant of this plan serves"));
    }
    GrantVerifier.Finding finding =
        new GrantVerifier(environment.trust().get())
            .verify(new GrantVerifier.Presented("grant", grant), situation(plan));
    Verdict verdict = finding.verdict();
    if (verdict.passed()) {
      verdict = possession(request, plan, finding.grant().orElseThrow());
    }
    if (!verdict.passed()) {
      return stopped(round, Optional.of(plan.digest()), verdict.rejection().orElseThrow());
    }
    StageResult result = runner.run(Stage.S0, round, plan, grant, this::perform);
    return new PreflightResult(result, Optional.of(plan.digest()), grant.map(Digest::of));
  }

  private Verdict possession(LaneRequest request, Plan plan, Grant grant) throws IOException {
    Calls.Caller caller = environment.calls().current();
    Owner owner = environment.owner();
    Optional<Digest> proof = request.proof().map(Digest::of);
    boolean usedByAnother =
        environment
            .kb()
            .ledger()
            .all(LedgerEntry.RunOpened.class)
            .anyMatch(
                r -> proof.isPresent() && r.proof().equals(proof) && !r.owner().equals(owner));
    return PossessionVerifier.verify(
        grant,
        request.proof(),
        new PossessionVerifier.Situation(
            plan,
            environment.kb().identity().id(),
            caller.workflowId(),
            caller.started(),
            usedByAnother));
  }

  private Optional<Plan> plan(LaneRequest request) throws IOException {
    try {
      return request.bundle().isPresent()
          ? stored(request.bundle().get(), request.lane())
          : environment.lanes().plan(request.lane());
    } catch (IOException e) {
      throw new RefusedException(
          Verdict.reject(
              RejectCode.PLAN_DIGEST_MISMATCH,
              request.lane().value(),
              "a bundle as this release makes it",
              "a stored file that this release reads otherwise"));
    }
  }

  /** The bundle of exactly this digest, whatever the lane's name means in the catalogue now. */
  private Optional<Plan> stored(Digest bundle, LaneName lane) throws IOException {
    byte[] bytes;
    try {
      bytes = environment.evidence().get(bundle);
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
    Plan plan = Plan.read(bytes);
    LaneName found = plan.lane().metadata().name();
    RefusedException.unlessPassed(
        found.equals(lane)
            ? Verdict.pass()
            : Verdict.reject(
                RejectCode.PLAN_DIGEST_MISMATCH,
                bundle.brief(),
                "a bundle of lane " + lane,
                "one of lane " + found));
    return Optional.of(plan);
  }

  private Optional<PreflightResult> beforeAnything(LaneRequest request, int round, Plan plan)
      throws IOException {
    Owner owner = environment.owner();
    Optional<Digest> wanted = request.planDigest().filter(d -> !d.equals(plan.digest()));
    if (wanted.isPresent()) {
      return Optional.of(
          stopped(
              round,
              Optional.of(plan.digest()),
              Verdict.reject(
                  RejectCode.PLAN_DIGEST_MISMATCH,
                  request.lane().value(),
                  wanted.get().hex(),
                  plan.digest().hex())));
    }
    if (environmentAgrees(plan, environment.kb()) instanceof Verdict.Reject elsewhere) {
      return Optional.of(stopped(round, Optional.of(plan.digest()), elsewhere));
    }
    LedgerState ledger = environment.kb().ledger();
    Optional<LedgerEntry.RunEnded> applied = ledger.applied(plan.digest());
    if (applied.isPresent()) {
      environment.kb().record(new LedgerEntry.AlreadyApplied(owner, applied.get().owner()));
      Optional<SealedPacket> packet = applied.get().packet();
      if (packet.isPresent()) {
        packet = Optional.of(Grants.under(packet.get(), environment.evidence()));
      }
      PreflightResult stopped =
          stopped(
              round,
              Optional.of(plan.digest()),
              Verdict.reject(
                  RejectCode.ALREADY_APPLIED,
                  request.lane().value(),
                  "a plan that is not applied",
                  "applied by run " + applied.get().owner().runId()));
      return Optional.of(
          new PreflightResult(
              stopped.result(), stopped.planDigest(), stopped.grant(), packet, Optional.empty()));
    }
    Optional<LedgerEntry.Claimed> open = ledger.openClaim(plan.digest());
    if (open.isPresent()
        && !open.get().owner().equals(owner)
        && ledger.withdrawing(open.get().epoch())) {
      return Optional.of(
          stopped(
              round,
              Optional.of(plan.digest()),
              Verdict.reject(
                  RejectCode.ROLLBACK_PENDING,
                  request.lane().value(),
                  "no unfinished rollback of this plan",
                  "run " + open.get().owner().runId() + " is being withdrawn")));
    }
    return Optional.empty();
  }

  private PreflightResult stopped(int round, Optional<Digest> plan, Verdict.Reject reject)
      throws IOException {
    if (reject.code() == RejectCode.STALE_FENCE) {
      throw new IllegalStateException(reject.sentence());
    }
    Refusals.record(environment, Stage.S0, round, reject);
    StageResult result =
        new StageResult(Stage.S0, Refusals.bounded(reject), Optional.empty(), "refused");
    return new PreflightResult(result, plan, Optional.empty());
  }

  /**
   * The grant that the request names. Without one, or once a person has resumed the lane because it
   * does not hold, the newest stored one that does.
   */
  private Optional<byte[]> chooseGrant(LaneRequest request, int round, Plan plan)
      throws IOException {
    GrantVerifier verifier = new GrantVerifier(environment.trust().get());
    Optional<byte[]> named = Optional.empty();
    if (request.grant().isPresent()) {
      named = environment.evidence().grant(request.grant().get());
      if (round == 0 || verifier.stored(named, situation(plan)).holds()) {
        return named;
      }
    }
    GrantVerifier.Stored newest = verifier.newest(environment.evidence(), situation(plan));
    return newest.holds() || request.grant().isEmpty() ? newest.bytes() : named;
  }

  private GrantVerifier.Situation situation(Plan plan) throws IOException {
    return new GrantVerifier.Situation(
        plan,
        environment.kb().identity().id(),
        environment.kb().identity().environment(),
        Optional.of(environment.key().verifyKey().thumbprint()),
        Optional.empty(),
        environment.clock().instant(),
        environment.kb().ledger().consumedGrants(plan.digest()),
        environment.kb().ledger().revokedGrants());
  }

  private Fragment perform(StageWork work) throws IOException {
    KbReader kb = environment.freshReader().open();
    Evidence all = new Evidence();
    all.add(
        "environment",
        "knowledge base",
        work.spec().environment(),
        kb.identity().environment(),
        environmentAgrees(work.plan(), kb));
    all.add("grant", "grant", work.grantFinding().verdict());
    ObjectNode preflight = Json.object();
    NavigableMap<KbPath, byte[]> bundle = work.files();
    ArrayNode inputs = inputs(work, bundle, all);
    preflight.set("inputs", inputs);
    preflight.put("allInputsVerified", verified(inputs));
    preflight.set("pins", pins(work, kb, all));
    preflight.set("heads", heads(work, kb, all));
    preflight.set("reservations", reservations(work, kb, bundle, all));
    Inventory found = kb.inventory();
    ObjectNode inventory = preflight.putObject("inventory");
    NavigableMap<KbPath, Head.Revision> foreign = new TreeMap<>(found.heads());
    List<KbPath> own = own(work);
    own.forEach(foreign::remove);
    for (Lane.Change change : work.spec().changes()) {
      if (own.contains(change.path()) && change.expect() instanceof Head.Revision before) {
        foreign.put(change.path(), before);
      }
    }
    inventory.put("documents", foreign.size());
    inventory.put("tree", new Inventory(foreign).tree().hex());
    inventory.set("ignored", Json.tree(kb.ledger().ignoredNames().patterns()));
    ObjectNode heads = inventory.putObject("heads");
    foreign.forEach((path, head) -> heads.set(path.value(), head.json()));
    ObjectNode varying = preflight.putObject("volatile");
    ArrayNode adopted = varying.putArray("adopted");
    own.forEach(path -> adopted.add(path.value()));
    varying.put("ledgerLines", kb.ledger().lines().size());

    ObjectNode scope = scopeLock(work, kb, all);
    ObjectNode lock = authorityLock(work);
    work.grantFinding()
        .grant()
        .ifPresent(grant -> all.add("reviewer", "grant", reviewerIsKnown(grant)));
    all.add("volume", "knowledge base", kb.onOneVolume(environment.workspaces()));
    all.add("report", "its own words", ReportWords.judge(work.plan().lane()));
    preflight.set("checks", all.json());
    Map<String, ObjectNode> files = new TreeMap<>();
    files.put("preflight.json", preflight);
    files.put("scope-lock.json", scope);
    files.put("delegation-and-authority-lock.json", lock);
    return new Fragment(
        all.verdict(),
        files,
        Map.of(),
        work.spec().inputs().size()
            + " inputs, "
            + work.spec().pins().size()
            + " pins, "
            + foreign.size()
            + " documents"
            + found.large().map(large -> ", the largest " + large).orElse(""));
  }

  /** The review would be by a key that is not known here, and the packet would lack it. */
  private Verdict reviewerIsKnown(Grant grant) {
    List<String> reviewers =
        environment.trust().get().of(TrustRoot.Role.REVIEWER).stream()
            .map(key -> key.thumbprint().hex())
            .toList();
    return reviewers.contains(grant.reviewerKey().hex())
        ? Verdict.pass()
        : Verdict.reject(
            RejectCode.GRANT_KEY_MISMATCH,
            "reviewer",
            "a reviewer's key of the trust root: " + reviewers,
            grant.reviewerKey().hex());
  }

  private static Verdict environmentAgrees(Plan plan, KbReader kb) {
    String wanted = plan.spec().environment();
    String found = kb.identity().environment();
    return wanted.equals(found)
        ? Verdict.pass()
        : Verdict.reject(RejectCode.ENVIRONMENT_MISMATCH, "", wanted, found);
  }

  private static boolean verified(ArrayNode inputs) {
    boolean verified = true;
    for (JsonNode input : inputs) {
      verified &= input.path("verdict").asText().equals("PASS");
    }
    return verified;
  }

  private static ArrayNode inputs(
      StageWork work, NavigableMap<KbPath, byte[]> bundle, Evidence all) {
    ArrayNode inputs = Json.array();
    InputChecks checks = new InputChecks(bundle);
    for (Lane.Input input : work.spec().inputs()) {
      InputChecks.Checked checked = checks.verify(input);
      inputs.add(checked.evidence());
      all.add("input", input.id(), checked.verdict());
    }
    return inputs;
  }

  private static ArrayNode pins(StageWork work, KbReader kb, Evidence all) throws IOException {
    ArrayNode out = Json.array();
    for (Lane.Pin pin : work.spec().pins()) {
      Optional<Document> document = kb.read(pin.path());
      Verdict verdict = Pins.check(pin, document);
      ObjectNode line = out.addObject();
      line.put("id", pin.id()).put("path", pin.path().value()).put("over", pin.over());
      line.put("title", pin.title().orElse(pin.id()));
      line.put("provenance", pin.fixture() ? "FIXTURE" : "ORIGINAL");
      line.put("pinned", pin.sha256().hex());
      line.put(
          "found", document.isEmpty() ? "ABSENT" : Pins.digest(pin, document.get().bytes()).hex());
      line.setAll(Evidence.json(verdict));
      all.add("pin", pin.id(), verdict);
    }
    return out;
  }

  /** Documents of this very plan that an earlier run left, to be adopted in S5. */
  private List<KbPath> own(StageWork work) throws IOException {
    LedgerState ledger = environment.kb().ledger();
    return ledger
        .openClaim(work.plan().digest())
        .map(
            claim ->
                ledger.intents(claim.epoch()).stream()
                    .filter(i -> standsAs(i.path(), i.after()))
                    .map(LedgerEntry.Intent::path)
                    .toList())
        .orElse(List.of());
  }

  private boolean standsAs(KbPath path, Head head) {
    try {
      return environment.kb().head(path).equals(head);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private ArrayNode heads(StageWork work, KbReader kb, Evidence all) throws IOException {
    List<KbPath> own = own(work);
    ArrayNode out = Json.array();
    for (Lane.Change change : work.spec().changes()) {
      Head head = own.contains(change.path()) ? change.expect() : kb.head(change.path());
      Verdict verdict = CommitChecks.headOf(change, head);
      Optional<String> collision = kb.collision(change.path());
      if (verdict.passed() && collision.isPresent()) {
        verdict =
            Verdict.reject(
                RejectCode.PATH_COLLISION,
                change.path().value(),
                "no name that differs by letter case only",
                collision.get());
      }
      ObjectNode line = out.addObject();
      line.put("change", change.id()).put("path", change.path().value());
      line.put("wanted", change.expect().toString()).put("found", head.toString());
      line.setAll(Evidence.json(verdict));
      all.add("head", change.path().value(), verdict);
    }
    return out;
  }

  private static ArrayNode reservations(
      StageWork work, KbReader kb, NavigableMap<KbPath, byte[]> bundle, Evidence all)
      throws IOException {
    ArrayNode out = Json.array();
    for (Lane.Reservation r : work.spec().reservations()) {
      Reservations reservations = new Reservations(work.spec(), r);
      KbPath source =
          work.spec().changes().stream()
              .filter(c -> c.id().equals(r.addendum()))
              .findFirst()
              .orElseThrow()
              .source();
      Evidence checks = new Evidence();
      checks.add("above the ceiling", r.range().toString(), reservations.aboveCeiling());
      checks.add("ceiling is true", r.prefix() + r.ceiling(), reservations.ceilingIsTrue(kb));
      checks.add("carried by", r.addendum(), reservations.carriedBy(bundle.get(source)));
      checks.add("unused", r.range().toString(), reservations.unused(kb));
      ObjectNode line = out.addObject().put("range", r.range().toString());
      line.put("size", r.range().size()).put("ceiling", r.ceiling());
      line.set("checks", checks.json());
      line.setAll(Evidence.json(checks.verdict()));
      all.add("reservation", r.range().toString(), checks.verdict());
    }
    return out;
  }

  /** Table B. */
  private static ObjectNode scopeLock(StageWork work, KbReader kb, Evidence all)
      throws IOException {
    Lane.Spec spec = work.spec();
    String label = kb.identity().environment();
    ObjectNode out = ScopeLock.of(work.plan(), label);
    for (Lane.Change change : spec.changes()) {
      all.add("scope", change.id(), ScopeLock.mutation(work.plan(), change, label));
    }
    for (int i = 0; i < spec.surfaces().excluded().size(); i++) {
      Lane.Excluded surface = spec.surfaces().excluded().get(i);
      ScopeLock.allowedUse(spec, surface)
          .ifPresent(use -> all.add("exclusion", surface.id(), used(surface, use)));
      if (surface.counterfactual().isPresent()) {
        ObjectNode line = (ObjectNode) out.path("excluded").get(i);
        line.set("counterfactual", counterfactual(spec, surface, kb, all));
      }
    }
    for (Lane.Reservation reservation : spec.reservations()) {
      Verdict verdict = work.guard().decide(new Reservations(spec, reservation).effect());
      all.add("scope", reservation.range().toString(), verdict);
    }
    return out;
  }

  private static Verdict used(Lane.Excluded surface, Effect use) {
    return Verdict.reject(
        RejectCode.SURFACE_FORBIDDEN,
        surface.id(),
        "an excluded surface that the lane does not use",
        "allowed: " + use.kind() + " on " + use.target());
  }

  /** What the pin would be if the excluded surface were used. */
  private static JsonNode counterfactual(
      Lane.Spec spec, Lane.Excluded surface, KbReader kb, Evidence all) throws IOException {
    Lane.Counterfactual counterfactual = surface.counterfactual().orElseThrow();
    Lane.Pin pin =
        spec.pins().stream()
            .filter(p -> p.id().equals(counterfactual.pin()))
            .findFirst()
            .orElseThrow();
    ObjectNode out = Json.object().put("pin", pin.id()).put("append", counterfactual.append());
    out.put("pinned", pin.sha256().hex());
    Optional<Document> document = kb.read(pin.path());
    if (document.isEmpty()) {
      return out.put("wouldBecome", "UNKNOWN").put("breaksPin", false);
    }
    Digest would = Pins.appended(pin, document.get().bytes(), counterfactual.append());
    boolean breaks = !would.equals(pin.sha256());
    all.add(
        "counterfactual",
        surface.id(),
        breaks
            ? Verdict.pass()
            : Verdict.reject(
                RejectCode.COUNTERFACTUAL_HARMLESS,
                surface.id(),
                "another digest than " + pin.sha256(),
                would.hex()));
    return out.put("wouldBecome", would.hex()).put("breaksPin", breaks);
  }

  /** Table A. */
  private ObjectNode authorityLock(StageWork work) throws IOException {
    GrantVerifier.Finding finding = work.grantFinding();
    ObjectNode out = AuthorityLock.of(work.spec(), finding.verdict(), finding.grant());
    ObjectNode varying = out.putObject("volatile");
    if (finding.grant().isPresent()) {
      Grant g = finding.grant().get();
      VerifyKey owner = finding.owner().orElseThrow();
      varying.put(
          "issued",
          environment.ownerKeyIsLocal().test(owner.thumbprint()) ? "SELF_ISSUED" : "OWNER_ISSUED");
      varying.put("grantSha256", Digest.of(work.grantBytes().orElseThrow()).hex());
      varying.setAll(g.particulars());
      key(varying, "owner", owner);
      key(varying, "executor", environment.key().verifyKey());
      environment.trust().get().of(TrustRoot.Role.REVIEWER).stream()
          .filter(k -> k.thumbprint().equals(g.reviewerKey()))
          .findFirst()
          .ifPresent(k -> key(varying, "reviewer", k));
    }
    return out;
  }

  private static void key(ObjectNode out, String role, VerifyKey key) {
    out.put(role + "Key", key.thumbprint().hex()).put(role + "Pem", key.pem());
  }
}
