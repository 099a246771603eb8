package dev.lanekeeper.workflow;

import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.lane.LaneName;
import dev.lanekeeper.lane.Stage;
import dev.lanekeeper.verdict.RejectCode;
import io.temporal.common.SearchAttributeKey;
import io.temporal.common.SearchAttributeUpdate;
import io.temporal.workflow.Workflow;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The typed search attributes of a lane: keywords, set when it begins or goes on, when it holds and
 * when it ends. They must be registered in the namespace before a lane runs there.
 */
public final class LaneAttributes {

  /** The lane's name. */
  public static final SearchAttributeKey<String> NAME = SearchAttributeKey.forKeyword("LaneName");

  /** RUNNING, HELD, or how the lane ended. */
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

  /** Sets them on the calling workflow; what is absent is unset. */
  static void set(
      Optional<LaneName> lane,
      String status,
      Optional<Stage> stage,
      Optional<RejectCode> reject,
      Optional<Digest> plan) {
    Workflow.upsertTypedSearchAttributes(
        update(NAME, lane.map(LaneName::value)),
        STATUS.valueSet(status),
        update(STAGE, stage.map(Stage::name)),
        update(REJECT_CODE, reject.map(RejectCode::name)),
        update(PLAN_DIGEST, plan.map(Digest::hex)));
  }

  private static SearchAttributeUpdate<String> update(
      SearchAttributeKey<String> key, Optional<String> value) {
    return value.map(key::valueSet).orElseGet(key::valueUnset);
  }
}
