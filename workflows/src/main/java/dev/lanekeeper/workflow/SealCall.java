package dev.lanekeeper.workflow;

import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.lane.LaneName;
import dev.lanekeeper.lane.Stage;
import dev.lanekeeper.verdict.Verdict;
import java.util.Optional;

/**
 * What {@code Seal} is told about a run that did not pass.
 *
 * @param lane the lane's name
 * @param runId the original run id
 * @param run whose evidence it is, when not the caller's own
 * @param planDigest the plan, if S0 found one
 * @param grant the grant, if S0 found one
 * @param end how the lane ended
 * @param stage where it stopped, if in a stage
 * @param reject why, if it was a rejection
 * @param withdrawn what the rollback did
 */
public record SealCall(
    LaneName lane,
    String runId,
    Optional<Owner> run,
    Optional<Digest> planDigest,
    Optional<Digest> grant,
    LaneEnd end,
    Optional<Stage> stage,
    Optional<Verdict.Reject> reject,
    WithdrawResult withdrawn) {}
