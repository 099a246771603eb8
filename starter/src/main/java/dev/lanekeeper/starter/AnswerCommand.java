package dev.lanekeeper.starter;

import dev.lanekeeper.client.LaneClient;
import io.temporal.client.WorkflowNotFoundException;
import io.temporal.client.WorkflowStub;
import io.temporal.client.WorkflowUpdateException;
import io.temporal.failure.ApplicationFailure;
import java.io.IOException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Answers a held lane on a server. */
abstract class AnswerCommand extends ServerCommand {

  @Parameters(paramLabel = "LANE|WORKFLOW_ID", description = "The held lane.")
  private String which;

  @Option(
      names = "--hold",
      paramLabel = "N",
      description = "The hold that you answer. Default: the one that the lane waits at now.")
  private Integer hold;

  abstract String update();

  @Override
  String subject() {
    return which;
  }

  @Override
  String again() {
    return Shell.lanekeeper(update(), which);
  }

  @Override
  int perform(Connection connection) throws CommandFailure, IOException {
    WorkflowStub lane = find(connection, which);
    answer(connection, lane, hold == null ? holdOf(connection, lane) : hold);
    return 0;
  }

  private void answer(Connection connection, WorkflowStub lane, int number) throws CommandFailure {
    String id = lane.getExecution().getWorkflowId();
    try {
      new LaneClient(connection.client()).answer(lane, update(), number);
    } catch (WorkflowUpdateException e) {
      String reason =
          e.getCause() instanceof ApplicationFailure refused
              ? refused.getOriginalMessage()
              : String.valueOf(e.getMessage());
      throw new CommandFailure(
          ExitCode.REJECTED,
          "UPDATE_REFUSED",
          id,
          "a lane that can " + update() + " hold " + number,
          reason,
          "look at the lane",
          Shell.lanekeeper("status", id));
    } catch (WorkflowNotFoundException e) {
      throw new CommandFailure(
          ExitCode.REJECTED,
          "UPDATE_REFUSED",
          id,
          "an open lane",
          "one that has ended",
          "look at the lane",
          Shell.lanekeeper("status", id));
    }
    say("sent " + update() + " for hold " + number + " of " + id);
    say("follow it  " + Shell.lanekeeper("watch", id));
  }

  /** Goes on. */
  @Command(name = "resume", description = "Let a held lane go on, after the cause was put right.")
  static final class Resume extends AnswerCommand {
    @Override
    String update() {
      return "resume";
    }
  }

  /** Gives up. */
  @Command(name = "abort", description = "Give a held lane up: roll back, then end.")
  static final class Abort extends AnswerCommand {
    @Override
    String update() {
      return "abort";
    }
  }
}
