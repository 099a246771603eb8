/**
 * S7: the review from bytes, ledger and history by another identity; it seals the packet.
 *
 * <p>Must not trust any stage's word, and must not change the knowledge base.
 */
package dev.lanekeeper.s7review;
