package dev.lanekeeper.review;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lanekeeper.canonical.Json;
import dev.lanekeeper.lane.Lane;
import dev.lanekeeper.scope.Effect;
import dev.lanekeeper.scope.ScopeGuard;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Table D: for each forbidden surface, whether this run tried to touch it, and from what that is
 * known.
 *
 * @param rows one a surface
 * @param unexpectedEvents workflow events that no lane makes; with one, no row may say UNTOUCHED
 */
public record TableD(List<Row> rows, List<String> unexpectedEvents) {

  /** The status of a surface on which something was tried. */
  public static final String ATTEMPTED = "ATTEMPTED";

  /** The field that says whether any forbidden surface was tried, or may have been. */
  public static final String ANY_ATTEMPTED = "any_forbidden_surface_attempted";

  /**
   * What the table is computed from.
   *
   * @param recorded the effects in the ledger, admitted and refused
   * @param unexpectedEvents workflow events that no lane makes
   * @param historyEvents how many events were read; 0 when the history was not read
   * @param undeclaredChanges documents that changed though neither this plan nor another lane says
   *     so, as effects; empty when the inventory was not compared
   * @param inventoryCompared whether the inventory was compared
   * @param evidenceIntact whether every evidence fragment and bundle file was read back; empty when
   *     not tried
   */
  public record Facts(
      List<Effect> recorded,
      List<String> unexpectedEvents,
      long historyEvents,
      List<Effect> undeclaredChanges,
      boolean inventoryCompared,
      Optional<Boolean> evidenceIntact) {

    /** Facts from a record of effects alone. */
    public static Facts ofRecord(List<Effect> recorded) {
      return new Facts(recorded, List.of(), 0, List.of(), false, Optional.empty());
    }
  }

  /**
   * One surface.
   *
   * @param surface its name
   * @param title its title
   * @param attempts what was tried on it
   * @param basis from what the row is computed
   * @param seenBeyondRecord CONFIRMED, TOUCHED, or UNKNOWN where only our own record can be read
   */
  public record Row(
      String surface,
      String title,
      List<Effect> attempts,
      List<String> basis,
      String seenBeyondRecord) {

    /** Whether anything was tried on it. */
    public boolean attempted() {
      return !attempts.isEmpty() || seenBeyondRecord.equals("TOUCHED");
    }
  }

  /** Computes the table. */
  public static TableD of(Lane.Spec spec, Facts facts) {
    List<Row> rows = new ArrayList<>();
    for (Lane.Forbidden surface : spec.surfaces().forbidden()) {
      List<Effect> attempts = facts.recorded().stream().filter(e -> touches(surface, e)).toList();
      boolean changed = facts.undeclaredChanges().stream().anyMatch(e -> touches(surface, e));
      rows.add(
          new Row(
              surface.name(),
              surface.title(),
              attempts,
              basis(surface, facts),
              changed ? "TOUCHED" : seen(surface, facts)));
    }
    return new TableD(List.copyOf(rows), facts.unexpectedEvents());
  }

  private static boolean touches(Lane.Forbidden surface, Effect effect) {
    return surface.match().stream().anyMatch(p -> ScopeGuard.matches(p, effect));
  }

  private static List<String> basis(Lane.Forbidden surface, Facts facts) {
    List<String> basis = new ArrayList<>();
    basis.add("effect record");
    if (facts.historyEvents() > 0) {
      basis.add("workflow history");
    }
    if (facts.inventoryCompared() && about(surface, "kb:")) {
      basis.add("knowledge base inventory");
    }
    if (facts.evidenceIntact().isPresent() && aboutEvidence(surface)) {
      basis.add("evidence read back");
    }
    return basis;
  }

  private static String seen(Lane.Forbidden surface, Facts facts) {
    if (facts.inventoryCompared() && about(surface, "kb:")) {
      return "CONFIRMED";
    }
    if (facts.evidenceIntact().isPresent() && aboutEvidence(surface)) {
      return facts.evidenceIntact().get() ? "CONFIRMED" : "TOUCHED";
    }
    return "UNKNOWN";
  }

  private static boolean about(Lane.Forbidden surface, String target) {
    return surface.match().stream().allMatch(p -> p.target().startsWith(target));
  }

  private static boolean aboutEvidence(Lane.Forbidden surface) {
    return surface.match().stream().allMatch(p -> p.kind().startsWith("evidence."));
  }

  /** Whether anything was tried on any of them, or may have been. */
  public boolean anyAttempted() {
    return !unexpectedEvents.isEmpty() || rows.stream().anyMatch(Row::attempted);
  }

  /** How many surfaces were neither tried nor put in doubt by the history. */
  public int untouched() {
    return unexpectedEvents.isEmpty()
        ? Math.toIntExact(rows.stream().filter(r -> !r.attempted()).count())
        : 0;
  }

  /** Of how many surfaces only our own record speaks. */
  public int unknownBeyondRecord() {
    return Math.toIntExact(
        rows.stream().filter(r -> r.seenBeyondRecord().equals("UNKNOWN")).count());
  }

  private String status(Row row) {
    if (row.attempted()) {
      return ATTEMPTED;
    }
    return unexpectedEvents.isEmpty() ? "UNTOUCHED" : "UNKNOWN";
  }

  /** The row of a surface. */
  public Optional<Row> row(String surface) {
    return rows.stream().filter(r -> r.surface().equals(surface)).findFirst();
  }

  /** The table with its totals, as evidence. */
  public ObjectNode proof() {
    ObjectNode out = Json.object();
    out.set("tableD", json());
    out.put("surfaces", rows.size()).put("untouched", untouched());
    out.put(ANY_ATTEMPTED, anyAttempted());
    out.put("seenBeyondRecordUnknown", unknownBeyondRecord());
    return out;
  }

  /** The table as evidence. */
  public ArrayNode json() {
    ArrayNode out = Json.array();
    for (Row row : rows) {
      ObjectNode line = out.addObject();
      line.put("surface", row.surface()).put("title", row.title());
      line.put("status", status(row));
      line.put("requested", row.attempts().isEmpty() ? "NOT_REQUESTED" : "REQUESTED");
      line.put("attempts", row.attempts().size());
      line.set("basis", Json.tree(row.basis()));
      line.put("seenBeyondRecord", row.seenBeyondRecord());
    }
    return out;
  }
}
