package dev.lanekeeper.workflow;

import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.lane.LaneName;
import dev.lanekeeper.verdict.RejectCode;
import dev.lanekeeper.verdict.Verdict;
import java.util.Optional;

/** What an operator sees of the calling workflow without asking it: its search attributes. */
final class Page {

  private Page() {}

  /** The lane begins, or goes on after a hold. */
  static void markRunning(Optional<LaneName> lane, Optional<Digest> plan) {
    LaneAttributes.set(
        lane, LaneStatus.Phase.RUNNING.name(), Optional.empty(), Optional.empty(), plan);
  }

  /** The lane waits for a person. */
  static void markHeld(LaneName lane, Hold hold, Optional<Digest> plan) {
    LaneAttributes.set(
        Optional.of(lane),
        LaneStatus.Phase.HELD.name(),
        Optional.of(hold.stage()),
        Optional.of(hold.reject().code()),
        plan);
  }

  /** The lane has ended. */
  static void markEnded(LaneOutcome outcome) {
    LaneAttributes.set(
        Optional.of(outcome.lane()),
        outcome.end().name(),
        outcome.stage(),
        outcome.reject().map(Verdict.Reject::code),
        outcome.planDigest());
  }

  /** What was sent starts no lane. */
  static void markRefused(RejectCode code) {
    LaneAttributes.set(
        Optional.empty(),
        LaneEnd.REJECTED.name(),
        Optional.empty(),
        Optional.of(code),
        Optional.empty());
  }
}
