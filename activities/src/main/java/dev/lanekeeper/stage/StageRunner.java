package dev.lanekeeper.stage;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lanekeeper.canonical.CanonicalJson;
import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.canonical.Json;
import dev.lanekeeper.files.FaultText;
import dev.lanekeeper.kb.Attestation;
import dev.lanekeeper.kb.LedgerEntry;
import dev.lanekeeper.kb.RefusedException;
import dev.lanekeeper.lane.Plan;
import dev.lanekeeper.lane.Stage;
import dev.lanekeeper.scope.Effect;
import dev.lanekeeper.verdict.RejectCode;
import dev.lanekeeper.verdict.Verdict;
import dev.lanekeeper.workflow.Owner;
import dev.lanekeeper.workflow.StageCall;
import dev.lanekeeper.workflow.StageResult;
import io.temporal.activity.Activity;
import java.io.IOException;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs a stage: reads plan and grant from bytes, verifies the grant, lets the stage work, and
 * stores, signs and records what it found. A refusal becomes data; a fault is thrown and retried.
 */
public final class StageRunner {

  private static final Logger LOG = LoggerFactory.getLogger(StageRunner.class);

  /** What a stage does. */
  public interface Body {
    /** Works, and says what it found. */
    Fragment perform(StageWork work) throws IOException;
  }

  private final StageEnvironment environment;
  private final ResultSigner signer;

  /** A runner for one worker role. */
  public StageRunner(StageEnvironment environment) {
    this.environment = environment;
    this.signer = new ResultSigner(environment);
  }

  /** Runs a stage that needs the plan that S0 verified, under the grant that S0 verified. */
  public StageResult run(Stage stage, StageCall call, Body body) {
    try {
      environment.requireKb(call.kbId());
      return signer.sign(attempt(stage, call, body), call.round());
    } catch (IOException e) {
      throw Activity.wrap(e);
    }
  }

  private StageResult attempt(Stage stage, StageCall call, Body body) throws IOException {
    try {
      Plan plan = plan(call.planDigest());
      Optional<byte[]> grant = environment.evidence().grant(call.grant());
      return run(stage, call.round(), plan, grant, body);
    } catch (RefusedException e) {
      Refusals.record(environment, stage, call.round(), e.reject());
      return new StageResult(stage, e.reject(), Optional.empty(), "refused");
    }
  }

  /** Runs a stage on a plan; S0 comes here directly. */
  public StageResult run(Stage stage, int round, Plan plan, Optional<byte[]> grant, Body body)
      throws IOException {
    Owner owner = environment.owner();
    Instant started = environment.clock().instant();
    try {
      StageWork work = new StageWork(environment, stage, owner, round, plan, grant, started);
      if (stage != Stage.S0 && environment.kb().ledger().stage(owner, Stage.S0).isEmpty()) {
        // Whoever calls activities past S0 leaves a bounded line, as in S0.
        RefusedException.unlessPassed(work.grantFinding().verdict());
      }
      environment.kb().begin(owner, environment.calls().current().scheduled());
      Fragment fragment = perform(stage, work, body);
      Digest evidence = record(stage, work, fragment, started);
      // Lane, run and stage are in the logging context.
      LOG.info("verdict {}: {}", fragment.verdict().render(), fragment.note());
      return new StageResult(stage, fragment.verdict(), Optional.of(evidence), fragment.note());
    } catch (IOException e) {
      if (DiskFull.is(e)) {
        return new StageResult(
            stage,
            Verdict.reject(
                RejectCode.STORE_FULL, stage.name(), "room on the disk", FaultText.of(e)),
            Optional.empty(),
            "the disk is full");
      }
      throw e;
    } catch (RefusedException e) {
      throw e.unlessOvertaken();
    }
  }

  private Fragment perform(Stage stage, StageWork work, Body body) throws IOException {
    try {
      if (stage != Stage.S0 && stage != Stage.S7) {
        RefusedException.unlessPassed(work.grantFinding().verdict());
      }
      return body.perform(work);
    } catch (RefusedException refused) {
      return new Fragment(refused.reject(), Map.of(), Map.of(), "refused");
    }
  }

  /** The plan of this digest, if this release would have made the same. */
  private Plan plan(Digest digest) throws IOException {
    try {
      return Plan.read(environment.evidence().get(digest));
    } catch (IOException e) {
      throw new RefusedException(
          Verdict.reject(
              RejectCode.PLAN_DIGEST_MISMATCH,
              digest.brief(),
              "the plan " + digest + " as this release makes it",
              "a stored file that is missing, or that this release reads otherwise"));
    }
  }

  private Digest record(Stage stage, StageWork work, Fragment fragment, Instant started)
      throws IOException {
    Map<String, Digest> subjects = new TreeMap<>(fragment.subjects());
    ObjectNode stored = Json.object();
    stored.put("stage", stage.name()).put("round", work.round());
    stored.set("verdict", Evidence.json(fragment.verdict()));
    ObjectNode files = stored.putObject("files");
    fragment
        .files()
        .forEach(
            (name, file) -> {
              ObjectNode whole = whole(work, fragment, file, started);
              files.set(name, whole);
              String folder = name.startsWith("publication-") ? "fragment/" : "data/";
              subjects.put(folder + name, Digest.of(Json.pretty(whole)));
            });
    byte[] bytes = CanonicalJson.bytes(stored);
    Digest digest = Digest.of(bytes);
    work.effects()
        .perform(
            Effect.of("evidence.write", "evidence:" + stage, digest),
            () -> work.evidence().put(bytes));
    ObjectNode details =
        Json.object()
            .put("activity", stage.activityType())
            .put("lane", work.laneId())
            .put("round", work.round())
            .put("attempt", environment.calls().current().attempt())
            .put("fragment", digest.hex())
            .put("grant", work.grantBytes().map(grant -> Digest.of(grant).hex()).orElse(""))
            .put("reject", fragment.verdict().render())
            .put("worker", environment.identity())
            .put("startedAt", started.toString())
            .put("finishedAt", environment.clock().instant().toString());
    String attestation =
        Attestation.sign(
            environment.key(),
            work.owner(),
            stage.name(),
            work.plan().digest(),
            fragment.verdict().word(),
            subjects,
            details);
    environment
        .kb()
        .appendIfCurrent(
            work.owner(),
            environment.calls().current().scheduled(),
            new LedgerEntry.StageRecorded(
                work.owner(), stage, work.round(), fragment.verdict().word(), digest, attestation));
    return digest;
  }

  /** Puts around a stage's evidence what every evidence file says. */
  private static ObjectNode whole(
      StageWork work, Fragment fragment, ObjectNode file, Instant started) {
    // What every file says is said last: no stage can say another verdict than its own.
    ObjectNode out = file.deepCopy();
    out.setAll(Evidence.header("RUN"));
    out.put("lane", work.laneId());
    out.put("planDigest", work.plan().digest().hex());
    out.set("result", Evidence.json(fragment.verdict()));
    return Evidence.place(out, work.owner(), started);
  }
}
