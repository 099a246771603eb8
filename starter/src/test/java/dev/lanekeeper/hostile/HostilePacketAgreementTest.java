package dev.lanekeeper.hostile;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lanekeeper.evidence.FileTree;
import dev.lanekeeper.packet.PacketBuilder;
import dev.lanekeeper.starter.Cli;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * {@code RERUN.sh} and {@code lanekeeper verify} answer the same of every packet. The number of
 * packets is {@code -Dlanekeeper.packets=N}, and the first one's number {@code
 * -Dlanekeeper.packets.from}.
 */
@Timeout(value = 10, unit = TimeUnit.HOURS) // for as many packets as are asked for
class HostilePacketAgreementTest {

  private static final int PACKETS = Integer.getInteger("lanekeeper.packets", 25);

  private static final long FROM = Long.getLong("lanekeeper.packets.from", 0);

  @TempDir private Path folder;

  private int number;

  private Path write(AlteredPackets.Altered packet) throws Exception {
    Path at = folder.resolve("packet-" + number++);
    Files.createDirectories(at);
    for (Map.Entry<String, byte[]> file : packet.files().entrySet()) {
      Path target = at.resolve(file.getKey());
      Files.createDirectories(target.getParent());
      Files.write(target, file.getValue());
    }
    for (String empty : packet.folders()) {
      Files.createDirectories(at.resolve(empty));
    }
    return at;
  }

  @Test
  void packet_ofAnyKind_isJudgedByBothTheSame() throws Exception {
    AlteredPackets packets = new AlteredPackets(folder.resolve("made"));
    Path script = Files.write(folder.resolve("RERUN.sh"), PacketBuilder.rerun());
    Path said = folder.resolve("said.txt");
    Map<Integer, Integer> answers = new TreeMap<>();
    List<String> disagreements = new ArrayList<>();
    for (long i = FROM; i < FROM + PACKETS; i++) {
      AlteredPackets.Altered packet = packets.altered(i);
      Path at = write(packet);
      // The last check is the program's own, which the script calls.
      Process rerun =
          new ProcessBuilder(
                  "sh",
                  script.toString(),
                  "--key",
                  packet.key(),
                  "--lanekeeper",
                  "true",
                  at.toString())
              .redirectErrorStream(true)
              .redirectOutput(said.toFile())
              .start();
      Cli verify = Cli.run("verify", at, "--key", packet.key());
      int answer = verify.exitCode();
      int expected = answer == 12 ? 0 : answer;
      if (rerun.waitFor() != expected) {
        disagreements.add(
            "%d (%s): RERUN.sh %d, verify %d%n%s%s%s"
                .formatted(
                    i,
                    packet.what(),
                    rerun.exitValue(),
                    answer,
                    Files.readString(said),
                    verify.out(),
                    verify.err()));
      }
      answers.merge(answer, 1, Integer::sum);
      FileTree.delete(at);
      if ((i + 1) % 500 == 0) {
        System.out.printf("packet %d: %s, %s%n", i, answers, disagreements);
      }
    }
    System.out.printf(
        "hostile packets for both checkers: %d tried, answers %s%n", PACKETS, answers);
    assertThat(disagreements).as("%d disagreements", disagreements.size()).isEmpty();
    assertThat(answers.keySet()).contains(10, 11, 13);
  }
}
