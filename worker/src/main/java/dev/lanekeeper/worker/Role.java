package dev.lanekeeper.worker;

/** What a worker process does. */
public enum Role {
  /** Workflows, S0 to S6, Rollback and Seal. */
  EXECUTOR,
  /** S7 alone. */
  REVIEWER,
  /** Both, under one identity: such a review is not independent, and evidence says so. */
  BOTH;

  /** Whether it polls the executor's queue. */
  public boolean executes() {
    return this != REVIEWER;
  }

  /** Whether it polls the reviewer's queue. */
  public boolean reviews() {
    return this != EXECUTOR;
  }
}
