package dev.lanekeeper.stage;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lanekeeper.testkit.NearMiss;
import dev.lanekeeper.testkit.Triggers;
import dev.lanekeeper.verdict.RejectCode;
import io.temporal.failure.ApplicationFailure;
import org.junit.jupiter.api.Test;

/** The decision on callers. */
class CallerGuardTest {

  @Test
  @Triggers(RejectCode.NOT_CALLED_BY_LANE)
  void standaloneActivity_isRefused() {
    assertThatThrownBy(() -> CallerGuard.refuseUnlessLane(false, "Lane", "S5PublishPrimary"))
        .isInstanceOf(ApplicationFailure.class)
        .hasMessageContaining("no workflow");
  }

  @Test
  @Triggers(RejectCode.NOT_CALLED_BY_LANE)
  @NearMiss(RejectCode.NOT_CALLED_BY_LANE)
  void stage_calledByLaneRollback_isRefused_butRollbackIsNot() {
    assertThatThrownBy(() -> CallerGuard.refuseUnlessLane(true, "LaneRollback", "S5PublishPrimary"))
        .isInstanceOf(ApplicationFailure.class);
    assertThatCode(() -> CallerGuard.refuseUnlessLane(true, "LaneRollback", "Rollback"))
        .doesNotThrowAnyException();
    assertThatCode(() -> CallerGuard.refuseUnlessLane(true, "Lane", "S5PublishPrimary"))
        .doesNotThrowAnyException();
  }
}
