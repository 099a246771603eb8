/**
 * What a worker process is told: its fields, and the strict reading of options, environment and one
 * file into one configuration.
 *
 * <p>Must not start anything, nor read how the Temporal server is reached: that is Temporal's own
 * environment configuration.
 */
package dev.lanekeeper.worker.config;
