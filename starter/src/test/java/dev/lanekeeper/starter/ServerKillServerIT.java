package dev.lanekeeper.starter;

import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** kill -9 of the server inside every activity of a lane, and a start on the same database. */
class ServerKillServerIT {

  @TempDir private Path folder;

  /** The server that is killed; it is started and closed with the bed. */
  Server server(Path folder) throws Exception {
    return new SqliteServer(folder);
  }

  private TestBed bed(Path folder) throws Exception {
    TestBed bed = new TestBed(folder, server(folder.resolve("server")));
    bed.worker();
    return bed;
  }

  /** The activity ends once the server is back. */
  private KillRounds kills() {
    return new KillRounds(
        folder,
        this::bed,
        (bed, lane, gate, activity) -> {
          bed.killServer();
          bed.startServer();
          gate.open();
        });
  }

  /** The activity ends while there is no server. */
  private KillRounds killsWhileDown() {
    return new KillRounds(
        folder,
        this::bed,
        (bed, lane, gate, activity) -> {
          bed.killServer();
          gate.open();
          bed.startServer();
        });
  }

  @Test
  void serverKilledInSomeStages_goesOn_andTheLaneIsAppliedOnce() throws Exception {
    kills().inSomeStages();
  }

  @Test
  @Tag("full")
  void serverKilledInEachStage_goesOn_andTheLaneIsAppliedOnce() throws Exception {
    kills().inEachStage();
  }

  @Test
  @Tag("full")
  void serverKilledInEachStage_whichEndsWhileItIsDown_goesOn() throws Exception {
    killsWhileDown().inEachStage();
  }

  @Test
  void serverKilledInRollbackAndSeal_goesOn_andTheLaneIsRolledBack() throws Exception {
    kills().inCompensation();
  }

  @Test
  @Tag("full")
  void serverKilledInRollbackAndSeal_whichEndWhileItIsDown_goesOn() throws Exception {
    killsWhileDown().inCompensation();
  }
}
