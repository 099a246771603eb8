package dev.lanekeeper.s2staging;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lanekeeper.canonical.Json;
import dev.lanekeeper.files.Access;
import dev.lanekeeper.kb.Document;
import dev.lanekeeper.kb.KbReader;
import dev.lanekeeper.lane.KbPath;
import dev.lanekeeper.lane.Lane;
import dev.lanekeeper.lane.Stage;
import dev.lanekeeper.scope.Effect;
import dev.lanekeeper.stage.Fragment;
import dev.lanekeeper.stage.StageEnvironment;
import dev.lanekeeper.stage.StageRunner;
import dev.lanekeeper.stage.StageWork;
import dev.lanekeeper.stage.Workspace;
import dev.lanekeeper.verdict.Verdict;
import dev.lanekeeper.workflow.Activities;
import dev.lanekeeper.workflow.StageCall;
import dev.lanekeeper.workflow.StageResult;
import java.io.IOException;
import java.util.Base64;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;

/** S2: applies and undoes the changes in a disposable knowledge base and writes what it saw. */
public final class S2StagingRollbackProofActivity implements Activities.S2StagingRollbackProof {

  private final StageEnvironment environment;
  private final StageRunner runner;

  /** The stage on a worker. */
  public S2StagingRollbackProofActivity(StageEnvironment environment) {
    this.environment = environment;
    this.runner = new StageRunner(environment);
  }

  @Override
  public StageResult prove(StageCall call) {
    return runner.run(Stage.S2, call, this::perform);
  }

  private Fragment perform(StageWork work) throws IOException {
    Map<String, byte[]> documents = new TreeMap<>();
    for (Lane.Change change : work.spec().changes()) {
      documents.put(change.id(), work.file(change.source()));
    }
    NavigableMap<KbPath, StagingProof.Standing> standing = standing(work);
    try (Workspace workspace =
        work.effects()
            .perform(
                Effect.of("workspace.write", "workspace:staging"),
                () -> Workspace.under(environment.workspaces(), "staging"))) {
      ObjectNode file =
          new StagingProof(work.plan(), workspace.folder(), environment.clock())
              .run(documents, standing);
      file.set("material", material(standing));
      Verdict verdict = StagingProof.judge(work.plan(), file);
      return new Fragment(
          verdict,
          Map.of("rollback-proof.json", file),
          Map.of(),
          work.spec().changes().size()
              + " rollbacks "
              + (verdict.passed() ? "proved" : "rehearsed")
              + " in staging");
    }
  }

  /** What is there before: the documents that changes update, and the pinned ones. */
  private NavigableMap<KbPath, StagingProof.Standing> standing(StageWork work) throws IOException {
    NavigableMap<KbPath, StagingProof.Standing> out = new TreeMap<>();
    KbReader kb = environment.freshReader().open();
    for (Lane.Pin pin : work.spec().pins()) {
      add(out, pin.path(), kb.read(pin.path()), Optional.empty());
    }
    for (Lane.Change change : work.spec().changes()) {
      if (change.expect().present()) {
        // An earlier run of this very plan may have published it already.
        add(
            out,
            change.path(),
            kb.readBefore(change.path(), work.plan().digest()),
            kb.access(change.path()));
      }
    }
    return out;
  }

  private static void add(
      NavigableMap<KbPath, StagingProof.Standing> out,
      KbPath path,
      Optional<Document> document,
      Optional<Access> access) {
    document.ifPresent(
        d -> out.put(path, new StagingProof.Standing(d.head().number(), d.bytes(), access)));
  }

  /** The bytes that a re-execution needs beside the published documents. */
  public static ObjectNode material(NavigableMap<KbPath, StagingProof.Standing> standing) {
    ObjectNode out = Json.object();
    standing.forEach(
        (path, document) -> {
          ObjectNode line = out.putObject(path.value());
          line.put("revision", document.revision());
          line.put("base64", Base64.getEncoder().encodeToString(document.bytes()));
          document.access().ifPresent(access -> line.put("mode", access.mode()));
        });
    return out;
  }

  /** Reads {@link #material} back. */
  public static NavigableMap<KbPath, StagingProof.Standing> standing(ObjectNode material) {
    NavigableMap<KbPath, StagingProof.Standing> out = new TreeMap<>();
    material
        .properties()
        .forEach(
            entry ->
                out.put(
                    new KbPath(entry.getKey()),
                    new StagingProof.Standing(
                        entry.getValue().path("revision").asInt(),
                        Base64.getDecoder().decode(entry.getValue().path("base64").asText()),
                        Optional.ofNullable(entry.getValue().get("mode"))
                            .map(mode -> Access.ofMode(mode.asText())))));
    return out;
  }
}
