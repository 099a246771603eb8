package dev.lanekeeper.starter;

import com.fasterxml.jackson.databind.JsonNode;
import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.canonical.Json;
import dev.lanekeeper.evidence.EvidenceStore;
import dev.lanekeeper.grant.TrustRoot;
import dev.lanekeeper.kb.LedgerEntry;
import dev.lanekeeper.lane.Head;
import dev.lanekeeper.lane.Lane;
import dev.lanekeeper.lane.Plan;
import dev.lanekeeper.packet.PacketFiles;
import dev.lanekeeper.worker.Home;
import dev.lanekeeper.workflow.LaneEnd;
import dev.lanekeeper.workflow.SealedPacket;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

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
    String owner = lock.path("ownerKey").asText();
    // The packet names a key; that it is the owner's, the home's trust root says.
    boolean trusted =
        home.trustRoot().of(TrustRoot.Role.OWNER).stream()
            .anyMatch(key -> key.thumbprint().hex().equals(owner));
    if (trusted) {
      answer.put("ownerKey", owner);
      answer.put("grantExpires", lock.path("expiresAt").asText());
    }
  }

  /**
   * What the home knows of a run on a server, if it is the home of the workers there.
   *
   * @param status the lane's present state, or how it ended
   * @param packet the packet that the ledger names
   */
  static void ofRun(
      Answer answer, Home home, String status, Digest digest, Optional<SealedPacket> packet)
      throws IOException {
    answer.put("planDigest", digest.hex());
    if (!home.hasKnowledgeBase()) {
      return;
    }
    EvidenceStore evidence = home.evidence();
    try {
      Plan plan = Plan.read(evidence.get(digest));
      answer.put("statusToken", token(plan, status));
      documents(answer, home, plan);
      Authority.tell(new Authority(home).newest(plan, home.reader()), answer);
    } catch (NoSuchFileException e) {
      return;
    }
    if (packet.isPresent()) {
      packet(answer, home, evidence, packet.get());
    }
  }

  /** A plan that a run applied, and what of its documents is still in place. */
  static Documents applied(Answer answer, Home home, Plan plan, LedgerEntry.RunEnded run)
      throws IOException {
    answer
        .put("status", LaneEnd.APPLIED.name())
        .put("statusToken", token(plan, LaneEnd.APPLIED.name()))
        .put("workflowId", run.owner().workflowId())
        .put("runId", run.owner().runId().value())
        .exit(ExitCode.APPLIED);
    if (run.packet().isPresent()) {
      packet(answer, home, home.evidence(), run.packet().get());
    }
    return documents(answer, home, plan);
  }

  /** The plan's status token for a lane's state or end. */
  static String token(Plan plan, String status) {
    return plan.spec().statusToken() + "_" + status;
  }

  /**
   * The documents of a plan beside what is in the knowledge base now.
   *
   * @param changed how many are not there as the plan has them
   * @param cannotTell why those could not be looked at that could not
   */
  record Documents(int changed, List<String> cannotTell) {}

  /** Adds to an answer the documents of a plan that are in the knowledge base now. */
  static Documents documents(Answer answer, Home home, Plan plan) throws IOException {
    int changed = 0;
    List<String> cannotTell = new ArrayList<>();
    for (Lane.Change change : plan.spec().changes()) {
      Looked looked = Looked.at(home.reader(), change.path());
      if (looked instanceof Looked.CannotTell unknown) {
        cannotTell.add(unknown.why());
      } else if (looked instanceof Looked.Found found
          && found.head() instanceof Head.Revision head
          && head.sha256().equals(plan.sourceDigest(change))) {
        answer.document(change, head);
      } else {
        changed++;
      }
    }
    return new Documents(changed, cannotTell);
  }
}
