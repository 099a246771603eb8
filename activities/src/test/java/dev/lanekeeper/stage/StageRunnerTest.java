package dev.lanekeeper.stage;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.kb.LedgerEntry;
import dev.lanekeeper.kb.LedgerState;
import dev.lanekeeper.lane.Stage;
import dev.lanekeeper.s1seal.S1SealVersusBytesActivity;
import dev.lanekeeper.s5publish.S5PublishPrimaryActivity;
import dev.lanekeeper.testkit.StageBench;
import dev.lanekeeper.testkit.TestLane;
import dev.lanekeeper.verdict.RejectCode;
import dev.lanekeeper.verdict.Verdict;
import dev.lanekeeper.workflow.GatePass;
import dev.lanekeeper.workflow.ProbePass;
import dev.lanekeeper.workflow.StageCall;
import dev.lanekeeper.workflow.StageResult;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whoever may write to the namespace can call a stage with any argument. */
final class StageRunnerTest {

  @TempDir private Path folder;

  private static RejectCode code(StageResult result) {
    return ((Verdict.Reject) result.verdict()).code();
  }

  private static StageResult pass(Stage stage) {
    return new StageResult(stage, Verdict.pass(), Optional.empty(), "made up");
  }

  private static StageCall call(StageBench bench, Digest grant) {
    return new StageCall(
        bench.lane().plan().lane().metadata().name(),
        Optional.of(TestLane.KB_ID),
        0,
        bench.planDigest(),
        grant);
  }

  @Test
  void stage_withoutS0AndUnderNoGrant_leavesOneLine_andNothingElse() throws Exception {
    StageBench bench = new StageBench(folder.resolve("home"));
    int before = bench.executor().kb().ledger().lines().size();
    StageResult result =
        new S1SealVersusBytesActivity(bench.executor())
            .recheck(call(bench, Digest.of("no such grant")));
    assertThat(code(result)).isEqualTo(RejectCode.GRANT_MISSING);
    LedgerState ledger = bench.executor().kb().ledger();
    assertThat(ledger.lines()).hasSize(before + 1);
    assertThat(ledger.all(LedgerEntry.StageRefused.class)).hasSize(1);
  }

  /** A claim would keep healthy lanes from its paths, though nothing were published under it. */
  @Test
  void publication_withoutS1ToS4_takesNoClaim() throws Exception {
    StageBench bench = new StageBench(folder.resolve("home"));
    StageCall call = bench.call(bench.preflight());
    StageResult result =
        new S5PublishPrimaryActivity(bench.executor())
            .publish(
                call,
                new GatePass(pass(Stage.S3)),
                new ProbePass(pass(Stage.S4)),
                Optional.empty());
    assertThat(code(result)).isEqualTo(RejectCode.COMMIT_NOT_CLEARED);
    assertThat(bench.executor().kb().ledger().all(LedgerEntry.Claimed.class)).isEmpty();
  }
}
