package dev.lanekeeper.starter;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.canonical.Json;
import dev.lanekeeper.evidence.FileTree;
import dev.lanekeeper.lane.Stage;
import dev.lanekeeper.packet.PacketBuilder;
import dev.lanekeeper.packet.TestPacket;
import dev.lanekeeper.testkit.TestLane;
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
 * more; the release's RERUN.sh and {@code lanekeeper verify} must give the same answer each time.
 */
class TamperIT {

  @TempDir private static Path shared;
  @TempDir private Path folder;

  private static Map<String, byte[]> good;
  private static String key;
  private static Path launcher;
  private static Path release;

  @BeforeAll
  static void makePacket() throws Exception {
    Cli run = Cli.run("run", TestLane.FIX7, "--home", shared.resolve("home"), "--json");
    assertThat(run.exitCode()).as(run.err()).isZero();
    JsonNode json = run.json();
    key = json.path("ownerKey").asText();
    good = FileTree.read(Path.of(json.path("packet").asText()));
    assertThat(good).hasSize(22);
    launcher = Jar.launcher(shared);
    release = shared.resolve("RERUN.sh");
    Files.write(release, PacketBuilder.rerun());
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

  private Path write(Map<String, byte[]> files) throws IOException {
    Path packet = folder.resolve("packet");
    FileTree.delete(packet);
    for (Map.Entry<String, byte[]> file : files.entrySet()) {
      Path target = packet.resolve(file.getKey());
      Files.createDirectories(target.getParent());
      Files.write(target, file.getValue());
    }
    return packet;
  }

  /** Asks both, and wants one answer. */
  private int judge(Path packet) throws Exception {
    return judge(packet, key);
  }

  private int judge(Path packet, String owner) throws Exception {
    Jar.Result script = Jar.sh(folder, release, "--key", owner, "--lanekeeper", launcher, packet);
    Cli verify = Cli.run("verify", packet, "--key", owner);
    assertThat(verify.exitCode())
        .as("RERUN.sh said:\n%s\nverify said:\n%s%s", script.out(), verify.out(), verify.err())
        .isEqualTo(script.exitCode());
    boolean pass = script.out().contains("PASS packet");
    assertThat(pass).isEqualTo(script.exitCode() == 0);
    return script.exitCode();
  }

  private static byte[] altered(byte[] bytes) {
    byte[] out = bytes.clone();
    int at = out.length / 2;
    out[at] = (byte) (out[at] == 'x' ? 'y' : 'x');
    return out;
  }

  /** Makes the manifests fit whatever the files are now. */
  private static void fitManifests(Map<String, byte[]> files) {
    StringBuilder payload = new StringBuilder();
    files.forEach(
        (name, bytes) -> {
          if (name.startsWith("data/")) {
            payload.append(Digest.of(bytes)).append("  ").append(name).append('\n');
          }
        });
    files.put("manifest-sha256.txt", payload.toString().getBytes(StandardCharsets.UTF_8));
    StringBuilder tags = new StringBuilder();
    for (String name : List.of("RERUN.sh", "bag-info.txt", "bagit.txt", "manifest-sha256.txt")) {
      if (files.containsKey(name)) {
        tags.append(Digest.of(files.get(name))).append("  ").append(name).append('\n');
      }
    }
    files.put("tagmanifest-sha256.txt", tags.toString().getBytes(StandardCharsets.UTF_8));
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
  void packet_untouched_passes_alsoFromACopyWithItsOwnScript() throws Exception {
    Path packet = write(good);
    assertThat(judge(packet)).isZero();
    Jar.Result own =
        Jar.sh(folder, packet.resolve("RERUN.sh"), "--key", key, "--lanekeeper", launcher);
    assertThat(own.exitCode()).as(own.out()).isZero();
    assertThat(own.out()).contains("PASS");
  }

  @ParameterizedTest
  @MethodSource("names")
  void file_changed_failsIntegrity(String name) throws Exception {
    Map<String, byte[]> files = new TreeMap<>(good);
    files.put(name, altered(good.get(name)));
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
    files.put(name, altered(good.get(name)));
    if (!name.contains("manifest")) {
      fitManifests(files);
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
    fitManifests(files);
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
      fitManifests(files);
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
      fitManifests(files);
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

  /** The folder's name is made by the shell: this process may be unable to write it. */
  @Test
  void packet_inAFolderWithAnotherThanAnAsciiName_passes() throws Exception {
    String script =
        "dir=$1/$(printf 'Pr\\303\\274fung 1') && mkdir \"$dir\" && cp -r \"$2\" \"$dir/packet\" &&"
            + " sh \"$dir/packet/RERUN.sh\" --key \"$3\" --lanekeeper \"$4\"";
    Jar.Result result = Jar.sh(folder, "-c", script, "sh", folder, write(good), key, launcher);
    assertThat(result.exitCode()).as(result.out()).isZero();
  }

  @Test
  void script_withoutAValue_isIncomplete() throws Exception {
    for (String option : List.of("--key", "--lanekeeper")) {
      assertThat(Jar.sh(folder, release, option).exitCode()).as(option).isEqualTo(13);
    }
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
      fitManifests(files);
      assertThat(judge(write(files))).as("without line " + (i + 1)).isEqualTo(11);
    }
  }

  @Test
  void packet_ofARejectedLane_passesAsWhatItIs() throws Exception {
    Path lane = TestLane.copy(folder.resolve("lane"));
    Path file = lane.resolve("lane.yaml");
    Files.writeString(
        file,
        Files.readString(file)
            .replaceFirst("from: 442", "from: 441")
            .replace("442..461", "441..461"));
    Cli run = Cli.run("run", lane, "--home", folder.resolve("home"), "--json");
    assertThat(run.exitCode()).as(run.err()).isEqualTo(ExitCode.REJECTED);
    assertPasses(run, "REJECTED");
  }

  @Test
  void packet_ofAHeldLaneThatWasRolledBack_passesAsWhatItIs() throws Exception {
    Path home = folder.resolve("home");
    Path there = home.resolve("kb/governance/fix7/fix7-p0-operative-birth-blueprint-2026-06-12.md");
    assertThat(Cli.run("grant", "issue", TestLane.FIX7, "--home", home).exitCode()).isZero();
    Files.writeString(there, "foreign");
    assertThat(Cli.run("run", TestLane.FIX7, "--home", home).exitCode()).isEqualTo(ExitCode.HELD);
    Cli rollback = Cli.run("rollback", "fix7-p0", "--home", home, "--json");
    assertThat(rollback.exitCode()).as(rollback.err()).isZero();
    assertPasses(rollback, "ROLLED_BACK");
  }

  private void assertPasses(Cli run, String end) throws Exception {
    Path packet = Path.of(run.json().path("packet").asText());
    String owner = run.json().path("ownerKey").asText();
    assertThat(judge(packet, owner)).isZero();
    Jar.Result script = Jar.sh(folder, release, "--key", owner, "--lanekeeper", launcher, packet);
    assertThat(script.out()).contains("PASS packet of a lane that ended " + end);
  }

  @Test
  void otherOwner_isASignatureFailure_andNoKeyIncomplete() throws Exception {
    Path packet = write(good);
    String other = Digest.of("another key").hex();
    assertThat(Jar.sh(folder, release, "--key", other, "--lanekeeper", launcher, packet).exitCode())
        .isEqualTo(11);
    assertThat(Cli.run("verify", packet, "--key", other).exitCode()).isEqualTo(11);
    assertThat(Jar.sh(folder, release, "--lanekeeper", launcher, packet).exitCode()).isEqualTo(13);
    assertThat(Cli.run("verify", packet).exitCode()).isEqualTo(13);
    assertThat(Jar.sh(folder, release, "--key", key, packet).exitCode()).isEqualTo(13);
    assertThat(Jar.sh(folder, release, "--key", key, "--lanekeeper", "nowhere", packet).exitCode())
        .isEqualTo(13);
    assertThat(Cli.run("verify", folder.resolve("nowhere"), "--key", key).exitCode()).isEqualTo(13);
    assertThat(Jar.sh(folder, release, "--key", key, folder.resolve("nowhere")).exitCode())
        .isEqualTo(13);
  }

  @Test
  void ownCopyOfTheScript_madeToSayPass_isJudgedByTheReleases() throws Exception {
    Map<String, byte[]> files = new TreeMap<>(good);
    files.put("RERUN.sh", "#!/bin/sh\necho PASS\n".getBytes(StandardCharsets.UTF_8));
    fitManifests(files);
    assertThat(judge(write(files))).isEqualTo(11);
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
            packet -> packet.at("execution-probes.json", "/probes/2").put("actual", "ALLOWED")));
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
