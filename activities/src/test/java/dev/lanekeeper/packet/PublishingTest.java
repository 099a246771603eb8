package dev.lanekeeper.packet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lanekeeper.evidence.EvidenceStore;
import dev.lanekeeper.lane.Lane;
import dev.lanekeeper.lane.Stage;
import dev.lanekeeper.s7review.S7ReviewActivity;
import dev.lanekeeper.stage.StageEnvironment;
import dev.lanekeeper.stage.WorkflowHistory;
import dev.lanekeeper.testkit.Environments;
import dev.lanekeeper.testkit.StageBench;
import dev.lanekeeper.testkit.TestLane;
import dev.lanekeeper.workflow.StageCall;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A run ends as applied only when the packet that stands in the store is the sealed one. */
final class PublishingTest {

  private static final String FILE = "data/preflight.json";

  @TempDir private Path folder;
  private StageBench bench;
  private StageCall call;

  @BeforeEach
  void publish() throws Exception {
    bench = new StageBench(folder.resolve("home"));
    call = bench.published();
  }

  /** An evidence store that gives packets back otherwise than it got them. */
  private static EvidenceStore spoiling(EvidenceStore real, Consumer<Map<String, byte[]>> spoil) {
    return (EvidenceStore)
        Proxy.newProxyInstance(
            EvidenceStore.class.getClassLoader(),
            new Class<?>[] {EvidenceStore.class},
            (proxy, method, arguments) -> {
              try {
                if (method.getName().equals("packet")) {
                  Map<String, byte[]> files =
                      new TreeMap<>(real.packet(String.valueOf(arguments[0])));
                  spoil.accept(files);
                  return files;
                }
                return method.invoke(real, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }

  private S7ReviewActivity review(Consumer<Map<String, byte[]>> spoil) {
    StageEnvironment reviewer = bench.reviewer();
    WorkflowHistory history =
        (workflowId, runId) ->
            List.of(
                new WorkflowHistory.Event(
                    1, "ACTIVITY_TASK_SCHEDULED", Optional.of(Stage.S7.activityType())));
    return new S7ReviewActivity(
        Environments.with(
            reviewer,
            Map.of("history", history, "evidence", spoiling(reviewer.evidence(), spoil))));
  }

  private void refused(Consumer<Map<String, byte[]>> spoil) throws Exception {
    assertThatThrownBy(() -> review(spoil).review(call))
        .hasStackTraceContaining("the stored packet is not the sealed one");
    assertThat(bench.reviewer().kb().ledger().end(TestLane.OWNER)).isEmpty();
  }

  @Test
  void packet_thatIsReadBackAsItWasSealed_endsTheRunAsApplied() throws Exception {
    assertThat(review(files -> {}).review(call).result().verdict().render()).isEqualTo("PASS");
    assertThat(bench.reviewer().kb().ledger().isApplied(TestLane.OWNER)).isTrue();
    String packet =
        bench
            .reviewer()
            .kb()
            .ledger()
            .end(TestLane.OWNER)
            .orElseThrow()
            .packet()
            .orElseThrow()
            .location();
    String report = Files.readString(bench.folder().resolve(packet).resolveSibling("report.md"));
    assertThat(report)
        .contains(
            "This lane was applied. It created 2 documents in knowledge base " + TestLane.KB_ID)
        .contains("each stands there with the bytes that the plan names")
        .contains("Approved by: nobody. The lane does not ask for an approval.")
        .contains(bench.lane().reviewer().verifyKey().thumbprint().hex())
        .contains("| S7 review | PASS |")
        .doesNotContain("| NOT_RUN |");
    for (Lane.Change change : bench.lane().plan().spec().changes()) {
      assertThat(report)
          .contains("### " + change.path().value())
          .contains("rev1 sha256 " + bench.lane().plan().sourceDigest(change).hex());
    }
  }

  @Test
  void packet_thatIsReadBackOtherwise_endsNothing() throws Exception {
    refused(files -> files.remove(FILE));
    refused(files -> files.put("data/another.json", new byte[0]));
    refused(files -> files.put(FILE, new byte[0]));
  }
}
