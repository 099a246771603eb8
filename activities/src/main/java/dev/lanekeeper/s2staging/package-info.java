/**
 * S2: proves each rollback in a disposable knowledge base of the same class and code.
 *
 * <p>Must not touch the real knowledge base but for reading.
 */
package dev.lanekeeper.s2staging;
