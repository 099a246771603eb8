package dev.lanekeeper.client;

import dev.lanekeeper.workflow.LaneOutcome;
import dev.lanekeeper.workflow.LaneStatus;
import java.util.Optional;

/**
 * How a run ended, as the server shows it. Who may write to the namespace can make it show any of
 * these: {@link LaneClient#unverified} says whether an outcome is proven.
 */
public sealed interface RunEnd {

  /** The lane came to an end of its own: applied, rejected, rolled back, aborted, or not undone. */
  record Ended(LaneOutcome outcome) implements RunEnd {}

  /**
   * Somebody canceled the run. It withdrew what it had published, unless the lane was applied
   * before it heard of it.
   *
   * @param status what the lane came to; empty when no worker could say
   */
  record Canceled(Optional<LaneStatus> status) implements RunEnd {}

  /** Somebody ended the run at the server; no code of it ran any more, and nothing was undone. */
  record Terminated() implements RunEnd {}

  /** The server ended the run when its time was up; nothing was undone. */
  record TimedOut() implements RunEnd {}

  /**
   * The run came to no outcome that this release can read: what was sent starts no lane, or the end
   * is one of a newer release.
   *
   * @param code the failure's type, such as {@code INVALID_LANE_INPUT}
   * @param message why, as the worker says
   */
  record NoOutcome(String code, String message) implements RunEnd {}
}
