package dev.lanekeeper.s4probes;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lanekeeper.gate.HardenedRollbackGate;
import dev.lanekeeper.lane.KbPath;
import dev.lanekeeper.lane.Lane;
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
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** S4. */
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
    for (Lane.Probe probe : work.spec().probes()) {
      Optional<KbPath> file = probe.present().flatMap(Lane.Presented::file);
      if (file.isPresent()) {
        presented.put(file.get(), work.file(file.get()));
      }
    }
    ProbeRun run =
        new ProbeRun(
            work.plan(),
            new ProbeRun.Deciders(
                work.guard(),
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

  /** Reads the presented files back from evidence. */
  public static Map<KbPath, byte[]> material(ObjectNode executionProbes) {
    Map<KbPath, byte[]> out = new TreeMap<>();
    executionProbes
        .path("material")
        .properties()
        .forEach(
            e ->
                out.put(new KbPath(e.getKey()), Base64.getDecoder().decode(e.getValue().asText())));
    return out;
  }
}
