package dev.lanekeeper.workflow;

import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.lane.Stage;
import io.temporal.workflow.Workflow;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What a lane run has done so far, for the status query and for resuming. */
final class Progress {

  private final Map<Stage, Object> passed = new EnumMap<>(Stage.class);
  private final Map<Stage, LaneStatus.StageLine> lines = new EnumMap<>(Stage.class);
  private LaneStatus.Phase phase = LaneStatus.Phase.RUNNING;
  private Optional<Digest> planDigest = Optional.empty();
  private boolean published;

  Optional<Object> passed(Stage stage) {
    return Optional.ofNullable(passed.get(stage));
  }

  void begins(Stage stage) {
    phase = LaneStatus.Phase.RUNNING;
    published |= stage.compareTo(Stage.S5) >= 0;
    lines.put(
        stage,
        new LaneStatus.StageLine(
            stage, "RUNNING", Workflow.currentTimeMillis(), 0, "", Optional.empty()));
  }

  /** Whether a stage that publishes was ever begun, in this round or an earlier one. */
  boolean mayHavePublished() {
    return published;
  }

  void ends(Stage stage, StageResult result) {
    long started = lines.get(stage).startedMillis();
    lines.put(
        stage,
        new LaneStatus.StageLine(
            stage,
            result.verdict().render(),
            started,
            Workflow.currentTimeMillis() - started,
            result.note(),
            result.evidence()));
  }

  void passes(Stage stage, Object result) {
    passed.put(stage, result);
  }

  void plan(Optional<Digest> digest) {
    planDigest = digest;
  }

  Optional<Digest> plan() {
    return planDigest;
  }

  void enters(LaneStatus.Phase next) {
    phase = next;
  }

  void restartAt(Stage stage) {
    for (Stage later : Stage.values()) {
      if (later.compareTo(stage) >= 0) {
        passed.remove(later);
        lines.remove(later);
      }
    }
  }

  LaneStatus status(Optional<Hold> hold, Optional<LaneOutcome> outcome) {
    List<LaneStatus.StageLine> all = new ArrayList<>(lines.values());
    return new LaneStatus(
        phase,
        all,
        hold,
        planDigest,
        outcome.map(LaneOutcome::end),
        outcome.flatMap(LaneOutcome::packet));
  }
}
