package dev.lanekeeper.kb;

import dev.lanekeeper.lane.Head;

/**
 * A document as read once: the head is of exactly these bytes.
 *
 * @param head the revision and digest
 * @param bytes the bytes
 */
@SuppressWarnings("ArrayRecordComponent") // equality of documents is equality of heads
public record Document(Head.Revision head, byte[] bytes) {}
