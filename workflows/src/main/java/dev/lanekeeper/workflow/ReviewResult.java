package dev.lanekeeper.workflow;

import java.util.Optional;

/**
 * What S7 found.
 *
 * @param result the verdict
 * @param packet the sealed packet when it passed
 */
public record ReviewResult(StageResult result, Optional<SealedPacket> packet) {

  /** Puts an empty value where nothing is said; wants a result. */
  public ReviewResult {
    if (result == null) {
      throw new IllegalArgumentException("expected a result, found null");
    }
    packet = packet == null ? Optional.empty() : packet;
  }
}
