package dev.lanekeeper.review;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lanekeeper.canonical.Json;
import dev.lanekeeper.lane.Lane;
import dev.lanekeeper.lane.Plan;
import dev.lanekeeper.scope.Effect;
import dev.lanekeeper.scope.ScopeGuard;
import dev.lanekeeper.stage.Evidence;
import dev.lanekeeper.verdict.Verdict;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Table B: the changes, and the allowed, forbidden and excluded surfaces. */
public final class ScopeLock {

  private ScopeLock() {}

  /**
   * Computes it, without what the counterfactuals find.
   *
   * @param environment the label of the knowledge base
   */
  public static ObjectNode of(Plan plan, String environment) {
    Lane.Spec spec = plan.spec();
    ObjectNode out = Json.object();
    out.set("allowed", Json.tree(spec.surfaces().allowed()));
    ArrayNode forbidden = out.putArray("forbidden");
    spec.surfaces()
        .forbidden()
        .forEach(f -> forbidden.addObject().put("name", f.name()).put("title", f.title()));
    out.put("forbiddenCount", forbidden.size());
    ArrayNode mutations = out.putArray("mutations");
    for (Lane.Change change : spec.changes()) {
      ObjectNode line = mutations.addObject().put("change", change.id());
      line.put("kind", change.effectKind()).put("target", "kb:" + change.path());
      line.setAll(Evidence.json(mutation(plan, change, environment)));
    }
    out.put("mutationCount", mutations.size());
    ArrayNode excluded = out.putArray("excluded");
    for (Lane.Excluded surface : spec.surfaces().excluded()) {
      ObjectNode line = excluded.addObject();
      line.put("id", surface.id()).put("title", surface.title());
      line.put("classification", surface.classification()).put("reason", surface.reason());
      line.put("treatedAs", treatedAs(spec, surface));
    }
    return out;
  }

  /** What the scope guard says to a change. */
  public static Verdict mutation(Plan plan, Lane.Change change, String environment) {
    return new ScopeGuard(plan.spec()).decide(Effect.of(plan, change), environment);
  }

  /** A use of an excluded surface that the scope guard allows, as far as it can be asked. */
  public static Optional<Effect> allowedUse(Lane.Spec spec, Lane.Excluded surface) {
    ScopeGuard guard = new ScopeGuard(spec);
    return uses(spec, surface).stream().filter(use -> guard.decide(use).passed()).findFirst();
  }

  private static String treatedAs(Lane.Spec spec, Lane.Excluded surface) {
    ScopeGuard guard = new ScopeGuard(spec);
    List<Effect> uses = uses(spec, surface);
    if (allowedUse(spec, surface).isPresent()) {
      return "ALLOWED";
    }
    if (uses.isEmpty()) {
      return "SAID";
    }
    return uses.stream().allMatch(use -> guard.forbidden(use).isPresent())
        ? "FORBIDDEN"
        : "UNKNOWN";
  }

  private static List<Effect> uses(Lane.Spec spec, Lane.Excluded surface) {
    List<Effect> uses = new ArrayList<>();
    spec.surfaces().forbidden().stream()
        .filter(forbidden -> surface.surfaces().contains(forbidden.name()))
        .flatMap(forbidden -> forbidden.match().stream())
        .forEach(pattern -> uses.add(Effect.of(pattern.kind(), pattern.target())));
    spec.pins().stream()
        .filter(pin -> surface.counterfactual().filter(c -> c.pin().equals(pin.id())).isPresent())
        .forEach(pin -> uses.add(Effect.of("kb.document.update", "kb:" + pin.path())));
    return uses;
  }
}
