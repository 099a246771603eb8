/**
 * Governance ids: ceilings, reservations and collisions, all read from documents' bytes.
 *
 * <p>Must not reserve anything itself.
 */
package dev.lanekeeper.governance;
