package dev.lanekeeper.testkit;

import dev.lanekeeper.authority.Grant;
import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.canonical.Json;
import dev.lanekeeper.evidence.Bundle;
import dev.lanekeeper.evidence.FileTree;
import dev.lanekeeper.evidence.LaneFolder;
import dev.lanekeeper.grant.TrustRoot;
import dev.lanekeeper.kb.Attestation;
import dev.lanekeeper.kb.KnowledgeBase;
import dev.lanekeeper.kb.LedgerEntry;
import dev.lanekeeper.lane.KbPath;
import dev.lanekeeper.lane.Lane;
import dev.lanekeeper.lane.Plan;
import dev.lanekeeper.lane.Stage;
import dev.lanekeeper.signature.SigningKey;
import dev.lanekeeper.workflow.Owner;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/** The FIX7 P0 example as tests use it: bundle, keys, grants, clearances. */
public final class TestLane {

  /** The repository. */
  public static final Path ROOT = Path.of(System.getProperty("lanekeeper.root"));

  /** The example. */
  public static final Path FIX7 = ROOT.resolve("examples/fix7-p0");

  /** The knowledge base's id in tests. */
  public static final String KB_ID = "kb-test";

  /** The lane run of tests. */
  public static final Owner OWNER = new Owner("engine", "default", "workflow", RunIds.of("run"));

  private final Bundle bundle;
  private final SigningKey owner = SigningKey.generate();
  private final SigningKey executor = SigningKey.generate();
  private final SigningKey reviewer = SigningKey.generate();
  private final Clock clock;

  /** Reads the example. */
  public TestLane(Clock clock) throws Exception {
    this(clock, LaneFolder.read(FIX7));
  }

  /** Uses another bundle. */
  public TestLane(Clock clock, Bundle bundle) {
    this.bundle = bundle;
    this.clock = clock;
  }

  /** The bundle. */
  public Bundle bundle() {
    return bundle;
  }

  /** The plan. */
  public Plan plan() {
    return bundle.plan();
  }

  /** The owner's key. */
  public SigningKey owner() {
    return owner;
  }

  /** The executor's key. */
  public SigningKey executor() {
    return executor;
  }

  /** The reviewer's key. */
  public SigningKey reviewer() {
    return reviewer;
  }

  /** Trusts the owner. */
  public TrustRoot trust() {
    return TrustRoot.empty()
        .with(TrustRoot.Role.OWNER, "owner", owner.verifyKey())
        .with(TrustRoot.Role.EXECUTOR, "executor", executor.verifyKey())
        .with(TrustRoot.Role.REVIEWER, "reviewer", reviewer.verifyKey());
  }

  /** The grant as the owner would sign it. */
  public Grant grant() {
    Instant now = clock.instant();
    return Grant.of(
        plan(),
        new Grant.Terms(
            "grant-test",
            "owner",
            "agent",
            KB_ID,
            executor.verifyKey().thumbprint(),
            reviewer.verifyKey().thumbprint(),
            now.minusSeconds(1),
            now.plus(Duration.ofHours(4)),
            0));
  }

  /** The signed grant. */
  public byte[] signedGrant() {
    return grant().sign(owner).bytes();
  }

  /** A grant changed in one field and signed by the owner all the same. */
  public byte[] signedGrantWith(UnaryOperator<Map<String, Object>> change) {
    @SuppressWarnings("unchecked") // an object node is a map
    Map<String, Object> fields = Json.strict().convertValue(Json.tree(grant()), Map.class);
    return Json.strict().convertValue(change.apply(fields), Grant.class).sign(owner).bytes();
  }

  /** The bytes of a change. */
  public byte[] document(Lane.Change change) {
    return bundle.files().get(change.source());
  }

  /** The change with this id. */
  public Lane.Change change(String id) {
    return plan().spec().changes().stream()
        .filter(c -> c.id().equals(id))
        .findFirst()
        .orElseThrow();
  }

  /** Puts the example's initial documents into a knowledge base. */
  public void addInitialDocuments(KnowledgeBase kb) throws Exception {
    for (Map.Entry<String, byte[]> file : FileTree.read(FIX7.resolve("kb")).entrySet()) {
      kb.importDocuments(Map.of(new KbPath(file.getKey()), file.getValue()), "test");
    }
  }

  /** Records S0 to S4 as passed by a run. */
  public void clear(KnowledgeBase kb, Owner run) throws Exception {
    for (Stage stage : List.of(Stage.S0, Stage.S1, Stage.S2, Stage.S3, Stage.S4)) {
      record(kb, run, stage, "PASS", executor);
    }
  }

  /** Records a stage. */
  public void record(KnowledgeBase kb, Owner run, Stage stage, String verdict, SigningKey key)
      throws Exception {
    Digest digest = plan().digest();
    String attestation =
        Attestation.sign(key, run, stage.name(), digest, verdict, Map.of(), Json.object());
    kb.record(new LedgerEntry.StageRecorded(run, stage, 0, verdict, digest, attestation));
  }

  /** Copies the example to a folder where a test may change it. */
  public static Path copy(Path folder) throws Exception {
    for (Map.Entry<String, byte[]> file : FileTree.read(FIX7).entrySet()) {
      Path target = folder.resolve(file.getKey());
      Files.createDirectories(target.getParent());
      Files.write(target, file.getValue());
    }
    return folder;
  }
}
