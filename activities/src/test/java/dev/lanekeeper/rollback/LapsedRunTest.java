package dev.lanekeeper.rollback;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lanekeeper.kb.Leases;
import dev.lanekeeper.lane.Lane;
import dev.lanekeeper.seal.SealActivity;
import dev.lanekeeper.stage.StageEnvironment;
import dev.lanekeeper.testkit.Environments;
import dev.lanekeeper.testkit.StageBench;
import dev.lanekeeper.testkit.TestLane;
import dev.lanekeeper.verdict.RejectCode;
import dev.lanekeeper.workflow.EndStatement;
import dev.lanekeeper.workflow.LaneEnd;
import dev.lanekeeper.workflow.SealCall;
import dev.lanekeeper.workflow.SealedPacket;
import dev.lanekeeper.workflow.WithdrawCall;
import dev.lanekeeper.workflow.WithdrawResult;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A run that published everything and asks for no review keeps nothing for ever. */
class LapsedRunTest {

  @TempDir private Path folder;

  private static WithdrawCall ofAnother() {
    return new WithdrawCall(Optional.of(TestLane.OWNER), Optional.empty(), Optional.empty());
  }

  @Test
  void run_thatOwesAReview_isWithdrawnByTheLedger_whateverItsWorkflowDoes() throws Exception {
    StageBench bench = new StageBench(folder.resolve("home"));
    bench.published();
    WithdrawResult early = new RollbackActivity(bench.executor()).withdraw(ofAnother());
    assertThat(early.refused().orElseThrow().code()).isEqualTo(RejectCode.CLAIM_HELD);

    Clock late = Clock.offset(Clock.systemUTC(), Leases.SETTLED.plusSeconds(1));
    StageEnvironment later = Environments.with(bench.executor(), Map.of("clock", late));
    WithdrawResult withdrawn = new RollbackActivity(later).withdraw(ofAnother());
    assertThat(withdrawn.complete()).as(withdrawn.toString()).isTrue();
    for (Lane.Change change : bench.lane().plan().spec().changes()) {
      assertThat(bench.file(change.path())).doesNotExist();
    }
    SealedPacket packet =
        new SealActivity(later)
            .seal(new SealCall(Optional.of(TestLane.OWNER), Optional.of(TestLane.KB_ID)));
    EndStatement end = EndStatement.read(packet.end().orElseThrow()).orElseThrow().content();
    assertThat(end.end()).isEqualTo(LaneEnd.ROLLED_BACK);
    assertThat(bench.executor().kb().ledger().openClaims()).isEmpty();
  }
}
