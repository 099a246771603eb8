package dev.lanekeeper.starter;

import com.github.difflib.DiffUtils;
import com.github.difflib.UnifiedDiffUtils;
import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.canonical.Utf8;
import dev.lanekeeper.kb.Document;
import dev.lanekeeper.kb.KbReader;
import dev.lanekeeper.lane.Lane;
import dev.lanekeeper.lane.Plan;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A plan as a person must see it before they say yes: from its own bytes and nothing else. */
final class PlanView {

  /** Unchanged lines around a change. */
  private static final int CONTEXT = 3;

  /** Reads the bytes that a plan publishes. */
  interface Bytes {
    /** The bytes of this digest. */
    byte[] of(Digest digest) throws IOException;
  }

  private PlanView() {}

  /** The lines to show. */
  static List<String> lines(Plan plan, KbReader kb, Bytes bytes) throws IOException {
    List<String> lines = new ArrayList<>();
    lines.add(
        "lane       " + plan.lane().metadata().name() + ": " + plan.lane().metadata().title());
    plan.spec().approval().ifPresent(a -> lines.add("question   " + a.question()));
    lines.add("authority  " + plan.spec().authority() + ", " + plan.spec().delegation().name());
    lines.add("delegated  " + String.join(" → ", plan.spec().delegation().chain()));
    for (Lane.Reservation reservation : plan.spec().reservations()) {
      lines.add("reserves   " + reservation.range() + " " + reservation.status());
    }
    for (Lane.Change change : plan.spec().changes()) {
      lines.add("");
      lines.add(
          change.stage()
              + " "
              + change.id()
              + "  "
              + change.effectKind()
              + "  "
              + change.path()
              + "  "
              + change.expect()
              + " -> sha256 "
              + plan.sourceDigest(change));
      lines.addAll(diff(plan, change, kb, bytes));
    }
    lines.add("");
    lines.add("plan       " + plan.digest());
    lines.add("place      " + kb.identity().id() + " (" + kb.identity().environment() + ")");
    return lines;
  }

  private static List<String> diff(Plan plan, Lane.Change change, KbReader kb, Bytes bytes)
      throws IOException {
    byte[] after = bytes.of(plan.sourceDigest(change));
    Optional<Document> now = kb.read(change.path());
    byte[] before = now.map(Document::bytes).orElse(new byte[0]);
    String name = change.path().value();
    try {
      List<String> old = text(before);
      List<String> diff =
          UnifiedDiffUtils.generateUnifiedDiff(
              now.isPresent() ? name + " (now)" : "no document now",
              name + " (would be published)",
              old,
              DiffUtils.diff(old, text(after)),
              CONTEXT);
      return diff.isEmpty() ? List.of("no difference to the present document") : diff;
    } catch (CharacterCodingException e) {
      return List.of(
          "no text: " + before.length + " bytes now, " + after.length + " bytes to publish");
    }
  }

  private static List<String> text(byte[] bytes) throws CharacterCodingException {
    return Utf8.decode(bytes).lines().toList();
  }
}
