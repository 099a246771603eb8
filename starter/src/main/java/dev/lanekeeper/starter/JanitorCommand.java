package dev.lanekeeper.starter;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lanekeeper.canonical.Json;
import dev.lanekeeper.client.LaneClient;
import dev.lanekeeper.client.LaneException;
import dev.lanekeeper.lane.LaneName;
import dev.lanekeeper.worker.Home;
import dev.lanekeeper.workflow.LaneEnd;
import dev.lanekeeper.workflow.LaneOutcome;
import dev.lanekeeper.workflow.Owner;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
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
      LostRuns.Found found =
          LostRuns.find(home.reader().ledger(), connection, Clock.systemUTC().instant(), patience);
      found.unjudged().forEach(run -> say(unjudged(run)));
      found.lost().forEach(run -> say(lost(run)));
      if (found.lost().isEmpty()) {
        say("no lost runs of namespace " + connection.namespace() + " at " + connection.address());
      } else if (!apply) {
        say("withdraw  " + again() + " --apply");
      }
      Map<LostRuns.Lost, LaneOutcome> cleaned =
          apply ? cleanUp(home, connection.lanes(), found.lost()) : Map.of();
      boolean clean =
          cleaned.values().stream().allMatch(outcome -> outcome.end() == LaneEnd.ROLLED_BACK);
      boolean tried = !apply || cleaned.size() == found.lost().size();
      int code = !clean ? ExitCode.ROLLBACK_FAILED : tried ? 0 : ExitCode.FAULT;
      if (common().json()) {
        print(json(found, cleaned).put("exitCode", code));
      }
      return code;
    }
  }

  private static String unjudged(LostRuns.Unjudged run) {
    return "not judged  "
        + run.lane()
        + "  run "
        + run.owner().runId()
        + ", of namespace "
        + run.owner().namespace()
        + " of "
        + run.owner().engine();
  }

  private static String lost(LostRuns.Lost run) {
    return "lost  "
        + run.lane()
        + "  run "
        + run.owner().runId()
        + ", closed "
        + run.quietSince()
        + (run.holdsClaim() ? ", its claim is open" : ", no open claim");
  }

  /** What was found, and what became of it where something was done. */
  static ObjectNode json(LostRuns.Found found, Map<LostRuns.Lost, LaneOutcome> cleaned) {
    ObjectNode out = Json.object();
    ArrayNode lost = out.putArray("lost");
    for (LostRuns.Lost run : found.lost()) {
      ObjectNode line = run(lost.addObject(), run.lane(), run.owner());
      line.put("closed", run.quietSince().toString()).put("holdsClaim", run.holdsClaim());
      Optional<LaneOutcome> outcome = Optional.ofNullable(cleaned.get(run));
      line.put("end", outcome.map(o -> o.end().name()).orElse(null));
      line.set("withdrawn", Json.tree(outcome.map(LaneOutcome::withdrawn).orElse(List.of())));
    }
    ArrayNode unjudged = out.putArray("notJudged");
    found.unjudged().forEach(run -> run(unjudged.addObject(), run.lane(), run.owner()));
    return out;
  }

  private static ObjectNode run(ObjectNode line, LaneName lane, Owner owner) {
    line.put("lane", lane.value()).put("workflowId", owner.workflowId());
    line.put("runId", owner.runId().value()).put("namespace", owner.namespace());
    return line.put("engine", owner.engine());
  }

  /** One run after the other; one that cannot be withdrawn does not stop the rest. */
  private Map<LostRuns.Lost, LaneOutcome> cleanUp(
      Home home, LaneClient client, List<LostRuns.Lost> lost) throws IOException {
    Map<LostRuns.Lost, LaneOutcome> cleaned = new HashMap<>();
    for (LostRuns.Lost run : lost) {
      try {
        LaneOutcome outcome =
            RollbackCommand.rollBack(this, client, home, run.lane(), run.owner(), Optional.empty());
        outcome.withdrawn().forEach(line -> say("withdrawn  " + line));
        String why = outcome.reject().map(reject -> ": " + reject.render()).orElse("");
        say(outcome.end() + "  " + run.lane() + "  run " + run.owner().runId() + why);
        cleaned.put(run, outcome);
      } catch (LaneException e) {
        warn("not withdrawn  " + ServerFailure.of(e, this).text());
      } catch (CommandFailure e) {
        warn("not withdrawn  " + e.text());
      }
    }
    return cleaned;
  }
}
