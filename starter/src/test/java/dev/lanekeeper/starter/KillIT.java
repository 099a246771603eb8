package dev.lanekeeper.starter;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lanekeeper.canonical.DirHash;
import dev.lanekeeper.evidence.FileTree;
import dev.lanekeeper.kb.LedgerEntry;
import dev.lanekeeper.kb.LedgerState;
import dev.lanekeeper.testkit.TestLane;
import dev.lanekeeper.worker.Home;
import dev.lanekeeper.workflow.LaneEnd;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * kill -9 of the real process at twenty moments spread over a whole run, counted in facts of the
 * ledger, and then the same command again, and in a copy of what was left a rollback. Some of the
 * moments by default, each with the tag "full".
 */
@Execution(ExecutionMode.CONCURRENT)
class KillIT {

  private static final int MOMENTS = 20;
  private static int factsOfARun;
  private static String initialTree;

  @TempDir private static Path shared;
  @TempDir private Path folder;

  @BeforeAll
  static void measure() throws Exception {
    Path home = shared.resolve("home");
    Jar.Result first = Jar.run(shared, "run", TestLane.FIX7, "--home", home);
    assertThat(first.exitCode()).as(first.out()).isZero();
    factsOfARun = facts(home);
    initialTree = DirHash.ofBytes(FileTree.read(TestLane.FIX7.resolve("kb"))).hex();
  }

  private static int facts(Path home) throws IOException {
    Path ledger = home.resolve("ledger/ledger.jsonl");
    return Files.exists(ledger) ? Files.readString(ledger).split("\n", -1).length - 1 : 0;
  }

  /** The beginning, the stages before anything is published, between both, and the end. */
  static IntStream someMoments() {
    return IntStream.of(0, 14);
  }

  static IntStream theOthers() {
    return IntStream.range(0, MOMENTS).filter(m -> someMoments().noneMatch(some -> some == m));
  }

  /** Starts a run and kills it once the ledger holds so many facts. */
  private Path killedHome(int moment) throws Exception {
    Path home = folder.resolve("home");
    int at = 1 + moment * (factsOfARun - 1) / (MOMENTS - 1);
    Process process = Jar.start(folder.resolve("killed.txt"), "run", TestLane.FIX7, "--home", home);
    while (process.isAlive() && facts(home) < at) {
      Thread.sleep(1);
    }
    process.destroyForcibly().waitFor();
    return home;
  }

  private static LedgerState ledger(Path home) throws IOException {
    return new Home(home, Clock.systemUTC()).reader().ledger();
  }

  private static String tree(Path home) throws IOException {
    return DirHash.ofBytes(FileTree.read(home.resolve("kb"))).hex();
  }

  @ParameterizedTest
  @MethodSource("someMoments")
  void kill_thenTheSameCommandApplies_andARollbackWithdraws(int moment) throws Exception {
    Path killed = killedHome(moment);
    Path copy = folder.resolve("copy");
    assertThat(new ProcessBuilder("cp", "-a", "" + killed, "" + copy).start().waitFor()).isZero();
    theSameCommandAppliesOnceAndOnly(killed);
    rollbackWithdrawsExactlyWhatWasPublished(copy);
  }

  @Tag("full")
  @ParameterizedTest
  @MethodSource("theOthers")
  void kill_atTheOtherMoments_likewise(int moment) throws Exception {
    kill_thenTheSameCommandApplies_andARollbackWithdraws(moment);
  }

  private void theSameCommandAppliesOnceAndOnly(Path home) throws Exception {
    boolean begun =
        ledger(home).all(LedgerEntry.RunOpened.class).findAny().isPresent()
            && ledger(home).all(LedgerEntry.RunEnded.class).findAny().isEmpty();
    Jar.Result again = Jar.run(folder, "run", TestLane.FIX7, "--home", home);
    assertThat(again.exitCode()).as(again.out()).isZero();
    LedgerState ledger = ledger(home);
    String review =
        Files.readString(
            home.resolve("runs/fix7-p0/latest/packet/data/post-execution-review.json"));
    assertThat(review.contains("\"historyUnavailable\": true"))
        .as("the killed run is named in the evidence")
        .isEqualTo(begun);
    assertThat(ledger.openClaims()).isEmpty();
    assertThat(ledger.all(LedgerEntry.RunEnded.class))
        .extracting(LedgerEntry.RunEnded::end)
        .containsExactly(LaneEnd.APPLIED);
    long publications =
        ledger.all(LedgerEntry.Outcome.class).filter(o -> o.outcome().equals("PUBLISHED")).count();
    assertThat(publications).as("each document once").isEqualTo(2);
    for (String id : List.of("M-1", "M-2")) {
      TestLane lane = new TestLane(Clock.systemUTC());
      assertThat(home.resolve("kb").resolve(lane.change(id).path().value()))
          .hasBinaryContent(lane.document(lane.change(id)));
    }
    Cli third = Cli.run("run", TestLane.FIX7, "--home", home);
    assertThat(third.exitCode()).as(third.err()).isZero();
    assertThat(third.out()).contains("already applied");
  }

  private void rollbackWithdrawsExactlyWhatWasPublished(Path home) throws Exception {
    boolean applied =
        ledger(home).all(LedgerEntry.RunEnded.class).anyMatch(e -> e.end() == LaneEnd.APPLIED);
    boolean opened = ledger(home).all(LedgerEntry.RunOpened.class).findAny().isPresent();
    String before = tree(home);
    Jar.Result rollback = Jar.run(folder, "rollback", "fix7-p0", "--home", home);
    if (applied) {
      assertThat(rollback.exitCode()).as(rollback.out()).isEqualTo(ExitCode.REJECTED);
      assertThat(tree(home)).isEqualTo(before);
      return;
    }
    if (!opened) {
      assertThat(rollback.exitCode()).as(rollback.out()).isEqualTo(ExitCode.USAGE);
      assertThat(tree(home)).isEqualTo(before);
      return;
    }
    assertThat(rollback.exitCode()).as(rollback.out()).isZero();
    assertThat(tree(home)).isEqualTo(initialTree);
    assertThat(ledger(home).openClaims()).isEmpty();
    Cli fresh = Cli.run("run", TestLane.FIX7, "--home", home);
    assertThat(fresh.exitCode()).as("a fresh run after the rollback: " + fresh.err()).isZero();
  }

  /** The command again while a rollback was killed: the rollback is finished first. */
  @Test
  void kill_duringRollback_isFinishedByTheNextCommand() throws Exception {
    Path home = killedHome(MOMENTS * 3 / 4);
    int before = facts(home);
    Process rollback =
        Jar.start(folder.resolve("rollback.txt"), "rollback", "fix7-p0", "--home", home);
    while (rollback.isAlive() && facts(home) < before + 5) {
      Thread.sleep(1);
    }
    rollback.destroyForcibly().waitFor();
    Jar.Result again = Jar.run(folder, "run", TestLane.FIX7, "--home", home);
    assertThat(again.exitCode()).as(again.out()).isZero();
    assertThat(ledger(home).openClaims()).isEmpty();
  }

  /** Told to stop, as by Ctrl-C, a command says what stands, and what it says can be typed. */
  @Test
  void run_thatIsInterrupted_saysWhatStandsAndHowToGoOn() throws Exception {
    Path home = folder.resolve("home");
    String path = new TestLane(Clock.systemUTC()).change("M-1").path().value();
    Path first = home.resolve("kb").resolve(path);
    Path out = folder.resolve("out.txt");
    Process run = Jar.start(out, "run", TestLane.FIX7, "--home", home);
    while (run.isAlive() && Files.notExists(first)) {
      Thread.sleep(1);
    }
    // A signal that Ctrl-C sends is ignored where a shell started the tests in the background.
    new ProcessBuilder("kill", "-TERM", Long.toString(run.pid())).start().waitFor();
    assertThat(run.waitFor()).isEqualTo(128 + 15);
    assertThat(Files.readString(out))
        .containsPattern("interrupted: lane fix7-p0; at that moment [12] of its 2 documents stood")
        .contains("  go on     ", " run " + TestLane.FIX7 + " --home " + home)
        .contains("  undo it   ", " rollback fix7-p0 --home " + home);
    rollbackWithdrawsExactlyWhatWasPublished(home);
  }

  /** The home's lock keeps a second command out while the first one runs. */
  @Test
  void secondCommand_inTheSameHome_isRefusedWhileTheFirstRuns() throws Exception {
    Path home = folder.resolve("home");
    Process first = Jar.start(folder.resolve("first.txt"), "run", TestLane.FIX7, "--home", home);
    while (first.isAlive() && facts(home) < 8) {
      Thread.sleep(1);
    }
    new ProcessBuilder("kill", "-STOP", Long.toString(first.pid())).start().waitFor();
    Jar.Result second = Jar.run(folder, "run", TestLane.FIX7, "--home", home);
    Jar.Result rollback = Jar.run(folder, "rollback", "fix7-p0", "--home", home);
    new ProcessBuilder("kill", "-CONT", Long.toString(first.pid())).start().waitFor();
    assertThat(second.exitCode()).isEqualTo(ExitCode.FAULT);
    assertThat(second.out()).contains("HOME_IN_USE").contains("command:  ");
    assertThat(rollback.exitCode()).isEqualTo(ExitCode.FAULT);
    assertThat(rollback.out()).contains("HOME_IN_USE").contains("command:  ");
    assertThat(first.waitFor()).isZero();
  }
}
