/**
 * Programs of an attacker who may write to the Temporal namespace and holds nothing else.
 *
 * <p>Must not use the product's types in what they send: what they send is raw JSON, so that no
 * type protects the product.
 */
package dev.lanekeeper.rogue;
