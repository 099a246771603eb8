/**
 * Takes guards out of the compiled classes, one at a time, and wants the tests that are named to
 * fail. What to take out stands in {@code .ci/guards.txt}.
 *
 * <p>Must not change a source or a class of the build.
 */
package dev.lanekeeper.guards;
