/**
 * S0: verifies the grant, every input and every pin from bytes, and takes the inventory; Tables A,
 * B and C.
 *
 * <p>Must not change the knowledge base.
 */
package dev.lanekeeper.s0preflight;
