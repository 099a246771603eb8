package dev.lanekeeper.workflow;

import io.temporal.activity.ActivityInterface;
import io.temporal.activity.ActivityMethod;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The ten activity types; there are no others. */
public final class Activities {

  /** The activity type that withdraws a run. */
  public static final String ROLLBACK = "Rollback";

  /** The activity type that seals the evidence of a run that did not pass. */
  public static final String SEAL = "Seal";

  private Activities() {}

  /** The names of all ten. */
  public static Set<String> types() {
    return Stream.concat(
            Stream.of(dev.lanekeeper.lane.Stage.values())
                .map(dev.lanekeeper.lane.Stage::activityType),
            Stream.of(ROLLBACK, SEAL))
        .collect(Collectors.toUnmodifiableSet());
  }

  /** S0: grant, inputs, pins, inventory; Tables A, B, C. */
  @ActivityInterface
  public interface S0Preflight {
    /** Verifies everything that the lane depends on. */
    @ActivityMethod(name = "S0Preflight")
    PreflightResult preflight(LaneRequest request, int round);
  }

  /** S1: frozen seals and the bytes to publish; read-only. */
  @ActivityInterface
  public interface S1SealVersusBytes {
    /** Recomputes seals and compares bytes with the grant. */
    @ActivityMethod(name = "S1SealVersusBytes")
    StageResult recheck(StageCall call);
  }

  /** S2: apply and roll back in a disposable knowledge base. */
  @ActivityInterface
  public interface S2StagingRollbackProof {
    /** Applies and rolls back each change; passes when the bytes are restored. */
    @ActivityMethod(name = "S2StagingRollbackProof")
    StageResult prove(StageCall call);
  }

  /** S3: the gate judges itself, this lane, and a fabrication of this lane. */
  @ActivityInterface
  public interface S3HardenedGate {
    /** Runs the gate; passes when every case is judged as the lane file says. */
    @ActivityMethod(name = "S3HardenedGate")
    StageResult judge(StageCall call);
  }

  /** S4: bad requests to the objects that decide. */
  @ActivityInterface
  public interface S4ExecutionProbes {
    /** Sends the probes; passes when each fails closed and each control is allowed. */
    @ActivityMethod(name = "S4ExecutionProbes")
    StageResult probe(StageCall call);
  }

  /** S5: claim, intents, publication, read back. */
  @ActivityInterface
  public interface S5PublishPrimary {
    /**
     * Publishes the changes of stage S5.
     *
     * @param approval the envelope of an approval that was sent to the lane, as JSON text
     */
    @ActivityMethod(name = "S5PublishPrimary")
    StageResult publish(StageCall call, GatePass gate, ProbePass probes, Optional<String> approval);
  }

  /** S6: the rest, with the id reservation. */
  @ActivityInterface
  public interface S6PublishAddenda {
    /** Publishes the changes of stage S6. */
    @ActivityMethod(name = "S6PublishAddenda")
    StageResult publish(StageCall call, PublishPass primary);
  }

  /** S7: the review, on the reviewer's queue. */
  @ActivityInterface
  public interface S7Review {
    /** Reviews, seals and verifies. */
    @ActivityMethod(name = "S7Review")
    ReviewResult review(StageCall call);
  }

  /** Compensation: withdraws the published documents of a run. */
  @ActivityInterface
  public interface Rollback {
    /** Withdraws what the ledger shows under the run's claim. */
    @ActivityMethod(name = ROLLBACK)
    WithdrawResult withdraw(WithdrawCall call);
  }

  /** Evidence of a run that did not pass. */
  @ActivityInterface
  public interface Seal {
    /** Seals the packet and records the end that the ledger shows. */
    @ActivityMethod(name = SEAL)
    SealedPacket seal(SealCall call);
  }
}
