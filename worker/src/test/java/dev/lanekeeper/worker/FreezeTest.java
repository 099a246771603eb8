package dev.lanekeeper.worker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.kb.LedgerEntry;
import dev.lanekeeper.lane.Stage;
import dev.lanekeeper.testkit.NearMiss;
import dev.lanekeeper.testkit.Triggers;
import dev.lanekeeper.verdict.RejectCode;
import dev.lanekeeper.workflow.Activities;
import dev.lanekeeper.workflow.Hold;
import dev.lanekeeper.workflow.LaneEnd;
import dev.lanekeeper.workflow.StageResult;
import io.temporal.activity.Activity;
import io.temporal.client.WorkflowStub;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** A frozen knowledge base takes no document, loses no lane, and gives documents back. */
@Execution(ExecutionMode.CONCURRENT) // each has a bench of its own, and waits much of its time
class FreezeTest {

  @TempDir private Path folder;

  private static void freeze(Bench bench) {
    try {
      bench.environment().kb().record(new LedgerEntry.Frozen("audit", "operator"));
    } catch (IOException e) {
      throw Activity.wrap(e);
    }
  }

  private static void unfreeze(Bench bench) throws IOException {
    bench.environment().kb().record(new LedgerEntry.Unfrozen("operator"));
  }

  /** Freezes between S5 and S6. */
  private static void freezeAfterS5(Bench bench) {
    Activities.S5PublishPrimary real = bench.realActivity(Activities.S5PublishPrimary.class);
    bench.replace(
        Activities.S5PublishPrimary.class,
        (call, gate, probes, approval) -> {
          StageResult result = real.publish(call, gate, probes, approval);
          freeze(bench);
          return result;
        });
  }

  @Test
  @Triggers(RejectCode.FROZEN)
  @NearMiss(RejectCode.FROZEN)
  void freeze_beforeS5_holdsBeforeAnyClaim_andTheLaneGoesOnAfterwards() throws Exception {
    try (Bench bench = new Bench(folder.resolve("home")).start()) {
      Digest before = bench.home().reader().inventory().tree();
      freeze(bench);
      WorkflowStub lane = bench.run();
      Hold hold = bench.awaitHold(lane, 1);
      assertThat(hold.stage()).isEqualTo(Stage.S5);
      assertThat(hold.reject().render()).isEqualTo("FROZEN");
      assertThat(hold.reject().actual()).contains("by operator: audit");
      assertThat(bench.home().reader().ledger().openClaims()).isEmpty();
      assertThat(bench.home().reader().inventory().tree()).isEqualTo(before);
      bench.answer(lane, "resume", 1);
      assertThat(bench.awaitHold(lane, 2).reject().code()).isEqualTo(RejectCode.FROZEN);
      unfreeze(bench);
      bench.answer(lane, "resume", 2);
      assertThat(bench.outcome(lane).end()).isEqualTo(LaneEnd.APPLIED);
    }
  }

  @Test
  void freeze_betweenS5AndS6_keepsWhatStands_andResumesInS6() throws Exception {
    try (Bench bench = new Bench(folder.resolve("home"))) {
      freezeAfterS5(bench);
      bench.start();
      WorkflowStub lane = bench.run();
      assertThat(bench.awaitHold(lane, 1).stage()).isEqualTo(Stage.S6);
      assertThat(bench.file("M-1")).exists();
      assertThat(bench.file("M-2")).doesNotExist();
      unfreeze(bench);
      bench.answer(lane, "resume", 1);
      assertThat(bench.outcome(lane).end()).isEqualTo(LaneEnd.APPLIED);
    }
  }

  @Test
  void compensation_ofAFrozenKnowledgeBase_withdrawsAllTheSame() throws Exception {
    try (Bench bench = new Bench(folder.resolve("home"))) {
      Digest before = bench.home().reader().inventory().tree();
      freezeAfterS5(bench);
      bench.start();
      WorkflowStub lane = bench.run();
      bench.awaitHold(lane, 1);
      bench.answer(lane, "rollback", 1);
      assertThat(bench.outcome(lane).end()).isEqualTo(LaneEnd.ROLLED_BACK);
      assertThat(bench.home().reader().inventory().tree()).isEqualTo(before);
      assertThat(bench.home().reader().ledger().frozen()).isPresent();
    }
  }
}
