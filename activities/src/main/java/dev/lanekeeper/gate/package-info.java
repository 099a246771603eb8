/**
 * Gates: pure checks of evidence.
 *
 * <p>Must not read files or make evidence; what a gate judges is made elsewhere.
 */
package dev.lanekeeper.gate;
