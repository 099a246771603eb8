/**
 * What a worker process says about itself while it runs: whether it lives, whether it can take
 * work, and its metrics, on one port.
 *
 * <p>Must not change what a lane does, nor say more than what was seen.
 */
package dev.lanekeeper.worker.health;
