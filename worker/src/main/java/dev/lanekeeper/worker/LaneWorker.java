package dev.lanekeeper.worker;

import dev.lanekeeper.lane.Stage;
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
import dev.lanekeeper.stage.FaultWords;
import dev.lanekeeper.stage.StageEnvironment;
import dev.lanekeeper.workflow.Activities;
import dev.lanekeeper.workflow.LaneRollbackWorkflow;
import dev.lanekeeper.workflow.LaneRollbackWorkflowImpl;
import dev.lanekeeper.workflow.LaneWorkflow;
import dev.lanekeeper.workflow.LaneWorkflowImpl;
import dev.lanekeeper.workflow.Limits;
import dev.lanekeeper.workflow.ScheduleGuard;
import dev.lanekeeper.workflow.TaskQueues;
import dev.lanekeeper.workflow.TrustedKeys;
import dev.lanekeeper.workflow.UnknownWorkflow;
import dev.lanekeeper.workflow.Wire;
import io.temporal.client.WorkflowClient;
import io.temporal.common.interceptors.WorkerInterceptor;
import io.temporal.common.metadata.POJOActivityImplMetadata;
import io.temporal.common.metadata.POJOActivityMethodMetadata;
import io.temporal.worker.Worker;
import io.temporal.worker.WorkerFactory;
import io.temporal.worker.WorkerFactoryOptions;
import io.temporal.worker.WorkerOptions;
import io.temporal.worker.WorkflowImplementationOptions;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;

/** Registers the workflows and exactly the ten activity types, or a role's part, and runs them. */
public final class LaneWorker implements AutoCloseable {

  /**
   * How many stages of a queue run at once, at most, when nobody says otherwise. They compute and
   * hash: more of them than a machine has room for keep each other from their heartbeats, and hold
   * all their bytes.
   */
  public static final int CONCURRENCY = 4;

  /** How long running stages may go on after the end was asked for, when nobody says otherwise. */
  public static final Duration DRAIN = Duration.ofMinutes(1);

  private final WorkerFactory factory;
  private final Heartbeats heartbeats;
  private Optional<LeaseKeeper> leases = Optional.empty();

  private LaneWorker(WorkerFactory factory, Heartbeats heartbeats) {
    this.factory = factory;
    this.heartbeats = heartbeats;
  }

  /** Starts the only worker of an engine that ends with it, for both roles. */
  public static LaneWorker start(Wiring wiring) throws IOException {
    return start(Role.BOTH, wiring, CONCURRENCY, Limits.EMBEDDED, List.of());
  }

  /**
   * Starts a worker for one role or both; each uses its own key, and none opens the other's.
   *
   * @param concurrency how many stages of a role run at once, at most
   * @param limits when the silent count as dead
   * @param watchers see every workflow and every activity, and change neither
   */
  public static LaneWorker start(
      Role role, Wiring wiring, int concurrency, Limits limits, List<WorkerInterceptor> watchers)
      throws IOException {
    List<Object> executes = role.executes() ? executorActivities(wiring.executor(role)) : List.of();
    List<Object> reviews =
        role.reviews() ? List.of(new S7ReviewActivity(wiring.reviewer(role))) : List.of();
    List<WorkerInterceptor> around = new ArrayList<>(watchers);
    // The outermost one, so that what the others log has the lane's name too.
    around.add(new LogContext(LogContext.namesOf(wiring.home().knowledgeBase())));
    LaneWorker worker =
        start(
            wiring.client(),
            wiring.trustedKeys(),
            wiring.queue(),
            QueueGuard.pollerName(wiring.identity(), wiring.home().knowledgeBase().identity().id()),
            executes,
            reviews,
            role,
            concurrency,
            limits,
            around);
    if (role.executes()) {
      worker.leases = Optional.of(new LeaseKeeper(wiring, Clock.systemUTC()).start());
    }
    return worker;
  }

  /**
   * Starts a worker with these activities.
   *
   * @throws IllegalStateException when their types are not exactly the ten
   */
  static LaneWorker start(
      WorkflowClient client,
      TrustedKeys keys,
      List<Object> executorActivities,
      List<Object> reviewerActivities) {
    return start(
        client,
        keys,
        TaskQueues.EXECUTOR,
        "test",
        executorActivities,
        reviewerActivities,
        Role.BOTH,
        CONCURRENCY,
        Limits.EMBEDDED,
        List.of());
  }

  private static LaneWorker start(
      WorkflowClient client,
      TrustedKeys keys,
      String queue,
      String pollerName,
      List<Object> executorActivities,
      List<Object> reviewerActivities,
      Role role,
      int concurrency,
      Limits limits,
      List<WorkerInterceptor> watchers) {
    requireAllActivityTypes(role, executorActivities, reviewerActivities);
    Heartbeats heartbeats = new Heartbeats();
    List<WorkerInterceptor> around = new ArrayList<>(List.of(interceptors(heartbeats)));
    around.addAll(watchers);
    WorkerFactory factory =
        WorkerFactory.newInstance(
            Wire.client(client),
            WorkerFactoryOptions.newBuilder()
                .setWorkerInterceptors(around.toArray(new WorkerInterceptor[0]))
                .build());
    WorkerOptions options =
        limits
            .worker()
            .setIdentity(pollerName)
            .setMaxConcurrentActivityExecutionSize(concurrency)
            .setMaxHeartbeatThrottleInterval(Heartbeats.EVERY)
            .setDefaultHeartbeatThrottleInterval(Heartbeats.EVERY)
            // The lane's next turn waits so long for a worker that died, then goes to another.
            .setStickyQueueScheduleToStartTimeout(Duration.ofSeconds(1))
            .build();
    if (role.executes()) {
      Worker executor = factory.newWorker(queue, options);
      WorkflowImplementationOptions workflows = limits.workflows();
      executor.registerWorkflowImplementationFactory(
          LaneWorkflow.class, () -> new LaneWorkflowImpl(keys), workflows);
      executor.registerWorkflowImplementationFactory(
          LaneRollbackWorkflow.class, () -> new LaneRollbackWorkflowImpl(keys), workflows);
      executor.registerWorkflowImplementationTypes(workflows, UnknownWorkflow.class);
      executor.registerActivitiesImplementations(executorActivities.toArray());
    }
    if (role.reviews()) {
      Worker reviewer = factory.newWorker(TaskQueues.reviewer(queue), options);
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

  /** What decides around every workflow and every activity of a worker, innermost first. */
  static WorkerInterceptor[] interceptors(Heartbeats heartbeats) {
    return new WorkerInterceptor[] {
      new ScheduleGuard(), new FaultWords(), new CallerGuard(), heartbeats
    };
  }

  private static void requireAllActivityTypes(
      Role role, List<Object> executor, List<Object> reviewer) {
    List<Object> activities = new ArrayList<>(executor);
    activities.addAll(reviewer);
    Set<String> found = new TreeSet<>();
    for (Object activity : activities) {
      for (POJOActivityMethodMetadata method :
          POJOActivityImplMetadata.newInstance(activity.getClass()).getActivityMethods()) {
        found.add(method.getActivityTypeName());
      }
    }
    Set<String> expected = new TreeSet<>(Activities.types());
    expected.removeIf(
        type -> type.equals(Stage.S7.activityType()) ? !role.reviews() : !role.executes());
    if (!found.equals(expected)) {
      throw new IllegalStateException(
          "expected the activity types " + expected + ", found " + found);
    }
  }

  /** Whether it was started and nobody has stopped it. */
  public boolean takesWork() {
    return factory.isStarted() && !factory.isShutdown();
  }

  /**
   * Takes no more work and waits until the running stages have ended, or the time is up.
   *
   * @return whether they have ended
   */
  public boolean drain(Duration patience) {
    leases.ifPresent(LeaseKeeper::close);
    factory.shutdown();
    factory.awaitTermination(patience.toMillis(), TimeUnit.MILLISECONDS);
    heartbeats.close();
    return factory.isTerminated();
  }

  @Override
  public void close() {
    boolean unused = drain(Duration.ofSeconds(10));
  }
}
