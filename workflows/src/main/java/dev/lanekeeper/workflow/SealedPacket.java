package dev.lanekeeper.workflow;

import dev.lanekeeper.canonical.Digest;
import java.util.Optional;

/**
 * An evidence packet that was sealed and verified.
 *
 * @param location where, relative to the evidence store
 * @param packetTree the digest of its files
 * @param stableTree the same without what varies from run to run
 * @param end the worker's {@link EndStatement} about the run, as a DSSE envelope
 * @param grant the grant's envelope, by which the end is traced to the owner; absent when there was
 *     none, or when it is too large for a history
 */
public record SealedPacket(
    String location,
    Digest packetTree,
    Digest stableTree,
    Optional<String> end,
    Optional<String> grant) {

  /** Wants what names the packet. */
  public SealedPacket {
    if (location == null || packetTree == null || stableTree == null) {
      throw new IllegalArgumentException("expected location and both trees, found null");
    }
  }

  /** A packet of a run whose end nobody has signed yet. */
  public SealedPacket(String location, Digest packetTree, Digest stableTree) {
    this(location, packetTree, stableTree, Optional.empty(), Optional.empty());
  }

  /** The same with the signed end. */
  public SealedPacket with(String signedEnd) {
    return new SealedPacket(location, packetTree, stableTree, Optional.of(signedEnd), grant);
  }

  /** The same with the grant. */
  public SealedPacket under(Optional<String> envelope) {
    return new SealedPacket(location, packetTree, stableTree, end, envelope);
  }
}
