package dev.lanekeeper.evidence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lanekeeper.canonical.Digest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The directory adapter: the contract, and what only a folder has. */
final class DirectoryEvidenceStoreTest extends EvidenceStoreContract {

  @TempDir private Path home;

  @Override
  protected EvidenceStore open() throws Exception {
    return new DirectoryEvidenceStore(home);
  }

  private Path blob(Digest digest) {
    return home.resolve("store/blobs").resolve(digest.hex().substring(0, 2)).resolve(digest.hex());
  }

  @Override
  protected void tamper(Digest blob, byte[] bytes) throws Exception {
    Files.write(blob(blob), bytes);
  }

  @Override
  protected void remove(Digest blob) throws Exception {
    Files.delete(blob(blob));
  }

  @Override
  protected void age(Digest grant, int seconds) throws Exception {
    Files.setLastModifiedTime(
        home.resolve("store/grants").resolve(grant.hex() + ".dsse.json"),
        FileTime.from(Instant.now().minusSeconds(seconds)));
  }

  @Override
  protected String latest() throws Exception {
    return Files.readSymbolicLink(home.resolve("runs").resolve(LANE.value()).resolve("latest"))
        .toString();
  }

  @Test
  void packet_showsUnderRuns_withAScriptThatRuns_andLeavesNoRemains() throws Exception {
    byte[] script = "#!/bin/sh\n".getBytes(StandardCharsets.UTF_8);
    String location = open().putPacket(LANE, "run", Map.of("RERUN.sh", script));
    assertThat(location).isEqualTo("runs/fix7-p0/run/packet");
    assertThat(home.resolve(location).resolve("RERUN.sh")).isExecutable();
    try (Stream<Path> inRun = Files.list(home.resolve("runs/fix7-p0/run"))) {
      assertThat(inRun.map(p -> p.getFileName().toString())).containsExactly("packet");
    }
  }

  @Test
  void packet_storedAgain_movesTheOlderOneAside() throws Exception {
    byte[] one = {1};
    open().putPacket(LANE, "run", Map.of("a", one));
    open().putPacket(LANE, "run", Map.of("a", new byte[] {2}));
    try (Stream<Path> inRun = Files.list(home.resolve("runs/fix7-p0/run"))) {
      List<Path> older =
          inRun.filter(p -> p.getFileName().toString().startsWith("packet.old-")).toList();
      assertThat(older).hasSize(1);
      assertThat(older.get(0).resolve("a")).hasBinaryContent(one);
    }
  }

  @Test
  void packet_withASymbolicLink_isNotRead() throws Exception {
    String location = open().putPacket(LANE, "run", Map.of("a", new byte[] {1}));
    Files.createSymbolicLink(home.resolve(location).resolve("b"), home.resolve(location));
    assertThatThrownBy(() -> open().packet(location)).isInstanceOf(IOException.class);
  }
}
