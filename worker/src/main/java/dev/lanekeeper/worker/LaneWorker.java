package dev.lanekeeper.worker;

import dev.lanekeeper.rollback.RollbackActivity;
import dev.lanekeeper.s0preflight.S0PreflightActivity;
import dev.lanekeeper.s1seal.S1SealVersusBytesActivity;
import dev.lanekeeper.s2staging.S2StagingRollbackProofActivity;
import dev.lanekeeper.s3gate.S3HardenedGateActivity;
import dev.lanekeeper.s4probes.S4ExecutionProbesActivity;
import dev.lanekeeper.s5publish.S5PublishPrimaryActivity;
import dev.lanekeeper.s6addenda.S6PublishAddendaActivity;
import dev.lanekeeper.s7review.S7ReviewActivity;
import dev.lanekeeper.seal.SealActivity;
import dev.lanekeeper.stage.CallerGuard;
import dev.lanekeeper.stage.StageEnvironment;
import dev.lanekeeper.workflow.Activities;
import dev.lanekeeper.workflow.LaneRollbackWorkflowImpl;
import dev.lanekeeper.workflow.LaneWorkflowImpl;
import dev.lanekeeper.workflow.ScheduleGuard;
import dev.lanekeeper.workflow.TaskQueues;
import dev.lanekeeper.workflow.UnknownWorkflow;
import io.temporal.client.WorkflowClient;
import io.temporal.common.converter.DataConverterException;
import io.temporal.common.interceptors.WorkerInterceptor;
import io.temporal.common.metadata.POJOActivityImplMetadata;
import io.temporal.common.metadata.POJOActivityMethodMetadata;
import io.temporal.worker.Worker;
import io.temporal.worker.WorkerFactory;
import io.temporal.worker.WorkerFactoryOptions;
import io.temporal.worker.WorkerOptions;
import io.temporal.worker.WorkflowImplementationOptions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;

/** Registers the workflows and exactly the ten activity types, and runs them. */
public final class LaneWorker implements AutoCloseable {

  /**
   * How many stages of a queue run at once. They compute and hash: more of them than the machine
   * has room for would only keep each other from their heartbeats, and hold all their bytes.
   */
  private static final int STAGES_AT_ONCE =
      Math.max(4, 2 * Runtime.getRuntime().availableProcessors());

  private final WorkerFactory factory;
  private final Heartbeats heartbeats;

  private LaneWorker(WorkerFactory factory, Heartbeats heartbeats) {
    this.factory = factory;
    this.heartbeats = heartbeats;
  }

  /** Starts a worker for both roles. */
  public static LaneWorker start(
      WorkflowClient client, StageEnvironment executor, StageEnvironment reviewer) {
    return start(client, executorActivities(executor), List.of(new S7ReviewActivity(reviewer)));
  }

  /** Starts a worker for one role or both; each uses its own environment. */
  public static LaneWorker start(
      Role role, WorkflowClient client, StageEnvironment executor, StageEnvironment reviewer) {
    List<Object> executes = executorActivities(executor);
    List<Object> reviews = List.of(new S7ReviewActivity(reviewer));
    requireTheTen(executes, reviews);
    return start(
        client, role.executes() ? executes : List.of(), role.reviews() ? reviews : List.of(), role);
  }

  /**
   * Starts a worker with these activities.
   *
   * @throws IllegalStateException when their types are not exactly the ten
   */
  static LaneWorker start(
      WorkflowClient client, List<Object> executorActivities, List<Object> reviewerActivities) {
    requireTheTen(executorActivities, reviewerActivities);
    return start(client, executorActivities, reviewerActivities, Role.BOTH);
  }

  private static LaneWorker start(
      WorkflowClient client,
      List<Object> executorActivities,
      List<Object> reviewerActivities,
      Role role) {
    Heartbeats heartbeats = new Heartbeats();
    WorkerFactory factory =
        WorkerFactory.newInstance(
            client,
            WorkerFactoryOptions.newBuilder()
                .setWorkerInterceptors(interceptors(heartbeats))
                .build());
    WorkerOptions options =
        WorkerOptions.newBuilder()
            .setDefaultDeadlockDetectionTimeout(10_000)
            .setMaxConcurrentActivityExecutionSize(STAGES_AT_ONCE)
            .setMaxHeartbeatThrottleInterval(Duration.ofSeconds(1))
            .setDefaultHeartbeatThrottleInterval(Duration.ofSeconds(1))
            // The lane's next turn waits so long for a worker that died, then goes to another.
            .setStickyQueueScheduleToStartTimeout(Duration.ofSeconds(1))
            .build();
    if (role.executes()) {
      Worker executor = factory.newWorker(TaskQueues.EXECUTOR, options);
      executor.registerWorkflowImplementationTypes(
          WorkflowImplementationOptions.newBuilder()
              .setFailWorkflowExceptionTypes(DataConverterException.class)
              .build(),
          LaneWorkflowImpl.class,
          LaneRollbackWorkflowImpl.class,
          UnknownWorkflow.class);
      executor.registerActivitiesImplementations(executorActivities.toArray());
    }
    if (role.reviews()) {
      Worker reviewer = factory.newWorker(TaskQueues.REVIEWER, options);
      reviewer.registerActivitiesImplementations(reviewerActivities.toArray());
    }
    factory.start();
    return new LaneWorker(factory, heartbeats);
  }

  private static List<Object> executorActivities(StageEnvironment executor) {
    return List.of(
        new S0PreflightActivity(executor),
        new S1SealVersusBytesActivity(executor),
        new S2StagingRollbackProofActivity(executor),
        new S3HardenedGateActivity(executor),
        new S4ExecutionProbesActivity(executor),
        new S5PublishPrimaryActivity(executor),
        new S6PublishAddendaActivity(executor),
        new RollbackActivity(executor),
        new SealActivity(executor));
  }

  /** What stands around every workflow and every activity of a worker. */
  static WorkerInterceptor[] interceptors(Heartbeats heartbeats) {
    return new WorkerInterceptor[] {new ScheduleGuard(), new CallerGuard(), heartbeats};
  }

  private static void requireTheTen(List<Object> executor, List<Object> reviewer) {
    List<Object> activities = new ArrayList<>(executor);
    activities.addAll(reviewer);
    Set<String> found = new TreeSet<>();
    for (Object activity : activities) {
      for (POJOActivityMethodMetadata method :
          POJOActivityImplMetadata.newInstance(activity.getClass()).getActivityMethods()) {
        found.add(method.getActivityTypeName());
      }
    }
    if (!found.equals(Activities.types())) {
      throw new IllegalStateException(
          "expected the activity types " + new TreeSet<>(Activities.types()) + ", found " + found);
    }
  }

  /** Takes no more work and waits until the running stages have ended, or the time is up. */
  public void drain(Duration patience) {
    factory.shutdown();
    factory.awaitTermination(patience.toMillis(), TimeUnit.MILLISECONDS);
    heartbeats.close();
  }

  @Override
  public void close() {
    drain(Duration.ofSeconds(10));
  }
}
