/**
 * The only way from Lanekeeper's code to the file system: folders that no path leaves.
 *
 * <p>Must not know what the files mean; whoever opens one says how large it may be.
 */
package dev.lanekeeper.files;
