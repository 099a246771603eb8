package dev.lanekeeper.workflow;

import dev.lanekeeper.lane.Stage;
import dev.lanekeeper.verdict.Verdict;
import java.util.Optional;

/** Ends the walk through the stages; never leaves the workflow. */
final class LaneStopped extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private final LaneEnd end;
  private final Stage stage;
  private final transient Optional<Verdict.Reject> reject;

  LaneStopped(LaneEnd end, Stage stage, Optional<Verdict.Reject> reject) {
    super(end + " in " + stage, null, false, false);
    this.end = end;
    this.stage = stage;
    this.reject = reject;
  }

  LaneEnd end() {
    return end;
  }

  Stage stage() {
    return stage;
  }

  Optional<Verdict.Reject> reject() {
    return reject;
  }
}
