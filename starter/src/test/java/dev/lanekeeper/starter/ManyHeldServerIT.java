package dev.lanekeeper.starter;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lanekeeper.client.LaneClient;
import dev.lanekeeper.kb.LedgerEntry;
import dev.lanekeeper.workflow.Hold;
import dev.lanekeeper.workflow.LaneEnd;
import dev.lanekeeper.workflow.LaneOutcome;
import io.temporal.client.WorkflowStub;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Many lanes, each with a document of its own, held at once on one worker with a small heap. */
class ManyHeldServerIT {

  private static final String HEAP = "-Xmx192m";

  /** That heap, and what the virtual machine needs besides: code, classes, threads, buffers. */
  private static final long BOUND_KIB = 512 * 1024;

  @TempDir private Path folder;

  @Test
  void twelveLanesHeldAtOnce_allEndOnceResumed() throws Exception {
    heldAndResumed(12);
  }

  @Test
  @Tag("full")
  @Timeout(value = 30, unit = TimeUnit.MINUTES)
  void twoHundredLanesHeldAtOnce_allEndOnceResumed() throws Exception {
    heldAndResumed(200);
  }

  private void heldAndResumed(int count) throws Exception {
    Path lanes = Files.createDirectory(folder.resolve("lanes"));
    for (int i = 0; i < count; i++) {
      SmallLane.write(lanes.resolve(SmallLane.name(i)), i);
    }
    try (TestBed bed = new TestBed(folder)) {
      Process worker = bed.worker(Map.of("JAVA_TOOL_OPTIONS", HEAP), lanes);
      long start = System.currentTimeMillis();
      List<WorkflowStub> started = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        started.add(bed.lane(Map.of("lane", SmallLane.name(i))));
      }
      LaneClient client = new LaneClient(bed.client());
      for (WorkflowStub lane : started) {
        LaneOnServer.await("a hold", () -> client.status(lane).hold().isPresent());
        Hold hold = client.status(lane).hold().orElseThrow();
        assertThat(hold.reject().code().name()).isEqualTo("GRANT_MISSING");
      }
      long held = System.currentTimeMillis();
      long kilobytes = resident(worker);
      for (int i = 0; i < count; i++) {
        Cli grant =
            Cli.run("grant", "issue", lanes.resolve(SmallLane.name(i)), "--home", bed.home());
        assertThat(grant.exitCode()).as(grant.err()).isZero();
      }
      long granted = System.currentTimeMillis();
      for (WorkflowStub lane : started) {
        client.answer(lane, "resume", 1);
      }
      for (WorkflowStub lane : started) {
        assertThat(lane.getResult(LaneOutcome.class).end()).isEqualTo(LaneEnd.APPLIED);
      }
      long ended = System.currentTimeMillis();
      assertThat(worker.isAlive()).as("the worker with " + HEAP).isTrue();
      long resident = resident(worker);
      assertThat(Math.max(kilobytes, resident)).as("KiB of the worker").isLessThan(BOUND_KIB);
      System.out.printf(
          "%d lanes: all held after %d ms, resumed lanes all ended after %d ms;"
              + " worker with %s: resident %d MB held, %d MB at the end%n",
          count, held - start, ended - granted, HEAP, kilobytes / 1024, resident / 1024);
      assertThat(
              bed.ledger()
                  .all(LedgerEntry.Outcome.class)
                  .filter(o -> o.outcome().equals("PUBLISHED")))
          .hasSize(count);
      assertThat(bed.ledger().openClaims()).isEmpty();
      for (int i = 0; i < count; i++) {
        assertThat(bed.home().resolve("kb").resolve(SmallLane.path(i)))
            .hasContent(SmallLane.text(i));
      }
    }
  }

  /** What the process holds in memory, in KiB (Source: proc(5), VmRSS). */
  private static long resident(Process process) throws Exception {
    try (Stream<String> lines = Files.lines(Path.of("/proc/" + process.pid() + "/status"))) {
      Optional<String> line = lines.filter(l -> l.startsWith("VmRSS:")).findFirst();
      return Long.parseLong(line.orElseThrow().replaceAll("[^0-9]", ""));
    }
  }
}
