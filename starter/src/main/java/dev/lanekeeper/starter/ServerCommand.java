package dev.lanekeeper.starter;

import dev.lanekeeper.client.LaneClient;
import dev.lanekeeper.workflow.LaneStatus;
import io.temporal.client.WorkflowExecutionMetadata;
import io.temporal.client.WorkflowStub;
import io.temporal.client.WorkflowTargetOptions;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/** A command against a real server. */
abstract class ServerCommand extends LaneCommand {

  abstract int perform(Connection connection) throws CommandFailure, IOException;

  @Override
  final int perform() throws CommandFailure, IOException {
    try (Connection connection =
        Connection.server(System.getenv(), WorkerProcess.identity(), again())) {
      return perform(connection);
    }
  }

  /** The newest run that a lane's name or a workflow id means; open ones first. */
  WorkflowStub find(Connection connection, String which) throws CommandFailure {
    String name = which.replace("'", "");
    String query =
        "WorkflowType = 'Lane' AND (WorkflowId = '"
            + name
            + "' OR WorkflowId STARTS_WITH '"
            + name
            + ":' OR LaneName = '"
            + name
            + "')";
    List<WorkflowExecutionMetadata> found =
        connection.client().listExecutions(query).limit(1000).toList();
    Optional<WorkflowExecutionMetadata> open =
        found.stream().filter(e -> e.getCloseTime() == null).findFirst();
    WorkflowExecutionMetadata chosen =
        open.or(() -> found.stream().findFirst()).orElseThrow(() -> unknown(which, connection));
    return connection
        .client()
        .newUntypedWorkflowStub(
            WorkflowTargetOptions.newBuilder()
                .setWorkflowId(chosen.getExecution().getWorkflowId())
                .setRunId(chosen.getExecution().getRunId())
                .build(),
            Optional.of(chosen.getWorkflowType()));
  }

  private CommandFailure unknown(String which, Connection connection) {
    return new CommandFailure(
        ExitCode.USAGE,
        "RUN_UNKNOWN",
        which,
        "a lane or workflow id that ran in namespace " + connection.namespace(),
        "none of that name",
        "name one that the list shows",
        Shell.lanekeeper("list"));
  }

  /** The hold that a lane waits at. */
  int holdOf(Connection connection, WorkflowStub lane) throws CommandFailure {
    LaneStatus status = new LaneClient(connection.client()).status(lane);
    if (status.hold().isEmpty()) {
      throw new CommandFailure(
          ExitCode.REJECTED,
          "NOT_HELD",
          lane.getExecution().getWorkflowId(),
          "a lane that is held",
          "a lane that is " + status.phase(),
          "look at it",
          Shell.lanekeeper("status", lane.getExecution().getWorkflowId()));
    }
    return status.hold().get().number();
  }
}
