package dev.lanekeeper.starter;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lanekeeper.canonical.Json;
import dev.lanekeeper.client.LaneClient;
import dev.lanekeeper.workflow.Hold;
import dev.lanekeeper.workflow.LaneStatus;
import io.temporal.client.WorkflowStub;
import java.util.Optional;
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
    Optional<String> cutOff = cutOffAs(lane);
    if (common().json()) {
      ObjectNode json =
          cutOff.isPresent() ? Json.object() : (ObjectNode) Json.tree(status(connection, lane));
      json.put("cutOff", cutOff.orElse(null));
      print(json);
      return 0;
    }
    say("workflow  " + lane.getExecution().getWorkflowId());
    say("run       " + lane.getExecution().getRunId());
    if (cutOff.isPresent()) {
      say("phase     " + cutOff.get());
      say(cutOff(this, lane));
      return 0;
    }
    LaneStatus status = status(connection, lane);
    say("phase     " + status.phase() + status.end().map(end -> " " + end).orElse(""));
    new Display(out(), false, false).update(status, System.currentTimeMillis());
    status.hold().ifPresent(hold -> say(held(lane, hold)));
    return 0;
  }

  private static LaneStatus status(Connection connection, WorkflowStub lane) {
    return new LaneClient(connection.client()).status(lane);
  }

  /** Why a lane waits, and the command that answers it. */
  private String held(WorkflowStub lane, Hold hold) {
    String run = lane.getExecution().getRunId();
    String next = Remedies.onServer(common(), Optional.empty(), run, hold);
    return CommandFailure.of(hold.reject(), next).text();
  }
}
