package dev.lanekeeper.workflow;

import dev.lanekeeper.canonical.Digest;

/**
 * An evidence packet that was sealed and verified.
 *
 * @param location where, relative to the evidence store
 * @param packetTree the digest of its files
 * @param stableTree the same without what varies from run to run
 */
public record SealedPacket(String location, Digest packetTree, Digest stableTree) {}
