/**
 * What a lane is: the lane file, its strict reader, the plan and its digest, stages, paths, heads.
 *
 * <p>Pure values. Must not read a store, run a stage or know Temporal.
 */
package dev.lanekeeper.lane;
