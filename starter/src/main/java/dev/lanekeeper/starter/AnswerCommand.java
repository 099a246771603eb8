package dev.lanekeeper.starter;

import io.temporal.client.WorkflowStub;
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
    int number = hold == null ? holdOf(connection, lane) : hold;
    send(lane, number, () -> connection.lanes().answer(lane, ownName(), number));
    return 0;
  }

  /** Lets a held lane continue. */
  @Command(name = "resume", description = "Let a held lane go on, after the cause was put right.")
  static final class Resume extends AnswerCommand {}

  /** Ends a held lane; what it published is withdrawn. */
  @Command(name = "abort", description = "Give a held lane up: roll back, then end.")
  static final class Abort extends AnswerCommand {}
}
