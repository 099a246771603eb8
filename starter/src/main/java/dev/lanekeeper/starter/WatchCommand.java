package dev.lanekeeper.starter;

import dev.lanekeeper.client.LaneClient;
import dev.lanekeeper.workflow.LaneEnd;
import dev.lanekeeper.workflow.LaneOutcome;
import dev.lanekeeper.workflow.LaneStatus;
import io.temporal.client.WorkflowStub;
import io.temporal.failure.ApplicationFailure;
import io.temporal.failure.CanceledFailure;
import io.temporal.failure.TerminatedFailure;
import io.temporal.failure.TimeoutFailure;
import java.util.Optional;
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
    Optional<String> cutOff = RunOnServerCommand.cutOffAs(lane);
    if (cutOff.isPresent()) {
      return cutOff(command, lane, cutOff.get());
    }
    while (true) {
      try {
        LaneOutcome outcome = result.get(200, TimeUnit.MILLISECONDS);
        display.update(client.status(lane), System.currentTimeMillis());
        return ended(command, id, outcome.end().name(), ExitCode.of(outcome.end()), "");
      } catch (TimeoutException stillRunning) {
        LaneStatus status = client.status(lane);
        display.update(status, System.currentTimeMillis());
        if (status.hold().isPresent() && !result.isDone()) {
          command.err().println(StatusCommand.held(lane, status.hold().get()));
          return ended(command, id, "HELD", ExitCode.HELD, "");
        }
      } catch (ExecutionException | CompletionException e) {
        return failed(command, connection, client, lane, e.getCause());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return ExitCode.FAULT;
      }
    }
  }

  private static int failed(
      LaneCommand command,
      Connection connection,
      LaneClient client,
      WorkflowStub lane,
      Throwable failure)
      throws CommandFailure {
    String id = lane.getExecution().getWorkflowId();
    Throwable cause = failure.getCause();
    if (cause instanceof ApplicationFailure application) {
      int code =
          LaneClient.outcome(failure).map(o -> ExitCode.of(o.end())).orElse(ExitCode.REJECTED);
      return ended(command, id, application.getType(), code, application.getOriginalMessage());
    }
    if (cause instanceof CanceledFailure) {
      return canceled(command, client, lane, cause.getMessage());
    }
    if (cause instanceof TerminatedFailure || cause instanceof TimeoutFailure) {
      // A reset ends a run that goes on as another.
      WorkflowStub newest = RunOnServerCommand.newest(connection, lane);
      if (!newest.getExecution().getRunId().equals(lane.getExecution().getRunId())) {
        return follow(command, connection, newest);
      }
      return cutOff(command, lane, cause instanceof TerminatedFailure ? "TERMINATED" : "TIMED_OUT");
    }
    return ended(command, id, "FAULT", ExitCode.FAULT, String.valueOf(failure.getMessage()));
  }

  private static int cutOff(LaneCommand command, WorkflowStub lane, String word) {
    String id = lane.getExecution().getWorkflowId();
    return ended(command, id, word, ExitCode.FAULT, RunOnServerCommand.cutOff(command, lane));
  }

  /** A lane that was canceled ends so for Temporal, whatever it came to. */
  private static int canceled(
      LaneCommand command, LaneClient client, WorkflowStub lane, String message) {
    String id = lane.getExecution().getWorkflowId();
    LaneEnd end = client.status(lane).end().orElse(LaneEnd.CANCELED);
    String said =
        switch (end) {
          case CANCELED -> message;
          case APPLIED -> "The cancellation came after the lane was applied, and changed nothing.";
          default -> "The lane was canceled, and ended " + end + ": see its report.";
        };
    return ended(command, id, end.name(), ExitCode.of(end), said);
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
