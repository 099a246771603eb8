package dev.lanekeeper.workflow;

/** The task queues of a knowledge base's workers: the executor's, and the reviewer's beside it. */
public final class TaskQueues {

  /** The executor's queue when nobody says otherwise: workflows, S0 to S6, Rollback and Seal. */
  public static final String EXECUTOR = "lanekeeper";

  private TaskQueues() {}

  /** The queue of S7 beside an executor's queue. */
  public static String reviewer(String executor) {
    return executor + "-review";
  }
}
