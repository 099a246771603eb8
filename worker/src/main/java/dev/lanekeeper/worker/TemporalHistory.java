package dev.lanekeeper.worker;

import dev.lanekeeper.stage.WorkflowHistory;
import io.temporal.api.history.v1.HistoryEvent;
import io.temporal.client.WorkflowClient;
import java.util.List;
import java.util.Optional;

/** Reads histories from the Temporal service. */
public final class TemporalHistory implements WorkflowHistory {

  private final WorkflowClient client;

  /** Reads through this client. */
  public TemporalHistory(WorkflowClient client) {
    this.client = client;
  }

  @Override
  public List<Event> events(String workflowId, String runId) {
    return client.fetchHistory(workflowId, runId).getEvents().stream()
        .map(TemporalHistory::event)
        .toList();
  }

  private static Event event(HistoryEvent event) {
    Optional<String> activity =
        event.hasActivityTaskScheduledEventAttributes()
            ? Optional.of(
                event.getActivityTaskScheduledEventAttributes().getActivityType().getName())
            : Optional.empty();
    Optional<String> update =
        event.hasWorkflowExecutionUpdateAcceptedEventAttributes()
            ? Optional.of(
                event
                    .getWorkflowExecutionUpdateAcceptedEventAttributes()
                    .getAcceptedRequest()
                    .getInput()
                    .getName())
            : Optional.empty();
    return new Event(
        event.getEventId(),
        event.getEventType().name().replace("EVENT_TYPE_", ""),
        activity,
        update);
  }
}
