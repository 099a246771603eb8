package dev.lanekeeper.starter;

import java.nio.file.Path;
import org.junit.jupiter.api.Tag;

/** The same kills of Temporal's own server, on PostgreSQL. */
@Tag("full") // needs PostgreSQL, and the full server beside the CLI, which takes minutes to build
class PostgresKillServerIT extends ServerKillServerIT {

  @Override
  Server server(Path folder) throws Exception {
    return new PostgresServer(folder);
  }

  /** Not run: here each stage is, by the other test. */
  @Override
  void serverKilledInSomeStages_goesOn_andTheLaneIsAppliedOnce() {}
}
