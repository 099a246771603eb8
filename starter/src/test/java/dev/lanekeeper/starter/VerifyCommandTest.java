package dev.lanekeeper.starter;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lanekeeper.evidence.FileTree;
import dev.lanekeeper.packet.PacketBuilder;
import dev.lanekeeper.testkit.TestLane;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.RandomAccessFile;
import java.io.StringWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@code verify} answers where it could not look: never that the packet is bad. */
class VerifyCommandTest {

  private static final String KEY = "0".repeat(64);

  @TempDir private Path folder;

  private int verify() {
    return Cli.run("verify", folder, "--key", KEY).exitCode();
  }

  @Test
  void packet_thatIsTooLarge_isNotChecked_andRerunSaysSoToo() throws Exception {
    try (RandomAccessFile large =
        new RandomAccessFile(folder.resolve("large.bin").toFile(), "rw")) {
      large.setLength(257L << 20);
    }
    assertThat(verify()).isEqualTo(13);
    Path script = folder.resolve("RERUN.sh");
    Files.write(script, PacketBuilder.rerun());
    String packet = folder.toString();
    Process rerun =
        new ProcessBuilder("sh", script.toString(), "--key", KEY, packet)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    assertThat(rerun.waitFor()).isEqualTo(13);
  }

  @Test
  void packet_ofARunThatWasWithdrawnSince_passes_andTheLedgerTells() throws Exception {
    Path home = folder.resolve("home");
    Cli run = Cli.run("run", TestLane.FIX7, "--home", home, "--json");
    String packet = run.json().path("packet").asText();
    String key = run.json().path("ownerKey").asText();
    Cli applied = Cli.run("verify", packet, "--key", key, "--against", home);
    assertThat(applied.exitCode()).as(applied.err()).isZero();
    assertThat(applied.out()).contains("now APPLIED, by the ledger of " + home);
    Cli.run("grant", "rollback", "fix7-p0", "--home", home);
    assertThat(Cli.run("rollback", "fix7-p0", "--home", home).exitCode()).isZero();
    assertThat(Cli.run("verify", packet, "--key", key).exitCode()).isZero();
    Cli since = Cli.run("verify", packet, "--key", key, "--against", home);
    assertThat(since.exitCode()).isEqualTo(14);
    assertThat(since.out()).contains("ended APPLIED").contains("SINCE ROLLED_BACK");
    Cli elsewhere = Cli.run("verify", packet, "--key", key, "--against", folder.resolve("other"));
    assertThat(elsewhere.exitCode()).isEqualTo(13);
    assertThat(elsewhere.err()).contains("RUN_UNKNOWN");
  }

  /** A packet as a release before the evidence's second form left it. */
  @Test
  void packet_ofTheEarlierForm_isRefused_withThatReason() {
    Path packet = TestLane.ROOT.resolve("starter/src/test/resources/packets/form-1");
    String key = "ac8a4c29edb57a2e1d25f2e0a3863e446e2e640a7d663636db19c07e84a24f17";
    Cli earlier = Cli.run("verify", packet, "--key", key);
    assertThat(earlier.exitCode()).isEqualTo(12);
    assertThat(earlier.out()).contains("8 statements signed with the keys that the grant names");
    assertThat(earlier.err()).contains("found form 1 of an earlier release");
  }

  @Test
  void packet_withALink_isBad() throws Exception {
    Files.createSymbolicLink(folder.resolve("lane.json"), folder.resolve("elsewhere"));
    assertThat(verify()).isEqualTo(10);
  }

  /** The summary signs both reports, and the key that sealed the packet signs the summary. */
  @Test
  void folderOfARun_isCheckedWithItsReportsAndSummary() throws Exception {
    Path home = folder.resolve("home");
    Cli run = Cli.run("run", TestLane.ROOT.resolve("examples/handbook-release"), "--home", home);
    assertThat(run.exitCode()).as(run.err()).isZero();
    String check = run.out().lines().filter(l -> l.startsWith("check it")).findFirst().orElse("");
    assertThat(check).contains(" verify ").doesNotContain("RERUN.sh");
    String key = check.replaceFirst(".*--key ", "");
    Path packet = home.resolve("runs/handbook-release/latest/packet").toRealPath();
    Path beside = packet.getParent();
    assertThat(beside.resolve(".gitattributes")).hasContent("* -text");
    Cli good = Cli.run("verify", beside, "--key", key);
    assertThat(good.exitCode()).as(good.err()).isZero();
    assertThat(good.out()).contains("the summary and both reports are those of the packet");
    for (String name : List.of("report.md", "report.html", "summary.dsse.json")) {
      byte[] before = Files.readAllBytes(beside.resolve(name));
      Files.write(beside.resolve(name), AppliedPacket.altered(before));
      assertThat(Cli.run("verify", beside, "--key", key).exitCode()).as(name).isEqualTo(11);
      assertThat(Cli.run("verify", packet, "--key", key).exitCode()).as(name).isZero();
      Files.delete(beside.resolve(name));
      assertThat(Cli.run("verify", beside, "--key", key).exitCode()).as(name).isEqualTo(11);
      Files.write(beside.resolve(name), before);
    }
    for (Map.Entry<String, byte[]> file : FileTree.read(packet).entrySet()) {
      String text = new String(file.getValue(), StandardCharsets.UTF_8);
      assertThat(text).as(file.getKey()).doesNotContain(home.toString());
    }
  }

  @Test
  void answer_thatCouldNotBeWritten_isAFault() {
    Writer full =
        new Writer() {
          @Override
          public void write(char[] text, int from, int length) throws IOException {
            throw new IOException("No space left on device");
          }

          @Override
          public void flush() {}

          @Override
          public void close() {}
        };
    PrintWriter err = new PrintWriter(new StringWriter());
    assertThat(Main.execute(new PrintWriter(full, true), err, "--help")).isEqualTo(ExitCode.FAULT);
    PrintWriter out = new PrintWriter(new StringWriter());
    assertThat(Main.execute(out, err, "--help")).isZero();
  }
}
