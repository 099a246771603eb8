package dev.lanekeeper.workflow;

import com.fasterxml.jackson.annotation.JsonProperty;

/**
 * Who owns a claim: one lane run, named so that nobody can mistake it for another.
 *
 * @param engine the Temporal service, as the worker was told
 * @param namespace its namespace
 * @param workflowId the workflow id
 * @param runId the original run id, which a reset keeps
 */
public record Owner(
    @JsonProperty(required = true) String engine,
    @JsonProperty(required = true) String namespace,
    @JsonProperty(required = true) String workflowId,
    @JsonProperty(required = true) RunId runId) {

  /** The longest workflow id that a Temporal server takes, in characters. */
  private static final int LONGEST = 1000;

  /**
   * Wants all four.
   *
   * @throws IllegalArgumentException when one is missing or longer than a service makes it
   */
  public Owner {
    for (String part : new String[] {engine, namespace, workflowId}) {
      if (part == null || part.length() > LONGEST) {
        throw new IllegalArgumentException(
            "expected engine, namespace and workflow id of at most "
                + LONGEST
                + " characters, found "
                + (part == null ? "none" : part.length()));
      }
    }
    if (runId == null) {
      throw new IllegalArgumentException("expected a run id, found none");
    }
  }
}
