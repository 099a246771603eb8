package dev.lanekeeper.starter;

import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.evidence.Bundle;
import dev.lanekeeper.evidence.FileTree;
import dev.lanekeeper.governance.Reservations;
import dev.lanekeeper.kb.CommitChecks;
import dev.lanekeeper.kb.DirectoryKnowledgeBase;
import dev.lanekeeper.kb.KbIdentity;
import dev.lanekeeper.kb.KbReader;
import dev.lanekeeper.kb.KnowledgeBase;
import dev.lanekeeper.kb.Pins;
import dev.lanekeeper.lane.Head;
import dev.lanekeeper.lane.KbPath;
import dev.lanekeeper.lane.Lane;
import dev.lanekeeper.lane.Plan;
import dev.lanekeeper.s0preflight.InputChecks;
import dev.lanekeeper.scope.Effect;
import dev.lanekeeper.scope.ScopeGuard;
import dev.lanekeeper.verdict.Verdict;
import dev.lanekeeper.worker.Home;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Shows what a run would do to this knowledge base; changes nothing. */
@Command(
    name = "plan",
    description = "Show what a run would do to this knowledge base, and the plan digest.")
final class PlanCommand extends LaneCommand {

  @Parameters(paramLabel = "LANE_DIR", description = "The lane's folder.")
  private Path folder;

  private int refusals;
  private boolean applied;
  private final List<KbPath> missing = new ArrayList<>();

  @Override
  String subject() {
    return folder.toString();
  }

  @Override
  int perform() throws CommandFailure, IOException {
    Bundle bundle = bundle(folder);
    Plan plan = bundle.plan();
    Home home = common().home();
    Answer answer =
        new Answer(plan.lane().metadata().name().value())
            .put("status", "PLANNED")
            .put("planDigest", plan.digest().hex())
            .exit(0);
    Path scratch = Files.createTempDirectory("lanekeeper-plan");
    try {
      KbReader kb;
      if (home.hasKnowledgeBase()) {
        kb = home.reader();
        say("knowledge base " + kb.identity().id() + " (" + kb.identity().environment() + ")");
      } else {
        kb = imagined(plan, scratch);
        say(
            "the first run would create a knowledge base ("
                + plan.spec().environment()
                + ") with "
                + kb.inventory().heads().size()
                + " documents");
      }
      describe(bundle, kb, scratch, answer);
    } finally {
      FileTree.delete(scratch);
    }
    say("plan digest " + plan.digest());
    if (applied) {
      say("this plan is applied already; a run would say so and change nothing");
      missing.forEach(path -> say("note: " + path + " no longer stands as published"));
    } else {
      say(
          refusals == 0
              ? "nothing stands in the way; start it with: "
                  + Shell.lanekeeper(common().with("run", folder.toString()))
              : refusals
                  + (refusals == 1 ? " refusal" : " refusals")
                  + ": a run would stop before it changes anything");
    }
    if (common().json()) {
      out().println(answer.text());
    }
    return 0;
  }

  /** The knowledge base as the first run would create it, in a scratch folder. */
  private KbReader imagined(Plan plan, Path scratch) throws IOException {
    Path documents = scratch.resolve("kb");
    Path ledger = scratch.resolve("ledger");
    DirectoryKnowledgeBase.create(
        documents, ledger, new KbIdentity("imagined", plan.spec().environment()));
    KnowledgeBase kb = new DirectoryKnowledgeBase(documents, ledger, Clock.systemUTC(), List.of());
    Path standing = common().home().documents();
    for (Path initial : List.of(standing, folder.resolve("kb"))) {
      if (Files.isDirectory(initial)) {
        InitialDocuments.add(kb, initial);
      }
    }
    return kb;
  }

  private void describe(Bundle bundle, KbReader kb, Path scratch, Answer answer)
      throws IOException {
    Plan plan = bundle.plan();
    Lane.Spec spec = plan.spec();
    InputChecks inputs = new InputChecks(bundle.files(), scratch.resolve("inputs"));
    for (Lane.Input input : spec.inputs()) {
      line("input " + input.id(), InputChecks.verdict(inputs.verify(input)), answer);
    }
    for (Lane.Pin pin : spec.pins()) {
      line("pin " + pin.id() + " " + pin.path(), Pins.check(pin, kb.read(pin.path())), answer);
    }
    applied = kb.ledger().applied(plan.digest()).isPresent();
    ScopeGuard guard = new ScopeGuard(spec);
    for (Lane.Change change : spec.changes()) {
      Digest digest = plan.sourceDigest(change);
      Head now = kb.head(change.path());
      int next = change.expect() instanceof Head.Revision before ? before.number() + 1 : 1;
      Head.Revision after = new Head.Revision(next, digest);
      String what = change.stage() + " " + change.id() + " " + change.path() + ": ";
      if (now.equals(after)) {
        line(what + "stands already as " + after, Verdict.pass(), answer);
      } else if (applied) {
        missing.add(change.path());
      } else {
        Verdict head = CommitChecks.headOf(change, now);
        Verdict scope = guard.decide(Effect.of(change.effectKind(), "kb:" + change.path(), digest));
        line(what + now + " -> " + after, head.passed() ? scope : head, answer);
      }
      answer
          .documents()
          .addObject()
          .put("id", change.id())
          .put("path", change.path().value())
          .put("revision", next)
          .put("sha256", digest.hex());
    }
    for (Lane.Reservation r : spec.reservations()) {
      Reservations reservations = new Reservations(spec, r);
      Verdict ceiling = reservations.aboveCeiling();
      Verdict unused = reservations.unused(kb);
      line(
          "S6 reserve " + r.range() + " " + r.status(),
          ceiling.passed() ? unused : ceiling,
          answer);
    }
  }

  private void line(String what, Verdict verdict, Answer answer) {
    say((verdict.passed() ? "ok  " : "NO  ") + what);
    if (verdict instanceof Verdict.Reject reject) {
      refusals++;
      say("      " + reject.sentence());
      say("      remedy: " + reject.code().remedy());
      if (refusals == 1) {
        answer.reject(reject, Optional.empty());
      }
    }
  }
}
