package dev.lanekeeper.s5publish;

import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.grant.ApprovalVerifier;
import dev.lanekeeper.kb.KnowledgeBase;
import dev.lanekeeper.kb.LedgerEntry;
import dev.lanekeeper.kb.LedgerState;
import dev.lanekeeper.kb.RefusedException;
import dev.lanekeeper.lane.Stage;
import dev.lanekeeper.stage.StageEnvironment;
import dev.lanekeeper.stage.StageRunner;
import dev.lanekeeper.stage.StageWork;
import dev.lanekeeper.workflow.Activities;
import dev.lanekeeper.workflow.GatePass;
import dev.lanekeeper.workflow.ProbePass;
import dev.lanekeeper.workflow.StageCall;
import dev.lanekeeper.workflow.StageResult;
import java.io.IOException;
import java.util.Optional;

/** S5: takes the claim, publishes the primary documents and reads them back. */
public final class S5PublishPrimaryActivity implements Activities.S5PublishPrimary {

  private final StageRunner runner;
  private final Publisher publisher;

  /** The stage on a worker. */
  public S5PublishPrimaryActivity(StageEnvironment environment) {
    this.runner = new StageRunner(environment);
    this.publisher = new Publisher(environment);
  }

  @Override
  public StageResult publish(
      StageCall call, GatePass gate, ProbePass probes, Optional<String> approval) {
    return runner.run(
        Stage.S5,
        call,
        work -> {
          if (work.spec().approval().isPresent()) {
            approved(work, approval);
          }
          return publisher.publish(work, Stage.S5);
        });
  }

  /** Records an approval that was sent and holds; without one, an earlier one must hold still. */
  private static void approved(StageWork work, Optional<String> brought) throws IOException {
    KnowledgeBase kb = work.environment().kb();
    Digest plan = work.plan().digest();
    LedgerState ledger = kb.ledger();
    Optional<String> recorded = ledger.approval(plan);
    ApprovalVerifier verifier = new ApprovalVerifier(work.environment().trust().get());
    Optional<String> sent = brought.map(verifier::received);
    ApprovalVerifier.Situation situation =
        new ApprovalVerifier.Situation(
            work.plan(),
            kb.identity().id(),
            work.grantBytes().orElseThrow(),
            run -> run.equals(work.owner().runId()) || ledger.ofOpenClaim(plan, run),
            ledger.usedApprovals(plan),
            work.now());
    boolean recordedHolds = recorded.isPresent() && verifier.verify(recorded, situation).passed();
    boolean sentHolds = sent.isPresent() && verifier.verify(sent, situation).passed();
    Optional<String> envelope = recordedHolds && !sentHolds ? recorded : sent.or(() -> recorded);
    RefusedException.unlessPassed(verifier.verify(envelope, situation));
    if (!envelope.equals(recorded)) {
      kb.record(new LedgerEntry.Approved(plan, envelope.orElseThrow()));
    }
  }
}
