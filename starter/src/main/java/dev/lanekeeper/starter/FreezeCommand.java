package dev.lanekeeper.starter;

import dev.lanekeeper.kb.LedgerEntry;
import dev.lanekeeper.kb.LedgerState;
import dev.lanekeeper.text.CommandName;
import dev.lanekeeper.worker.Home;
import java.io.IOException;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Stops all publishing into a knowledge base. */
@Command(
    name = "freeze",
    description = {
      "Hold every lane of this home's knowledge base before it publishes anything more.",
      "No lane is lost, and what was published can still be withdrawn."
    })
final class FreezeCommand extends LaneCommand {

  @Option(names = "--reason", required = true, paramLabel = "TEXT", description = "Why.")
  private String reason;

  @Override
  String subject() {
    return "freeze";
  }

  @Override
  int perform() throws CommandFailure, IOException {
    words("--reason", reason, NAME);
    Home home = common().homeWithKnowledgeBase();
    // Not under the home's lock: whoever holds that is what is to be stopped.
    Optional<LedgerState.Freeze> freeze = home.reader().ledger().frozen();
    if (freeze.isPresent()) {
      say("frozen already, since " + freeze.get().since() + ": " + freeze.get().reason());
      return 0;
    }
    home.knowledgeBase().record(new LedgerEntry.Frozen(reason, Common.operator()));
    say("frozen " + home.reader().identity().id() + ": " + reason);
    say("undo it   " + Shell.lanekeeper(common().with(CommandName.UNFREEZE)));
    return 0;
  }
}
