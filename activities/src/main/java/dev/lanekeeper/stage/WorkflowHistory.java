package dev.lanekeeper.stage;

import java.util.List;
import java.util.Optional;

/** The history of a workflow, as the server keeps it. */
public interface WorkflowHistory {

  /**
   * One event.
   *
   * @param id its number, from 1
   * @param type its type, such as ACTIVITY_TASK_SCHEDULED
   * @param activityType the activity's type, if the event schedules one
   * @param update the update's name, if the event accepts one
   */
  record Event(long id, String type, Optional<String> activityType, Optional<String> update) {

    /** An event that accepts no update. */
    public Event(long id, String type, Optional<String> activityType) {
      this(id, type, activityType, Optional.empty());
    }
  }

  /** The events of a run up to now. */
  List<Event> events(String workflowId, String runId);
}
