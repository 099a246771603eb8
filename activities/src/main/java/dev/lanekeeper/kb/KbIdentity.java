package dev.lanekeeper.kb;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.lanekeeper.lane.Id;

/**
 * Who a knowledge base is, from its creation on.
 *
 * @param id unique
 * @param environment the environment's label; lane and grant must name the same
 */
public record KbIdentity(
    @JsonProperty(required = true) String id, @JsonProperty(required = true) String environment) {

  /** Checks both: they are ids, as in the lanes and grants that name them. */
  public KbIdentity {
    Id.of("id", id);
    Id.of("environment", environment);
  }
}
