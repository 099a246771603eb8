package dev.lanekeeper.workflow;

/** The task queues: the executor's and the reviewer's. */
public final class TaskQueues {

  /** Workflows, S0 to S6, Rollback and Seal. */
  public static final String EXECUTOR = "lanekeeper";

  /** S7 alone. */
  public static final String REVIEWER = "lanekeeper-review";

  private TaskQueues() {}
}
