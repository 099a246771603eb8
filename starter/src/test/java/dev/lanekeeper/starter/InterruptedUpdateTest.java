package dev.lanekeeper.starter;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.lanekeeper.canonical.Json;
import dev.lanekeeper.evidence.FileTree;
import dev.lanekeeper.kb.LedgerEntry;
import dev.lanekeeper.signature.Envelope;
import dev.lanekeeper.testkit.CutLedger;
import dev.lanekeeper.testkit.TestLane;
import dev.lanekeeper.worker.Home;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** A run of a lane that revises a document died after S5; the same plan again goes on. */
@Execution(ExecutionMode.CONCURRENT) // each has a home of its own, and waits much of its time
class InterruptedUpdateTest {

  private static final Path HANDBOOK = TestLane.ROOT.resolve("examples/handbook-release");

  @TempDir private Path folder;
  private Path home;
  private Map<String, byte[]> before;

  @BeforeEach
  void interrupted() throws Exception {
    home = folder.resolve("home");
    before = FileTree.read(HANDBOOK.resolve("kb"));
    done("kb", "create", "--environment", "handbook", "--home", home);
    done("kb", "import", HANDBOOK.resolve("kb"), "--home", home);
    for (String name : before.keySet()) {
      Files.setPosixFilePermissions(
          home.resolve("kb").resolve(name), PosixFilePermissions.fromString("rw-r-----"));
    }
    done("run", HANDBOOK, "--home", home);
  }

  private static Cli done(Object... words) {
    Cli command = Cli.run(words);
    assertThat(command.exitCode()).as(command.out() + command.err()).isZero();
    return command;
  }

  private long count(Class<? extends LedgerEntry> type) throws Exception {
    return new Home(home, Clock.systemUTC()).reader().ledger().all(type).count();
  }

  private void goesOn() throws Exception {
    Map<String, byte[]> published = new TreeMap<>(FileTree.read(home.resolve("kb")));
    long intents = count(LedgerEntry.Intent.class);
    assertThat(done("plan", HANDBOOK, "--home", home).out()).contains("nothing stands in the way");
    Cli again = done("run", HANDBOOK, "--home", home, "--json");
    assertThat(again.json().path("status").asText()).isEqualTo("APPLIED");
    assertThat(count(LedgerEntry.Intent.class)).as("published once").isEqualTo(intents);
    holdsWhatWasReplaced(again);
    assertThat(FileTree.read(home.resolve("kb"))).usingRecursiveComparison().isEqualTo(published);
    done("grant", "rollback", "handbook-release", "--home", home);
    holdsWhatWasReplaced(done("rollback", "handbook-release", "--home", home, "--json"));
    assertThat(FileTree.read(home.resolve("kb"))).usingRecursiveComparison().isEqualTo(before);
    for (String name : before.keySet()) {
      assertThat(
              PosixFilePermissions.toString(
                  Files.getPosixFilePermissions(home.resolve("kb").resolve(name))))
          .as(name)
          .isEqualTo("rw-r-----");
    }
  }

  /** The bytes before that S5 and S6 have signed. */
  private static Set<String> statedBeforeTheSeal(Path packet) throws Exception {
    Set<String> names = new TreeSet<>();
    for (String line : Files.readAllLines(packet.resolve("data/attestations.intoto.jsonl"))) {
      JsonNode statement = Json.parse(Envelope.read(line.getBytes(UTF_8)).payload());
      if (List.of("S5", "S6").contains(statement.at("/predicate/stage").asText())) {
        statement.path("subject").forEach(subject -> names.add(subject.path("name").asText()));
      }
    }
    names.removeIf(name -> !name.startsWith("data/before/"));
    return names;
  }

  /** The packet has the bytes before each update, and verifies. */
  private void holdsWhatWasReplaced(Cli run) throws Exception {
    Path packet = Path.of(run.json().path("packet").asText());
    Map<String, byte[]> held = new TreeMap<>(FileTree.read(packet));
    held.keySet().removeIf(name -> !name.startsWith("data/before/"));
    assertThat(held.keySet())
        .containsExactly(
            "data/before/handbook/oncall/contents.md",
            "data/before/handbook/oncall/escalation-policy.md");
    assertThat(Files.readString(packet.resolveSibling("report.md")))
        .contains(held.keySet().stream().map(name -> "in the packet: " + name).toList())
        .doesNotContain("in the packet: data/before/handbook/runbooks");
    held.forEach(
        (name, bytes) ->
            assertThat(bytes)
                .as(name)
                .isEqualTo(before.get(name.substring("data/before/".length()))));
    JsonNode proof = Json.parse(Files.readAllBytes(packet.resolve("data/rollback-proof.json")));
    assertThat(proof.at("/evidence/rollbacks/0/mode"))
        .as("as in the knowledge base")
        .isNotEmpty()
        .allMatch(mode -> mode.asText().equals("0640"));
    assertThat(proof.at("/evidence/rollbacks/1/mode").isMissingNode()).as("created").isTrue();
    assertThat(proof.at("/volatile/owners/RB-HB-3")).hasSize(3);
    assertThat(statedBeforeTheSeal(packet))
        .as("whoever published has read them back")
        .isEqualTo(held.keySet());
    done("verify", packet, "--key", run.json().path("ownerKey").asText());
  }

  @Test
  void run_afterOneThatDiedWhenAllWasPublished_isApplied_andCanBeRolledBack() throws Exception {
    CutLedger.afterTheLast("Outcome", home.resolve("ledger"));
    goesOn();
  }

  @Test
  void run_afterOneThatDiedBeforeItRecordedItsLastPublication_isApplied() throws Exception {
    CutLedger.afterTheLast("Intent", home.resolve("ledger"));
    goesOn();
  }
}
