package dev.lanekeeper.starter;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lanekeeper.canonical.Json;
import dev.lanekeeper.lane.Stage;
import dev.lanekeeper.packet.TestPacket;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The tampered packet: each file changed, removed, changed with the manifests made to fit, and
 * more. Who judges it is a matter of the class: {@link TamperedPacketTest}, {@link TamperIT}.
 */
abstract class Tampering {

  @TempDir private static Path shared;
  @TempDir private Path folder;

  private static Map<String, byte[]> good;
  private static String key;

  @BeforeAll
  static void makePacket() throws Exception {
    AppliedPacket packet = AppliedPacket.make(shared.resolve("home"));
    good = packet.files();
    key = packet.key();
  }

  static Stream<String> names() {
    return Stream.of(
        "RERUN.sh",
        "bag-info.txt",
        "bagit.txt",
        "data/attestations.intoto.jsonl",
        "data/delegation-and-authority-lock.json",
        "data/documents/governance/fix7/fix7-p0-governance-addendum-2026-06-12.md",
        "data/documents/governance/fix7/fix7-p0-operative-birth-blueprint-2026-06-12.md",
        "data/execution-plan.json",
        "data/execution-probes.json",
        "data/forbidden-surface-proof.json",
        "data/grant.dsse.json",
        "data/lane.json",
        "data/post-execution-review.json",
        "data/preflight.json",
        "data/production-readiness-blocker-map.json",
        "data/publication.json",
        "data/rollback-gate.json",
        "data/rollback-proof.json",
        "data/scope-lock.json",
        "data/seal-vs-bytes.json",
        "manifest-sha256.txt",
        "tagmanifest-sha256.txt");
  }

  @Test
  void names_areTheWholePacket() {
    assertThat(names()).containsExactlyElementsOf(good.keySet());
  }

  /** The exit code of whoever judges a packet. */
  abstract int judge(Path packet, String owner) throws Exception;

  private int judge(Path packet) throws Exception {
    return judge(packet, key);
  }

  private Path write(Map<String, byte[]> files) throws IOException {
    return AppliedPacket.write(folder, files);
  }

  /** Makes the size in bag-info.txt fit. */
  private static void fitOxum(Map<String, byte[]> files) {
    long octets = 0;
    long count = 0;
    for (Map.Entry<String, byte[]> file : files.entrySet()) {
      if (file.getKey().startsWith("data/")) {
        octets += file.getValue().length;
        count++;
      }
    }
    String info = new String(files.get("bag-info.txt"), StandardCharsets.UTF_8);
    String fitting = info.replaceFirst("(Payload-Oxum: )[0-9.]*", "$1" + octets + "." + count);
    files.put("bag-info.txt", fitting.getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void packet_untouched_passes() throws Exception {
    assertThat(judge(write(good))).isZero();
  }

  @ParameterizedTest
  @MethodSource("names")
  void file_changed_failsIntegrity(String name) throws Exception {
    Map<String, byte[]> files = new TreeMap<>(good);
    files.put(name, AppliedPacket.altered(good.get(name)));
    assertThat(judge(write(files))).isEqualTo(10);
  }

  @ParameterizedTest
  @MethodSource("names")
  void file_removed_failsIntegrity(String name) throws Exception {
    Map<String, byte[]> files = new TreeMap<>(good);
    files.remove(name);
    assertThat(judge(write(files))).isEqualTo(10);
  }

  @ParameterizedTest
  @MethodSource("names")
  void file_changedTogetherWithTheManifests_fails(String name) throws Exception {
    Map<String, byte[]> files = new TreeMap<>(good);
    files.put(name, AppliedPacket.altered(good.get(name)));
    if (!name.contains("manifest")) {
      AppliedPacket.fitManifests(files);
      assertThat(judge(write(files))).isEqualTo(name.equals("bagit.txt") ? 10 : 11);
      return;
    }
    files.put(
        name,
        (new String(good.get(name), StandardCharsets.UTF_8) + "\n")
            .getBytes(StandardCharsets.UTF_8));
    assertThat(judge(write(files))).isEqualTo(10);
  }

  @ParameterizedTest
  @MethodSource("names")
  void file_removedTogetherWithTheManifests_fails(String name) throws Exception {
    Map<String, byte[]> files = new TreeMap<>(good);
    files.remove(name);
    AppliedPacket.fitManifests(files);
    files.remove(name);
    int expected = name.startsWith("data/documents/") ? 11 : 10;
    assertThat(judge(write(files))).isEqualTo(expected);
  }

  @Test
  void file_added_fails_alsoWithTheManifestsMadeToFit() throws Exception {
    for (String extra :
        List.of("data/extra.json", "extra.txt", "data/documents/extra.md", ".hidden")) {
      Map<String, byte[]> files = new TreeMap<>(good);
      files.put(extra, "{}\n".getBytes(StandardCharsets.UTF_8));
      assertThat(judge(write(files))).as(extra).isEqualTo(10);
      AppliedPacket.fitManifests(files);
      int expected = extra.startsWith("data/documents/") ? 11 : 10;
      assertThat(judge(write(files))).as(extra + " with manifests").isEqualTo(expected);
    }
  }

  @Test
  void symbolicLink_inThePacket_failsIntegrity() throws Exception {
    Path packet = write(good);
    Path outside = folder.resolve("lane.json");
    Files.move(packet.resolve("data/lane.json"), outside);
    Files.createSymbolicLink(packet.resolve("data/lane.json"), outside);
    assertThat(judge(packet)).isEqualTo(10);
  }

  @Test
  void statement_inAnotherForm_fails() throws Exception {
    String name = "data/attestations.intoto.jsonl";
    String lines = new String(good.get(name), StandardCharsets.UTF_8);
    int last = lines.lastIndexOf("{\"payload\"");
    String seal = lines.substring(last);
    String keyid = seal.replaceFirst("(?s).*\"keyid\":\"([^\"]*)\".*", "$1");
    String second = "\"},{\"keyid\":\"" + keyid + "\",\"sig\":\"AAAA\"}]}";
    for (String other :
        List.of(
            lines.replace("\n", "\r\n"),
            lines.replaceFirst("\n", "\r"),
            lines.substring(0, last) + seal.replace("\":\"", "\": \""),
            lines.substring(0, last) + seal.replace("\"payload\"", "\"pa\\u0079load\""),
            lines.substring(0, last) + seal.replace(keyid, "approved by the board"),
            lines.substring(0, last) + seal.replace("\"}]}", second))) {
      Map<String, byte[]> files = new TreeMap<>(good);
      files.put(name, other.getBytes(StandardCharsets.UTF_8));
      fitOxum(files);
      AppliedPacket.fitManifests(files);
      assertThat(judge(write(files))).as(other.substring(last)).isEqualTo(11);
    }
  }

  @Test
  void nameOfTwoLines_failsIntegrity() throws Exception {
    Map<String, byte[]> files = new TreeMap<>(good);
    files.put("data/documents/governance\ndata/documents/governance", new byte[] {1});
    assertThat(judge(write(files))).isEqualTo(10);
  }

  @Test
  void packet_behindALink_passes() throws Exception {
    assertThat(judge(Files.createSymbolicLink(folder.resolve("link"), write(good)))).isZero();
  }

  @Test
  void statement_removedWithTheManifests_fails() throws Exception {
    String name = "data/attestations.intoto.jsonl";
    List<String> lines = new String(good.get(name), StandardCharsets.UTF_8).lines().toList();
    for (int i = 0; i < lines.size(); i++) {
      List<String> fewer = new ArrayList<>(lines);
      fewer.remove(i);
      Map<String, byte[]> files = new TreeMap<>(good);
      files.put(name, (String.join("\n", fewer) + "\n").getBytes(StandardCharsets.UTF_8));
      AppliedPacket.fitManifests(files);
      assertThat(judge(write(files))).as("without line " + (i + 1)).isEqualTo(11);
    }
  }

  @Test
  void ownCopyOfTheScript_madeToSayPass_isJudgedByTheReleases() throws Exception {
    Map<String, byte[]> files = new TreeMap<>(good);
    files.put("RERUN.sh", "#!/bin/sh\necho PASS\n".getBytes(StandardCharsets.UTF_8));
    AppliedPacket.fitManifests(files);
    assertThat(judge(write(files))).isEqualTo(11);
  }

  @Test
  void bytesBeforeAnUpdate_removedAlteredOrExchanged_fail_alsoWithTheManifestsMadeToFit()
      throws Exception {
    TestPacket updates = TestPacket.ofUpdates(folder.resolve("updates"));
    String owner = updates.lane().owner().verifyKey().thumbprint().hex();
    Map<String, byte[]> whole = updates.seal();
    String one = "data/before/handbook/oncall/contents.md";
    String other = "data/before/handbook/oncall/escalation-policy.md";
    assertThat(whole).containsKeys(one, other).hasSize(25);
    assertThat(judge(write(whole), owner)).as("untouched").isZero();
    Map<String, byte[]> without = new TreeMap<>(whole);
    without.remove(one);
    Map<String, byte[]> altered = new TreeMap<>(whole);
    altered.put(one, AppliedPacket.altered(whole.get(one)));
    Map<String, byte[]> exchanged = new TreeMap<>(whole);
    exchanged.put(one, whole.get(other));
    Map<String, byte[]> more = new TreeMap<>(whole);
    more.put("data/before/more.md", whole.get(one));
    for (Map<String, byte[]> files : List.of(without, altered, exchanged, more)) {
      assertThat(judge(write(files), owner)).as("%s", files.keySet()).isEqualTo(10);
      AppliedPacket.fitManifests(files);
      assertThat(judge(write(files), owner)).as("%s with manifests", files.keySet()).isEqualTo(11);
    }
  }

  /** Whoever holds all keys signs what they like; the plan names what stood there. */
  @Test
  void bytesBeforeAnUpdate_signedOtherThanThePlanExpectsThem_areFoundOut() throws Exception {
    TestPacket updates = TestPacket.ofUpdates(folder.resolve("updates"));
    String owner = updates.lane().owner().verifyKey().thumbprint().hex();
    String one = "handbook/oncall/contents.md";
    byte[] right = updates.before().put(one, new byte[] {1});
    assertThat(judge(write(updates.seal()), owner)).as("other bytes").isEqualTo(12);
    updates.before().remove(one);
    assertThat(judge(write(updates.seal()), owner)).as("one of two").isEqualTo(12);
    updates.before().put(one, right);
    updates.before().put("handbook/runbooks/registry.json", right);
    assertThat(judge(write(updates.seal()), owner)).as("of no update").isEqualTo(12);
    updates.before().remove("handbook/runbooks/registry.json");
    updates.state(Stage.S6, Optional.of(updates.statement(Stage.S6, "PASS", updates.details(0))));
    updates.before().clear();
    assertThat(judge(write(updates.seal()), owner)).as("signed by S6, and left out").isEqualTo(11);
    updates.state(Stage.S6, Optional.of(updates.statement(Stage.S6, "PASS", updates.details(0))));
    assertThat(judge(write(updates.seal()), owner)).as("left out by all").isEqualTo(12);
  }

  private interface Lie {
    void tell(TestPacket packet) throws Exception;
  }

  private static Stream<Arguments> lies() {
    return Stream.of(
        lie(
            "no material",
            packet -> {
              for (String name : List.of("rollback-proof", "rollback-gate", "execution-probes")) {
                packet.file(name + ".json").remove("material");
              }
            }),
        lie(
            "S2 to S4 said not to have run",
            packet -> {
              for (String name : List.of("rollback-proof", "rollback-gate", "execution-probes")) {
                packet.file(name + ".json").put("status", "NOT_RUN");
              }
            }),
        lie(
            "no statements of stages",
            packet -> {
              for (Stage stage : Stage.values()) {
                packet.state(stage, Optional.empty());
              }
            }),
        lie(
            "a result that rejects",
            packet ->
                packet
                    .file("rollback-gate.json")
                    .set("result", Json.object().put("verdict", "REJECT"))),
        lie("a document more", packet -> packet.documents().put("more.md", new byte[] {1})),
        lie(
            "a document less",
            packet -> packet.documents().remove(packet.documents().keySet().iterator().next())),
        lie(
            "a time that is none",
            packet ->
                packet.at("execution-probes.json", "/volatile").put("evaluatedAt", "yesterday")),
        lie(
            "a probe's answer",
            packet -> packet.at("execution-probes.json", "/probes/2").put("actual", "ALLOWED")),
        field("execution-plan.json", "/stages/2", "status", "NOT_RUN"),
        field("execution-plan.json", "/stages/7", "status", "PASS"),
        field("execution-plan.json", "/forbiddenRow", "status", "ATTEMPTED"),
        field("execution-plan.json", "", "more", "x"),
        field("forbidden-surface-proof.json", "/tableD/3", "attempts", 2),
        field("forbidden-surface-proof.json", "/tableD/3", "requested", "REQUESTED"),
        field("forbidden-surface-proof.json", "/tableD/3", "seenBeyondRecord", "TOUCHED"),
        field("forbidden-surface-proof.json", "/tableD/3", "title", "another"),
        field("forbidden-surface-proof.json", "", "untouched", 3),
        field("forbidden-surface-proof.json", "", "surfaces", 3),
        field("forbidden-surface-proof.json", "", "seenBeyondRecordUnknown", 0),
        field("production-readiness-blocker-map.json", "/blockers/0", "resolvedHere", true),
        field("production-readiness-blocker-map.json", "/blockers/0", "surfacesTouchedHere", true),
        field("production-readiness-blocker-map.json", "", "count", 0),
        field("production-readiness-blocker-map.json", "/next", "decision", "GO"),
        field("post-execution-review.json", "", "checksPassed", 3),
        field("post-execution-review.json", "", "checkCount", 3),
        field("post-execution-review.json", "", "token", "NOT_CLEAN"),
        field("post-execution-review.json", "", "statusToken", "OTHER_APPLIED"),
        field("post-execution-review.json", "", "selfChecks", 3),
        field("post-execution-review.json", "/selfCheck/0", "holds", false),
        field("post-execution-review.json", "/checks/0", "verdict", "REJECT"),
        field("post-execution-review.json", "/volatile", "reviewerKey", "0"),
        field("post-execution-review.json", "/volatile", "reviewer", "executor@test"),
        field("delegation-and-authority-lock.json", "/delegation", "name", "another"),
        field("delegation-and-authority-lock.json", "", "authority", "another"),
        field("delegation-and-authority-lock.json", "/gatesSatisfied/0", "satisfied", false),
        field("delegation-and-authority-lock.json", "/volatile", "evaluatedAt", "yesterday"),
        field("scope-lock.json", "/volatile", "workflowId", "another"),
        field("seal-vs-bytes.json", "/volatile", "runId", "another"),
        field("seal-vs-bytes.json", "/documents/0", "actual", "0"),
        field("seal-vs-bytes.json", "", "sealCount", 7),
        field("preflight.json", "/inventory", "documents", 7),
        field("preflight.json", "/inventory", "tree", "0"),
        field("preflight.json", "/pins/0", "found", "0"),
        field("preflight.json", "/pins/0", "verdict", "REJECT"),
        field("preflight.json", "/checks/0", "verdict", "REJECT"),
        field("publication.json", "", "count", 1),
        lie(
            "a stage that ended yesterday",
            packet ->
                packet.state(
                    Stage.S3,
                    Optional.of(
                        packet.statement(
                            Stage.S3, "PASS", packet.details(0).put("finishedAt", "yesterday"))))),
        lie(
            "a stage that ended before it began",
            packet ->
                packet.state(
                    Stage.S3,
                    Optional.of(
                        packet.statement(
                            Stage.S3,
                            "PASS",
                            packet.details(0).put("finishedAt", "2026-06-11T10:00:00Z"))))));
  }

  /** One field of an evidence file, which says something else than its parts. */
  private static Arguments field(String file, String pointer, String field, Object value) {
    return lie(
        file + pointer + " " + field + " " + value,
        packet -> {
          ObjectNode at = pointer.isEmpty() ? packet.file(file) : packet.at(file, pointer);
          at.set(field, Json.tree(value));
        });
  }

  private static Arguments lie(String what, Lie lie) {
    return Arguments.of(what, lie);
  }

  /** Every signature of these packets holds; what they say does not. */
  @ParameterizedTest(name = "{0}")
  @MethodSource("lies")
  void signedLie_isFoundOut(String what, Lie lie) throws Exception {
    TestPacket packet = new TestPacket(folder.resolve("lie"));
    String owner = packet.lane().owner().verifyKey().thumbprint().hex();
    assertThat(judge(write(packet.seal()), owner)).as("the packet before the lie").isZero();
    lie.tell(packet);
    assertThat(judge(write(packet.seal()), owner)).as(what).isEqualTo(12);
  }
}
