package dev.lanekeeper.stage;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lanekeeper.authority.Grant;
import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.evidence.EvidenceStore;
import dev.lanekeeper.grant.GrantVerifier;
import dev.lanekeeper.kb.KbIdentity;
import dev.lanekeeper.kb.LedgerEntry;
import dev.lanekeeper.kb.LedgerState;
import dev.lanekeeper.kb.RefusedException;
import dev.lanekeeper.lane.KbPath;
import dev.lanekeeper.lane.Lane;
import dev.lanekeeper.lane.Plan;
import dev.lanekeeper.lane.Stage;
import dev.lanekeeper.scope.Effect;
import dev.lanekeeper.scope.EffectPort;
import dev.lanekeeper.scope.ScopeGuard;
import dev.lanekeeper.verdict.Verdict;
import dev.lanekeeper.workflow.Owner;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;

/** One attempt of one stage: what it works on, and its port to the outside. */
public final class StageWork {

  private final StageEnvironment environment;
  private final Stage stage;
  private final Owner owner;
  private final int round;
  private final Plan plan;
  private final Optional<byte[]> grantBytes;
  private final GrantVerifier.Finding finding;
  private final Instant now;
  private final ScopeGuard guard;
  private final EffectPort effects;
  private boolean refusalRecorded;

  StageWork(
      StageEnvironment environment,
      Stage stage,
      Owner owner,
      int round,
      Plan plan,
      Optional<byte[]> grantBytes,
      Instant now)
      throws IOException {
    this.environment = environment;
    this.stage = stage;
    this.owner = owner;
    this.round = round;
    this.plan = plan;
    this.grantBytes = grantBytes;
    this.now = now;
    this.guard = new ScopeGuard(plan.spec());
    this.effects =
        new EffectPort(
            guard,
            this::recordEffect,
            verdict -> new RefusedException(verdict.rejection().orElseThrow()));
    this.finding = verifier().verify(new GrantVerifier.Presented("grant", grantBytes), situation());
  }

  private void recordEffect(Effect effect, Verdict verdict) throws IOException {
    if (verdict.passed()) {
      environment
          .kb()
          .record(new LedgerEntry.EffectRecorded(owner, stage.name(), effect, true, ""));
    } else if (!refusalRecorded) {
      refusalRecorded = true;
      environment
          .kb()
          .record(
              new LedgerEntry.EffectRecorded(owner, stage.name(), effect, false, verdict.render()));
    }
  }

  /** The worker's things. */
  public StageEnvironment environment() {
    return environment;
  }

  /** The evidence store. */
  public EvidenceStore evidence() {
    return environment.evidence();
  }

  /** Whose work it is. */
  public Owner owner() {
    return owner;
  }

  /** How often the lane was resumed before. */
  public int round() {
    return round;
  }

  /** The plan. */
  public Plan plan() {
    return plan;
  }

  /** The lane's specification. */
  public Lane.Spec spec() {
    return plan.spec();
  }

  /** The lane's id. */
  public String laneId() {
    return plan.lane().metadata().id();
  }

  /** The time of this attempt, fixed for all of its checks. */
  public Instant now() {
    return now;
  }

  /** The guard that decides on this stage's effects. */
  public ScopeGuard guard() {
    return guard;
  }

  /** The port to the outside. */
  public EffectPort effects() {
    return effects;
  }

  /** What the grant's verification found in this attempt. */
  public GrantVerifier.Finding grantFinding() {
    return finding;
  }

  /** The grant; only stages that run under a valid one may ask. */
  public Grant grant() {
    return finding.grant().orElseThrow();
  }

  /** The envelope of the grant. */
  public Optional<byte[]> grantBytes() {
    return grantBytes;
  }

  /** A verifier on the trust root as it is now. */
  public GrantVerifier verifier() {
    return new GrantVerifier(environment.trust().get());
  }

  /** What a grant must fit in this attempt. */
  public GrantVerifier.Situation situation() throws IOException {
    KbIdentity kb = environment.kb().identity();
    LedgerState ledger = environment.kb().ledger();
    return new GrantVerifier.Situation(
        plan,
        kb.id(),
        kb.environment(),
        stage == Stage.S7
            ? Optional.empty()
            : Optional.of(environment.key().verifyKey().thumbprint()),
        stage == Stage.S7
            ? Optional.of(environment.key().verifyKey().thumbprint())
            : Optional.empty(),
        now,
        ledger.consumedGrants(plan.digest()),
        ledger.revokedGrants());
  }

  /** The bytes of a file of the bundle. */
  public byte[] file(KbPath path) throws IOException {
    Digest digest = plan.files().get(path);
    if (digest == null) {
      throw new IOException("not a file of the plan: " + path);
    }
    return evidence().get(digest);
  }

  /** All of them. */
  public NavigableMap<KbPath, byte[]> files() throws IOException {
    NavigableMap<KbPath, byte[]> files = new TreeMap<>();
    for (KbPath path : plan.files().keySet()) {
      files.put(path, file(path));
    }
    return files;
  }

  /** An evidence file that an earlier stage of this run wrote. */
  public ObjectNode evidenceOf(Stage earlier, String file) throws IOException {
    LedgerEntry.StageRecorded record =
        environment
            .kb()
            .ledger()
            .stage(owner, earlier)
            .orElseThrow(() -> new IOException("the ledger holds no record of " + earlier));
    return StageRecords.file(evidence(), record, file);
  }

  /** The changes of a stage. */
  public List<Lane.Change> changes(Stage of) {
    return spec().changes().stream().filter(c -> c.stage() == of).toList();
  }
}
