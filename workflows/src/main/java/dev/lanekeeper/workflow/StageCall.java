package dev.lanekeeper.workflow;

import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.lane.LaneName;

/**
 * What every stage after S0 is told. Names and digests only: a stage reads the bytes itself.
 *
 * @param lane the lane's name
 * @param runId the lane run's original run id
 * @param round how often the lane was resumed before
 * @param planDigest the plan that S0 verified
 * @param grant the SHA-256 of the grant's envelope that S0 verified
 */
public record StageCall(LaneName lane, String runId, int round, Digest planDigest, Digest grant) {}
