package dev.lanekeeper.stage;

import com.google.protobuf.util.Timestamps;
import dev.lanekeeper.workflow.RunId;
import io.temporal.activity.Activity;
import io.temporal.activity.ActivityInfo;
import io.temporal.api.common.v1.WorkflowExecution;
import io.temporal.api.history.v1.HistoryEvent;
import io.temporal.api.workflowservice.v1.GetWorkflowExecutionHistoryRequest;
import io.temporal.client.WorkflowClient;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Asks Temporal. What a run began as is said by the first event of its history, which nobody but
 * the service writes.
 */
public final class TemporalCalls implements Calls {

  /** So many runs are remembered; what a run began as never changes. */
  private static final int REMEMBERED = 1000;

  private record Beginning(RunId originalRunId, Instant started) {}

  private final WorkflowClient client;
  private final Map<String, Beginning> beginnings =
      new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Beginning> eldest) {
          return size() > REMEMBERED;
        }
      };

  /** Asks through this client. */
  public TemporalCalls(WorkflowClient client) {
    this.client = client;
  }

  @Override
  public Caller current() {
    ActivityInfo info = Activity.getExecutionContext().getInfo();
    Beginning beginning = beginning(info);
    return new Caller(
        info.getNamespace(),
        info.getWorkflowId(),
        beginning.originalRunId(),
        info.getWorkflowRunId(),
        info.getActivityType(),
        info.getAttempt(),
        Instant.ofEpochMilli(info.getCurrentAttemptScheduledTimestamp()),
        beginning.started());
  }

  private Beginning beginning(ActivityInfo info) {
    synchronized (beginnings) {
      Beginning known = beginnings.get(info.getWorkflowRunId());
      if (known != null) {
        return known;
      }
    }
    HistoryEvent first =
        client
            .getWorkflowServiceStubs()
            .blockingStub()
            .getWorkflowExecutionHistory(
                GetWorkflowExecutionHistoryRequest.newBuilder()
                    .setNamespace(info.getNamespace())
                    .setMaximumPageSize(1)
                    .setExecution(
                        WorkflowExecution.newBuilder()
                            .setWorkflowId(info.getWorkflowId())
                            .setRunId(info.getWorkflowRunId()))
                    .build())
            .getHistory()
            .getEvents(0);
    Beginning read =
        new Beginning(
            new RunId(
                first.getWorkflowExecutionStartedEventAttributes().getOriginalExecutionRunId()),
            Instant.ofEpochMilli(Timestamps.toMillis(first.getEventTime())));
    synchronized (beginnings) {
      beginnings.put(info.getWorkflowRunId(), read);
    }
    return read;
  }

  @Override
  public void stopIfCanceled() {
    Activity.getExecutionContext().heartbeat(null);
  }
}
