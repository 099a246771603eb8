package dev.lanekeeper.workflow;

import java.util.Optional;

/**
 * What {@code Seal} is told: whose evidence it is, and no more. What it signs it finds in the
 * ledger.
 *
 * @param run whose evidence it is, when not the calling lane run's own
 * @param kbId the knowledge base that the run worked on, as far as the caller knows; a worker of
 *     another one refuses
 */
public record SealCall(Optional<Owner> run, Optional<String> kbId) {}
