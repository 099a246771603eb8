package dev.lanekeeper.review;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lanekeeper.authority.Grant;
import dev.lanekeeper.canonical.Json;
import dev.lanekeeper.lane.Lane;
import dev.lanekeeper.stage.Evidence;
import dev.lanekeeper.verdict.Verdict;
import java.util.Optional;

/** Table A: what a lane needs, what its grant gives, and which gates that satisfies. */
public final class AuthorityLock {

  private AuthorityLock() {}

  /**
   * The table, without the keys and what differs from grant to grant.
   *
   * @param verdict what the grant's verification found
   */
  public static ObjectNode of(Lane.Spec spec, Verdict verdict, Optional<Grant> grant) {
    ObjectNode out = Json.object();
    ObjectNode delegation = out.putObject("delegation");
    delegation.put("name", spec.delegation().name());
    delegation.set("chain", Json.tree(spec.delegation().chain()));
    delegation.put("chainText", String.join(" → ", spec.delegation().chain()));
    out.put("authority", spec.authority());
    out.put("environment", spec.environment());
    ObjectNode shown = out.putObject("grant");
    shown.setAll(Evidence.json(verdict));
    grant.ifPresent(g -> shown.setAll(g.terms()));
    ArrayNode gates = out.putArray("gatesSatisfied");
    for (Lane.SatisfiedGate gate : spec.gatesSatisfied()) {
      boolean satisfied =
          verdict.passed() && grant.orElseThrow().environment().equals(gate.environment());
      gates
          .addObject()
          .put("id", gate.id())
          .put("reference", gate.reference())
          .put("environment", gate.environment())
          .put("limit", gate.limit())
          .put("satisfied", satisfied)
          .put("by", spec.delegation().name());
    }
    out.set("openItems", Json.tree(spec.openItems()));
    return out;
  }
}
