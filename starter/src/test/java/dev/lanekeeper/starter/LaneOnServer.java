package dev.lanekeeper.starter;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lanekeeper.client.LaneException;
import dev.lanekeeper.kb.LedgerEntry;
import dev.lanekeeper.kb.LedgerState;
import dev.lanekeeper.lane.Stage;
import dev.lanekeeper.workflow.Activities;
import dev.lanekeeper.workflow.LaneOutcome;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.temporal.api.common.v1.WorkflowExecution;
import io.temporal.api.enums.v1.PendingActivityState;
import io.temporal.api.enums.v1.WorkflowExecutionStatus;
import io.temporal.api.history.v1.HistoryEvent;
import io.temporal.api.workflow.v1.PendingActivityInfo;
import io.temporal.api.workflowservice.v1.DescribeWorkflowExecutionRequest;
import io.temporal.api.workflowservice.v1.DescribeWorkflowExecutionResponse;
import io.temporal.client.WorkflowClient;
import io.temporal.client.WorkflowFailedException;
import io.temporal.client.WorkflowServiceException;
import io.temporal.client.WorkflowStub;
import io.temporal.failure.ApplicationFailure;
import io.temporal.failure.CanceledFailure;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/** A lane that runs in real processes: what server and ledger show of it, and how to stop it. */
final class LaneOnServer {

  /** Far more than anything takes; what has not come by then never comes. */
  private static final Duration PATIENCE = Duration.ofMinutes(4);

  private final TestBed bed;
  private final StoreGate gate;
  private final String id;

  private LaneOnServer(TestBed bed, StoreGate gate, String id) {
    this.bed = bed;
    this.gate = gate;
    this.id = id;
  }

  /** Starts the FIX7 lane. */
  static LaneOnServer start(TestBed bed, StoreGate gate) {
    String id = bed.lane(Map.of("lane", "fix7-p0")).getExecution().getWorkflowId();
    return new LaneOnServer(bed, gate, id);
  }

  /** Starts it and stops it in this stage, or empty when it was faster. */
  static Optional<LaneOnServer> standing(TestBed bed, StoreGate gate, Stage stage)
      throws Exception {
    if (stage == Stage.S0) {
      gate.shut();
    }
    LaneOnServer lane = start(bed, gate);
    return lane.standsIn(stage.activityType()) ? Optional.of(lane) : Optional.empty();
  }

  String id() {
    return id;
  }

  WorkflowStub stub() {
    return bed.client().newUntypedWorkflowStub(id);
  }

  /** Something that can be looked at again and again until it is so. */
  interface Condition {
    boolean holds() throws Exception;
  }

  /**
   * Waits for a condition, with a limit that no working lane reaches. A server that was started
   * again, or a worker that goes on, may not answer yet.
   */
  static void await(String what, Condition condition) throws Exception {
    await(what, 5, condition);
  }

  private static void await(String what, int millis, Condition condition) throws Exception {
    Instant end = Instant.now().plus(PATIENCE);
    while (!holds(condition)) {
      assertThat(Instant.now()).as("still waiting for " + what).isBefore(end);
      Thread.sleep(millis);
    }
  }

  private static boolean holds(Condition condition) throws Exception {
    try {
      return condition.holds();
    } catch (WorkflowServiceException | LaneException.Unanswered noWorkerAnswers) {
      return false;
    } catch (StatusRuntimeException e) {
      if (e.getStatus().getCode() == Status.Code.UNAVAILABLE) {
        return false;
      }
      throw e;
    }
  }

  DescribeWorkflowExecutionResponse describe() {
    WorkflowClient client = bed.client();
    return client
        .getWorkflowServiceStubs()
        .blockingStub()
        .describeWorkflowExecution(
            DescribeWorkflowExecutionRequest.newBuilder()
                .setNamespace(client.getOptions().getNamespace())
                .setExecution(WorkflowExecution.newBuilder().setWorkflowId(id))
                .build());
  }

  List<HistoryEvent> history() {
    return bed.client().fetchHistory(id).getHistory().getEventsList();
  }

  boolean closed() {
    return describe().getWorkflowExecutionInfo().getStatus()
        != WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_RUNNING;
  }

  /** The attempt of an activity that a worker has in hand now. */
  Optional<PendingActivityInfo> inHand() {
    return describe().getPendingActivitiesList().stream()
        .filter(
            a ->
                a.getState() == PendingActivityState.PENDING_ACTIVITY_STATE_STARTED
                    || a.getState() == PendingActivityState.PENDING_ACTIVITY_STATE_CANCEL_REQUESTED)
        .filter(a -> a.hasLastStartedTime())
        .findFirst();
  }

  /** Waits until the ledger shows such a fact of the newest run. */
  <T extends LedgerEntry> void awaitFact(Class<T> type, Predicate<T> which) throws Exception {
    await(type.getSimpleName(), () -> bed.ledger().all(type).anyMatch(which));
  }

  private boolean recorded(LedgerState ledger, String activity) {
    return switch (activity) {
      case Activities.ROLLBACK ->
          ledger
              .all(LedgerEntry.OwnerBarred.class)
              .anyMatch(b -> b.owner().workflowId().equals(id));
      case Activities.SEAL ->
          ledger.all(LedgerEntry.RunEnded.class).anyMatch(e -> e.owner().workflowId().equals(id));
      default ->
          ledger
              .all(LedgerEntry.StageRecorded.class)
              .anyMatch(
                  s ->
                      s.owner().workflowId().equals(id)
                          && s.stage().activityType().equals(activity));
    };
  }

  /**
   * Lets the lane go on to an activity and stops it inside, before the activity's first fact or
   * between two of its facts; the gate is then shut.
   *
   * @return false when the lane was faster, and is past it
   */
  boolean standsIn(String activity) throws Exception {
    String before = before(activity);
    if (before.isEmpty()) {
      gate.shut();
    } else {
      shutOnce(before + " is recorded", () -> before(activity, before));
    }
    if (recorded(bed.ledger(), activity)) {
      gate.open();
      return false;
    }
    await(
        activity + " in a worker's hand",
        () -> {
          Optional<String> inHand = inHand().map(a -> a.getActivityType().getName());
          if (inHand.isPresent() && !inHand.get().equals(activity)) {
            // Its attempt ended while the server was away, which nobody heard; this is the next.
            gate.open();
            Thread.sleep(3);
            gate.shut();
          }
          return inHand.filter(activity::equals).isPresent();
        });
    return openedUnless(!recorded(bed.ledger(), activity));
  }

  /**
   * Shuts the gate as soon as something holds. It is looked for behind the shut gate, which is
   * opened for moments only, as long as one fact takes: so the lane cannot run away while this
   * thread waits for its turn.
   */
  private void shutOnce(String what, Condition condition) throws Exception {
    await(
        what,
        1,
        () -> {
          gate.shut();
          if (condition.holds()) {
            return true;
          }
          gate.open();
          return false;
        });
  }

  private boolean before(String activity, String before) throws Exception {
    LedgerState ledger = bed.ledger();
    return activity.equals(Activities.SEAL)
        ? ledger.all(LedgerEntry.ClaimClosed.class).findAny().isPresent()
        : recorded(ledger, before);
  }

  /**
   * The activity whose record comes before; none for S0, and for Rollback, which a person starts.
   */
  private static String before(String activity) {
    String before = "";
    for (Stage stage : Stage.values()) {
      if (stage.activityType().equals(activity)) {
        return before;
      }
      before = stage.activityType();
    }
    return activity.equals(Activities.SEAL) ? Activities.ROLLBACK : "";
  }

  /**
   * Lets the lane go on until a publishing stage has raised its fence, and stops it before it
   * publishes.
   *
   * @return false when the lane was faster
   */
  boolean standsBehindItsFence(Stage stage) throws Exception {
    shutOnce("the fence of " + stage, () -> fencedAfter(before(stage.activityType())));
    boolean early =
        bed.ledger()
            .all(LedgerEntry.Intent.class)
            .noneMatch(i -> stage.equals(stage(i.changeId())));
    return openedUnless(early);
  }

  /**
   * Lets the lane go on until a publishing stage has published, and stops it before it records that
   * it has passed.
   *
   * @return false when the lane was faster
   */
  boolean standsPublished(Stage stage) throws Exception {
    shutOnce(
        "the publication of " + stage,
        () ->
            bed.ledger()
                .all(LedgerEntry.Outcome.class)
                .anyMatch(o -> o.outcome().equals("PUBLISHED") && stage == stage(o.changeId())));
    return openedUnless(!recorded(bed.ledger(), stage.activityType()));
  }

  /**
   * Lets the lane go on until S5 has published, and stops it before S6 begins to: many facts lie
   * between, so that also on a busy machine it is not past that.
   *
   * @return false when the lane was faster all the same
   */
  boolean standsBetweenItsPublications() throws Exception {
    shutOnce(
        "the publication of S5",
        () -> {
          LedgerState ledger = bed.ledger();
          return ledger
              .all(LedgerEntry.Outcome.class)
              .filter(o -> o.outcome().equals("PUBLISHED") && stage(o.changeId()) == Stage.S5)
              .anyMatch(o -> claimed(ledger, o.epoch()));
        });
    LedgerState ledger = bed.ledger();
    return openedUnless(
        ledger
            .all(LedgerEntry.Intent.class)
            .filter(i -> stage(i.changeId()) == Stage.S6)
            .noneMatch(i -> claimed(ledger, i.epoch())));
  }

  /** Whether this lane took the claim of this epoch. */
  private boolean claimed(LedgerState ledger, long epoch) {
    return ledger
        .all(LedgerEntry.Claimed.class)
        .anyMatch(c -> c.epoch() == epoch && c.owner().workflowId().equals(id));
  }

  /**
   * Lets the review go on until it has nothing left to ask the server, and stops it before it
   * applies the lane.
   *
   * @return false when the lane was faster
   */
  boolean standsBeforeItIsApplied() throws Exception {
    shutOnce(
        "the review's evidence",
        () ->
            bed.ledger()
                .all(LedgerEntry.EffectRecorded.class)
                .anyMatch(e -> e.effect().target().equals("evidence:S7")));
    return openedUnless(bed.ledger().all(LedgerEntry.RunEnded.class).findAny().isEmpty());
  }

  private boolean openedUnless(boolean early) throws Exception {
    if (!early) {
      gate.open();
    }
    return early;
  }

  private static Stage stage(String changeId) {
    return changeId.equals("M-1") ? Stage.S5 : Stage.S6;
  }

  private boolean fencedAfter(String earlier) throws Exception {
    boolean passed = false;
    for (LedgerState.Line line : bed.ledger().lines()) {
      passed |=
          line.entry() instanceof LedgerEntry.StageRecorded s
              && s.stage().activityType().equals(earlier);
      if (passed && line.entry() instanceof LedgerEntry.FenceRaised) {
        return true;
      }
    }
    return false;
  }

  /** Waits until a later attempt of the activity is in a worker's hand. */
  PendingActivityInfo takenUpAgain(String activity, int attempt) throws Exception {
    await(
        activity + " to be taken up again",
        () ->
            inHand()
                .filter(a -> a.getActivityType().getName().equals(activity))
                .filter(a -> a.getAttempt() > attempt)
                .isPresent());
    return inHand().orElseThrow();
  }

  /** How the lane ended: the word that operators see. */
  String end() {
    try {
      return bed.client().newUntypedWorkflowStub(id).getResult(LaneOutcome.class).end().name();
    } catch (WorkflowFailedException e) {
      if (e.getCause() instanceof CanceledFailure) {
        return "CANCELED";
      }
      return e.getCause() instanceof ApplicationFailure a ? a.getType() : e.getCause().toString();
    }
  }

  /** Whether the server knows the lane. */
  boolean known() {
    try {
      describe();
      return true;
    } catch (StatusRuntimeException e) {
      return false;
    }
  }
}
