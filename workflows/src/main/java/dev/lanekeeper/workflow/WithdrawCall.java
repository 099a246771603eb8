package dev.lanekeeper.workflow;

import dev.lanekeeper.canonical.Digest;
import java.util.Optional;

/**
 * Whose documents {@code Rollback} withdraws.
 *
 * @param runId the original run id
 * @param run the owner of the claim, when not the calling lane run itself
 * @param grant the SHA-256 of the grant under which an applied run is withdrawn; without it, the
 *     newest stored one that holds
 */
public record WithdrawCall(String runId, Optional<Owner> run, Optional<Digest> grant) {

  /** Puts an empty value where an earlier release said nothing. */
  public WithdrawCall {
    grant = grant == null ? Optional.empty() : grant;
  }
}
