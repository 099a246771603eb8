package dev.lanekeeper.starter;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lanekeeper.canonical.DirHash;
import dev.lanekeeper.evidence.FileTree;
import dev.lanekeeper.lane.LaneName;
import dev.lanekeeper.testkit.CutLedger;
import dev.lanekeeper.testkit.NearMiss;
import dev.lanekeeper.testkit.TestLane;
import dev.lanekeeper.testkit.Triggers;
import dev.lanekeeper.verdict.RejectCode;
import dev.lanekeeper.worker.Home;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** A run that died after it had published both documents, as its ledger then shows it. */
@Execution(ExecutionMode.CONCURRENT) // each has a home of its own, and waits much of its time
class InterruptedRunTest {

  private static final String M1 =
      "governance/fix7/fix7-p0-operative-birth-blueprint-2026-06-12.md";
  private static final String M2 = "governance/fix7/fix7-p0-governance-addendum-2026-06-12.md";

  private static final LaneName LANE = new LaneName("fix7-p0");

  @TempDir private Path folder;
  private Path home;
  private Path kb;

  @BeforeEach
  void interrupt() throws Exception {
    home = folder.resolve("home");
    kb = home.resolve("kb");
    assertThat(Cli.run("run", TestLane.FIX7, "--home", home).exitCode()).isZero();
    CutLedger.afterTheLast("Outcome", home.resolve("ledger"));
  }

  private List<String> ledger() throws Exception {
    return Files.readAllLines(home.resolve("ledger/ledger.jsonl"));
  }

  private String tree() throws Exception {
    return DirHash.ofBytes(FileTree.read(kb)).hex();
  }

  @Test
  @NearMiss({RejectCode.ROLLBACK_STEP_FAILED, RejectCode.ROLLBACK_NEEDS_GRANT})
  void rollback_withdrawsExactlyWhatTheRunPublished() throws Exception {
    Cli cli = Cli.run("rollback", "fix7-p0", "--home", home, "--json");
    assertThat(cli.exitCode()).as(cli.err()).isZero();
    assertThat(cli.json().path("status").asText()).isEqualTo("ROLLED_BACK");
    assertThat(tree()).isEqualTo(DirHash.ofBytes(FileTree.read(TestLane.FIX7.resolve("kb"))).hex());
    assertThat(Cli.run("rollback", "fix7-p0", "--home", home).exitCode()).as("again").isZero();
  }

  @Test
  @Triggers({RejectCode.ROLLBACK_STEP_FAILED, RejectCode.BUILT_UPON})
  void rollback_ofADocumentThatSomebodyChanged_failsLoudly_andUndoesTheRest() throws Exception {
    Files.delete(kb.resolve(M1));
    Files.writeString(kb.resolve(M1), "edited");
    Cli cli = Cli.run("rollback", "fix7-p0", "--home", home, "--json");
    assertThat(cli.exitCode()).isEqualTo(ExitCode.ROLLBACK_FAILED);
    assertThat(cli.json().at("/reject/code").asText()).isEqualTo("ROLLBACK_STEP_FAILED");
    assertThat(cli.json().at("/reject/actual").asText()).contains("BUILT_UPON");
    assertThat(cli.err()).contains("command:  ").doesNotContain("\tat ");
    assertThat(kb.resolve(M1)).hasContent("edited");
    assertThat(kb.resolve(M2)).doesNotExist();
  }

  @Test
  void rollback_ofADocumentThatCannotBeRead_failsLoudly_andUndoesTheRest() throws Exception {
    Files.delete(kb.resolve(M2));
    Files.createSymbolicLink(kb.resolve(M2), folder.resolve("elsewhere"));
    Cli cli = Cli.run("rollback", "fix7-p0", "--home", home, "--json");
    assertThat(cli.exitCode()).as(cli.err()).isEqualTo(ExitCode.ROLLBACK_FAILED);
    assertThat(cli.json().at("/reject/actual").asText())
        .contains("M-1")
        .contains("WITHDRAWN")
        .contains("M-2")
        .contains("FAILED");
    assertThat(cli.json().path("packet").asText()).isNotEmpty();
    assertThat(kb.resolve(M1)).doesNotExist();
  }

  @Test
  @Triggers(RejectCode.ROLLBACK_PENDING)
  void run_whileARollbackIsUnfinished_isRefused_andGoesOnAfterIt() throws Exception {
    byte[] published = Files.readAllBytes(kb.resolve(M1));
    Files.delete(kb.resolve(M1));
    Files.writeString(kb.resolve(M1), "edited");
    Cli.run("rollback", "fix7-p0", "--home", home);
    Cli refused = Cli.run("run", TestLane.FIX7, "--home", home, "--json");
    assertThat(refused.exitCode()).isEqualTo(ExitCode.ROLLBACK_FAILED);
    assertThat(refused.json().at("/reject/code").asText()).isEqualTo("ROLLBACK_PENDING");
    assertThat(Cli.run("plan", TestLane.FIX7, "--home", home).out())
        .containsPattern("NO  rollback of run \\S+\n *ROLLBACK_PENDING");
    Files.write(kb.resolve(M1), published);
    assertThat(Cli.run("rollback", "fix7-p0", "--home", home).exitCode()).isZero();
    Cli again = Cli.run("run", TestLane.FIX7, "--home", home, "--json");
    assertThat(again.exitCode()).as(again.err()).isZero();
  }

  @Test
  void run_adoptsWhatThePlanHadPublished() throws Exception {
    String before = tree();
    Cli cli = Cli.run("run", TestLane.FIX7, "--home", home, "--json");
    assertThat(cli.exitCode()).as(cli.err()).isZero();
    assertThat(cli.json().path("status").asText()).isEqualTo("APPLIED");
    assertThat(tree()).isEqualTo(before);
    long intents = ledger().stream().filter(l -> l.contains("\"type\":\"Intent\"")).count();
    assertThat(intents).as("nothing is published twice").isEqualTo(2);
  }

  @Test
  void lane_thatAnotherRunApplied_staysApplied_whateverTheInterruptedRunIsAskedFor()
      throws Exception {
    String interrupted =
        new Home(home, Clock.systemUTC()).reader().ledger().runs(LANE).get(0).runId().value();
    assertThat(Cli.run("run", TestLane.FIX7, "--home", home).exitCode()).isZero();
    String applied = tree();
    Cli byLane = Cli.run("rollback", "fix7-p0", "--home", home);
    assertThat(byLane.exitCode()).as(byLane.out()).isEqualTo(ExitCode.REJECTED);
    assertThat(byLane.err()).contains("ROLLBACK_NEEDS_GRANT");
    assertThat(Cli.run("rollback", interrupted, "--home", home).out())
        .contains("nothing to withdraw");
    assertThat(tree()).isEqualTo(applied);
    assertThat(Cli.run("run", TestLane.FIX7, "--home", home).out()).contains("already applied");
  }

  @Test
  void lane_thatAnotherRunApplied_staysApplied_whenTheOneThatDiedBeforeItIsRolledBack()
      throws Exception {
    assertThat(Cli.run("rollback", "fix7-p0", "--home", home).exitCode()).isZero();
    CutLedger.afterTheLast("RunEnded", home.resolve("ledger"));
    Cli died = Cli.run("run", TestLane.FIX7, "--home", home, "--json");
    assertThat(died.exitCode()).as(died.err()).isZero();
    for (String document : List.of(M1, M2)) {
      Files.delete(kb.resolve(document));
    }
    CutLedger.afterTheLast("RunOpened", home.resolve("ledger"));
    assertThat(Cli.run("run", TestLane.FIX7, "--home", home).exitCode()).isZero();
    assertThat(Cli.run("rollback", "fix7-p0", "--home", home).err())
        .contains("ROLLBACK_NEEDS_GRANT");
    String run = died.json().path("runId").asText();
    assertThat(Cli.run("rollback", run, "--home", home).out()).contains("nothing to withdraw");
    assertThat(Cli.run("run", TestLane.FIX7, "--home", home).out()).contains("already applied");
  }

  @Test
  void rollback_thatDiedBeforeItSealed_isSealedByTheNext() throws Exception {
    assertThat(Cli.run("rollback", "fix7-p0", "--home", home).exitCode()).isZero();
    CutLedger.afterTheLast("ClaimClosed", home.resolve("ledger"));
    assertThat(ledger()).noneMatch(l -> l.contains("\"type\":\"RunEnded\""));
    Cli again = Cli.run("rollback", "fix7-p0", "--home", home, "--json");
    assertThat(again.json().path("status").asText()).as(again.err()).isEqualTo("ROLLED_BACK");
    assertThat(Path.of(again.json().path("packet").asText()).resolve("bagit.txt")).exists();
    assertThat(Cli.run("rollback", "fix7-p0", "--home", home).out())
        .contains("nothing to withdraw");
  }
}
