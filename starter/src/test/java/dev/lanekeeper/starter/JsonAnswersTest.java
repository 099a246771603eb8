package dev.lanekeeper.starter;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.lane.LaneName;
import dev.lanekeeper.testkit.RunIds;
import dev.lanekeeper.testkit.TestLane;
import dev.lanekeeper.workflow.LaneEnd;
import dev.lanekeeper.workflow.LaneOutcome;
import dev.lanekeeper.workflow.Owner;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** With {@code --json} a command prints what it found as one object, and nothing else. */
class JsonAnswersTest {

  @TempDir private Path folder;

  private static JsonNode object(Object... words) {
    Cli command = Cli.run(words);
    assertThat(command.exitCode()).as(command.err()).isZero();
    assertThat(command.json().path("formatVersion").asInt()).isEqualTo(1);
    return command.json();
  }

  @Test
  void digest_tellsEveryPath() throws Exception {
    Path text = Files.writeString(folder.resolve("text.md"), "a\r\n");
    Path binary = Files.write(folder.resolve("binary"), new byte[] {(byte) 0xff});
    JsonNode digests = object("digest", text, binary, TestLane.FIX7, "--json").path("digests");
    assertThat(digests).hasSize(3);
    assertThat(digests.at("/0/path").asText()).isEqualTo(text.toString());
    assertThat(digests.at("/0/raw").asText()).isEqualTo(Digest.of("a\r\n").hex());
    assertThat(digests.at("/0/normalizedText").asText()).isEqualTo(Digest.of("a\n").hex());
    assertThat(digests.at("/1/normalizedText").isNull()).isTrue();
    assertThat(Cli.run("digest", TestLane.FIX7).out())
        .contains("tree             " + digests.at("/2/tree").asText());
  }

  @Test
  void workerCheck_tellsTheConfiguration() {
    JsonNode json = object("worker", "--check", "--role", "reviewer", "--home", folder, "--json");
    JsonNode role = null;
    for (JsonNode line : json.path("configuration")) {
      role = line.path("field").asText().equals("role") ? line : role;
    }
    assertThat(role).isNotNull();
    assertThat(role.path("value").asText()).isEqualTo("reviewer");
    assertThat(role.path("origin").asText()).isEqualTo("option --role");
    assertThat(json.path("notUsed").isArray()).isTrue();
  }

  @Test
  void janitor_tellsTheLostRuns_andWhatBecameOfThem() {
    LaneName lane = new LaneName("lane");
    Instant at = Instant.parse("2026-01-01T00:00:00Z");
    LostRuns.Lost cleaned =
        new LostRuns.Lost(
            new Owner("temporal-1", "default", "one", RunIds.of("run-1")), lane, true, at);
    LostRuns.Lost left =
        new LostRuns.Lost(
            new Owner("temporal-1", "default", "two", RunIds.of("run-2")), lane, false, at);
    LostRuns.Unjudged other =
        new LostRuns.Unjudged(
            new Owner("temporal-2", "default", "three", RunIds.of("run-3")), lane);
    LaneOutcome outcome =
        new LaneOutcome(
            lane,
            LaneEnd.ROLLED_BACK,
            false,
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            List.of("M-1 WITHDRAWN"),
            Optional.empty());
    ObjectNode json =
        JanitorCommand.json(
            new LostRuns.Found(List.of(cleaned, left), List.of(other)), Map.of(cleaned, outcome));
    assertThat(json.at("/lost/0/runId").asText()).isEqualTo(RunIds.of("run-1").value());
    assertThat(json.at("/lost/0/closed").asText()).isEqualTo(at.toString());
    assertThat(json.at("/lost/0/holdsClaim").asBoolean()).isTrue();
    assertThat(json.at("/lost/0/end").asText()).isEqualTo("ROLLED_BACK");
    assertThat(json.at("/lost/0/withdrawn/0").asText()).isEqualTo("M-1 WITHDRAWN");
    assertThat(json.at("/lost/1/end").isNull()).isTrue();
    assertThat(json.at("/notJudged/0/engine").asText()).isEqualTo("temporal-2");
  }
}
