package dev.lanekeeper.workflow;

import dev.lanekeeper.lane.Stage;

/**
 * S5's pass. Only a passed S5 makes one, so S6 cannot be called without.
 *
 * @param result what S5 found
 */
public record PublishPass(StageResult result) {
  /**
   * Checks that it is a pass of S5.
   *
   * @throws IllegalArgumentException when it is not
   */
  public PublishPass {
    Passes.require(Stage.S5, result);
  }
}
