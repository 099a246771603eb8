package dev.lanekeeper.s1seal;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lanekeeper.authority.Grant;
import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.canonical.Json;
import dev.lanekeeper.lane.KbPath;
import dev.lanekeeper.lane.Lane;
import dev.lanekeeper.lane.Stage;
import dev.lanekeeper.s0preflight.InputChecks;
import dev.lanekeeper.stage.Evidence;
import dev.lanekeeper.stage.Fragment;
import dev.lanekeeper.stage.StageEnvironment;
import dev.lanekeeper.stage.StageRunner;
import dev.lanekeeper.stage.StageWork;
import dev.lanekeeper.verdict.RejectCode;
import dev.lanekeeper.verdict.Verdict;
import dev.lanekeeper.workflow.Activities;
import dev.lanekeeper.workflow.StageCall;
import dev.lanekeeper.workflow.StageResult;
import java.io.IOException;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;

/**
 * S1: computes frozen seals again and compares the bytes to publish with those that were granted.
 */
public final class S1SealVersusBytesActivity implements Activities.S1SealVersusBytes {

  private final StageEnvironment environment;
  private final StageRunner runner;

  /** The stage on a worker. */
  public S1SealVersusBytesActivity(StageEnvironment environment) {
    this.environment = environment;
    this.runner = new StageRunner(environment);
  }

  @Override
  public StageResult recheck(StageCall call) {
    return runner.run(Stage.S1, call, this::perform);
  }

  private Fragment perform(StageWork work) throws IOException {
    Digest before = environment.freshReader().open().inventory().tree();
    Evidence seals = new Evidence();
    NavigableMap<KbPath, byte[]> sealed = new TreeMap<>();
    for (Lane.Input input : work.spec().inputs()) {
      for (Lane.Assertion a : input.asserts()) {
        if (a.kind().equals("seal")) {
          KbPath file = a.file().orElseThrow();
          sealed.put(file, work.file(file));
          new InputChecks(sealed).seal(a, seals);
        }
      }
    }
    Evidence documents = new Evidence();
    Map<KbPath, Grant.Document> granted = new TreeMap<>();
    work.grant().documents().forEach(d -> granted.put(d.path(), d));
    for (Lane.Change change : work.spec().changes()) {
      Digest actual = Digest.of(work.file(change.source()));
      Optional<Digest> expected =
          Optional.ofNullable(granted.get(change.path())).map(Grant.Document::sha256);
      documents.add(
          "document",
          change.id() + " " + change.path(),
          expected.map(Digest::hex).orElse("not in the grant"),
          actual.hex(),
          expected.filter(actual::equals).isPresent()
              ? Verdict.pass()
              : Verdict.reject(
                  RejectCode.DOCUMENT_DIGEST_MISMATCH,
                  change.path().value(),
                  expected.map(Digest::hex).orElse("a digest in the grant"),
                  actual.hex()));
    }
    Digest after = environment.freshReader().open().inventory().tree();
    ObjectNode file = Json.object().put("readOnly", before.equals(after));
    file.set("seals", seals.json());
    file.put("sealCount", seals.size());
    file.set("documents", documents.json());
    Verdict verdict = seals.verdict().passed() ? documents.verdict() : seals.verdict();
    return new Fragment(
        verdict,
        Map.of("seal-vs-bytes.json", file),
        Map.of(),
        seals.size() + " seals, " + documents.size() + " documents");
  }
}
