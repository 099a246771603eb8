package dev.lanekeeper.s4probes;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lanekeeper.gate.HardenedRollbackGate;
import dev.lanekeeper.lane.KbPath;
import dev.lanekeeper.lane.Lane;
import dev.lanekeeper.lane.Plan;
import dev.lanekeeper.lane.Stage;
import dev.lanekeeper.stage.Fragment;
import dev.lanekeeper.stage.StageEnvironment;
import dev.lanekeeper.stage.StageRunner;
import dev.lanekeeper.stage.StageWork;
import dev.lanekeeper.workflow.Activities;
import dev.lanekeeper.workflow.StageCall;
import dev.lanekeeper.workflow.StageResult;
import java.io.IOException;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** S4: sends bad requests to the objects that decide; each must be refused with its own code. */
public final class S4ExecutionProbesActivity implements Activities.S4ExecutionProbes {

  private final StageRunner runner;

  /** The stage on a worker. */
  public S4ExecutionProbesActivity(StageEnvironment environment) {
    this.runner = new StageRunner(environment);
  }

  @Override
  public StageResult probe(StageCall call) {
    return runner.run(Stage.S4, call, this::perform);
  }

  private Fragment perform(StageWork work) throws IOException {
    Map<KbPath, byte[]> presented = new TreeMap<>();
    for (KbPath file : presented(work.plan())) {
      presented.put(file, work.file(file));
    }
    ProbeRun run =
        new ProbeRun(
            work.plan(),
            new ProbeRun.ProbeTargets(
                ProbeRun.effectSender(work.guard()),
                work.verifier(),
                new HardenedRollbackGate(),
                work.situation(),
                work.grantBytes().orElseThrow(),
                work.evidenceOf(Stage.S2, "rollback-proof.json").path("evidence"),
                presented));
    ObjectNode file = run.run();
    ObjectNode material = file.putObject("material");
    presented.forEach(
        (path, bytes) -> material.put(path.value(), Base64.getEncoder().encodeToString(bytes)));
    return new Fragment(
        run.verdict(),
        Map.of("execution-probes.json", file),
        Map.of(),
        file.path("failedClosed").asInt()
            + " of "
            + file.path("required").asInt()
            + " probes fail closed");
  }

  /** The files of the lane that its probes present. */
  public static List<KbPath> presented(Plan plan) {
    return plan.spec().probes().stream()
        .flatMap(probe -> probe.present().flatMap(Lane.Presented::file).stream())
        .distinct()
        .toList();
  }
}
