package dev.lanekeeper.packet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.canonical.DirHash;
import dev.lanekeeper.canonical.Json;
import dev.lanekeeper.lane.EvidenceFiles;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The bag's tag files (RFC 8493), and the two digests over a packet. */
final class BagTest {

  private static final Bag.Info INFO = new Bag.Info("2026-06-12", "Lanekeeper test", "LANE");

  @TempDir private Path folder;

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }

  private static Map<String, byte[]> files() {
    Map<String, byte[]> files = new TreeMap<>();
    files.put("RERUN.sh", bytes("#!/bin/sh\n"));
    files.put("data/b.json", bytes("{}\n"));
    files.put("data/a/c.md", bytes("12345"));
    return files;
  }

  @Test
  void bag_declaresVersionAndEncoding() {
    // RFC 8493 §2.1.1
    assertThat(text(Bag.close(files(), INFO).get("bagit.txt")))
        .isEqualTo("BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n");
  }

  @Test
  void info_countsTheOctetsAndFilesOfThePayloadAlone() {
    // RFC 8493 §2.2.2
    assertThat(text(Bag.close(files(), INFO).get("bag-info.txt")))
        .isEqualTo(
            """
            Bag-Software-Agent: Lanekeeper test
            Bagging-Date: 2026-06-12
            External-Identifier: LANE
            Payload-Oxum: 8.2
            """);
  }

  @Test
  void manifest_listsThePayload_andTheTagManifestTheRest() {
    // RFC 8493 §2.1.3 and §2.2.1
    Map<String, byte[]> bag = Bag.close(files(), INFO);
    assertThat(text(bag.get("manifest-sha256.txt")))
        .isEqualTo(Digest.of("12345") + "  data/a/c.md\n" + Digest.of("{}\n") + "  data/b.json\n");
    StringBuilder tags = new StringBuilder();
    for (String name :
        new String[] {"RERUN.sh", "bag-info.txt", "bagit.txt", "manifest-sha256.txt"}) {
      tags.append(Digest.of(bag.get(name))).append("  ").append(name).append('\n');
    }
    assertThat(text(bag.get("tagmanifest-sha256.txt"))).isEqualTo(tags.toString());
    assertThat(bag.keySet())
        .containsExactly(
            "RERUN.sh",
            "bag-info.txt",
            "bagit.txt",
            "data/a/c.md",
            "data/b.json",
            "manifest-sha256.txt",
            "tagmanifest-sha256.txt");
  }

  @Test
  void packetTree_isTheDirHashOfAllFiles() throws Exception {
    Map<String, byte[]> files = new TestPacket(folder).seal();
    assertThat(files).hasSize(22);
    assertThat(PacketFiles.packetTree(files)).isEqualTo(DirHash.ofBytes(files));
  }

  @Test
  void stableTree_isEqualForEqualContents_thoughKeysAndTimesDiffer() throws Exception {
    TestPacket one = new TestPacket(folder.resolve("one"));
    TestPacket two = new TestPacket(folder.resolve("two"));
    two.at("rollback-gate.json", "/volatile").put("evaluatedAt", "2027-01-01T00:00:00Z");
    Map<String, byte[]> a = one.seal();
    Map<String, byte[]> b = two.seal();
    assertThat(PacketFiles.stableTree(a)).isEqualTo(PacketFiles.stableTree(b));
    assertThat(PacketFiles.packetTree(a)).isNotEqualTo(PacketFiles.packetTree(b));
  }

  @Test
  void stableTree_changesWithWhatDoesNotVary() throws Exception {
    Map<String, byte[]> good = new TestPacket(folder).seal();
    Digest stable = PacketFiles.stableTree(good);
    for (String name : good.keySet()) {
      Map<String, byte[]> changed = new TreeMap<>(good);
      boolean evidence = name.startsWith("data/") && EvidenceFiles.ALL.contains(name.substring(5));
      changed.put(
          name,
          evidence
              ? Json.pretty(
                  ((com.fasterxml.jackson.databind.node.ObjectNode) Json.parse(good.get(name)))
                      .put("more", 1))
              : bytes(text(good.get(name)) + " "));
      boolean varies =
          name.equals(PacketFiles.GRANT)
              || name.equals(PacketFiles.ATTESTATIONS)
              || name.equals("bag-info.txt")
              || name.contains("manifest");
      assertThat(PacketFiles.stableTree(changed).equals(stable)).as(name).isEqualTo(varies);
    }
  }

  @Test
  void stableTree_ofEvidenceThatIsNoJson_isAFault() throws Exception {
    Map<String, byte[]> files = new TestPacket(folder).seal();
    files.put("data/preflight.json", bytes("{"));
    assertThatThrownBy(() -> PacketFiles.stableTree(files)).isInstanceOf(IOException.class);
  }

  @Test
  void subjects_areEveryFileButThoseBoundInOtherWays() throws Exception {
    Map<String, byte[]> files = new TestPacket(folder).seal();
    assertThat(PacketFiles.subjects(files)).hasSize(18);
    assertThat(PacketFiles.subjects(files).keySet())
        .contains("RERUN.sh", "bagit.txt", "data/lane.json", "data/grant.dsse.json")
        .doesNotContain(
            "bag-info.txt",
            "manifest-sha256.txt",
            "tagmanifest-sha256.txt",
            "data/attestations.intoto.jsonl");
  }
}
