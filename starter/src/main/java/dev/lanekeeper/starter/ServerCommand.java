package dev.lanekeeper.starter;

import io.grpc.StatusRuntimeException;
import io.temporal.client.WorkflowException;
import java.io.IOException;

/** A command against a real server. */
abstract class ServerCommand extends LaneCommand {

  abstract int perform(Connection connection) throws CommandFailure, IOException;

  @Override
  int perform() throws CommandFailure, IOException {
    try (Connection connection =
        Connection.server(System.getenv(), WorkerProcess.identity(), again())) {
      try {
        return perform(connection);
      } catch (WorkflowException | StatusRuntimeException e) {
        throw connection.lanes().failure(e);
      }
    }
  }
}
