package dev.lanekeeper.workflow;

/**
 * Who owns a claim: one lane run, named so that nobody can mistake it for another.
 *
 * @param engine the Temporal service, as the worker was told
 * @param namespace its namespace
 * @param workflowId the workflow id
 * @param runId the original run id, which a reset keeps
 */
public record Owner(String engine, String namespace, String workflowId, String runId) {}
