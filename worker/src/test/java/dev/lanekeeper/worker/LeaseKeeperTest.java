package dev.lanekeeper.worker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.kb.KnowledgeBase;
import dev.lanekeeper.kb.LedgerEntry;
import dev.lanekeeper.lane.Head;
import dev.lanekeeper.lane.KbPath;
import dev.lanekeeper.lane.Stage;
import dev.lanekeeper.testkit.RunIds;
import dev.lanekeeper.workflow.Owner;
import dev.lanekeeper.workflow.TaskQueues;
import io.grpc.StatusRuntimeException;
import io.temporal.api.common.v1.WorkflowExecution;
import io.temporal.api.workflowservice.v1.DescribeWorkflowExecutionRequest;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The workers withdraw what was published and is reviewed by nobody. */
final class LeaseKeeperTest {

  private static final Duration SETTLED = Duration.ofMillis(200);

  @TempDir private Path folder;

  private static Owner run(String engine, String name) {
    return new Owner(engine, "default", "lane-" + name, RunIds.of(name));
  }

  private static void published(Bench bench, long epoch, Owner owner) throws IOException {
    KnowledgeBase kb = bench.home().knowledgeBase();
    KbPath path = new KbPath(owner.workflowId() + ".md");
    kb.record(
        new LedgerEntry.Claimed(
            epoch,
            owner,
            bench.lane(),
            bench.plan().digest(),
            List.of(path),
            List.of(),
            Optional.empty(),
            Optional.of(Instant.now().plus(Duration.ofHours(1)))));
    kb.record(
        new LedgerEntry.Intent(
            epoch,
            1,
            "M-1",
            path,
            Head.absent(),
            Head.revision(1, Digest.of("a")),
            "staged/" + epoch,
            List.of()));
    kb.record(
        new LedgerEntry.StageRecorded(owner, Stage.S6, 0, "PASS", Digest.of("fragment"), "none"));
  }

  private static boolean withdrawn(Bench bench, Owner owner) {
    try {
      var unused =
          bench
              .client()
              .getWorkflowServiceStubs()
              .blockingStub()
              .describeWorkflowExecution(
                  DescribeWorkflowExecutionRequest.newBuilder()
                      .setNamespace("default")
                      .setExecution(
                          WorkflowExecution.newBuilder()
                              .setWorkflowId(
                                  "rollback:" + owner.workflowId() + ":" + owner.runId()))
                      .build());
      return true;
    } catch (StatusRuntimeException e) {
      return false;
    }
  }

  @Test
  void run_thatOwesAReview_isWithdrawn_andOneOfAnotherEngineIsNot() throws Exception {
    try (Bench bench = new Bench(folder.resolve("home"))) {
      Owner foreign = run("another-engine", "foreign");
      Owner own = run("bench-engine", "own");
      published(bench, 1, foreign);
      published(bench, 2, own);
      Wiring wiring =
          new Wiring(
              bench.home(),
              bench.client(),
              "bench-engine",
              run -> false,
              name -> Optional.empty(),
              "bench",
              TaskQueues.EXECUTOR,
              SETTLED);
      try (LeaseKeeper keeper = new LeaseKeeper(wiring, Clock.systemUTC()).start()) {
        long end = System.nanoTime() + Duration.ofSeconds(20).toNanos();
        while (!withdrawn(bench, own) && System.nanoTime() < end) {
          Thread.sleep(50);
        }
      }
      assertThat(withdrawn(bench, own)).isTrue();
      assertThat(withdrawn(bench, foreign)).isFalse();
    }
  }
}
