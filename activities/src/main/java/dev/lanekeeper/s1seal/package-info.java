/**
 * S1: recomputes frozen seals and compares the bytes to publish with the owner-signed grant.
 *
 * <p>Must not write anything but evidence.
 */
package dev.lanekeeper.s1seal;
