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
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What changed in the knowledge base since S0, and who did it.
 *
 * @param declared changes of this plan that are in place as planned
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

  /** The outcomes by which a lane has changed a document, rather than found it changed. */
  private static final Set<String> DONE = Set.of("PUBLISHED", "WITHDRAWN");

  /**
   * Compares the inventory that S0 took with the present one.
   *
   * @param ledger read after the documents
   * @param known how many facts the ledger had before the documents were read
   */
  static InventoryDiff of(
      JsonNode before,
      Inventory now,
      Plan plan,
      LedgerState ledger,
      int known,
      List<Long> lineage) {
    List<LedgerEntry.Claimed> others =
        ledger.openClaims().stream().filter(c -> !lineage.contains(c.epoch())).toList();
    Map<KbPath, Head> was = new TreeMap<>();
    before.properties().forEach(e -> was.put(new KbPath(e.getKey()), Head.read(e.getValue())));
    Map<KbPath, Lane.Change> planned = new TreeMap<>();
    plan.spec().changes().forEach(c -> planned.put(c.path(), c));
    List<KbPath> declared = new ArrayList<>();
    List<KbPath> missing = new ArrayList<>();
    List<KbPath> byOthers = new ArrayList<>();
    List<KbPath> undeclared = new ArrayList<>();
    List<Effect> effects = new ArrayList<>();
    TreeSet<KbPath> all = new TreeSet<>(was.keySet());
    all.addAll(now.heads().keySet());
    all.addAll(planned.keySet());
    for (KbPath path : all) {
      Head then = was.getOrDefault(path, Head.absent());
      Head head = Optional.<Head>ofNullable(now.heads().get(path)).orElse(Head.absent());
      if (planned.containsKey(path)) {
        (head.equals(plan.after(planned.get(path))) ? declared : missing).add(path);
      } else if (!head.equals(then)
          && (recorded(ledger, known, lineage, path, head)
              || underWay(ledger, others, path, head))) {
        byOthers.add(path);
      } else if (!head.equals(then)) {
        undeclared.add(path);
        effects.add(effect(path, then, head));
      }
    }
    return new InventoryDiff(declared, missing, byOthers, undeclared, effects);
  }

  /**
   * Whether the ledger says that another put these bytes there: as its newest word when the
   * documents began to be read, or since then. What changes while they are read can be counted as
   * another revision than the ledger's.
   */
  private static boolean recorded(
      LedgerState ledger, int known, List<Long> lineage, KbPath path, Head head) {
    boolean named = false;
    for (int i = 0; i < ledger.lines().size(); i++) {
      Optional<Head> said = said(ledger.lines().get(i).entry(), lineage, path);
      if (said.isPresent()) {
        named = said.get().sameBytes(head) || (named && i >= known);
      }
    }
    return named;
  }

  private static Optional<Head> said(LedgerEntry entry, List<Long> lineage, KbPath path) {
    if (entry instanceof LedgerEntry.Outcome o
        && DONE.contains(o.outcome())
        && !lineage.contains(o.epoch())
        && o.path().equals(path)) {
      return Optional.of(o.head());
    }
    return entry instanceof LedgerEntry.DocumentAdded d && d.path().equals(path)
        ? Optional.of(d.head())
        : Optional.empty();
  }

  /**
   * Whether another lane is just about to record that it put this head there: its intent is in the
   * ledger before the document, its outcome after.
   */
  private static boolean underWay(
      LedgerState ledger, List<LedgerEntry.Claimed> others, KbPath path, Head head) {
    for (LedgerEntry.Claimed claim : others) {
      for (LedgerEntry.Intent intent : ledger.intents(claim.epoch())) {
        Optional<String> done = ledger.lastDone(claim.epoch(), intent.changeId());
        boolean publishes = done.isEmpty() && intent.after().sameBytes(head);
        boolean withdraws =
            ledger.withdrawing(claim.epoch())
                && done.filter("WITHDRAWN"::equals).isEmpty()
                && intent.before().sameBytes(head);
        if (intent.path().equals(path) && (publishes || withdraws)) {
          return true;
        }
      }
    }
    return false;
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

  /** What is wrong, in words; empty when nothing is. */
  String problem() {
    return Stream.of(
            named("changed by nobody whom the ledger names: ", undeclared),
            named("not as the lane published it: ", missing))
        .flatMap(Optional::stream)
        .collect(Collectors.joining("; "));
  }

  private static Optional<String> named(String what, List<KbPath> paths) {
    return paths.isEmpty()
        ? Optional.empty()
        : Optional.of(what + paths.stream().map(KbPath::value).collect(Collectors.joining(", ")));
  }

  private static void list(ArrayNode out, List<KbPath> paths) {
    paths.forEach(p -> out.add(p.value()));
  }
}
