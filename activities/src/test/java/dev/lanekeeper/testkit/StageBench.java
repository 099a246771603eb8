package dev.lanekeeper.testkit;

import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.evidence.DirectoryEvidenceStore;
import dev.lanekeeper.evidence.EvidenceStore;
import dev.lanekeeper.kb.CommitChecks;
import dev.lanekeeper.kb.DirectoryKnowledgeBase;
import dev.lanekeeper.kb.DirectoryReader;
import dev.lanekeeper.kb.KbIdentity;
import dev.lanekeeper.kb.KnowledgeBase;
import dev.lanekeeper.lane.KbPath;
import dev.lanekeeper.s0preflight.S0PreflightActivity;
import dev.lanekeeper.s1seal.S1SealVersusBytesActivity;
import dev.lanekeeper.s2staging.S2StagingRollbackProofActivity;
import dev.lanekeeper.s3gate.S3HardenedGateActivity;
import dev.lanekeeper.s4probes.S4ExecutionProbesActivity;
import dev.lanekeeper.s5publish.S5PublishPrimaryActivity;
import dev.lanekeeper.s6addenda.S6PublishAddendaActivity;
import dev.lanekeeper.stage.Calls;
import dev.lanekeeper.stage.StageEnvironment;
import dev.lanekeeper.workflow.GatePass;
import dev.lanekeeper.workflow.LaneRequest;
import dev.lanekeeper.workflow.PreflightResult;
import dev.lanekeeper.workflow.ProbePass;
import dev.lanekeeper.workflow.PublishPass;
import dev.lanekeeper.workflow.StageCall;
import dev.lanekeeper.workflow.StageResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The real stages of a lane on a directory, called one by one without a workflow: what one stage
 * checks can be tried alone.
 */
public final class StageBench {

  private final Path folder;
  private final TestLane lane;
  private final StageEnvironment executor;

  /** A knowledge base with the example's initial documents, and a stored grant. */
  public StageBench(Path folder) throws Exception {
    this(folder, new TestLane(Clock.systemUTC()));
  }

  /** The same for another lane over the example's initial documents. */
  public StageBench(Path folder, TestLane lane) throws Exception {
    this.folder = folder;
    this.lane = lane;
    DirectoryKnowledgeBase.create(
        documents(), state(), new KbIdentity(TestLane.KB_ID, "no-production"));
    KnowledgeBase kb =
        new DirectoryKnowledgeBase(
            documents(), state(), Clock.systemUTC(), CommitChecks.all(lane::trust));
    lane.addInitialDocuments(kb);
    DirectoryEvidenceStore evidence = new DirectoryEvidenceStore(folder);
    evidence.putBundle(lane.bundle());
    evidence.putGrant(lane.signedGrant());
    Files.createDirectories(folder.resolve("workspaces"));
    executor =
        new StageEnvironment(
            kb,
            () -> new DirectoryReader(documents(), state(), Clock.systemUTC()),
            evidence,
            name -> Optional.of(lane.plan()),
            lane::trust,
            lane.executor(),
            "bench",
            false,
            Clock.systemUTC(),
            TestLane.OWNER.engine(),
            run -> false,
            dev.lanekeeper.kb.Leases.SETTLED,
            (workflowId, runId) -> List.of(),
            folder.resolve("workspaces"),
            key -> false,
            new LaneRun());
  }

  private record LaneRun() implements Calls {
    @Override
    public Caller current() {
      return new Caller(
          TestLane.OWNER.namespace(),
          TestLane.OWNER.workflowId(),
          TestLane.OWNER.runId(),
          TestLane.OWNER.runId().value(),
          "Test",
          1,
          java.time.Instant.EPOCH,
          java.time.Instant.EPOCH);
    }

    @Override
    public void stopIfCanceled() {}
  }

  private Path documents() {
    return folder.resolve("kb");
  }

  private Path state() {
    return folder.resolve("ledger");
  }

  /** The home's folder. */
  public Path folder() {
    return folder;
  }

  /** A document's file. */
  public Path file(KbPath path) {
    return documents().resolve(path.value());
  }

  /** The lane. */
  public TestLane lane() {
    return lane;
  }

  /** What the executor's stages work with. */
  public StageEnvironment executor() {
    return executor;
  }

  /** What the reviewer's stage works with. */
  public StageEnvironment reviewer() {
    return Environments.with(executor, Map.of("key", lane.reviewer()));
  }

  /** What the reviewer's stage works with at another time. */
  public StageEnvironment reviewer(Clock clock) {
    StageEnvironment e = reviewer();
    return with(e, e.identity(), e.freshReader(), e.evidence(), clock);
  }

  /** What the reviewer's stage works with in a worker of another identity. */
  public StageEnvironment reviewer(String identity) {
    StageEnvironment e = reviewer();
    return with(e, identity, e.freshReader(), e.evidence(), e.clock());
  }

  /** What the executor's stages work with when reading meets something else than was written. */
  public StageEnvironment executor(
      StageEnvironment.ReaderOpener freshReader, EvidenceStore evidence) {
    return with(executor, executor.identity(), freshReader, evidence, executor.clock());
  }

  private static StageEnvironment with(
      StageEnvironment e,
      String identity,
      StageEnvironment.ReaderOpener freshReader,
      EvidenceStore evidence,
      Clock clock) {
    return Environments.with(
        e,
        Map.of(
            "freshReader",
            freshReader,
            "evidence",
            evidence,
            "identity",
            identity,
            "clock",
            clock));
  }

  /** The smallest request for the lane. */
  public LaneRequest request() {
    return LaneRequest.of(lane.plan().lane().metadata().name());
  }

  /** Runs S0. */
  public PreflightResult preflight() {
    return preflight(request());
  }

  /** Runs S0 on a request. */
  public PreflightResult preflight(LaneRequest request) {
    return preflight(request, 0);
  }

  /** The same after so many resumes. */
  public PreflightResult preflight(LaneRequest request, int round) {
    return new S0PreflightActivity(executor).preflight(request, round);
  }

  /** What stages after S0 are called with. */
  public StageCall call(PreflightResult passed) {
    return new StageCall(
        lane.plan().lane().metadata().name(),
        Optional.of(TestLane.KB_ID),
        0,
        passed.planDigest().orElseThrow(),
        passed.grant().orElseThrow());
  }

  /** Runs S0 to S6, each of which must pass. */
  public StageCall published() {
    PreflightResult preflight = preflight();
    passed(preflight.result());
    StageCall call = call(preflight);
    PublishPass primary = new PublishPass(passed(publishPrimary(call, executor)));
    passed(new S6PublishAddendaActivity(executor).publish(call, primary));
    return call;
  }

  /** Runs S1 to S4, each of which must pass, and S5 in an environment of its own. */
  public StageResult publishPrimary(StageCall call, StageEnvironment publisher) {
    passed(new S1SealVersusBytesActivity(executor).recheck(call));
    passed(new S2StagingRollbackProofActivity(executor).prove(call));
    GatePass gate = new GatePass(passed(new S3HardenedGateActivity(executor).judge(call)));
    ProbePass probes = new ProbePass(passed(new S4ExecutionProbesActivity(executor).probe(call)));
    return new S5PublishPrimaryActivity(publisher).publish(call, gate, probes, Optional.empty());
  }

  private static StageResult passed(StageResult result) {
    if (!result.verdict().passed()) {
      throw new AssertionError(result.stage() + ": " + result.verdict().render());
    }
    return result;
  }

  /** The digest of the plan. */
  public Digest planDigest() {
    return lane.plan().digest();
  }
}
