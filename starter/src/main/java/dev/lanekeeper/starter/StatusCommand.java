package dev.lanekeeper.starter;

import dev.lanekeeper.canonical.Json;
import dev.lanekeeper.client.LaneClient;
import dev.lanekeeper.workflow.Hold;
import dev.lanekeeper.workflow.LaneStatus;
import io.temporal.client.WorkflowStub;
import java.nio.charset.StandardCharsets;
import picocli.CommandLine.Command;

/** Shows where a lane stands. */
@Command(name = "status", description = "Show where a lane on the server stands, and why it waits.")
final class StatusCommand extends RunOnServerCommand {

  @Override
  String word() {
    return "status";
  }

  @Override
  int perform(Connection connection) throws CommandFailure {
    WorkflowStub lane = lane(connection);
    LaneStatus status = new LaneClient(connection.client()).status(lane);
    if (common().json()) {
      out().println(new String(Json.pretty(Json.tree(status)), StandardCharsets.UTF_8).strip());
      return 0;
    }
    say("workflow  " + lane.getExecution().getWorkflowId());
    say("run       " + lane.getExecution().getRunId());
    say("phase     " + status.phase());
    new Display(out(), false, false).update(status, System.currentTimeMillis());
    status.hold().ifPresent(hold -> say(held(lane.getExecution().getWorkflowId(), hold)));
    return 0;
  }

  /** Why a lane waits, and the command that answers it. */
  static String held(String workflowId, Hold hold) {
    return CommandFailure.of(
            hold.reject(),
            Shell.lanekeeper("resume", workflowId, "--hold", String.valueOf(hold.number())))
        .text();
  }
}
