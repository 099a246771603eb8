package dev.lanekeeper.s5publish;

import dev.lanekeeper.lane.Stage;
import dev.lanekeeper.stage.StageEnvironment;
import dev.lanekeeper.stage.StageRunner;
import dev.lanekeeper.workflow.Activities;
import dev.lanekeeper.workflow.GatePass;
import dev.lanekeeper.workflow.ProbePass;
import dev.lanekeeper.workflow.StageCall;
import dev.lanekeeper.workflow.StageResult;

/** S5. */
public final class S5PublishPrimaryActivity implements Activities.S5PublishPrimary {

  private final StageRunner runner;
  private final Publisher publisher;

  /** The stage on a worker. */
  public S5PublishPrimaryActivity(StageEnvironment environment) {
    this.runner = new StageRunner(environment);
    this.publisher = new Publisher(environment);
  }

  @Override
  public StageResult publish(StageCall call, GatePass gate, ProbePass probes) {
    return runner.run(Stage.S5, call, work -> publisher.publish(work, Stage.S5));
  }
}
