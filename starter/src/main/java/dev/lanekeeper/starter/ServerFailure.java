package dev.lanekeeper.starter;

import dev.lanekeeper.client.LaneException;
import dev.lanekeeper.text.CommandName;

/** Calls of a server that failed, in words for people. */
final class ServerFailure {

  private ServerFailure() {}

  /** What a call that failed means for a person, with the exit code of its kind. */
  static CommandFailure of(LaneException e, LaneCommand command) {
    return switch (e.code()) {
      case NO_WORKERS ->
          of(
              e,
              ExitCode.FAULT,
              CommandCode.WORKER_ABSENT,
              "start a worker, or wait until one is back; the lane goes on from where it was",
              command.again());
      case UNREACHABLE, BUSY ->
          of(
              e,
              ExitCode.FAULT,
              CommandCode.TEMPORAL_UNREACHABLE,
              "wait until the server answers, then ask again",
              command.again());
      case NAMESPACE_MISSING ->
          of(
              e,
              ExitCode.USAGE,
              CommandCode.NAMESPACE_MISSING,
              "set TEMPORAL_NAMESPACE to a namespace of the server, or create this one",
              command.again());
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
              command.help());
      case UNREADABLE, FAULT ->
          of(
              e,
              ExitCode.FAULT,
              CommandCode.FAULT,
              "run it again with -v, and read the log",
              command.common().verbose() ? command.again() : command.again() + " -v");
    };
  }

  private static CommandFailure of(
      LaneException e, int exitCode, CommandCode code, String remedy, String command) {
    return new CommandFailure(
        exitCode, code, e.subject(), e.expected(), e.found(), remedy, command);
  }
}
