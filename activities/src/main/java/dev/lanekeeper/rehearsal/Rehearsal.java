package dev.lanekeeper.rehearsal;

import dev.lanekeeper.authority.Grant;
import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.evidence.Bundle;
import dev.lanekeeper.grant.TrustRoot;
import dev.lanekeeper.kb.KbReader;
import dev.lanekeeper.kb.Leases;
import dev.lanekeeper.kb.LedgerState;
import dev.lanekeeper.lane.LaneName;
import dev.lanekeeper.lane.Plan;
import dev.lanekeeper.lane.Stage;
import dev.lanekeeper.s0preflight.S0PreflightActivity;
import dev.lanekeeper.s1seal.S1SealVersusBytesActivity;
import dev.lanekeeper.s2staging.S2StagingRollbackProofActivity;
import dev.lanekeeper.s3gate.S3HardenedGateActivity;
import dev.lanekeeper.s4probes.S4ExecutionProbesActivity;
import dev.lanekeeper.s5publish.Foreseen;
import dev.lanekeeper.signature.SigningKey;
import dev.lanekeeper.stage.Calls;
import dev.lanekeeper.stage.Fragment;
import dev.lanekeeper.stage.StageEnvironment;
import dev.lanekeeper.stage.StageRunner;
import dev.lanekeeper.verdict.Verdict;
import dev.lanekeeper.workflow.LaneRequest;
import dev.lanekeeper.workflow.RunId;
import dev.lanekeeper.workflow.StageCall;
import dev.lanekeeper.workflow.StageResult;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/**
 * S0 to S4, and what S5 looks at before it publishes. They run under keys and a grant of the
 * rehearsal's own, which nobody else trusts: whether the real grant holds is asked elsewhere.
 */
public final class Rehearsal {

  /**
   * One stage.
   *
   * @param what what it looked at
   * @param verdict what it found
   */
  public record Step(String what, Verdict verdict) {}

  private final Plan plan;
  private final StageEnvironment environment;
  private final Digest grant;
  private final Optional<Digest> agentKey;

  /**
   * Prepares one.
   *
   * @param kb the knowledge base as a run would find it; it is only read
   * @param known whom a run would trust
   * @param agentKey the agent's key that the run's grant names, if it names one
   * @param workspaces where a run would have its workspaces
   * @param folder an empty folder for the rehearsal's own
   */
  public Rehearsal(
      Bundle bundle,
      KbReader kb,
      TrustRoot known,
      Optional<Digest> agentKey,
      Path workspaces,
      Path folder)
      throws IOException {
    this.plan = bundle.plan();
    this.agentKey = agentKey;
    Clock clock = Clock.systemUTC();
    SigningKey owner = SigningKey.generate();
    SigningKey executor = SigningKey.generate();
    SigningKey reviewer = SigningKey.generate();
    TrustRoot trust =
        known
            .with(TrustRoot.Role.OWNER, "rehearsal", owner.verifyKey())
            .with(TrustRoot.Role.EXECUTOR, "rehearsal", executor.verifyKey())
            .with(TrustRoot.Role.REVIEWER, "rehearsal", reviewer.verifyKey());
    Instant now = clock.instant();
    List<String> chain = plan.spec().delegation().chain();
    byte[] envelope =
        Grant.of(
                plan,
                new Grant.Terms(
                    "rehearsal-" + UUID.randomUUID(),
                    "rehearsal",
                    chain.get(chain.size() - 1),
                    kb.identity().id(),
                    executor.verifyKey().thumbprint(),
                    reviewer.verifyKey().thumbprint(),
                    Optional.empty(),
                    now.minus(Duration.ofMinutes(1)),
                    now.plus(Duration.ofHours(4)),
                    trust.revocationEpoch()))
            .sign(owner)
            .bytes();
    this.grant = Digest.of(envelope);
    MemoryEvidence evidence = new MemoryEvidence(bundle, envelope);
    UnchangedKnowledgeBase unchanged = new UnchangedKnowledgeBase(kb, workspaces, clock);
    RunId run = new RunId(UUID.randomUUID().toString());
    Calls.Caller caller =
        new Calls.Caller("rehearsal", "rehearsal", run, run.value(), "rehearsal", 1, now, now);
    this.environment =
        new StageEnvironment(
            unchanged,
            () -> unchanged,
            evidence,
            evidence::plan,
            () -> trust,
            executor,
            "rehearsal",
            true,
            clock,
            "rehearsal",
            other -> false,
            Leases.SETTLED,
            (workflow, runId) -> List.of(),
            folder,
            key -> true,
            new OneCall(caller));
  }

  /**
   * The call that every stage of a rehearsal is.
   *
   * @param current who calls
   */
  private record OneCall(Calls.Caller current) implements Calls {
    @Override
    public void stopIfCanceled() {
      // Nobody can cancel it.
    }
  }

  private interface Act {
    StageResult perform() throws IOException;
  }

  /** Runs the stages until one refuses. */
  public List<Step> steps() throws IOException {
    LaneName lane = plan.lane().metadata().name();
    StageCall call = new StageCall(lane, Optional.empty(), 0, plan.digest(), grant);
    List<Act> acts =
        List.of(
            () -> new S0PreflightActivity(environment).preflight(LaneRequest.of(lane), 0).result(),
            () -> new S1SealVersusBytesActivity(environment).recheck(call),
            () -> new S2StagingRollbackProofActivity(environment).prove(call),
            () -> new S3HardenedGateActivity(environment).judge(call),
            () -> new S4ExecutionProbesActivity(environment).probe(call),
            this::foreseen);
    List<Step> steps = new ArrayList<>();
    for (Act act : acts) {
      StageResult result = performed(act);
      steps.add(new Step(what(result), result.verdict()));
      if (!result.verdict().passed()) {
        return steps;
      }
    }
    return steps;
  }

  private static String what(StageResult result) {
    String stage =
        result.stage() == Stage.S5
            ? "S5 before it publishes"
            : result.stage() + " " + result.stage().title() + ", rehearsed";
    return result.verdict().passed() ? stage + ": " + result.note() : stage;
  }

  /** A fault comes out of an activity as a cause. */
  private static StageResult performed(Act act) throws IOException {
    try {
      return act.perform();
    } catch (RuntimeException e) {
      if (e.getCause() instanceof IOException fault) {
        throw fault;
      }
      throw e;
    }
  }

  /** What S5 looks at before it takes the claim. */
  private StageResult foreseen() throws IOException {
    LedgerState ledger = environment.kb().ledger();
    return new StageRunner(environment)
        .run(
            Stage.S5,
            0,
            plan,
            environment.evidence().grant(grant),
            work ->
                new Fragment(
                    Foreseen.rehearsed(work, ledger, agentKey).verdict(),
                    Map.of(),
                    Map.of(),
                    "self-checks and report fit the evidence as it will be"));
  }
}
