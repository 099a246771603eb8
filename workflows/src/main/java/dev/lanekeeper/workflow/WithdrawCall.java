package dev.lanekeeper.workflow;

import java.util.Optional;

/**
 * Whose documents {@code Rollback} withdraws.
 *
 * @param runId the original run id
 * @param run the owner of the claim, when not the calling lane run itself
 */
public record WithdrawCall(String runId, Optional<Owner> run) {}
