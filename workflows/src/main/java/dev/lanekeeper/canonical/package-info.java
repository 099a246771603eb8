/**
 * Bytes that mean the same everywhere: canonical JSON, strict JSON reading, digests of files and
 * trees.
 *
 * <p>Must not know lanes, stages or Temporal.
 */
package dev.lanekeeper.canonical;
