package dev.lanekeeper.workflow;

import com.fasterxml.jackson.annotation.JsonEnumDefaultValue;
import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.lane.Stage;
import java.util.List;
import java.util.Optional;

/**
 * The state of a lane run.
 *
 * @param phase what it is doing
 * @param stages the stages begun so far, in order
 * @param hold why it waits, while held
 * @param planDigest the plan, once S0 has read it
 * @param end how it ended, once it has; a lane that was canceled too late ended otherwise than its
 *     workflow. A run that ended without a word of its own, or was none, has no end
 * @param packet the evidence packet, with the worker's signed word for the end, once there is one
 */
public record LaneStatus(
    Phase phase,
    List<StageLine> stages,
    Optional<Hold> hold,
    Optional<Digest> planDigest,
    Optional<LaneEnd> end,
    Optional<SealedPacket> packet) {

  /** What a lane run is doing. */
  public enum Phase {
    RUNNING,
    HELD,
    WITHDRAWING,
    SEALING,
    ENDED,
    /** What a worker of a newer release does, for which this one has no word. */
    @JsonEnumDefaultValue
    UNKNOWN
  }

  /**
   * One stage.
   *
   * @param stage the stage
   * @param verdict PASS, the rendered rejection, or RUNNING
   * @param startedMillis when it began, milliseconds since the epoch
   * @param millis how long it took so far, milliseconds
   * @param note a few words for people
   * @param evidence the digest of the evidence that it wrote; absent while it runs, or when it
   *     wrote none
   */
  public record StageLine(
      Stage stage,
      String verdict,
      long startedMillis,
      long millis,
      String note,
      Optional<Digest> evidence) {}
}
