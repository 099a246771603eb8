package dev.lanekeeper.starter;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.kb.KnowledgeBase;
import dev.lanekeeper.kb.LedgerEntry;
import dev.lanekeeper.lane.LaneName;
import dev.lanekeeper.testkit.RunIds;
import dev.lanekeeper.worker.Home;
import dev.lanekeeper.workflow.LaneEnd;
import dev.lanekeeper.workflow.Owner;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a server shows of a lane's end counts when the home's ledger has that very end. */
final class LedgerWordTest {

  private static final LaneName LANE = new LaneName("lane");
  private static final Optional<Digest> PLAN = Optional.of(Digest.of("plan"));

  @TempDir private Path folder;
  private final Connection connection = Connection.embedded();
  private Home home;
  private KnowledgeBase kb;

  @BeforeEach
  void make() throws Exception {
    home = new Home(folder.resolve("home"), Clock.systemUTC());
    home.createKnowledgeBase("no-production");
    kb = home.knowledgeBase();
  }

  @AfterEach
  void close() {
    connection.close();
  }

  private Owner run(String engine, String name) {
    return new Owner(engine, connection.namespace(), "workflow", RunIds.of(name));
  }

  private void opened(Owner owner) throws IOException {
    kb.record(new LedgerEntry.RunOpened(owner, LANE, PLAN, "agent", Optional.empty()));
  }

  private void ended(Owner owner, LaneEnd end) throws IOException {
    kb.record(new LedgerEntry.RunEnded(owner, LANE, PLAN, end, Optional.empty()));
  }

  private boolean confirmed(String run, LaneEnd shown) throws IOException {
    RunOnServer onServer = new RunOnServer("workflow", RunIds.of(run).value());
    return LedgerWord.of(home, connection, onServer, shown, false).confirmed();
  }

  @Test
  void end_thatTheLedgerHas_isConfirmed_andAnotherOrNoneIsNot() throws Exception {
    Owner run = run(connection.engine(), "run");
    opened(run);
    assertThat(confirmed("run", LaneEnd.APPLIED)).as("no end yet").isFalse();
    ended(run, LaneEnd.ROLLED_BACK);
    assertThat(confirmed("run", LaneEnd.APPLIED)).as("another end").isFalse();
    assertThat(confirmed("run", LaneEnd.ROLLED_BACK)).isTrue();
  }

  @Test
  void end_thatTheServerShowsStill_isNotTheOneOfTheLedgerNow() throws Exception {
    Owner run = run(connection.engine(), "run");
    opened(run);
    ended(run, LaneEnd.APPLIED);
    RunOnServer onServer = new RunOnServer("workflow", RunIds.of("run").value());
    kb.record(new LedgerEntry.Reopened(run, 1, Digest.of(new byte[0])));
    assertThat(LedgerWord.of(home, connection, onServer, LaneEnd.APPLIED, false).now())
        .isEqualTo("ROLLING_BACK");
    ended(run, LaneEnd.ROLLED_BACK);
    LedgerWord since = LedgerWord.of(home, connection, onServer, LaneEnd.APPLIED, false);
    assertThat(since.confirmed()).isTrue();
    assertThat(since.now()).isEqualTo("ROLLED_BACK");
    assertThat(since.words()).isEqualTo("APPLIED at first, and ROLLED_BACK since");
    assertThat(LedgerWord.of(home, connection, onServer, LaneEnd.ABORTED, false).now())
        .isEqualTo("UNVERIFIED");
  }

  @Test
  void run_ofTheSameWorkflow_isNotTakenForAnother() throws Exception {
    Owner applied = run(connection.engine(), "applied");
    opened(applied);
    ended(applied, LaneEnd.APPLIED);
    assertThat(confirmed("applied", LaneEnd.APPLIED)).isTrue();
    assertThat(confirmed("another", LaneEnd.APPLIED)).isFalse();
  }

  @Test
  void run_ofAnotherServer_isNotTakenForThisOnes() throws Exception {
    Owner elsewhere = run("temporal-elsewhere", "run");
    opened(elsewhere);
    ended(elsewhere, LaneEnd.APPLIED);
    assertThat(confirmed("run", LaneEnd.APPLIED)).isFalse();
  }
}
