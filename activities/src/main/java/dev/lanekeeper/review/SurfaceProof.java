package dev.lanekeeper.review;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.lane.Lane;
import dev.lanekeeper.scope.Effect;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/** The evidence file about surfaces: Table D, the kinds of effects, and the declarations. */
public final class SurfaceProof {

  /**
   * An effect on record.
   *
   * @param effect what was asked for
   * @param admitted whether the scope guard admitted it
   */
  public record Recorded(Effect effect, boolean admitted) {}

  private SurfaceProof() {}

  /**
   * Computes it.
   *
   * @param environment the label of the knowledge base
   * @param recorded the effects that the facts are of
   */
  public static ObjectNode of(
      Lane.Spec spec, String environment, TableD.Facts facts, List<Recorded> recorded) {
    ObjectNode out = TableD.of(spec, facts).proof();
    SortedMap<String, Boolean> kinds = new TreeMap<>();
    recorded.forEach(r -> kinds.merge(r.effect().kind(), r.admitted(), Boolean::logicalAnd));
    ArrayNode lines = out.putArray("kinds");
    kinds.forEach((kind, was) -> lines.addObject().put("kind", kind).put("admitted", was));
    List<Effect> seen = new ArrayList<>(facts.recorded());
    seen.addAll(facts.undeclaredChanges());
    out.set(
        "declarations",
        Declarations.of(spec, environment, seen, facts.unexpectedEvents().isEmpty()));
    ObjectNode varying = out.putObject("volatile");
    varying.put("historyEvents", facts.historyEvents());
    ArrayNode effects = varying.putArray("effects");
    for (Recorded each : recorded) {
      ObjectNode line = effects.addObject().put("kind", each.effect().kind());
      line.put("target", each.effect().target()).put("admitted", each.admitted());
      each.effect().digest().ifPresent(digest -> line.put("sha256", digest.hex()));
    }
    ArrayNode undeclared = varying.putArray("undeclared");
    for (Effect each : facts.undeclaredChanges()) {
      undeclared.addObject().put("kind", each.kind()).put("target", each.target());
    }
    return out;
  }

  /** Reads the changes back that nobody declared. */
  public static List<Effect> undeclared(JsonNode proof) {
    List<Effect> out = new ArrayList<>();
    for (JsonNode line : proof.at("/volatile/undeclared")) {
      out.add(Effect.of(line.path("kind").asText(), line.path("target").asText()));
    }
    return out;
  }

  /** Reads the effects on record back. */
  public static List<Recorded> recorded(JsonNode proof) {
    List<Recorded> out = new ArrayList<>();
    for (JsonNode line : proof.at("/volatile/effects")) {
      Optional<Digest> digest =
          Optional.of(line.path("sha256").asText()).filter(h -> !h.isEmpty()).map(Digest::new);
      out.add(
          new Recorded(
              new Effect(line.path("kind").asText(), line.path("target").asText(), digest),
              line.path("admitted").asBoolean()));
    }
    return out;
  }
}
