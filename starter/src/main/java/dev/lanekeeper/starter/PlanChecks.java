package dev.lanekeeper.starter;

import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.evidence.Bundle;
import dev.lanekeeper.evidence.FileTree;
import dev.lanekeeper.files.Named;
import dev.lanekeeper.governance.Reservations;
import dev.lanekeeper.grant.GrantVerifier;
import dev.lanekeeper.kb.CommitChecks;
import dev.lanekeeper.kb.KbReader;
import dev.lanekeeper.kb.LedgerEntry;
import dev.lanekeeper.kb.LedgerState;
import dev.lanekeeper.kb.Pins;
import dev.lanekeeper.kb.RefusedException;
import dev.lanekeeper.lane.Head;
import dev.lanekeeper.lane.Lane;
import dev.lanekeeper.lane.Plan;
import dev.lanekeeper.rehearsal.Rehearsal;
import dev.lanekeeper.s0preflight.InputChecks;
import dev.lanekeeper.scope.Effect;
import dev.lanekeeper.scope.ScopeGuard;
import dev.lanekeeper.verdict.RejectCode;
import dev.lanekeeper.verdict.Verdict;
import dev.lanekeeper.worker.Home;
import dev.lanekeeper.workflow.Owner;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What a run would find before it publishes: all that stands in the way in S0 and at the
 * publication, looked at with their own checks, and then S0 to S4 rehearsed, up to the first
 * refusal.
 */
final class PlanChecks {

  /**
   * One thing that was looked at.
   *
   * @param what what it is
   * @param verdict whether a run would stop there
   */
  record Line(String what, Verdict verdict) {}

  private final Bundle bundle;
  private final Plan plan;
  private final Lane.Spec spec;
  private final KbReader kb;
  private final LedgerState ledger;
  private final Home home;
  private final Authority authority;
  private final GrantVerifier.Stored grant;
  private final Optional<LedgerEntry.Claimed> unfinished;
  private final List<Line> lines = new ArrayList<>();

  /**
   * Prepares the checks.
   *
   * @param kb the documents as a run would find them
   * @param ledger what the ledger says
   */
  PlanChecks(Bundle bundle, KbReader kb, LedgerState ledger, Home home) throws IOException {
    this.bundle = bundle;
    this.plan = bundle.plan();
    this.spec = plan.spec();
    this.kb = kb;
    this.ledger = ledger;
    this.home = home;
    this.authority = new Authority(home);
    this.grant = authority.newest(plan, kb);
    this.unfinished =
        ledger.openClaim(plan.digest()).filter(claim -> ledger.withdrawing(claim.epoch()));
  }

  /** The newest stored grant, and whether it holds. */
  GrantVerifier.Stored grant() {
    return grant;
  }

  /** Makes all of them, in the order in which a run would come to them. */
  List<Line> all() throws IOException {
    earlierRun();
    environment();
    look("documents, ledger and workspaces on one volume", () -> kb.onOneVolume(home.workspaces()));
    authorisation();
    inputs();
    for (Lane.Pin pin : spec.pins()) {
      look("pin " + pin.id() + " " + pin.path(), () -> Pins.check(pin, kb.read(pin.path())));
    }
    for (Lane.Change change : spec.changes()) {
      change(change);
    }
    for (Lane.Reservation reservation : spec.reservations()) {
      look(
          "S6 reserve " + reservation.range() + " " + reservation.status(),
          () -> reservation(reservation));
    }
    look("every other file is a document or ignored", this::inventory);
    if (unfinished.isEmpty()) {
      rehearsal();
    } else {
      add("S0 to S4 are not rehearsed: a rollback comes first");
    }
    if (spec.approval().isPresent()) {
      add(
          "approval",
          authority.judge(
              ledger.approval(plan.digest()),
              plan,
              kb,
              run -> ledger.ofOpenClaim(plan.digest(), run),
              Instant.now()));
    }
    add("open to publishing", CommitChecks.notFrozen(ledger));
    otherClaim();
    return lines;
  }

  /** One line for what was looked at; the same refusal is told once. */
  private void add(String what, Verdict... verdicts) {
    Verdict first = first(verdicts);
    if (first.passed() || lines.stream().noneMatch(line -> line.verdict().equals(first))) {
      lines.add(new Line(what, first));
    }
  }

  private static Verdict first(Verdict... verdicts) {
    return Stream.of(verdicts).filter(v -> !v.passed()).findFirst().orElse(Verdict.pass());
  }

  private interface Look {
    Verdict at() throws IOException;
  }

  /** Looks at the documents, which may refuse to be looked at. */
  private void look(String what, Look look) throws IOException {
    Verdict verdict;
    try {
      verdict = look.at();
    } catch (RefusedException e) {
      verdict = e.reject();
    }
    add(what, verdict);
  }

  /** What S0 to S4 find, and S5 before it publishes: by executing them, with nothing left of it. */
  private void rehearsal() throws IOException {
    Optional<Digest> agentKey = grant.holds() ? grant.grant().agentKey() : Optional.empty();
    Path folder = Named.temporaryFolder("lanekeeper-plan");
    try {
      new Rehearsal(bundle, kb, home.trustRoot(), agentKey, home.workspaces(), folder)
          .steps()
          .forEach(step -> add(step.what(), step.verdict()));
    } finally {
      FileTree.delete(folder);
    }
  }

  /** A rollback of this plan that has not ended: a run finishes one that died, and no other. */
  private void earlierRun() {
    if (unfinished.isEmpty()) {
      return;
    }
    Owner owner = unfinished.get().owner();
    if (Connection.embedded(owner) && ledger.effectiveEnd(owner).isEmpty()) {
      add("rollback of run " + owner.runId() + ", which a run finishes first");
    } else {
      add(
          "rollback of run " + owner.runId(),
          Verdict.reject(
              RejectCode.ROLLBACK_PENDING,
              plan.lane().metadata().name().value(),
              "no unfinished rollback of this plan",
              "run " + owner.runId() + " is being withdrawn"));
    }
  }

  /** S0 takes the inventory. */
  private Verdict inventory() throws IOException {
    var unused = kb.inventory();
    return Verdict.pass();
  }

  private void environment() {
    String wanted = spec.environment();
    String found = kb.identity().environment();
    add(
        "environment " + wanted,
        wanted.equals(found)
            ? Verdict.pass()
            : Verdict.reject(RejectCode.ENVIRONMENT_MISMATCH, "", wanted, found));
  }

  /** The grant: stored, or signed by the run itself where the operator is the owner. */
  private void authorisation() throws IOException {
    if (grant.holds()) {
      add("grant, a stored one that is valid until " + grant.grant().expiresAt());
    } else if (authority.nobodyOwns()) {
      add("grant, which a run signs with an owner key that it makes here (SELF_ISSUED)");
    } else if (authority.localOwnerKey().isPresent()) {
      add("grant, which a run signs with the local owner key (SELF_ISSUED)");
    } else {
      add("grant", grant.finding().verdict());
    }
  }

  private void inputs() {
    InputChecks inputs = new InputChecks(bundle.files());
    for (Lane.Input input : spec.inputs()) {
      add("input " + input.id(), inputs.verify(input).verdict());
    }
  }

  private void change(Lane.Change change) throws IOException {
    String what = change.stage() + " " + change.id() + " " + change.path() + ": ";
    Head now;
    try {
      now = kb.head(change.path());
    } catch (RefusedException e) {
      add(what + "cannot be looked at", e.reject());
      return;
    }
    boolean own = own(change, now);
    Effect effect = Effect.of(plan, change);
    add(
        what + (own ? "is already " + now : now + " -> " + plan.after(change)),
        CommitChecks.headOf(change, own ? change.expect() : now),
        collision(change),
        new ScopeGuard(spec).decide(effect));
  }

  /** Whether an interrupted run of this plan published what is there; a run adopts it. */
  private boolean own(Lane.Change change, Head now) {
    return ledger
        .openClaim(plan.digest())
        .map(claim -> ledger.intents(claim.epoch()))
        .orElse(List.of())
        .stream()
        .anyMatch(i -> i.path().equals(change.path()) && i.after().equals(now));
  }

  private Verdict collision(Lane.Change change) throws IOException {
    return kb.collision(change.path())
        .<Verdict>map(
            name ->
                Verdict.reject(
                    RejectCode.PATH_COLLISION,
                    change.path().value(),
                    "no name that differs by letter case only",
                    name))
        .orElse(Verdict.pass());
  }

  private Verdict reservation(Lane.Reservation reservation) throws IOException {
    Reservations checks = new Reservations(spec, reservation);
    Lane.Change addendum =
        spec.changes().stream()
            .filter(c -> c.id().equals(reservation.addendum()))
            .findFirst()
            .orElseThrow();
    return first(
        checks.aboveCeiling(),
        checks.ceilingIsTrue(kb),
        checks.carriedBy(bundle.files().get(addendum.source())),
        checks.unused(kb),
        reservedByAnotherPlan(reservation),
        new ScopeGuard(spec).decide(checks.effect()));
  }

  private Verdict reservedByAnotherPlan(Lane.Reservation reservation) {
    return ledger
        .reservedByAnotherPlan(reservation.range(), plan.digest())
        .<Verdict>map(
            earlier ->
                Verdict.reject(
                    RejectCode.ID_IN_USE,
                    reservation.range().toString(),
                    "ids that no earlier lane reserved",
                    "reserved by plan " + earlier.planDigest()))
        .orElse(Verdict.pass());
  }

  /** A claim of another plan over the same paths or ids, under which something was announced. */
  private void otherClaim() {
    ledger.openClaims().stream()
        .filter(claim -> !claim.planDigest().equals(plan.digest()))
        .filter(claim -> !ledger.intents(claim.epoch()).isEmpty() && meets(claim))
        .forEach(
            claim ->
                add(
                    "claim",
                    Verdict.reject(
                        RejectCode.CLAIM_HELD,
                        claim.lane().value(),
                        "no other claim over these paths and ids",
                        "epoch " + claim.epoch() + " of run " + claim.owner().runId())));
  }

  private boolean meets(LedgerEntry.Claimed claim) {
    return claim.meets(
        spec.changes().stream().map(Lane.Change::path).toList(),
        spec.reservations().stream().map(Lane.Reservation::range).toList());
  }
}
