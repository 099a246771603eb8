/**
 * Effects, and the guard that is asked before each of them.
 *
 * <p>Must not perform an effect itself.
 */
package dev.lanekeeper.scope;
