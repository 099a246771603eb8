package dev.lanekeeper.worker;

/** What a worker process does. */
public enum Role {
  /** Workflows, S0 to S6, Rollback and Seal. */
  EXECUTOR,
  /** S7 alone. */
  REVIEWER,
  /** Both, under one identity: such a review is not independent, and evidence says so. */
  BOTH;

  boolean executes() {
    return this != REVIEWER;
  }

  boolean reviews() {
    return this != EXECUTOR;
  }
}
