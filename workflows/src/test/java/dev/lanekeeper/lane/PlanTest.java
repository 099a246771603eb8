package dev.lanekeeper.lane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lanekeeper.canonical.CanonicalJson;
import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.canonical.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The plan digest stands for exactly these bytes. */
final class PlanTest {

  private static final Path LANE =
      Path.of(System.getProperty("lanekeeper.root"), "examples", "fix7-p0", "lane.yaml");

  private Plan plan;

  @BeforeEach
  void read() throws Exception {
    Map<KbPath, Digest> files = new TreeMap<>();
    LaneReader.Source source = LaneReader.read("lane.yaml", Files.readAllBytes(LANE));
    source.lane().spec().changes().forEach(c -> files.put(c.source(), Digest.of(c.id())));
    plan = Plan.of(source, files);
  }

  private byte[] changed(Consumer<ObjectNode> change) throws IOException {
    ObjectNode tree = (ObjectNode) Json.parse(plan.bytes());
    change.accept(tree);
    return CanonicalJson.bytes(tree);
  }

  private static void refused(byte[] bytes, String why) {
    assertThatThrownBy(() -> Plan.read(bytes))
        .isInstanceOf(IOException.class)
        .hasMessageContaining(why);
  }

  @Test
  void plan_isReadBackWithTheSameDigest() throws Exception {
    Plan again = Plan.read(plan.bytes());
    assertThat(again.digest()).isEqualTo(plan.digest()).isEqualTo(Digest.of(plan.bytes()));
    assertThat(again.lane()).isEqualTo(plan.lane());
    assertThat(again.files()).isEqualTo(plan.files());
  }

  @Test
  void bytes_thatAreNotCanonical_areRefused() throws Exception {
    refused(Json.pretty(Json.parse(plan.bytes())), "canonical form");
    byte[] padded = java.util.Arrays.copyOf(plan.bytes(), plan.bytes().length + 1);
    padded[padded.length - 1] = '\n';
    refused(padded, "canonical form");
  }

  @Test
  void otherRules_areRefused() throws Exception {
    refused(
        changed(tree -> ((ObjectNode) tree.get("behaviour")).put("gate", "hardened-rollback/v0")),
        "expected the rules");
    refused(
        changed(tree -> ((ObjectNode) tree.get("behaviour")).remove("scope")),
        "expected the rules");
    refused(
        changed(tree -> ((ObjectNode) tree.get("behaviour")).put("more", "v1")),
        "expected the rules");
    refused(changed(tree -> tree.remove("behaviour")), "expected the rules");
  }

  @Test
  void furtherOrOtherFields_areRefused() throws Exception {
    refused(changed(tree -> tree.put("more", 1)), "without further fields");
    refused(changed(tree -> tree.put("formatVersion", 2)), "without further fields");
    refused(changed(tree -> tree.remove("formatVersion")), "without further fields");
    refused(changed(tree -> tree.remove("files")), "without further fields");
    refused(
        changed(tree -> ((ObjectNode) tree.get("lane")).put("more", 1)), "unknown field 'more'");
  }

  @Test
  void fileEntries_thatAreNoPathOrDigest_areRefused() throws Exception {
    refused(
        changed(tree -> ((ObjectNode) tree.get("files")).put("../out", "a".repeat(64))),
        "relative path");
    refused(changed(tree -> ((ObjectNode) tree.get("files")).put("a.md", "short")), "SHA-256");
  }

  @Test
  void lane_thatIsMissing_isRefused() throws Exception {
    byte[] without = changed(tree -> tree.remove("lane"));
    assertThatThrownBy(() -> Plan.read(without)).isInstanceOf(IOException.class);
  }

  @Test
  void digest_changesWithEachFileAndEachFieldOfTheLane() throws Exception {
    byte[] otherFile =
        changed(tree -> ((ObjectNode) tree.get("files")).put("documents/M-1.md", "b".repeat(64)));
    assertThat(Plan.read(otherFile).digest()).isNotEqualTo(plan.digest());
    byte[] otherTitle =
        changed(tree -> ((ObjectNode) tree.at("/lane/metadata")).put("title", "Another"));
    assertThat(Plan.read(otherTitle).digest()).isNotEqualTo(plan.digest());
  }

  @Test
  void sourceDigest_ofAChangeOfAnotherPlan_isRefused() {
    Lane.Change own = plan.spec().changes().get(0);
    Lane.Change foreign =
        new Lane.Change(
            own.id(),
            own.rollbackId(),
            own.stage(),
            own.path(),
            new KbPath("documents/foreign.md"),
            own.expect(),
            own.title());
    assertThat(plan.sourceDigest(own)).isEqualTo(Digest.of("M-1"));
    assertThatThrownBy(() -> plan.sourceDigest(foreign)).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void bytes_givenOut_cannotChangeThePlan() {
    byte[] out = plan.bytes();
    out[0] = 'x';
    assertThat(Digest.of(plan.bytes())).isEqualTo(plan.digest());
    plan.files().clear();
    assertThat(plan.files()).isNotEmpty();
  }

  @Test
  void bytes_thatAreNoPlanAtAll_areRefused() {
    for (String bad : new String[] {"1.5", "null", "[]", "\"\\ud800\"", "{", ""}) {
      assertThatThrownBy(() -> Plan.read(bad.getBytes(StandardCharsets.UTF_8)))
          .as(bad)
          .isInstanceOf(IOException.class);
    }
  }
}
