package dev.lanekeeper.starter;

import dev.lanekeeper.client.LaneException;
import dev.lanekeeper.text.CommandName;
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
      } catch (LaneException e) {
        throw failure(e);
      } catch (WorkflowException | StatusRuntimeException e) {
        throw failure(connection.lanes().failure(e));
      }
    }
  }

  /** What a call that failed means for a person, with the exit code of its kind. */
  final CommandFailure failure(LaneException e) {
    return switch (e.code()) {
      case NO_WORKERS ->
          of(
              e,
              ExitCode.FAULT,
              CommandCode.WORKER_ABSENT,
              "start a worker, or wait until one is back; the lane goes on from where it was",
              again());
      case UNREACHABLE, BUSY ->
          of(
              e,
              ExitCode.FAULT,
              CommandCode.TEMPORAL_UNREACHABLE,
              "wait until the server answers, then ask again",
              again());
      case NAMESPACE_MISSING ->
          of(
              e,
              ExitCode.USAGE,
              CommandCode.NAMESPACE_MISSING,
              "set TEMPORAL_NAMESPACE to a namespace of the server, or create this one",
              again());
      case RUN_UNKNOWN ->
          of(
              e,
              ExitCode.USAGE,
              CommandCode.LANE_UNKNOWN,
              "name one that the list shows",
              Shell.lanekeeper(CommandName.LIST));
      case CONFLICT ->
          of(
              e,
              ExitCode.REJECTED,
              CommandCode.START_CONFLICT,
              "wait for the other run, or look at what it does",
              Shell.lanekeeper(CommandName.STATUS, e.subject()));
      case ALREADY_ENDED, STALE_HOLD ->
          of(
              e,
              ExitCode.REJECTED,
              CommandCode.UPDATE_REFUSED,
              "look at the lane",
              Shell.lanekeeper(CommandName.STATUS, e.subject()));
      case INVALID, TOO_LARGE, DENIED ->
          of(
              e,
              ExitCode.USAGE,
              CommandCode.SERVER_REFUSED,
              "correct what the server names",
              help());
      case UNREADABLE, FAULT ->
          of(
              e,
              ExitCode.FAULT,
              CommandCode.FAULT,
              "run it again with -v, and read the log",
              common().verbose() ? again() : again() + " -v");
    };
  }

  private static CommandFailure of(
      LaneException e, int exitCode, CommandCode code, String remedy, String command) {
    return new CommandFailure(
        exitCode, code, e.subject(), e.expected(), e.found(), remedy, command);
  }
}
