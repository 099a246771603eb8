package dev.lanekeeper.workflow;

import dev.lanekeeper.lane.Stage;

/**
 * S4's pass. Only a passed S4 makes one, so S5 cannot be called without.
 *
 * @param result what S4 found
 */
public record ProbePass(StageResult result) {
  /**
   * Checks that it is a pass of S4.
   *
   * @throws IllegalArgumentException when it is not
   */
  public ProbePass {
    Passes.require(Stage.S4, result);
  }
}
