/**
 * Authority: Ed25519 keys, DSSE envelopes, the trust root, grants and their verification.
 *
 * <p>Must not read a knowledge base or decide what a stage does.
 */
package dev.lanekeeper.grant;
