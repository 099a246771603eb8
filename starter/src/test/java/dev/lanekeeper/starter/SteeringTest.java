package dev.lanekeeper.starter;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lanekeeper.canonical.DirHash;
import dev.lanekeeper.evidence.FileTree;
import dev.lanekeeper.testkit.CutLedger;
import dev.lanekeeper.testkit.EditedLane;
import dev.lanekeeper.testkit.TestLane;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Approval, freeze and the rollback of an applied lane, by the commands on the embedded engine. */
@Execution(ExecutionMode.CONCURRENT) // each has a home of its own, and waits much of its time
class SteeringTest {

  @TempDir private Path folder;

  private Path home() {
    return folder.resolve("home");
  }

  private Cli run(Path lane) throws Exception {
    return Cli.run("run", lane, "--home", home(), "--json");
  }

  private String tree() throws Exception {
    return DirHash.ofBytes(FileTree.read(home().resolve("kb"))).hex();
  }

  private static void done(Cli command) {
    assertThat(command.exitCode()).as(command.out() + command.err()).isZero();
  }

  @Test
  void lane_thatAsksForAnApproval_isRunAgainAfterIt() throws Exception {
    Path lane = folder.resolve("lane");
    EditedLane.copyOf(TestLane.FIX7, lane)
        .edit("\n  next:\n", "\n  approval: {question: May it stand.}\n\n  next:\n");
    Cli held = run(lane);
    assertThat(held.exitCode()).isEqualTo(ExitCode.HELD);
    assertThat(held.json().at("/reject/code").asText()).isEqualTo("APPROVAL_MISSING");
    assertThat(held.json().at("/hold/nextCommand").asText()).contains("approve").contains("--key");
    done(Cli.run("key", "new", "approver", "--home", home()));
    Path key = home().resolve("keys/approver.key");
    Cli into = Cli.run("approve", lane, "--key", key, "--out", folder.resolve("x"));
    assertThat(into.exitCode()).isEqualTo(ExitCode.USAGE);
    assertThat(into.err()).contains("--out").contains("--key " + key);
    Path publicKey = home().resolve("keys/approver.pub");
    Cli untrusted = Cli.run("approve", lane, "--key", key, "--home", home());
    assertThat(untrusted.exitCode()).isEqualTo(ExitCode.REJECTED);
    assertThat(untrusted.err())
        .contains("APPROVAL_INVALID")
        .contains("trust add " + publicKey + " --role approver --home " + home());
    assertThat(run(lane).json().at("/reject/code").asText())
        .as("it was not recorded")
        .isEqualTo("APPROVAL_MISSING");
    done(Cli.run("trust", "add", publicKey, "--role", "approver", "--home", home()));
    done(Cli.run("approve", lane, "--key", key, "--home", home()));
    done(run(lane));
  }

  @Test
  void frozenHome_holdsTheLane_untilItIsUnfrozen() throws Exception {
    done(Cli.run("kb", "create", "--environment", "no-production", "--home", home()));
    done(Cli.run("kb", "import", TestLane.FIX7.resolve("kb"), "--home", home()));
    done(Cli.run("freeze", "--reason", "audit", "--home", home()));
    assertThat(Cli.run("freeze", "--reason", "again", "--home", home()).out())
        .contains("frozen already")
        .contains("audit");
    Cli held = run(TestLane.FIX7);
    assertThat(held.exitCode()).isEqualTo(ExitCode.HELD);
    assertThat(held.json().at("/reject/code").asText()).isEqualTo("FROZEN");
    assertThat(held.json().at("/hold/nextCommand").asText()).contains("unfreeze");
    done(Cli.run("unfreeze", "--home", home()));
    done(run(TestLane.FIX7));
  }

  @Test
  void appliedLane_isWithdrawnUnderItsGrant_andNotWithout() throws Exception {
    done(run(TestLane.FIX7));
    String applied = tree();
    Cli without = Cli.run("rollback", "fix7-p0", "--home", home());
    assertThat(without.exitCode()).isEqualTo(ExitCode.REJECTED);
    assertThat(without.err()).contains("ROLLBACK_NEEDS_GRANT").contains("grant rollback fix7-p0");
    assertThat(tree()).isEqualTo(applied);
    Path grant = folder.resolve("rollback-grant.json");
    done(Cli.run("grant", "rollback", "fix7-p0", "--out", grant, "--home", home()));
    Cli inspected = Cli.run("grant", "inspect", grant, "--home", home());
    assertThat(inspected.out()).contains("\"run\"").contains("rollback-grant-");
    assertThat(inspected.err()).contains("signed by the trusted owner key");
    Cli rollback = Cli.run("rollback", "fix7-p0", "--home", home());
    done(rollback);
    assertThat(rollback.out()).contains("ROLLED_BACK").contains("withdrawn  M-1");
    String report =
        rollback.out().lines().filter(l -> l.startsWith("report ")).findFirst().orElseThrow();
    assertThat(Path.of(report.replaceFirst("report +", ""))).isRegularFile();
    assertThat(tree()).isNotEqualTo(applied);
    assertThat(Cli.run("rollback", "fix7-p0", "--home", home()).out())
        .contains("nothing to withdraw");
    done(run(TestLane.FIX7));
    assertThat(tree()).as("the same plan again").isEqualTo(applied);
  }

  /** One version of the lane is applied, and the next one was interrupted. */
  @Test
  void rollback_ofALaneOfWhichThereAreTwoRuns_takesTheOneThatIsNamed() throws Exception {
    Path handbook = TestLane.ROOT.resolve("examples/handbook-release");
    done(run(handbook));
    String applied = tree();
    Path grant = folder.resolve("leave.json");
    done(Cli.run("grant", "rollback", "handbook-release", "--out", grant, "--home", home()));
    String first = run(handbook).json().path("runId").asText();
    Path next = folder.resolve("next");
    EditedLane.copyOf(handbook, next).edit("statusToken: ", "statusToken: NEXT_");
    Cli held = run(next);
    assertThat(held.exitCode()).as(held.out()).isEqualTo(ExitCode.HELD);
    String second = held.json().path("runId").asText();

    Cli both = Cli.run("rollback", "handbook-release", "--home", home());
    assertThat(both.exitCode()).isEqualTo(ExitCode.USAGE);
    assertThat(both.err()).contains("RUN_AMBIGUOUS").contains(first).contains(second);
    assertThat(tree()).isEqualTo(applied);
    Cli other = Cli.run("rollback", second, "--grant", grant, "--home", home());
    assertThat(other.exitCode()).isEqualTo(ExitCode.USAGE);
    assertThat(other.err()).contains("one of run " + first);
    Cli named =
        Cli.run("rollback", "handbook-release", "--grant", grant, "--home", home(), "--json");
    done(named);
    assertThat(named.json().path("runId").asText()).isEqualTo(first);
    assertThat(tree()).isNotEqualTo(applied);
    Cli left = Cli.run("rollback", "handbook-release", "--home", home(), "--json");
    done(left);
    assertThat(left.json().path("runId").asText()).isEqualTo(second);
  }

  @Test
  void everyCommand_printsAnObject_whenAsked() throws Exception {
    done(run(TestLane.FIX7));
    for (Cli command :
        new Cli[] {
          Cli.run("freeze", "--reason", "audit", "--home", home(), "--json"),
          Cli.run("unfreeze", "--home", home(), "--json"),
          Cli.run("grant", "issue", TestLane.FIX7, "--home", home(), "--json"),
          Cli.run("kb", "import", TestLane.FIX7.resolve("kb"), "--home", home(), "--json"),
        }) {
      done(command);
      assertThat(command.json().path("exitCode").asInt(-1)).as(command.out()).isZero();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"ClaimClosed", "Reopened"})
  void rollbackOfAnAppliedLane_thatDied_isFinishedByTheNext(String last) throws Exception {
    done(run(TestLane.FIX7));
    done(Cli.run("grant", "rollback", "fix7-p0", "--home", home()));
    done(Cli.run("rollback", "fix7-p0", "--home", home()));
    String without = tree();
    CutLedger.afterTheLast(last, home().resolve("ledger"));
    Cli again = Cli.run("rollback", "fix7-p0", "--home", home(), "--json");
    done(again);
    assertThat(again.json().path("status").asText()).isEqualTo("ROLLED_BACK");
    assertThat(again.json().path("packet").asText()).isNotEmpty();
    assertThat(tree()).isEqualTo(without);
    assertThat(Cli.run("rollback", "fix7-p0", "--home", home()).out())
        .contains("nothing to withdraw");
  }

  @Test
  void run_afterTheRollbackOfAnAppliedLaneDied_finishesThatFirst() throws Exception {
    done(run(TestLane.FIX7));
    done(Cli.run("grant", "rollback", "fix7-p0", "--home", home()));
    done(Cli.run("rollback", "fix7-p0", "--home", home()));
    CutLedger.afterTheLast("Reopened", home().resolve("ledger"));
    Cli again = Cli.run("run", TestLane.FIX7, "--home", home());
    done(again);
    assertThat(again.out()).contains("finishing that first").contains("_APPLIED");
  }

  @Test
  void appliedLane_thatSomebodyBuiltUpon_isLeftAlone() throws Exception {
    done(run(TestLane.FIX7));
    Path document =
        home().resolve("kb/governance/fix7/fix7-p0-operative-birth-blueprint-2026-06-12.md");
    Files.delete(document);
    Files.writeString(document, "edited");
    String edited = tree();
    done(Cli.run("grant", "rollback", "fix7-p0", "--home", home()));
    Cli rollback = Cli.run("rollback", "fix7-p0", "--home", home());
    assertThat(rollback.exitCode()).isEqualTo(ExitCode.REJECTED);
    assertThat(rollback.err()).contains("BUILT_UPON");
    assertThat(tree()).isEqualTo(edited);
  }

  @Test
  void grantToRollBack_needsAnAppliedRun() throws Exception {
    done(Cli.run("kb", "create", "--environment", "no-production", "--home", home()));
    Cli none = Cli.run("grant", "rollback", "fix7-p0", "--home", home());
    assertThat(none.exitCode()).isEqualTo(ExitCode.USAGE);
    assertThat(none.err()).contains("RUN_UNKNOWN");
  }
}
