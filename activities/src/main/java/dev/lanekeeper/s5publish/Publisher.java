package dev.lanekeeper.s5publish;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.canonical.Json;
import dev.lanekeeper.kb.CommitChecks;
import dev.lanekeeper.kb.KbReader;
import dev.lanekeeper.kb.KnowledgeBase;
import dev.lanekeeper.kb.LedgerEntry;
import dev.lanekeeper.kb.RefusedException;
import dev.lanekeeper.lane.Head;
import dev.lanekeeper.lane.Lane;
import dev.lanekeeper.lane.Stage;
import dev.lanekeeper.packet.PacketFiles;
import dev.lanekeeper.scope.Effect;
import dev.lanekeeper.stage.Fragment;
import dev.lanekeeper.stage.StageEnvironment;
import dev.lanekeeper.stage.StageWork;
import dev.lanekeeper.verdict.Verdict;
import dev.lanekeeper.workflow.Owner;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Publishes the changes of one stage under the lane's claim. */
public final class Publisher {

  private final StageEnvironment environment;

  /** A publisher on a worker. */
  public Publisher(StageEnvironment environment) {
    this.environment = environment;
  }

  /** Takes the claim and raises the fence, publishes each change, and reads each back. */
  public Fragment publish(StageWork work, Stage stage) throws IOException {
    KnowledgeBase kb = environment.kb();
    RefusedException.unlessPassed(CommitChecks.notFrozen(kb.ledger()));
    RefusedException.unlessPassed(
        CommitChecks.cleared(
            kb.ledger(),
            work.owner(),
            work.plan(),
            work.grantBytes().orElseThrow(),
            environment.trust().get()));
    if (stage == Stage.S5) {
      RefusedException.unlessPassed(new Foreseen(work, kb.ledger()).verdict());
    }
    LedgerEntry.Claimed claim =
        kb.claim(
            work.owner(), work.plan(), Optional.of(work.grant().expiresAt()), environment.owners());
    long fence = kb.raiseFence(claim.epoch(), environment.calls().current().scheduled());
    ObjectNode out = Json.object();
    ArrayNode lines = out.putArray(stage.name());
    List<String> adopted = new ArrayList<>();
    Map<String, Digest> subjects = new TreeMap<>();
    for (Lane.Change change : work.changes(stage)) {
      environment.calls().stopIfCanceled();
      byte[] bytes = work.file(change.source());
      KnowledgeBase.Published published =
          work.effects()
              .perform(
                  Effect.of(change.effectKind(), "kb:" + change.path(), Digest.of(bytes)),
                  () ->
                      kb.publish(
                          new KnowledgeBase.Publication(
                              work.owner(),
                              work.plan(),
                              work.grantBytes().orElseThrow(),
                              claim.epoch(),
                              fence,
                              change,
                              bytes)));
      KbReader fresh = environment.freshReader().open();
      Head readBack = fresh.head(change.path());
      if (!readBack.equals(published.head())) {
        throw new IOException("read back " + readBack + ", expected " + published.head());
      }
      lines.add(line(change, published.head(), readBack));
      subjects.put(PacketFiles.DOCUMENTS + change.path(), published.head().sha256());
      if (change.expect() instanceof Head.Revision before) {
        // Read from where the undo takes them.
        subjects.put(PacketFiles.BEFORE + change.path(), Digest.of(fresh.kept(before)));
      }
      if (published.adopted()) {
        adopted.add(change.id());
      }
    }
    ObjectNode varying = varying(claim.epoch(), fence, claim.owner(), adopted);
    out.set("volatile", varying);
    if (work.spec().approval().isPresent()) {
      String approval = kb.ledger().approval(work.plan().digest()).orElseThrow();
      varying.set("approval", Json.parse(approval.getBytes(StandardCharsets.UTF_8)));
    }
    return new Fragment(
        Verdict.pass(),
        Map.of("publication-" + stage.name() + ".json", out),
        subjects,
        lines.size()
            + " published"
            + (adopted.isEmpty() ? "" : ", " + adopted.size() + " of them by an earlier attempt"));
  }

  /** A document that was published and read back. */
  static ObjectNode line(Lane.Change change, Head.Revision head, Head readBack) {
    ObjectNode line = Json.object();
    line.put("change", change.id()).put("rollbackId", change.rollbackId());
    line.put("title", change.title().orElse(change.id()));
    line.put("path", change.path().value()).put("before", change.expect().toString());
    line.put("revision", head.number()).put("sha256", head.sha256().hex());
    line.set("readBack", readBack.json());
    return line;
  }

  /** Under which claim that was. */
  static ObjectNode varying(long epoch, long fence, Owner claimTakenBy, List<String> adopted) {
    ObjectNode varying = Json.object().put("epoch", epoch).put("fence", fence);
    varying.put("claimTakenBy", claimTakenBy.runId().value());
    varying.set("adopted", Json.tree(adopted));
    return varying;
  }
}
