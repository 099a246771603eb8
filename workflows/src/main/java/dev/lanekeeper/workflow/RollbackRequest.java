package dev.lanekeeper.workflow;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.lane.LaneName;
import dev.lanekeeper.text.CommandName;
import io.temporal.common.converter.RawValue;
import io.temporal.failure.ApplicationFailure;
import java.util.Optional;

/**
 * What starts a {@code LaneRollback}: the run whose documents are to be withdrawn.
 *
 * @param lane the lane's name
 * @param run the owner of the claim, as the ledger names it
 * @param grant the SHA-256 of the grant's envelope, for a run that was applied; without it, the
 *     newest stored one that holds
 * @param kbId the knowledge base that the run worked on; a worker of another one refuses
 */
public record RollbackRequest(
    @JsonProperty(required = true) LaneName lane,
    @JsonProperty(required = true) Owner run,
    Optional<Digest> grant,
    Optional<String> kbId) {

  /** Wants lane and run. */
  public RollbackRequest {
    if (lane == null || run == null) {
      throw new IllegalArgumentException("expected the lane's name and the run, found null");
    }
  }

  /**
   * Reads the rollback workflow's input.
   *
   * @throws ApplicationFailure non-retryable, of type INVALID_LANE_INPUT, when the input is
   *     anything but one such object
   */
  public static RollbackRequest read(RawValue input) {
    return Input.read(
        input,
        RollbackRequest.class,
        "a rollback request",
        "start it with " + CommandName.ROLLBACK.quoted() + ", which names the run");
  }
}
