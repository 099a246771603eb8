package dev.lanekeeper.report;

import java.util.List;
import java.util.Set;

/**
 * Which values of the evidence were found, which were signed by somebody else than a worker, and
 * which only repeat what the lane file says. A value that repeats the lane file cannot be wrong, so
 * it proves nothing.
 */
public final class Basis {

  private static final String LOCK = "delegation-and-authority-lock.json";

  /** Fields that repeat the lane file wherever they stand, by their own name. */
  private static final Set<String> SAID =
      Set.of(
          "addendum",
          "append",
          "applyNow",
          "carriedInto",
          "ceiling",
          "chain",
          "chainText",
          "check",
          "checkCount",
          "classification",
          "decision",
          "evidence",
          "expect",
          "label",
          "limit",
          "over",
          "pinned",
          "preconditions",
          "provenance",
          "reason",
          "reference",
          "required",
          "role",
          "rollbackId",
          "selfChecks",
          "surface",
          "text",
          "title",
          "wanted");

  /** Fields that repeat the lane file at one place only. */
  private static final Set<String> SAID_HERE =
      Set.of(
          LOCK + "#/authority",
          LOCK + "#/environment",
          LOCK + "#/delegation/name",
          LOCK + "#/gatesSatisfied/by",
          LOCK + "#/gatesSatisfied/environment",
          LOCK + "#/gatesSatisfied/id",
          "execution-plan.json#/forbiddenRow/surfaces",
          "execution-plan.json#/stages/changes",
          "execution-probes.json#/probes/id",
          "execution-probes.json#/probes/to",
          "forbidden-surface-proof.json#/surfaces",
          "post-execution-review.json#/checks/id",
          "production-readiness-blocker-map.json#/blockers/id",
          "production-readiness-blocker-map.json#/blockers/surfaces",
          "production-readiness-blocker-map.json#/count",
          "production-readiness-blocker-map.json#/openItems/id",
          "publication.json#/reservations/range",
          "publication.json#/reservations/size",
          "publication.json#/reservations/status",
          "scope-lock.json#/excluded/id",
          "scope-lock.json#/forbidden/name",
          "scope-lock.json#/forbiddenCount",
          "scope-lock.json#/mutationCount");

  private Basis() {}

  /**
   * Where a value is from.
   *
   * @param file the evidence file
   * @param pointer the JSON pointer in it
   */
  public static Source of(String file, String pointer) {
    List<String> names =
        List.of(pointer.split("/")).stream().filter(n -> !n.matches("[0-9]*")).toList();
    String last = names.isEmpty() ? "" : names.get(names.size() - 1);
    String place = file + "#/" + String.join("/", names);
    boolean copied =
        SAID.contains(last)
            || SAID_HERE.contains(place)
            || place.startsWith(LOCK + "#/openItems")
            || place.startsWith("scope-lock.json#/allowed");
    if (copied) {
      return Source.said(Source.LANE_FILE, last);
    }
    if (place.equals("rollback-gate.json#/gate/digest")) {
      // Another build of the same gate has another class file, so no checker compares it.
      return Source.signed("the executor's key", "the class file that judged");
    }
    boolean granted =
        place.startsWith(LOCK + "#/grant/")
            && !Set.of("verdict", "code", "reject", "expected", "actual", "remedy", "issued")
                .contains(last);
    return granted
        ? Source.signed("the owner's key", "grant.dsse.json")
        : Source.found(file + "#" + pointer);
  }
}
