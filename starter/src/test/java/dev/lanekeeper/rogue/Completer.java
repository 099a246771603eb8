package dev.lanekeeper.rogue;

import io.temporal.client.ActivityCompletionClient;
import io.temporal.client.WorkflowClient;
import io.temporal.failure.ApplicationFailure;
import java.util.Optional;

/**
 * Answers in a worker's place by workflow id and activity id, as {@code temporal activity} does.
 */
public final class Completer {

  private final ActivityCompletionClient client;

  /** A completer on a connection. */
  public Completer(WorkflowClient client) {
    this.client = client.newActivityCompletionClient();
  }

  /** Completes it with JSON. */
  public void complete(String workflowId, String activityId, String json) {
    client.complete(workflowId, Optional.empty(), activityId, RawJson.of(json));
  }

  /** Completes it with nothing at all. */
  public void completeEmpty(String workflowId, String activityId) {
    client.complete(workflowId, Optional.empty(), activityId, null);
  }

  /** Fails it for good, under any name. */
  public void fail(String workflowId, String activityId, String type, String message) {
    client.completeExceptionally(
        workflowId,
        Optional.empty(),
        activityId,
        ApplicationFailure.newNonRetryableFailure(message, type));
  }

  /** Says that it stopped because it was canceled. */
  public void cancel(String workflowId, String activityId) {
    client.reportCancellation(workflowId, Optional.empty(), activityId, RawJson.of("\"rogue\""));
  }

  /** Says that it is alive, with details. */
  public void heartbeat(String workflowId, String activityId, String json) {
    client.heartbeat(workflowId, Optional.empty(), activityId, RawJson.of(json));
  }
}
