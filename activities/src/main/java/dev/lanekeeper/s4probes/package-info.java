/**
 * S4: sends bad requests to the objects that decide on real ones, with a recording sink.
 *
 * <p>Must not let any request reach the outside.
 */
package dev.lanekeeper.s4probes;
