/**
 * The stages of a lane before it publishes, executed by their own code on a knowledge base as it
 * is, so that a plan can say what a run would find.
 *
 * <p>Must not change anything outside the folder that it is given.
 */
package dev.lanekeeper.rehearsal;
