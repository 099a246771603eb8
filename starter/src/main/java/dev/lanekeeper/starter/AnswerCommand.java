package dev.lanekeeper.starter;

import dev.lanekeeper.client.LaneClient;
import io.temporal.client.WorkflowNotFoundException;
import io.temporal.client.WorkflowStub;
import io.temporal.client.WorkflowUpdateException;
import io.temporal.failure.ApplicationFailure;
import java.io.IOException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Answers a held lane on a server. */
abstract class AnswerCommand extends RunOnServerCommand {

  @Option(
      names = "--hold",
      paramLabel = "N",
      description = "The hold that you answer. Default: the one that the lane waits at now.")
  private Integer hold;

  @Override
  int perform(Connection connection) throws CommandFailure, IOException {
    WorkflowStub lane = lane(connection);
    answer(connection, lane, hold == null ? holdOf(connection, lane) : hold);
    return 0;
  }

  private void answer(Connection connection, WorkflowStub lane, int number) throws CommandFailure {
    String id = lane.getExecution().getWorkflowId();
    try {
      new LaneClient(connection.client()).answer(lane, word(), number);
    } catch (WorkflowUpdateException e) {
      throw refused(
          id,
          number,
          e.getCause() instanceof ApplicationFailure refused
              ? refused.getOriginalMessage()
              : String.valueOf(e.getMessage()));
    } catch (WorkflowNotFoundException e) {
      throw refused(id, number, "one that has ended");
    }
    say("sent " + word() + " for hold " + number + " of " + id);
    say("follow it  " + Shell.lanekeeper("watch", id));
  }

  private CommandFailure refused(String id, int number, String actual) {
    return new CommandFailure(
        ExitCode.REJECTED,
        "UPDATE_REFUSED",
        id,
        "a lane that can " + word() + " hold " + number,
        actual,
        "look at the lane",
        Shell.lanekeeper("status", id));
  }

  /** Goes on. */
  @Command(name = "resume", description = "Let a held lane go on, after the cause was put right.")
  static final class Resume extends AnswerCommand {
    @Override
    String word() {
      return "resume";
    }
  }

  /** Gives up. */
  @Command(name = "abort", description = "Give a held lane up: roll back, then end.")
  static final class Abort extends AnswerCommand {
    @Override
    String word() {
      return "abort";
    }
  }
}
