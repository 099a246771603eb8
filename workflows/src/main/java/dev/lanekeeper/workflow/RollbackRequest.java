package dev.lanekeeper.workflow;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.lanekeeper.lane.LaneName;

/**
 * What starts a {@code LaneRollback}: the run whose documents are to be withdrawn.
 *
 * @param lane the lane's name
 * @param run the owner of the claim, as the ledger names it
 */
public record RollbackRequest(
    @JsonProperty(required = true) LaneName lane, @JsonProperty(required = true) Owner run) {

  /** Wants both. */
  public RollbackRequest {
    if (lane == null || run == null) {
      throw new IllegalArgumentException("expected the lane's name and the run, found null");
    }
  }
}
