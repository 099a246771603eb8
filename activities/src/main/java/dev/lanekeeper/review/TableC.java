package dev.lanekeeper.review;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lanekeeper.canonical.Json;
import dev.lanekeeper.lane.Lane;
import dev.lanekeeper.lane.Plan;
import dev.lanekeeper.lane.Stage;
import java.util.Map;
import java.util.Optional;

/** Table C: what was planned and what became of it, with the row of what must not happen. */
public final class TableC {

  /** What is said of the stage that seals the packet in which the table is. */
  public static final String SEALS = "SEALS_THIS_PACKET";

  private TableC() {}

  /**
   * The table.
   *
   * @param statuses the verdict of each stage that ran, or {@link #SEALS}
   * @param proof the evidence that holds Table D
   */
  public static ObjectNode of(Optional<Plan> plan, Map<Stage, String> statuses, JsonNode proof) {
    ObjectNode out = Json.object();
    ArrayNode rows = out.putArray("stages");
    for (Stage stage : Stage.values()) {
      ObjectNode row = rows.addObject();
      row.put("stage", stage.name()).put("title", stage.title());
      row.put("activity", stage.activityType()).put("changesKnowledgeBase", stage.publishes());
      ArrayNode changes = row.putArray("changes");
      plan.ifPresent(
          p ->
              p.spec().changes().stream()
                  .filter(c -> c.stage() == stage)
                  .map(Lane.Change::id)
                  .forEach(changes::add));
      row.put("status", statuses.getOrDefault(stage, "NOT_RUN"));
    }
    ObjectNode forbidden = out.putObject("forbiddenRow");
    forbidden.put("stage", "FORBIDDEN");
    forbidden.put(
        "status", proof.path(TableD.ANY_ATTEMPTED).asBoolean(true) ? "ATTEMPTED" : "NOT_ATTEMPTED");
    ArrayNode surfaces = forbidden.putArray("surfaces");
    plan.ifPresent(p -> p.spec().surfaces().forbidden().forEach(f -> surfaces.add(f.name())));
    return out;
  }
}
