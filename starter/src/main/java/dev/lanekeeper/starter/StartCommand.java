package dev.lanekeeper.starter;

import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.client.LaneClient;
import dev.lanekeeper.client.LaneRun;
import dev.lanekeeper.evidence.Bundle;
import dev.lanekeeper.kb.LedgerEntry;
import dev.lanekeeper.lane.LaneName;
import dev.lanekeeper.lane.Plan;
import dev.lanekeeper.text.CommandName;
import dev.lanekeeper.worker.Home;
import dev.lanekeeper.workflow.LaneRequest;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Starts a lane on a server. */
@Command(
    name = "start",
    description = {
      "Start a lane on the server, for the workers there; attach when the same plan is under way.",
      "The same as the workflow type Lane in the Web UI with {\"lane\": \"NAME\"}."
    })
final class StartCommand extends ServerCommand {

  @Parameters(
      paramLabel = "LANE_DIR",
      description = "The lane's folder; its bytes go into the home.")
  private Path folder;

  @Option(names = "--grant", paramLabel = "FILE", description = "A grant that the owner signed.")
  private Path grantFile;

  @Mixin private AgentKey agentKey;

  @Option(names = "--note", paramLabel = "TEXT", description = "Anything you want to say.")
  private String note;

  @Option(names = "--wait", description = "Follow the lane until it ends or holds, as 'watch'.")
  private boolean wait;

  @Override
  String subject() {
    return folder.toString();
  }

  @Override
  int perform(Connection connection) throws CommandFailure, IOException {
    if (note != null) {
      words("--note", note, 1000);
    }
    Bundle bundle = bundle(folder);
    Plan plan = bundle.plan();
    LaneName name = plan.lane().metadata().name();
    Home home = common().homeWithKnowledgeBase(plan);
    Optional<Digest> grant = grant(home);
    home.evidence().putBundle(bundle);
    String kbId = home.reader().identity().id();
    String workflowId = LaneClient.workflowId(name, kbId, plan.digest());
    Answer answer = new Answer(name.value()).put("planDigest", plan.digest().hex());
    Optional<LedgerEntry.RunEnded> applied = home.reader().ledger().applied(plan.digest());
    if (applied.isPresent()) {
      LaneResult.applied(answer, home, plan, applied.get());
      say("already applied by run " + applied.get().owner().runId() + "; nothing was changed");
      return print(answer);
    }
    LaneRequest request =
        new LaneRequest(
            name,
            Optional.of(plan.digest()),
            Optional.of(plan.digest()),
            Optional.of(kbId),
            grant,
            Optional.of(Common.operator()),
            Optional.ofNullable(note),
            Optional.empty());
    LaneRun lane = connection.lanes().start(workflowId, agentKey.prove(request, workflowId));
    say("workflow   " + workflowId);
    say("run        " + lane.runId());
    if (wait) {
      return new FollowedLane(this, connection, lane).toItsEnd();
    }
    say("follow it  " + Shell.lanekeeper(CommandName.WATCH, workflowId));
    return print(
        answer
            .put("status", "STARTED")
            .put("statusToken", LaneResult.token(plan, "STARTED"))
            .put("workflowId", workflowId)
            .put("runId", lane.runId())
            .exit(0));
  }

  private Optional<Digest> grant(Home home) throws CommandFailure, IOException {
    String[] again = common().with(CommandName.START, folder.toString(), "--grant", "GRANT_FILE");
    return grantFile == null
        ? Optional.empty()
        : Optional.of(new Authority(home).store(grantFile, again));
  }
}
