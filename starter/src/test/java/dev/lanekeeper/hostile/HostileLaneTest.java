package dev.lanekeeper.hostile;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lanekeeper.evidence.FileTree;
import dev.lanekeeper.lane.LaneReader;
import dev.lanekeeper.starter.Cli;
import dev.lanekeeper.testkit.TestLane;
import dev.lanekeeper.worker.LocalKeys;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Every field of a lane file, with everything that the corpus has. */
@Timeout(value = 1, unit = TimeUnit.HOURS) // for the whole corpus; each answer has its own
class HostileLaneTest {

  private static final Path EXAMPLE = TestLane.ROOT.resolve("examples/handbook-release");

  private static final int READ = 0;
  private static final int REFUSED = 2;

  /** The packet of a lane that ended before its grant was verified cannot be checked whole. */
  private static final int INCOMPLETE = 13;

  @TempDir private Path folder;
  private Sandbox sandbox;
  private Path lane;
  private ObjectNode tree;

  @BeforeEach
  void copy() throws Exception {
    sandbox = new Sandbox(folder);
    lane = sandbox.folder().resolve("lane");
    for (Map.Entry<String, byte[]> file : FileTree.read(EXAMPLE).entrySet()) {
      Path target = lane.resolve(file.getKey());
      Files.createDirectories(target.getParent());
      Files.write(target, file.getValue());
    }
    Path file = lane.resolve("lane.yaml");
    tree = (ObjectNode) LaneReader.read("lane.yaml", Files.readAllBytes(file)).tree();
    Files.delete(file);
  }

  /** The lane that has every field of the schema. */
  private JsonNode full() {
    ObjectNode full = tree.deepCopy();
    full.withObject("/spec/approval").put("question", "May it stand.");
    full.withArray("/spec/surfaces/excluded/0/surfaces").add("live-paging");
    return full;
  }

  private void write(String text, boolean yaml) throws IOException {
    Files.deleteIfExists(lane.resolve("lane.json"));
    Files.deleteIfExists(lane.resolve("lane.yaml"));
    Files.write(lane.resolve(yaml ? "lane.yaml" : "lane.json"), Fields.bytes(text));
  }

  @Test
  void corpus_knowsEveryFieldOfTheSchema() throws Exception {
    assertThat(new Fields(full()).patterns()).containsAll(Fields.ofLane().keySet());
  }

  @Test
  void laneFile_withAnythingInAnyField_isReadOrRefusedInWords() throws Exception {
    Fields fields = new Fields(full());
    List<HostileCorpus.Pair> pairs = HostileCorpus.pairs(fields.patterns());
    int read = 0;
    int tried = 0;
    for (HostileCorpus.Pair pair : pairs) {
      if (pair.value().besideAField() && !fields.inMap(pair.field())) {
        continue;
      }
      String text = fields.with(pair.field(), tried, pair.value());
      write(text, pair.value().yamlOnly() || tried % 2 == 1);
      String what = pair.field() + " with " + pair.value();
      Cli cli =
          tried % 3 == 0
              ? sandbox.run(what, "validate", lane, "--json")
              : sandbox.run(what, "validate", lane);
      assertThat(cli.exitCode()).as(what + cli.err()).isIn(READ, REFUSED, 3);
      tried++;
      if (cli.exitCode() != REFUSED) {
        read++;
        if (HostileCorpus.whole() || tried % 5 == 0) {
          sandbox.run(what, "plan", lane, "--home", sandbox.home());
        }
      }
    }
    assertThat(sandbox.home()).as("written by no plan").doesNotExist();
    assertThat(read).as("some texts are texts").isPositive();
    System.out.printf(
        "hostile lane files: %d fields, %d kinds, %d tried, %d read%n",
        fields.patterns().size(), HostileCorpus.values().size(), tried, read);
  }

  @Test
  void lane_withTextsThatAreRead_endsAsAnyOther() throws Exception {
    HostileLanes lanes = new HostileLanes(lane, tree);
    int rounds = HostileCorpus.whole() ? lanes.rounds() : 3;
    for (int round = 0; round < rounds; round++) {
      write(lanes.mixed(round).toString(), round % 2 == 0);
      Cli run = runs("round " + round);
      assertThat(run.exitCode()).as("round " + round + run.out() + run.err()).isZero();
    }
    System.out.printf(
        "hostile lanes that ran: %d, each with %d hostile texts%n", rounds, lanes.fields());
  }

  @Test
  void lane_withTextsThatDecide_endsWithACode() throws Exception {
    Map<String, List<HostileCorpus.Value>> accepted = HostileLanes.deciding(lane, full());
    int ran = 0;
    int which = 0;
    Map<Integer, Integer> codes = new TreeMap<>();
    for (Map.Entry<String, List<HostileCorpus.Value>> field : accepted.entrySet()) {
      List<HostileCorpus.Value> values = field.getValue();
      assertThat(values).as(field.getKey()).isNotEmpty();
      if (!HostileCorpus.whole()) {
        // Each was read and planned with each kind; a third of them runs.
        int chosen = which++;
        values = chosen % 3 == 0 ? List.of(values.get(chosen % values.size())) : List.of();
      }
      JsonNode base = field.getKey().startsWith("spec.approval") ? full() : tree;
      for (HostileCorpus.Value value : values) {
        write(
            new Fields(base).with(field.getKey(), HostileLanes.place(field.getKey()), value),
            ran % 2 == 0);
        codes.merge(runs(field.getKey() + " with " + value).exitCode(), 1, Integer::sum);
        ran++;
      }
    }
    System.out.printf("hostile lanes that decide otherwise: %d, exit codes %s%n", ran, codes);
  }

  /** Plans and runs the lane in a home of its own; what it leaves is looked through. */
  private Cli runs(String what) throws IOException {
    Path home = sandbox.home();
    FileTree.delete(home);
    sandbox.run(what, "plan", lane, "--home", home);
    Cli run = sandbox.run(what, "run", lane, "--home", home);
    sandbox.requireNoLeak(home);
    assertThat(home.toFile().list())
        .as(what)
        .isSubsetOf(
            "kb",
            "ledger",
            "store",
            "runs",
            "keys",
            "trust",
            "logs",
            "tmp",
            "engine.lock",
            "lanekeeper-home.json");
    try (var runs = Files.walk(home.resolve("runs"))) {
      for (Path file : runs.filter(Files::isRegularFile).toList()) {
        String name = file.getFileName().toString();
        if (name.equals("report.html")) {
          assertThat(Files.readString(file))
              .as(what)
              .doesNotContain("<script>alert", "<img src=x", "href=\"javascript:");
        }
        if (name.equals("RERUN.sh")) {
          Cli verified =
              sandbox.run(what, "verify", file.getParent(), "--key", thumbprint(home), "--json");
          assertThat(verified.exitCode())
              .as(what + verified.out() + verified.err())
              .isIn(0, run.exitCode() == 0 ? 0 : INCOMPLETE);
        }
      }
    }
    return run;
  }

  private static String thumbprint(Path home) throws IOException {
    return new LocalKeys(home.resolve("keys"))
        .find("owner")
        .orElseThrow()
        .verifyKey()
        .thumbprint()
        .hex();
  }
}
