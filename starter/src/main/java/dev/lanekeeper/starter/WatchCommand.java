package dev.lanekeeper.starter;

import dev.lanekeeper.client.LaneRun;
import io.temporal.api.common.v1.WorkflowExecution;
import java.io.IOException;
import picocli.CommandLine.Command;

/** Follows a lane. */
@Command(
    name = "watch",
    description = "Follow a lane on the server until it ends or holds; exit codes as 'run'.")
final class WatchCommand extends RunOnServerCommand {

  @Override
  int perform(Connection connection) throws CommandFailure, IOException {
    WorkflowExecution lane = lane(connection).getExecution();
    LaneRun run = connection.lanes().run(lane.getWorkflowId(), lane.getRunId());
    return new FollowedLane(this, connection, run).toItsEnd();
  }
}
