package dev.lanekeeper.starter;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.evidence.FileTree;
import dev.lanekeeper.testkit.TestLane;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * The packet of a FIX7 lane that was applied, and how somebody changes one.
 *
 * @param files every file of it
 * @param key the owner's key that verifies it
 */
record AppliedPacket(Map<String, byte[]> files, String key) {

  /** Runs the lane. */
  static AppliedPacket make(Path home) throws IOException {
    Cli run = Cli.run("run", TestLane.FIX7, "--home", home, "--json");
    assertThat(run.exitCode()).as(run.err()).isZero();
    JsonNode json = run.json();
    Map<String, byte[]> files = FileTree.read(Path.of(json.path("packet").asText()));
    assertThat(files).hasSize(22);
    return new AppliedPacket(files, json.path("ownerKey").asText());
  }

  /** Writes these files as the packet in a folder, in the place of the one before. */
  static Path write(Path folder, Map<String, byte[]> files) throws IOException {
    Path packet = folder.resolve("packet");
    FileTree.delete(packet);
    for (Map.Entry<String, byte[]> file : files.entrySet()) {
      Path target = packet.resolve(file.getKey());
      Files.createDirectories(target.getParent());
      Files.write(target, file.getValue());
    }
    return packet;
  }

  /** With another byte in the middle. */
  static byte[] altered(byte[] bytes) {
    byte[] out = bytes.clone();
    int at = out.length / 2;
    out[at] = (byte) (out[at] == 'x' ? 'y' : 'x');
    return out;
  }

  /** Makes the manifests fit whatever the files are now. */
  static void fitManifests(Map<String, byte[]> files) {
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
}
