/**
 * The command line and the embedded engine.
 *
 * <p>Must not decide anything about a lane: it starts, shows and explains.
 */
package dev.lanekeeper.starter;
