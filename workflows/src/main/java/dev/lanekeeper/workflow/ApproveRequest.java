package dev.lanekeeper.workflow;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.JsonNode;

/**
 * What the update {@code approve} carries.
 *
 * @param hold the hold that it answers
 * @param approval a DSSE envelope over an {@link Approval}
 */
public record ApproveRequest(
    @JsonProperty(required = true) int hold, @JsonProperty(required = true) JsonNode approval) {}
