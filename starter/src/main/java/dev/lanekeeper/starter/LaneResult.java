package dev.lanekeeper.starter;

import com.fasterxml.jackson.databind.JsonNode;
import dev.lanekeeper.canonical.Json;
import dev.lanekeeper.evidence.EvidenceStore;
import dev.lanekeeper.lane.Head;
import dev.lanekeeper.lane.Lane;
import dev.lanekeeper.lane.Plan;
import dev.lanekeeper.packet.PacketFiles;
import dev.lanekeeper.worker.Home;
import dev.lanekeeper.workflow.SealedPacket;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;

/** Fills an answer from what a run left on disk. */
final class LaneResult {

  private LaneResult() {}

  /** What the sealed packet says. */
  static void packet(Answer answer, Home home, EvidenceStore evidence, SealedPacket packet)
      throws IOException {
    Path folder = home.folder().resolve(packet.location());
    answer.put("packet", folder.toString());
    answer.put("packetTree", packet.packetTree().hex());
    answer.put("stableTree", packet.stableTree().hex());
    answer.put("report", folder.resolveSibling("report.md").toString());
    Map<String, byte[]> files = evidence.packet(packet.location());
    JsonNode lock = Json.parse(files.get(PacketFiles.LOCK)).path("volatile");
    if (lock.has("ownerKey")) {
      answer.put("ownerKey", lock.path("ownerKey").asText());
      answer.put("grantExpires", lock.path("expiresAt").asText());
    }
  }

  /** The documents of a plan that stand in the knowledge base now. */
  static int documents(Answer answer, Home home, Plan plan) throws IOException {
    int standing = 0;
    for (Lane.Change change : plan.spec().changes()) {
      if (home.reader().head(change.path()) instanceof Head.Revision head
          && head.sha256().equals(plan.sourceDigest(change))) {
        standing++;
        answer.document(change, head);
      }
    }
    return standing;
  }
}
