/**
 * S6: publishes the rest, with the id reservation and its collision check.
 *
 * <p>Must not reserve ids that a document or an earlier lane uses.
 */
package dev.lanekeeper.s6addenda;
