package dev.lanekeeper.s7review;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lanekeeper.canonical.Json;
import dev.lanekeeper.kb.Inventory;
import dev.lanekeeper.kb.LedgerEntry;
import dev.lanekeeper.kb.LedgerState;
import dev.lanekeeper.lane.Head;
import dev.lanekeeper.lane.KbPath;
import dev.lanekeeper.lane.Lane;
import dev.lanekeeper.lane.Plan;
import dev.lanekeeper.scope.Effect;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What changed in the knowledge base since S0, and who did it.
 *
 * @param declared changes of this plan that stand as planned
 * @param missing changes of this plan that do not
 * @param others changes that the ledger names as another lane's
 * @param undeclared changes that nobody names
 * @param asEffects those, as effects on surfaces
 */
record InventoryDiff(
    List<KbPath> declared,
    List<KbPath> missing,
    List<KbPath> others,
    List<KbPath> undeclared,
    List<Effect> asEffects) {

  /** Compares the inventory that S0 took with the one that stands now. */
  static InventoryDiff of(
      JsonNode before, Inventory now, Plan plan, LedgerState ledger, List<Long> lineage) {
    Map<KbPath, Head> was = new TreeMap<>();
    before.properties().forEach(e -> was.put(new KbPath(e.getKey()), Head.read(e.getValue())));
    Map<KbPath, Lane.Change> planned = new TreeMap<>();
    plan.spec().changes().forEach(c -> planned.put(c.path(), c));
    List<KbPath> declared = new ArrayList<>();
    List<KbPath> missing = new ArrayList<>();
    List<KbPath> others = new ArrayList<>();
    List<KbPath> undeclared = new ArrayList<>();
    List<Effect> effects = new ArrayList<>();
    TreeSet<KbPath> all = new TreeSet<>(was.keySet());
    all.addAll(now.heads().keySet());
    all.addAll(planned.keySet());
    for (KbPath path : all) {
      Head then = was.getOrDefault(path, Head.absent());
      Head head = Optional.<Head>ofNullable(now.heads().get(path)).orElse(Head.absent());
      if (planned.containsKey(path)) {
        (head.equals(after(plan, planned.get(path))) ? declared : missing).add(path);
      } else if (!head.equals(then) && ledgerNames(ledger, lineage, path, head)) {
        others.add(path);
      } else if (!head.equals(then)) {
        undeclared.add(path);
        effects.add(effect(path, then, head));
      }
    }
    return new InventoryDiff(declared, missing, others, undeclared, effects);
  }

  private static Head after(Plan plan, Lane.Change change) {
    int revision = change.expect() instanceof Head.Revision before ? before.number() + 1 : 1;
    return Head.revision(revision, plan.sourceDigest(change));
  }

  private static boolean ledgerNames(
      LedgerState ledger, List<Long> lineage, KbPath path, Head head) {
    boolean byLane =
        ledger
            .all(LedgerEntry.Outcome.class)
            .anyMatch(
                o ->
                    !lineage.contains(o.epoch()) && o.path().equals(path) && o.head().equals(head));
    boolean added =
        ledger
            .all(LedgerEntry.DocumentAdded.class)
            .anyMatch(d -> d.path().equals(path) && d.head().equals(head));
    return byLane || added || underWay(ledger, lineage, path, head);
  }

  /**
   * Whether another lane is just about to record that it put this head there: its intent stands in
   * the ledger before the document, its outcome after.
   */
  private static boolean underWay(LedgerState ledger, List<Long> lineage, KbPath path, Head head) {
    return ledger
        .all(LedgerEntry.Intent.class)
        .filter(i -> !lineage.contains(i.epoch()) && i.path().equals(path))
        .anyMatch(
            i ->
                i.after().equals(head)
                    || (i.before().equals(head) && ledger.withdrawing(i.epoch())));
  }

  boolean clean() {
    return missing.isEmpty() && undeclared.isEmpty();
  }

  private static Effect effect(KbPath path, Head then, Head now) {
    String kind =
        !then.present()
            ? "kb.document.create"
            : now.present() ? "kb.document.update" : "kb.document.delete";
    return Effect.of(kind, "kb:" + path);
  }

  ObjectNode json() {
    ObjectNode out = Json.object();
    list(out.putArray("declared"), declared);
    list(out.putArray("missing"), missing);
    list(out.putArray("otherLanes"), others);
    list(out.putArray("undeclared"), undeclared);
    return out;
  }

  private static void list(ArrayNode out, List<KbPath> paths) {
    paths.forEach(p -> out.add(p.value()));
  }
}
