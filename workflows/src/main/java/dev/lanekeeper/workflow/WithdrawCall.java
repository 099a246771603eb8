package dev.lanekeeper.workflow;

import dev.lanekeeper.canonical.Digest;
import java.util.Optional;

/**
 * Whose documents {@code Rollback} withdraws.
 *
 * @param run the owner of the claim, when not the calling lane run itself
 * @param grant the SHA-256 of the grant under which an applied run is withdrawn; without it, the
 *     newest stored one that holds
 * @param kbId the knowledge base that the run worked on, as far as the caller knows; a worker of
 *     another one refuses
 */
public record WithdrawCall(Optional<Owner> run, Optional<Digest> grant, Optional<String> kbId) {}
