/**
 * The pure rules of the review: Table D and the overclaim rule.
 *
 * <p>Must not read stores; S4 probes the very rules that S7 applies.
 */
package dev.lanekeeper.review;
