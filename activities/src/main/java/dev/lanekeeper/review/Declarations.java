package dev.lanekeeper.review;

import com.fasterxml.jackson.databind.node.ArrayNode;
import dev.lanekeeper.canonical.Json;
import dev.lanekeeper.lane.Lane;
import dev.lanekeeper.scope.Effect;
import dev.lanekeeper.scope.ScopeGuard;
import java.util.List;

/**
 * Lines such as "Production mutation: NO": YES where an effect that matches is on record or a
 * document changed that matches, UNKNOWN where something happened that the record need not hold, NO
 * otherwise. A document of a knowledge base is also one of the environment that it is labelled
 * with.
 */
public final class Declarations {

  private Declarations() {}

  /**
   * Computes them.
   *
   * @param environment the label of the knowledge base
   * @param effects what is on record, admitted and refused, and undeclared changes of documents
   * @param recordIsWhole whether the history shows nothing that no lane does
   */
  public static ArrayNode of(
      Lane.Spec spec, String environment, List<Effect> effects, boolean recordIsWhole) {
    ArrayNode out = Json.array();
    for (Lane.Declaration declaration : spec.review().declarations()) {
      boolean any =
          effects.stream()
              .anyMatch(e -> matches(declaration, e) || matches(declaration, e.in(environment)));
      out.addObject()
          .put("label", declaration.label())
          .put("value", any ? "YES" : recordIsWhole ? "NO" : "UNKNOWN")
          .put("basis", "effect record");
    }
    return out;
  }

  private static boolean matches(Lane.Declaration declaration, Effect effect) {
    return declaration.match().stream().anyMatch(p -> ScopeGuard.matches(p, effect));
  }
}
