/**
 * The compensation: withdraws what the ledger shows under a run's claim.
 *
 * <p>Must not touch a document that the ledger does not show as the run's own.
 */
package dev.lanekeeper.rollback;
