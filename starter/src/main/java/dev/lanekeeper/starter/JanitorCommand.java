package dev.lanekeeper.starter;

import dev.lanekeeper.client.LaneClient;
import dev.lanekeeper.worker.Home;
import dev.lanekeeper.workflow.LaneEnd;
import dev.lanekeeper.workflow.LaneOutcome;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Cleans up after lanes that the server lost. */
@Command(
    name = "janitor",
    description = {
      "List runs that the server closed without letting them end: terminated, timed out, deleted.",
      "With --apply, withdraw what they published and seal their evidence.",
      "Only runs of this server and namespace, and only when the server says that they are closed."
    })
final class JanitorCommand extends LaneCommand {

  @Option(names = "--apply", description = "Withdraw and seal; without it nothing is changed.")
  private boolean apply;

  @Option(
      names = "--grace",
      paramLabel = "DURATION",
      description = "How long a run must have been closed, as in ISO 8601. Default: PT10M.")
  private String grace = "PT10M";

  @Override
  String subject() {
    return "janitor";
  }

  @Override
  int perform() throws CommandFailure, IOException {
    Duration patience = Durations.notNegative(grace, help());
    Home home = common().homeWithKnowledgeBase();
    try (FileChannel lock = common().lockShared(home, again());
        Connection connection =
            Connection.server(System.getenv(), WorkerProcess.identity(), again())) {
      LostRuns.Found found = find(home, connection, patience);
      List<LostRuns.Lost> lost = found.lost();
      found
          .unjudged()
          .forEach(
              run ->
                  say(
                      "not judged  "
                          + run.lane()
                          + "  run "
                          + run.owner().runId()
                          + ", of namespace "
                          + run.owner().namespace()
                          + " of "
                          + run.owner().engine()));
      lost.forEach(
          run ->
              say(
                  "lost  "
                      + run.lane()
                      + "  run "
                      + run.owner().runId()
                      + ", closed "
                      + run.quietSince()
                      + (run.holdsClaim() ? ", its claim is open" : ", no open claim")));
      if (lost.isEmpty()) {
        say("no lost runs of namespace " + connection.namespace() + " at " + connection.address());
        return 0;
      }
      if (!apply) {
        say("withdraw  " + again() + " --apply");
        return 0;
      }
      return cleanUp(new LaneClient(connection.client()), lost);
    }
  }

  private LostRuns.Found find(Home home, Connection connection, Duration patience)
      throws CommandFailure, IOException {
    try {
      return LostRuns.find(
          home.reader().ledger(), connection, Clock.systemUTC().instant(), patience);
    } catch (StatusRuntimeException e) {
      throw new CommandFailure(
          ExitCode.FAULT,
          "TEMPORAL_UNREACHABLE",
          connection.address(),
          "a server that says of each run whether it is closed",
          String.valueOf(e.getStatus()),
          "let it answer, and have the right to describe workflows there",
          again());
    }
  }

  /** One run after the other; one that cannot be withdrawn does not stop the rest. */
  private int cleanUp(LaneClient client, List<LostRuns.Lost> lost) {
    boolean clean = true;
    for (LostRuns.Lost run : lost) {
      LaneOutcome outcome =
          RollbackCommand.rollBack(client, run.lane(), run.owner(), Optional.empty());
      outcome.withdrawn().forEach(line -> say("withdrawn  " + line));
      String why = outcome.reject().map(reject -> ": " + reject.render()).orElse("");
      say(outcome.end() + "  " + run.lane() + "  run " + run.owner().runId() + why);
      clean &= outcome.end() == LaneEnd.ROLLED_BACK;
    }
    return clean ? 0 : ExitCode.ROLLBACK_FAILED;
  }
}
