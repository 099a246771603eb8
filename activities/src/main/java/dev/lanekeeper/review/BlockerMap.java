package dev.lanekeeper.review;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lanekeeper.canonical.Json;
import dev.lanekeeper.lane.Lane;

/** What stays between the lane and production, and what is proposed next. */
public final class BlockerMap {

  private BlockerMap() {}

  /**
   * The map.
   *
   * @param tableD the rows of Table D
   * @param gates the gates of Table A
   */
  public static ObjectNode of(Lane.Spec spec, JsonNode tableD, JsonNode gates) {
    ObjectNode out = Json.object();
    ArrayNode blockers = out.putArray("blockers");
    int resolved = 0;
    int unsettled = 0;
    for (Lane.Blocker blocker : spec.blockers()) {
      boolean touched = blocker.surfaces().stream().anyMatch(surface -> attempted(tableD, surface));
      boolean satisfied = satisfies(gates, blocker.id());
      resolved += satisfied ? 1 : 0;
      unsettled += satisfied || touched ? 0 : 1;
      ObjectNode line = blockers.addObject();
      line.put("id", blocker.id()).put("title", blocker.title());
      line.set("surfaces", Json.tree(blocker.surfaces()));
      line.put("surfacesTouchedHere", touched).put("resolvedHere", satisfied);
      line.put(
          "basis",
          satisfied
              ? "a gate that the delegation satisfies names it"
              : "no gate that the delegation satisfies names it");
    }
    out.put("count", blockers.size()).put("resolvedHere", resolved);
    // Neither resolved nor touched by this run.
    out.put("open", unsettled);
    ArrayNode open = out.putArray("openItems");
    for (Lane.OpenItem item : spec.openItems()) {
      open.addObject()
          .put("id", item.id())
          .put("title", item.title())
          .put("reason", item.reason())
          .put("carriedInto", item.blocker().orElse("none"));
    }
    ObjectNode next = out.putObject("next");
    next.put("decision", spec.next().decision()).put("title", spec.next().title());
    next.set("preconditions", Json.tree(spec.next().preconditions()));
    return out;
  }

  private static boolean attempted(JsonNode tableD, String surface) {
    for (JsonNode row : tableD) {
      if (row.path("surface").asText().equals(surface)) {
        return row.path("status").asText().equals(TableD.ATTEMPTED);
      }
    }
    return false;
  }

  private static boolean satisfies(JsonNode gates, String blocker) {
    for (JsonNode gate : gates) {
      if (gate.path("satisfied").asBoolean() && gate.path("reference").asText().equals(blocker)) {
        return true;
      }
    }
    return false;
  }
}
