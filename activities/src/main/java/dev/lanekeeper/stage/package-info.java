/**
 * What the stages share: how a stage is run, recorded and signed, and the port through which its
 * effects go.
 *
 * <p>Must not know what any single stage checks.
 */
package dev.lanekeeper.stage;
