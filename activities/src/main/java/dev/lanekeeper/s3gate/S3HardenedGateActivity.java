package dev.lanekeeper.s3gate;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.canonical.Json;
import dev.lanekeeper.gate.HardenedRollbackGate;
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
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;

/** S3: lets the gate judge its own cases, the evidence of S2, and fabrications of that evidence. */
public final class S3HardenedGateActivity implements Activities.S3HardenedGate {

  private final StageRunner runner;

  /** The stage on a worker. */
  public S3HardenedGateActivity(StageEnvironment environment) {
    this.runner = new StageRunner(environment);
  }

  @Override
  public StageResult judge(StageCall call) {
    return runner.run(Stage.S3, call, this::perform);
  }

  private Fragment perform(StageWork work) throws IOException {
    List<JsonNode> corpus = new ArrayList<>();
    ObjectNode material = Json.object();
    for (Lane.GateCase c : GateRun.selfTest(work.plan()).cases()) {
      byte[] bytes = work.file(c.file());
      corpus.add(Json.parse(bytes));
      material.put(c.file().value(), Base64.getEncoder().encodeToString(bytes));
    }
    JsonNode own = work.evidenceOf(Stage.S2, "rollback-proof.json").path("evidence");
    GateRun run = new GateRun(work.plan(), new HardenedRollbackGate()::judge);
    ObjectNode file = Json.object();
    file.putObject("gate").put("name", HardenedRollbackGate.NAME).put("digest", gateDigest().hex());
    file.setAll(run.run(corpus, own));
    file.set("material", material);
    return new Fragment(
        run.verdict(),
        Map.of("rollback-gate.json", file),
        Map.of(),
        corpus.size() + " self-test cases, own evidence, 1 fabrication a rollback");
  }

  /** The SHA-256 of the class that judges. */
  private static Digest gateDigest() throws IOException {
    String name = HardenedRollbackGate.class.getSimpleName() + ".class";
    try (InputStream in = HardenedRollbackGate.class.getResourceAsStream(name)) {
      return Digest.of(in.readAllBytes());
    }
  }
}
