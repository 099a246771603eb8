/**
 * The durable logic: the lane and rollback workflows, the stages' contracts, and the pure rules
 * that decide.
 *
 * <p>Workflow classes must stay deterministic: no clock, no randomness, no files, no threads.
 */
package dev.lanekeeper.workflow;
