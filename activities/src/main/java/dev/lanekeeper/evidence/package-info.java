/**
 * The evidence store port and its directory adapter: blobs by digest, bundles, grants, packets; and
 * reading a lane's folder into a bundle.
 *
 * <p>Must not judge what it stores, beyond checking that bytes are those of their digest.
 */
package dev.lanekeeper.evidence;
