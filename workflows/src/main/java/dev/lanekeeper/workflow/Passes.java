package dev.lanekeeper.workflow;

import dev.lanekeeper.lane.Stage;

final class Passes {

  private Passes() {}

  static void require(Stage stage, StageResult result) {
    if (result == null || result.stage() != stage || !result.verdict().passed()) {
      throw new IllegalArgumentException("expected a pass of " + stage + ", found " + result);
    }
  }
}
