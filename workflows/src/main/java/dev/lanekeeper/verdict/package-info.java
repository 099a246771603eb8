/**
 * What a check finds: pass, reject or unknown, and the closed list of reject codes.
 *
 * <p>Must not know stages, stores or Temporal; a rejection is data, never an exception.
 */
package dev.lanekeeper.verdict;
