package dev.lanekeeper.starter;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.temporal.client.WorkflowServiceException;
import java.io.IOException;
import java.util.Optional;
import java.util.Set;

/** A command against a real server. */
abstract class ServerCommand extends LaneCommand {

  abstract int perform(Connection connection) throws CommandFailure, IOException;

  @Override
  int perform() throws CommandFailure, IOException {
    try (Connection connection =
        Connection.server(System.getenv(), WorkerProcess.identity(), again())) {
      return perform(connection);
    } catch (WorkflowServiceException e) {
      throw unanswered(e).orElseThrow(() -> e);
    }
  }

  /** Nobody answered in time for a lane: the server is there, and says so or gives up. */
  private Optional<CommandFailure> unanswered(WorkflowServiceException e) {
    boolean nobody =
        e.getCause() instanceof StatusRuntimeException status
            && Set.of(Status.Code.FAILED_PRECONDITION, Status.Code.DEADLINE_EXCEEDED)
                .contains(status.getStatus().getCode());
    return nobody
        ? Optional.of(
            new CommandFailure(
                ExitCode.FAULT,
                CommandCode.WORKER_ABSENT,
                e.getExecution().getWorkflowId(),
                "a worker that answers for the lane",
                Faults.innermost(e).orElse("none"),
                "start a worker, or wait until one is back; the lane goes on from where it was",
                again()))
        : Optional.empty();
  }
}
