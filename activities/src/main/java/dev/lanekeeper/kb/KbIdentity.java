package dev.lanekeeper.kb;

import com.fasterxml.jackson.annotation.JsonProperty;

/**
 * Who a knowledge base is, from its creation on.
 *
 * @param id unique
 * @param environment the environment's label; lane and grant must name the same
 */
public record KbIdentity(
    @JsonProperty(required = true) String id, @JsonProperty(required = true) String environment) {}
