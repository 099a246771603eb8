package dev.lanekeeper.starter;

import dev.lanekeeper.client.LaneClient;
import dev.lanekeeper.workflow.LaneAttributes;
import dev.lanekeeper.workflow.LaneEnd;
import dev.lanekeeper.workflow.LaneOutcome;
import dev.lanekeeper.workflow.LaneStatus;
import io.temporal.client.WorkflowException;
import io.temporal.client.WorkflowStub;
import io.temporal.failure.ApplicationFailure;
import io.temporal.failure.CanceledFailure;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import picocli.CommandLine.Command;

/** Follows a lane. */
@Command(
    name = "watch",
    description = "Follow a lane on the server until it ends or holds; exit codes as 'run'.")
final class WatchCommand extends RunOnServerCommand {

  @Override
  String word() {
    return "watch";
  }

  @Override
  int perform(Connection connection) throws CommandFailure {
    return follow(this, connection, lane(connection));
  }

  /** Shows the stages until the lane ends or holds. */
  static int follow(LaneCommand command, Connection connection, WorkflowStub lane)
      throws CommandFailure {
    LaneClient client = new LaneClient(connection.client());
    Display display =
        new Display(
            command.out(), Boolean.getBoolean("lanekeeper.terminal"), command.common().json());
    CompletableFuture<LaneOutcome> result = lane.getResultAsync(LaneOutcome.class);
    String id = lane.getExecution().getWorkflowId();
    while (true) {
      try {
        LaneOutcome outcome = result.get(200, TimeUnit.MILLISECONDS);
        display.update(client.status(lane), System.currentTimeMillis());
        return ended(command, id, outcome.end().name(), ExitCode.of(outcome.end()), "");
      } catch (TimeoutException stillRunning) {
        LaneStatus status = client.status(lane);
        display.update(status, System.currentTimeMillis());
        if (status.phase() == LaneStatus.Phase.HELD && status.hold().isPresent()) {
          command.err().println(StatusCommand.held(id, status.hold().get()));
          return ended(command, id, "HELD", ExitCode.HELD, "");
        }
      } catch (ExecutionException | CompletionException e) {
        return failed(command, lane, e.getCause());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return ExitCode.FAULT;
      }
    }
  }

  private static int failed(LaneCommand command, WorkflowStub lane, Throwable failure) {
    String id = lane.getExecution().getWorkflowId();
    if (failure instanceof WorkflowException workflow) {
      if (workflow.getCause() instanceof ApplicationFailure application) {
        int code =
            application.getDetails().getSize() > 0
                ? ExitCode.of(application.getDetails().get(LaneOutcome.class).end())
                : ExitCode.REJECTED;
        return ended(command, id, application.getType(), code, application.getOriginalMessage());
      }
      if (workflow.getCause() instanceof CanceledFailure && applied(lane)) {
        String late = "The cancellation came after the lane was applied, and changed nothing.";
        return ended(command, id, LaneEnd.APPLIED.name(), ExitCode.APPLIED, late);
      }
      if (workflow.getCause() instanceof CanceledFailure) {
        return ended(command, id, "CANCELED", ExitCode.CANCELED, workflow.getCause().getMessage());
      }
    }
    return ended(command, id, "FAULT", ExitCode.FAULT, String.valueOf(failure.getMessage()));
  }

  private static boolean applied(WorkflowStub lane) {
    return LaneEnd.APPLIED
        .name()
        .equals(lane.describe().getTypedSearchAttributes().get(LaneAttributes.STATUS));
  }

  private static int ended(
      LaneCommand command, String id, String status, int exitCode, String message) {
    if (command.common().json()) {
      command
          .out()
          .println(
              new Answer(id).put("status", status).put("workflowId", id).exit(exitCode).text());
    }
    command.say("");
    command.say(status);
    if (!message.isEmpty()) {
      command.err().println(message);
    }
    return exitCode;
  }
}
