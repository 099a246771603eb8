package dev.lanekeeper.workflow;

import java.util.Optional;

/**
 * What S7 found.
 *
 * @param result the verdict
 * @param packet the sealed packet when it passed
 */
public record ReviewResult(StageResult result, Optional<SealedPacket> packet) {

  /** Wants a result. */
  public ReviewResult {
    if (result == null) {
      throw new IllegalArgumentException("expected a result, found null");
    }
  }
}
