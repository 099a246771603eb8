package dev.lanekeeper.starter;

import java.io.IOException;
import java.util.Optional;
import picocli.CommandLine.Command;

/** Follows a lane. */
@Command(
    name = "watch",
    description = "Follow a lane on the server until it ends or holds; exit codes as 'run'.")
final class WatchCommand extends RunOnServerCommand {

  @Override
  int perform(Connection connection) throws CommandFailure, IOException {
    return new FollowedLane(this, connection, lane(connection), Optional.empty()).toItsEnd();
  }
}
