/**
 * Ed25519 keys and DSSE envelopes: who signed which bytes.
 *
 * <p>Must not know what is signed, or whom anybody trusts.
 */
package dev.lanekeeper.signature;
