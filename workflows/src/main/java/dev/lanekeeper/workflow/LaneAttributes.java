package dev.lanekeeper.workflow;

import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.lane.LaneName;
import dev.lanekeeper.lane.Stage;
import dev.lanekeeper.verdict.RejectCode;
import io.temporal.common.SearchAttributeKey;
import io.temporal.common.SearchAttributeUpdate;
import io.temporal.workflow.Workflow;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The typed search attributes of a lane: keywords, set when it holds and when it ends. They must be
 * registered in the namespace before a lane runs there.
 */
public final class LaneAttributes {

  /** The lane's name. */
  public static final SearchAttributeKey<String> NAME = SearchAttributeKey.forKeyword("LaneName");

  /** HELD, or how the lane ended. */
  public static final SearchAttributeKey<String> STATUS =
      SearchAttributeKey.forKeyword("LaneStatus");

  /** The stage that it holds or stopped in. */
  public static final SearchAttributeKey<String> STAGE = SearchAttributeKey.forKeyword("LaneStage");

  /** The reject code; unset when there is none. */
  public static final SearchAttributeKey<String> REJECT_CODE =
      SearchAttributeKey.forKeyword("LaneRejectCode");

  /** The plan digest, as hex. */
  public static final SearchAttributeKey<String> PLAN_DIGEST =
      SearchAttributeKey.forKeyword("LanePlanDigest");

  private LaneAttributes() {}

  /** The names of all five. */
  public static Set<String> names() {
    return Stream.of(NAME, STATUS, STAGE, REJECT_CODE, PLAN_DIGEST)
        .map(SearchAttributeKey::getName)
        .collect(Collectors.toUnmodifiableSet());
  }

  /** Sets them on the calling workflow, unless it was begun by a release that had none. */
  static void set(
      LaneName lane,
      String status,
      Optional<Stage> stage,
      Optional<RejectCode> reject,
      Optional<Digest> plan) {
    if (Workflow.getVersion("search-attributes", Workflow.DEFAULT_VERSION, 1)
        == Workflow.DEFAULT_VERSION) {
      return;
    }
    List<SearchAttributeUpdate<?>> updates = new ArrayList<>();
    updates.add(NAME.valueSet(lane.value()));
    updates.add(STATUS.valueSet(status));
    updates.add(stage.map(s -> STAGE.valueSet(s.name())).orElseGet(STAGE::valueUnset));
    updates.add(reject.map(r -> REJECT_CODE.valueSet(r.name())).orElseGet(REJECT_CODE::valueUnset));
    plan.ifPresent(p -> updates.add(PLAN_DIGEST.valueSet(p.hex())));
    Workflow.upsertTypedSearchAttributes(updates.toArray(new SearchAttributeUpdate<?>[0]));
  }
}
