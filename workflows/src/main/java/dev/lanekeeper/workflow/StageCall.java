package dev.lanekeeper.workflow;

import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.lane.LaneName;
import java.util.Optional;

/**
 * What every stage after S0 is told. Names and digests only: a stage reads the bytes itself, and
 * whose run it is it learns from the service.
 *
 * @param lane the lane's name
 * @param kbId the knowledge base that S0 looked at; a worker of another one refuses
 * @param round how often the lane was resumed before
 * @param planDigest the plan that S0 verified
 * @param grant the SHA-256 of the grant's envelope that S0 verified
 */
public record StageCall(
    LaneName lane, Optional<String> kbId, int round, Digest planDigest, Digest grant) {}
