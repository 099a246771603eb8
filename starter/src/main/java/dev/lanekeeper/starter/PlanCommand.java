package dev.lanekeeper.starter;

import dev.lanekeeper.evidence.Bundle;
import dev.lanekeeper.kb.KbIdentity;
import dev.lanekeeper.kb.KbReader;
import dev.lanekeeper.kb.LedgerState;
import dev.lanekeeper.kb.NewDocuments;
import dev.lanekeeper.lane.Lane;
import dev.lanekeeper.lane.Plan;
import dev.lanekeeper.text.CommandName;
import dev.lanekeeper.verdict.Verdict;
import dev.lanekeeper.worker.Home;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Shows what a run would do to this knowledge base; changes nothing. */
@Command(
    name = "plan",
    description = {
      "Show what a run would do to this knowledge base, and the plan digest.",
      "Looks as a run does before it publishes: S0 to S4 are rehearsed, and nothing is left of it."
    })
final class PlanCommand extends LaneCommand {

  @Parameters(paramLabel = "LANE_DIR", description = "The lane's folder.")
  private Path folder;

  @Override
  String subject() {
    return folder.toString();
  }

  @Override
  int perform() throws CommandFailure, IOException {
    Bundle bundle = bundle(folder);
    Plan plan = bundle.plan();
    Answer answer =
        new Answer(plan.lane().metadata().name().value())
            .put("status", "PLANNED")
            .put("planDigest", plan.digest().hex())
            .exit(0);
    plan.spec().changes().forEach(c -> answer.document(c, plan.after(c)));
    look(bundle, answer);
    return print(answer);
  }

  private void look(Bundle bundle, Answer answer) throws CommandFailure, IOException {
    Home home = common().home();
    Plan plan = bundle.plan();
    common().requireUsable(home, again());
    boolean fresh = !home.hasKnowledgeBase();
    LedgerState ledger = fresh ? new LedgerState(List.of()) : home.reader().ledger();
    KbReader kb = fresh ? imagined(plan) : home.reader();
    KbIdentity identity = kb.identity();
    say(
        fresh
            ? "the first run would create a knowledge base (%s) with %d documents"
                .formatted(identity.environment(), kb.inventory().heads().size())
            : "knowledge base %s (%s)".formatted(identity.id(), identity.environment()));
    if (ledger.applied(plan.digest()).isPresent()) {
      applied(plan, kb);
    } else {
      PlanChecks checks = new PlanChecks(bundle, kb, ledger, home);
      Authority.tell(checks.grant(), answer);
      judge(home, plan, checks.all(), answer);
    }
  }

  /** What the first run in a new home finds: it begins with the lane's first documents. */
  private KbReader imagined(Plan plan) throws CommandFailure, IOException {
    return new NewDocuments(
        new KbIdentity("imagined", plan.spec().environment()),
        InitialDocuments.ofLane(folder, again()).documents());
  }

  private void applied(Plan plan, KbReader kb) throws IOException {
    say("plan digest " + plan.digest());
    say("this plan is applied already; a run would say so and change nothing");
    for (Lane.Change change : plan.spec().changes()) {
      Looked looked = Looked.at(kb, change.path());
      if (looked instanceof Looked.CannotTell unknown) {
        say("note: " + change.path() + " cannot be looked at: " + unknown.why());
      } else {
        say(
            looked.is(plan.after(change))
                ? "ok  " + change.path() + " is as published"
                : "note: " + change.path() + " is no longer as published");
      }
    }
  }

  private void judge(Home home, Plan plan, List<PlanChecks.Line> lines, Answer answer) {
    List<Verdict.Reject> refusals = new ArrayList<>();
    for (PlanChecks.Line line : lines) {
      Optional<Verdict.Reject> reject = line.verdict().rejection();
      say((reject.isEmpty() ? "ok  " : "NO  ") + line.what());
      reject.ifPresent(
          r -> {
            refusals.add(r);
            say("      " + r.sentence());
            say("      remedy: " + r.code().remedy());
          });
    }
    say("plan digest " + plan.digest());
    if (refusals.isEmpty()) {
      say("nothing stands in the way; start it with: " + run());
      return;
    }
    Verdict.Reject first = refusals.get(0);
    answer.reject(first, Optional.empty());
    String lane = plan.lane().metadata().name().value();
    say(
        refusals.size()
            + (refusals.size() == 1 ? " refusal" : " refusals")
            + ": a run would stop before it changes anything");
    say("next: " + new Remedies(common(), home, folder, lane, true).next(first));
  }

  private String run() {
    return Shell.lanekeeper(common().with(CommandName.RUN, folder.toString()));
  }
}
