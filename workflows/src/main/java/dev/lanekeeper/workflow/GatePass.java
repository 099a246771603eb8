package dev.lanekeeper.workflow;

import dev.lanekeeper.lane.Stage;

/**
 * S3's pass. Only a passed S3 makes one, so S5 cannot be called without.
 *
 * @param result what S3 found
 */
public record GatePass(StageResult result) {
  /**
   * Checks that it is a pass of S3.
   *
   * @throws IllegalArgumentException when it is not
   */
  public GatePass {
    Passes.require(Stage.S3, result);
  }
}
