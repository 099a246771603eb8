package dev.lanekeeper.testkit;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lanekeeper.canonical.Json;
import dev.lanekeeper.evidence.Bundle;
import dev.lanekeeper.files.Access;
import dev.lanekeeper.lane.KbPath;
import dev.lanekeeper.lane.Lane;
import dev.lanekeeper.s2staging.StagingProof;
import dev.lanekeeper.s3gate.GateRun;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;

/** What S2 and S3 work on, taken from an example's own files. */
public final class Proofs {

  /** The mode of the documents that changes update: no usual umask leaves it. */
  public static final String MODE = "0604";

  private Proofs() {}

  /** The documents that stand before: the pinned ones and those that changes update. */
  public static NavigableMap<KbPath, StagingProof.Standing> standing(Bundle bundle, Path example)
      throws IOException {
    NavigableMap<KbPath, StagingProof.Standing> out = new TreeMap<>();
    for (Lane.Pin pin : bundle.plan().spec().pins()) {
      out.put(pin.path(), new StagingProof.Standing(1, bytes(example, pin.path())));
    }
    for (Lane.Change change : bundle.plan().spec().changes()) {
      if (change.expect().present()) {
        out.put(
            change.path(),
            new StagingProof.Standing(
                1, bytes(example, change.path()), Optional.of(Access.ofMode(MODE))));
      }
    }
    return out;
  }

  private static byte[] bytes(Path example, KbPath path) throws IOException {
    return Files.readAllBytes(example.resolve("kb").resolve(path.value()));
  }

  /** The bytes to publish, by change id. */
  public static Map<String, byte[]> documents(Bundle bundle) {
    Map<String, byte[]> out = new TreeMap<>();
    for (Lane.Change change : bundle.plan().spec().changes()) {
      out.put(change.id(), bundle.files().get(change.source()));
    }
    return out;
  }

  /** S2's evidence, really made. */
  public static ObjectNode staging(Bundle bundle, Path example, Path workspace) throws IOException {
    return (ObjectNode) staged(bundle, example, workspace).path("evidence");
  }

  /** The file in which S2's evidence is. */
  public static ObjectNode staged(Bundle bundle, Path example, Path workspace) throws IOException {
    return new StagingProof(bundle.plan(), workspace, Clock.systemUTC())
        .run(documents(bundle), standing(bundle, example));
  }

  /** The frozen evidence of the gate's self-test, in the order of the lane file. */
  public static List<JsonNode> corpus(Bundle bundle) throws IOException {
    List<JsonNode> out = new ArrayList<>();
    for (Lane.GateCase c : GateRun.selfTest(bundle.plan()).cases()) {
      out.add(Json.parse(bundle.files().get(c.file())));
    }
    return out;
  }
}
