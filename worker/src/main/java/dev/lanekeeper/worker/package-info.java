/**
 * A worker process: its home folder and keys, and the registration of workflows and activities.
 *
 * <p>Must not contain stage logic or know how the engine was reached.
 */
package dev.lanekeeper.worker;
