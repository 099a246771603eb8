package dev.lanekeeper.starter;

import dev.lanekeeper.worker.Home;
import dev.lanekeeper.worker.Role;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Runs a worker. */
@Command(name = "worker", description = "Run lanes that are started on a Temporal server.")
final class WorkerCommand extends LaneCommand {

  @Option(
      names = "--role",
      paramLabel = "ROLE",
      description =
          "executor (workflows, S0 to S6, Rollback, Seal), reviewer (S7) or both. Default: both;"
              + " a review by the executor's process is not independent, and evidence says so.")
  private String role = "both";

  @Option(
      names = "--lanes",
      paramLabel = "DIR",
      description = "The catalogue: a folder with a folder for each lane.")
  private Path lanes;

  @Option(
      names = "--identity",
      paramLabel = "NAME",
      description = "What server and evidence show as this worker. Default: process and host.")
  private String identity = WorkerProcess.identity();

  @Override
  String subject() {
    return "worker";
  }

  @Override
  String again() {
    return Shell.lanekeeper(common().with("worker"));
  }

  @Override
  int perform() throws CommandFailure, IOException {
    Role parsed = role();
    Home home = common().home();
    if (!home.hasKnowledgeBase()) {
      throw common().kbMissing();
    }
    FileChannel lock = common().lockShared(home, again());
    Connection connection = Connection.server(System.getenv(), identity, again());
    Optional<String> unregistered = WorkerProcess.register(connection);
    if (unregistered.isPresent()) {
      connection.close();
      throw new CommandFailure(
          ExitCode.FAULT,
          "SEARCH_ATTRIBUTES_MISSING",
          connection.namespace(),
          "the search attributes of lanes, or the right to register them",
          "neither",
          "let an administrator of the namespace run the command; a lane would hang without them",
          unregistered.get());
    }
    WorkerProcess worker =
        WorkerProcess.start(
            home, lock, connection, parsed, lanes == null ? home.folder() : lanes, identity);
    say(
        "worker "
            + identity
            + " ("
            + parsed.name().toLowerCase(Locale.ROOT)
            + ") ready on "
            + connection.address()
            + ", namespace "
            + connection.namespace()
            + ", home "
            + home.folder());
    WorkerProcess.untilStopped(worker);
    return 0;
  }

  private Role role() throws CommandFailure {
    try {
      return Role.valueOf(role.toUpperCase(Locale.ROOT));
    } catch (IllegalArgumentException e) {
      throw new CommandFailure(
          ExitCode.USAGE,
          "ROLE_UNKNOWN",
          role,
          "executor, reviewer or both",
          role,
          "name one of them",
          Shell.lanekeeper(common().with("worker", "--role", "both")));
    }
  }
}
