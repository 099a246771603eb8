/**
 * How an agent or a command starts and steers lanes: the Java SDK's front door.
 *
 * <p>Must not read stores or decide anything; the workflow and the ledger decide.
 */
package dev.lanekeeper.client;
