package dev.lanekeeper.workflow;

import com.fasterxml.jackson.annotation.JsonProperty;

/**
 * Which hold an update answers, so that an answer to an old hold cannot meet a new one.
 *
 * @param hold the hold's number, from 1
 */
public record HoldRef(@JsonProperty(required = true) int hold) {}
