package dev.lanekeeper.seal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lanekeeper.kb.LedgerEntry;
import dev.lanekeeper.lane.Lane;
import dev.lanekeeper.rollback.RollbackActivity;
import dev.lanekeeper.s7review.S7ReviewActivity;
import dev.lanekeeper.stage.StageEnvironment;
import dev.lanekeeper.stage.WorkflowHistory;
import dev.lanekeeper.testkit.Environments;
import dev.lanekeeper.testkit.RunIds;
import dev.lanekeeper.testkit.StageBench;
import dev.lanekeeper.testkit.TestLane;
import dev.lanekeeper.workflow.EndStatement;
import dev.lanekeeper.workflow.LaneEnd;
import dev.lanekeeper.workflow.Owner;
import dev.lanekeeper.workflow.SealCall;
import dev.lanekeeper.workflow.SealedPacket;
import dev.lanekeeper.workflow.StageCall;
import dev.lanekeeper.workflow.WithdrawCall;
import io.temporal.failure.ApplicationFailure;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The end that is signed is the one that ledger, documents and service show, and no caller's. */
class SealActivityTest {

  private static final SealCall OWN = new SealCall(Optional.empty(), Optional.empty());

  @TempDir private Path folder;

  private StageBench bench() throws Exception {
    return new StageBench(folder.resolve("home"));
  }

  private static EndStatement sealed(StageEnvironment environment, SealCall call) {
    SealedPacket packet = new SealActivity(environment).seal(call);
    return EndStatement.read(packet.end().orElseThrow()).orElseThrow().content();
  }

  private static String report(StageBench bench) throws Exception {
    String packet =
        bench
            .executor()
            .kb()
            .ledger()
            .end(TestLane.OWNER)
            .orElseThrow()
            .packet()
            .orElseThrow()
            .location();
    return Files.readString(bench.folder().resolve(packet).resolveSibling("report.md"));
  }

  private static void withdraw(StageEnvironment environment) {
    var unused =
        new RollbackActivity(environment)
            .withdraw(new WithdrawCall(Optional.empty(), Optional.empty(), Optional.empty()));
  }

  private static StageEnvironment after(StageBench bench, WorkflowHistory.Event... events) {
    WorkflowHistory history = (workflowId, runId) -> List.of(events);
    return Environments.with(bench.executor(), Map.of("history", history));
  }

  private static WorkflowHistory.Event update(String name) {
    return new WorkflowHistory.Event(
        9, "WORKFLOW_EXECUTION_UPDATE_ACCEPTED", Optional.empty(), Optional.of(name));
  }

  @Test
  void run_thatTheLedgerDoesNotKnow_getsNoEndAndNoPacket() throws Exception {
    StageBench bench = bench();
    Owner stranger = new Owner("engine", "default", "workflow", RunIds.of("nobody"));
    for (SealCall call :
        List.of(OWN, new SealCall(Optional.of(stranger), Optional.of(TestLane.KB_ID)))) {
      assertThatThrownBy(() -> new SealActivity(bench.executor()).seal(call))
          .isInstanceOfSatisfying(
              ApplicationFailure.class, f -> assertThat(f.getType()).isEqualTo("RUN_UNKNOWN"));
    }
    assertThat(bench.executor().kb().ledger().all(LedgerEntry.RunEnded.class)).isEmpty();
    assertThat(folder.resolve("home/runs")).isEmptyDirectory();
  }

  /** Who names another run could end it while it publishes. */
  @Test
  void run_thatMayStillGoOn_isNotEndedByAnother() throws Exception {
    StageBench bench = bench();
    bench.published();
    SealCall ofAnother = new SealCall(Optional.of(TestLane.OWNER), Optional.of(TestLane.KB_ID));
    assertThatThrownBy(() -> new SealActivity(bench.executor()).seal(ofAnother))
        .isInstanceOfSatisfying(
            ApplicationFailure.class, f -> assertThat(f.getType()).isEqualTo("CLAIM_HELD"));
    assertThat(bench.executor().kb().ledger().all(LedgerEntry.RunEnded.class)).isEmpty();
    assertThat(bench.executor().kb().ledger().openClaims()).hasSize(1);
  }

  /** A rogue answer to Rollback is not sealed as done. */
  @Test
  void run_whoseDocumentsStand_endsAsNotRolledBack_whateverItsCallerBelieves() throws Exception {
    StageBench bench = bench();
    bench.published();
    assertThat(sealed(bench.executor(), OWN).end()).isEqualTo(LaneEnd.ROLLBACK_FAILED);
    assertThat(report(bench))
        .contains("It had published 2 documents, of which none was taken back.")
        .contains("published, and stands");
    for (Lane.Change change : bench.lane().plan().spec().changes()) {
      assertThat(bench.file(change.path())).exists();
    }
    assertThat(bench.executor().kb().ledger().openClaims()).hasSize(1);
  }

  @Test
  void end_isWhatAPersonSentByTheServicesRecord() throws Exception {
    Map<LaneEnd, WorkflowHistory.Event> sent =
        Map.of(
            LaneEnd.ROLLED_BACK, update("rollback"),
            LaneEnd.ABORTED, update("abort"),
            LaneEnd.CANCELED,
                new WorkflowHistory.Event(
                    9, "WORKFLOW_EXECUTION_CANCEL_REQUESTED", Optional.empty()));
    for (Map.Entry<LaneEnd, WorkflowHistory.Event> each : sent.entrySet()) {
      StageBench bench = new StageBench(folder.resolve(each.getKey().name()));
      bench.published();
      withdraw(bench.executor());
      StageEnvironment after = after(bench, update("resume"), each.getValue());
      assertThat(sealed(after, OWN).end()).isEqualTo(each.getKey());
      assertThat(report(bench))
          .contains("It had published 2 documents. Each was taken back")
          .contains("published, and taken back")
          .contains("Reviewed by: nobody.")
          .contains("OWNER_ISSUED")
          .doesNotContain("This lane was applied");
    }
  }

  @Test
  void end_isRejected_whenAStageRefused_evenIfAPersonCancelsLater() throws Exception {
    StageBench bench = bench();
    StageCall call = bench.published();
    byte[] broken = "broken".getBytes(java.nio.charset.StandardCharsets.UTF_8);
    Path file = bench.file(bench.lane().plan().spec().pins().get(0).path());
    Files.delete(file);
    Files.write(file, broken);
    var review = new S7ReviewActivity(bench.reviewer()).review(call);
    assertThat(review.result().verdict().passed()).isFalse();
    withdraw(bench.executor());
    EndStatement end =
        sealed(
            after(
                bench,
                new WorkflowHistory.Event(
                    9, "WORKFLOW_EXECUTION_CANCEL_REQUESTED", Optional.empty())),
            OWN);
    assertThat(end.reject().orElseThrow().code().holds())
        .as(end.toString())
        .isEqualTo(end.end() == LaneEnd.CANCELED);
    assertThat(end.stage()).isPresent();
  }

  @Test
  void end_ofARunWithoutAGrant_isSealedWithoutPlanAndDocuments() throws Exception {
    StageBench bench = bench();
    var request = bench.request();
    var ungranted =
        new dev.lanekeeper.workflow.LaneRequest(
            request.lane(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.of(dev.lanekeeper.canonical.Digest.of("no such grant")),
            Optional.empty(),
            Optional.empty(),
            Optional.empty());
    assertThat(bench.preflight(ungranted).result().verdict().passed()).isFalse();
    withdraw(bench.executor());
    SealedPacket packet = new SealActivity(after(bench, update("abort"))).seal(OWN);
    EndStatement end = EndStatement.read(packet.end().orElseThrow()).orElseThrow().content();
    assertThat(end.end()).isEqualTo(LaneEnd.ABORTED);
    assertThat(end.planDigest()).isEmpty();
    assertThat(report(bench))
        .contains("This lane was given up by a person (abort)")
        .contains("Stage S0 preflight stopped it with GRANT_MISSING")
        .contains("It published no document.")
        .contains("Allowed by: nobody. No grant was verified.")
        .contains("| S0 preflight | REFUSED |")
        .contains("The report knows of no document");
    Map<String, byte[]> files = bench.executor().evidence().packet(packet.location());
    assertThat(files.keySet()).noneMatch(name -> name.startsWith("data/documents/"));
    assertThat(files.values().stream().mapToInt(bytes -> bytes.length).sum()).isLessThan(40_000);
  }
}
