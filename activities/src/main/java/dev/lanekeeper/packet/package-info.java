/**
 * The evidence packet: assembling, sealing as a BagIt bag, verifying, executing S2 to S4 again.
 *
 * <p>Must not read a knowledge base or a ledger; it works on bytes that it is given.
 */
package dev.lanekeeper.packet;
