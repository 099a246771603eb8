package dev.lanekeeper.review;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lanekeeper.lane.Lane;
import dev.lanekeeper.scope.Effect;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;

/** The evidence file about surfaces: Table D, the kinds of effects, and the declarations. */
public final class SurfaceProof {

  private SurfaceProof() {}

  /**
   * Computes it.
   *
   * @param environment the label of the knowledge base
   * @param kinds the kinds of effects on record, each with whether all of them were admitted
   */
  public static ObjectNode of(
      Lane.Spec spec, String environment, TableD.Facts facts, SortedMap<String, Boolean> kinds) {
    ObjectNode out = TableD.of(spec, facts).proof();
    ArrayNode lines = out.putArray("kinds");
    kinds.forEach((kind, was) -> lines.addObject().put("kind", kind).put("admitted", was));
    List<Effect> seen = new ArrayList<>(facts.recorded());
    seen.addAll(facts.undeclaredChanges());
    out.set(
        "declarations",
        Declarations.of(spec, environment, seen, facts.unexpectedEvents().isEmpty()));
    ObjectNode varying = out.putObject("volatile");
    varying.put("recordedEffects", facts.recorded().size());
    varying.put("historyEvents", facts.historyEvents());
    return out;
  }
}
