package dev.lanekeeper.workflow;

import dev.lanekeeper.lane.LaneName;
import io.temporal.failure.ActivityFailure;
import io.temporal.workflow.Workflow;
import java.util.Optional;
import org.slf4j.Logger;

/** Seals the evidence of a run that did not pass, detached from cancellation. */
final class Sealing {

  private static final Logger LOG = Workflow.getLogger(Sealing.class);

  private Sealing() {}

  /** The packet, or empty when none could be written: the end itself must not hang on it. */
  static Optional<SealedPacket> seal(Activities.Seal seal, LaneName lane, SealCall call) {
    SealedPacket[] packet = new SealedPacket[1];
    Workflow.newDetachedCancellationScope(
            () -> {
              try {
                packet[0] = ResultCheck.readable(() -> seal.seal(call)).orElse(null);
              } catch (ActivityFailure e) {
                LOG.error("The evidence of lane {} could not be sealed", lane, e);
              }
            })
        .run();
    return Optional.ofNullable(packet[0]);
  }
}
