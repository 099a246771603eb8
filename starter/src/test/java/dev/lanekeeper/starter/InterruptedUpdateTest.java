package dev.lanekeeper.starter;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lanekeeper.evidence.FileTree;
import dev.lanekeeper.kb.LedgerEntry;
import dev.lanekeeper.testkit.CutLedger;
import dev.lanekeeper.testkit.TestLane;
import dev.lanekeeper.worker.Home;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** A run of a lane that revises a document died after S5; the same plan again goes on. */
@Execution(ExecutionMode.CONCURRENT) // each has a home of its own, and waits much of its time
class InterruptedUpdateTest {

  private static final Path HANDBOOK = TestLane.ROOT.resolve("examples/handbook-release");

  @TempDir private Path folder;
  private Path home;
  private Map<String, byte[]> before;

  @BeforeEach
  void interrupted() throws Exception {
    home = folder.resolve("home");
    before = FileTree.read(HANDBOOK.resolve("kb"));
    done("kb", "create", "--environment", "handbook", "--home", home);
    done("kb", "import", HANDBOOK.resolve("kb"), "--home", home);
    for (String name : before.keySet()) {
      Files.setPosixFilePermissions(
          home.resolve("kb").resolve(name), PosixFilePermissions.fromString("rw-r-----"));
    }
    done("run", HANDBOOK, "--home", home);
  }

  private static Cli done(Object... words) {
    Cli command = Cli.run(words);
    assertThat(command.exitCode()).as(command.out() + command.err()).isZero();
    return command;
  }

  private long count(Class<? extends LedgerEntry> type) throws Exception {
    return new Home(home, Clock.systemUTC()).reader().ledger().all(type).count();
  }

  private void goesOn() throws Exception {
    Map<String, byte[]> published = new TreeMap<>(FileTree.read(home.resolve("kb")));
    long intents = count(LedgerEntry.Intent.class);
    assertThat(done("plan", HANDBOOK, "--home", home).out()).contains("nothing stands in the way");
    Cli again = done("run", HANDBOOK, "--home", home, "--json");
    assertThat(again.json().path("status").asText()).isEqualTo("APPLIED");
    assertThat(count(LedgerEntry.Intent.class)).as("published once").isEqualTo(intents);
    assertThat(FileTree.read(home.resolve("kb"))).usingRecursiveComparison().isEqualTo(published);
    done("grant", "rollback", "handbook-release", "--home", home);
    done("rollback", "handbook-release", "--home", home);
    assertThat(FileTree.read(home.resolve("kb"))).usingRecursiveComparison().isEqualTo(before);
    for (String name : before.keySet()) {
      assertThat(
              PosixFilePermissions.toString(
                  Files.getPosixFilePermissions(home.resolve("kb").resolve(name))))
          .as(name)
          .isEqualTo("rw-r-----");
    }
  }

  @Test
  void run_afterOneThatDiedWhenAllWasPublished_isApplied_andCanBeRolledBack() throws Exception {
    CutLedger.afterTheLast("Outcome", home.resolve("ledger"));
    goesOn();
  }

  @Test
  void run_afterOneThatDiedBeforeItRecordedItsLastPublication_isApplied() throws Exception {
    CutLedger.afterTheLast("Intent", home.resolve("ledger"));
    goesOn();
  }
}
