package dev.lanekeeper.starter;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.canonical.Json;
import dev.lanekeeper.packet.TestPacket;
import dev.lanekeeper.testkit.TestLane;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** RERUN.sh as the release has it, with the program as built. */
class RerunIT {

  @TempDir private static Path shared;
  @TempDir private Path folder;

  private static AppliedPacket good;
  private static ReleasedScript script;

  @BeforeAll
  static void makePacket() throws Exception {
    good = AppliedPacket.make(shared.resolve("home"));
    script = ReleasedScript.in(shared);
  }

  private Path write(Map<String, byte[]> files) throws IOException {
    return AppliedPacket.write(folder, files);
  }

  private int judge(Path packet, String owner) throws Exception {
    return script.judge(folder, packet, owner);
  }

  /** One packet of each kind of tampering; {@link TamperIT} judges every one so. */
  @Test
  void packet_tamperedWith_isJudgedByTheScriptAsInProcess() throws Exception {
    String name = "data/publication.json";
    Map<String, byte[]> changed = new TreeMap<>(good.files());
    changed.put(name, AppliedPacket.altered(changed.get(name)));
    assertThat(judge(write(changed), good.key())).as("changed").isEqualTo(10);
    AppliedPacket.fitManifests(changed);
    assertThat(judge(write(changed), good.key())).as("with the manifests").isEqualTo(11);
    Map<String, byte[]> fewer = new TreeMap<>(good.files());
    fewer.remove(name);
    assertThat(judge(write(fewer), good.key())).as("removed").isEqualTo(10);
    Map<String, byte[]> more = new TreeMap<>(good.files());
    more.put("data/documents/a\nb", new byte[] {1});
    assertThat(judge(write(more), good.key())).as("a name of two lines").isEqualTo(10);
    Map<String, byte[]> own = new TreeMap<>(good.files());
    own.put("RERUN.sh", "#!/bin/sh\necho PASS\n".getBytes(StandardCharsets.UTF_8));
    AppliedPacket.fitManifests(own);
    assertThat(judge(write(own), good.key())).as("a script that says PASS").isEqualTo(11);
  }

  /** Every signature holds; what the packet says does not. */
  @Test
  void signedLie_isFoundOutByTheScriptAsInProcess() throws Exception {
    TestPacket packet = new TestPacket(folder.resolve("lie"));
    String owner = packet.lane().owner().verifyKey().thumbprint().hex();
    packet.file("rollback-gate.json").set("result", Json.object().put("verdict", "REJECT"));
    assertThat(judge(write(packet.seal()), owner)).isEqualTo(12);
  }

  @Test
  void packet_untouched_passes_alsoFromACopyWithItsOwnScript() throws Exception {
    Path packet = write(good.files());
    assertThat(judge(packet, good.key())).isZero();
    Jar.Result own =
        Jar.sh(
            folder,
            packet.resolve("RERUN.sh"),
            "--key",
            good.key(),
            "--lanekeeper",
            script.launcher());
    assertThat(own.exitCode()).as(own.out()).isZero();
    assertThat(own.out()).contains("PASS");
  }

  /** The folder's name is made by the shell: this process may be unable to write it. */
  @Test
  void packet_inAFolderWithAnotherThanAnAsciiName_passes() throws Exception {
    String commands =
        "dir=$1/$(printf 'Pr\\303\\274fung 1') && mkdir \"$dir\" && cp -r \"$2\" \"$dir/packet\" &&"
            + " sh \"$dir/packet/RERUN.sh\" --key \"$3\" --lanekeeper \"$4\"";
    Jar.Result result =
        Jar.sh(
            folder,
            "-c",
            commands,
            "sh",
            folder,
            write(good.files()),
            good.key(),
            script.launcher());
    assertThat(result.exitCode()).as(result.out()).isZero();
  }

  @Test
  void script_withoutAValue_isIncomplete() throws Exception {
    for (String option : List.of("--key", "--lanekeeper")) {
      assertThat(Jar.sh(folder, script.file(), option).exitCode()).as(option).isEqualTo(13);
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
    assertThat(script.run(folder, packet, owner).out())
        .contains("PASS packet of a lane that ended " + end);
  }

  @Test
  void otherOwner_isASignatureFailure_andNoKeyIncomplete() throws Exception {
    Path packet = write(good.files());
    String other = Digest.of("another key").hex();
    assertThat(
            Jar.sh(folder, script.file(), "--key", other, "--lanekeeper", script.launcher(), packet)
                .exitCode())
        .isEqualTo(11);
    assertThat(Cli.run("verify", packet, "--key", other).exitCode()).isEqualTo(11);
    assertThat(Jar.sh(folder, script.file(), "--lanekeeper", script.launcher(), packet).exitCode())
        .isEqualTo(13);
    assertThat(Cli.run("verify", packet).exitCode()).isEqualTo(13);
    assertThat(Jar.sh(folder, script.file(), "--key", good.key(), packet).exitCode()).isEqualTo(13);
    assertThat(
            Jar.sh(folder, script.file(), "--key", good.key(), "--lanekeeper", "nowhere", packet)
                .exitCode())
        .isEqualTo(13);
    assertThat(Cli.run("verify", folder.resolve("nowhere"), "--key", good.key()).exitCode())
        .isEqualTo(13);
    assertThat(
            Jar.sh(folder, script.file(), "--key", good.key(), folder.resolve("nowhere"))
                .exitCode())
        .isEqualTo(13);
  }
}
