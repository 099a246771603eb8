package dev.lanekeeper.starter;

import dev.lanekeeper.client.LaneClient;
import dev.lanekeeper.client.LaneException;
import dev.lanekeeper.files.FaultText;
import dev.lanekeeper.kb.LedgerEntry;
import dev.lanekeeper.kb.LedgerState;
import dev.lanekeeper.verdict.RejectCode;
import dev.lanekeeper.worker.Home;
import dev.lanekeeper.workflow.Hold;
import dev.lanekeeper.workflow.Owner;
import io.temporal.client.WorkflowStub;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Lets lanes publish again. */
@Command(
    name = "unfreeze",
    description = "Let lanes publish into this home's knowledge base again.")
final class UnfreezeCommand extends LaneCommand {

  @Option(
      names = "--resume",
      description = "Also resume every lane on the server that the freeze holds.")
  private boolean resume;

  @Override
  String subject() {
    return "unfreeze";
  }

  @Override
  int perform() throws CommandFailure, IOException {
    Home home = common().homeWithKnowledgeBase();
    if (!resume) {
      thaw(home);
      return 0;
    }
    try (Connection connection =
        Connection.server(System.getenv(), WorkerProcess.identity(), again())) {
      thaw(home);
      return resumeAll(home.reader().ledger(), connection);
    }
  }

  private void thaw(Home home) throws CommandFailure, IOException {
    try (FileChannel lock = common().lockShared(home, again())) {
      if (home.reader().ledger().frozen().isEmpty()) {
        say("not frozen");
        return;
      }
      home.knowledgeBase().record(new LedgerEntry.Unfrozen(Common.operator()));
      say("unfrozen " + home.reader().identity().id());
    }
  }

  /**
   * Resumes the runs of this ledger that the freeze holds; one that fails does not stop the rest.
   */
  private int resumeAll(LedgerState ledger, Connection connection) {
    List<Owner> open =
        ledger
            .all(LedgerEntry.RunOpened.class)
            .map(LedgerEntry.RunOpened::owner)
            .distinct()
            .filter(run -> connection.mayGoOn(ledger, run))
            .toList();
    LaneClient client = connection.lanes();
    int failures = 0;
    for (Owner run : open) {
      WorkflowStub lane = connection.run(run);
      try {
        Optional<Hold> hold =
            client.status(lane).hold().filter(h -> h.reject().code() == RejectCode.FROZEN);
        if (hold.isPresent()) {
          client.answer(lane, "resume", hold.get().number());
          say("resumed " + run.workflowId());
        }
      } catch (LaneException e) {
        failures++;
        warn("not resumed: " + run.workflowId() + ": " + FaultText.of(e));
      }
    }
    return failures == 0 ? 0 : ExitCode.FAULT;
  }
}
