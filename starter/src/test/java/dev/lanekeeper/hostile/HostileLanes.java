package dev.lanekeeper.hostile;

import com.fasterxml.jackson.databind.JsonNode;
import dev.lanekeeper.canonical.Json;
import dev.lanekeeper.evidence.FileTree;
import dev.lanekeeper.evidence.LaneFolder;
import dev.lanekeeper.lane.InvalidLaneException;
import dev.lanekeeper.lane.LaneReader;
import dev.lanekeeper.testkit.TestLane;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Lanes that are read although every free text of them is hostile. As a program it writes them into
 * a folder, for {@code .ci/hostile}.
 */
public final class HostileLanes {

  private static final Path EXAMPLE = TestLane.ROOT.resolve("examples/handbook-release");

  /** Texts that decide something: a lane with another one may end otherwise than applied. */
  private static final Set<String> DECIDING =
      Set.of(
          "spec.inputs[].asserts[].token",
          "spec.inputs[].asserts[].pointer",
          "spec.inputs[].asserts[].equals",
          "spec.inputs[].asserts[].cases[].expect",
          "spec.surfaces.allowed[].kind",
          "spec.surfaces.allowed[].target",
          "spec.surfaces.forbidden[].match[].kind",
          "spec.surfaces.forbidden[].match[].target",
          "spec.surfaces.excluded[].counterfactual.append",
          "spec.probes[].effect.kind",
          "spec.probes[].effect.target",
          "spec.probes[].patch[].pointer",
          "spec.probes[].patch[].value",
          "spec.probes[].claim.status",
          "spec.probes[].claim.attempted[].kind",
          "spec.probes[].claim.attempted[].target",
          "spec.probes[].expect",
          "spec.review.declarations[].match[].kind",
          "spec.review.declarations[].match[].target",
          "spec.selfCheck[].evidence",
          "spec.selfCheck[].equals",
          "spec.approval.question");

  private final JsonNode tree;
  private final Map<String, List<HostileCorpus.Value>> accepted;

  /** The lanes that can be made of one, whose files stand in this folder. */
  HostileLanes(Path lane, JsonNode tree) throws IOException {
    this.tree = tree;
    this.accepted = accepted(lane, tree, free(false));
    // A template that names nothing is its author's fault, and the corpus has other texts.
    accepted.replaceAll(
        (field, values) -> values.stream().filter(v -> !v.kind().startsWith("template")).toList());
  }

  /** Writes the hostile lanes of these numbers, or all: {@code FOLDER [NUMBER...]}. */
  public static void main(String[] args) throws Exception {
    Path folder = Path.of(args[0]);
    Path file = EXAMPLE.resolve("lane.yaml");
    JsonNode tree = LaneReader.read("lane.yaml", Files.readAllBytes(file)).tree();
    Path scratch = folder.resolve("scratch");
    copy(scratch);
    HostileLanes lanes = new HostileLanes(scratch, tree);
    FileTree.delete(scratch);
    int most = args.length > 1 ? Integer.parseInt(args[1]) : lanes.rounds();
    for (int round = 0; round < most; round++) {
      Path lane = folder.resolve("lane-" + round);
      copy(lane);
      Files.write(lane.resolve("lane.json"), Fields.bytes(lanes.mixed(round).toString()));
    }
    System.out.println(most + " lanes, each with " + lanes.fields() + " hostile texts");
  }

  /** The example's files without its lane file. */
  private static void copy(Path lane) throws IOException {
    for (Map.Entry<String, byte[]> file : FileTree.read(EXAMPLE).entrySet()) {
      if (!file.getKey().equals("lane.yaml")) {
        Path target = lane.resolve(file.getKey());
        Files.createDirectories(target.getParent());
        Files.write(target, file.getValue());
      }
    }
  }

  /** How many lanes it takes until each text stood in each field. */
  int rounds() {
    return accepted.values().stream().mapToInt(List::size).max().orElseThrow();
  }

  /** How many texts each of them has. */
  int fields() {
    return accepted.size();
  }

  /** A lane with a hostile text in every field that takes one and decides nothing. */
  JsonNode mixed(int round) throws IOException {
    JsonNode hostile = tree;
    int at = round;
    for (Map.Entry<String, List<HostileCorpus.Value>> field : accepted.entrySet()) {
      HostileCorpus.Value value = field.getValue().get(at++ % field.getValue().size());
      String with = new Fields(hostile).with(field.getKey(), round, value);
      hostile = Json.parse(Fields.bytes(with));
    }
    return hostile;
  }

  /** Which of the texts each field takes that decides something. */
  static Map<String, List<HostileCorpus.Value>> deciding(Path lane, JsonNode of)
      throws IOException {
    return accepted(lane, of, free(true));
  }

  /** Which field of a pattern: the last, since the first may be the one that must say PASS. */
  static int place(String pattern) {
    return Set.of("spec.probes[].expect").contains(pattern) ? 0 : -1;
  }

  private static List<String> free(boolean deciding) throws IOException {
    return Fields.ofLane().entrySet().stream()
        .filter(field -> Set.of("line", "text", "value").contains(field.getValue()))
        .map(Map.Entry::getKey)
        .filter(field -> DECIDING.contains(field) == deciding)
        .toList();
  }

  private static Map<String, List<HostileCorpus.Value>> accepted(
      Path lane, JsonNode of, List<String> patterns) throws IOException {
    Fields fields = new Fields(of);
    Map<String, List<HostileCorpus.Value>> accepted = new TreeMap<>();
    Map<String, List<HostileCorpus.Value>> known = new HashMap<>();
    Map<String, String> types = Fields.ofLane();
    for (String pattern : patterns) {
      if (fields.patterns().contains(pattern)) {
        // Fields of one type take the same texts, but for templates and those that decide.
        String type =
            DECIDING.contains(pattern)
                ? pattern
                : types.get(pattern) + pattern.startsWith("spec.report.");
        if (!known.containsKey(type)) {
          known.put(type, taken(lane, fields, pattern));
        }
        accepted.put(pattern, known.get(type));
      }
    }
    return accepted;
  }

  private static List<HostileCorpus.Value> taken(Path lane, Fields fields, String pattern)
      throws IOException {
    List<HostileCorpus.Value> taken = new ArrayList<>();
    Path file = lane.resolve("lane.json");
    for (HostileCorpus.Value value : HostileCorpus.values()) {
      if (value.text()) {
        Files.write(file, Fields.bytes(fields.with(pattern, place(pattern), value)));
        try {
          LaneFolder.read(lane);
          taken.add(value);
        } catch (InvalidLaneException refused) {
          // Then it is not one of those.
        }
      }
    }
    Files.delete(file);
    return taken;
  }
}
