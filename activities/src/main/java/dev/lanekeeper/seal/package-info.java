/**
 * Seals the evidence of a run that did not pass.
 *
 * <p>Must not call a run applied.
 */
package dev.lanekeeper.seal;
