package dev.lanekeeper.workflow;

import dev.lanekeeper.canonical.Digest;
import java.util.Optional;

/**
 * What S0 concluded, and the plan and grant that it verified.
 *
 * @param result the verdict
 * @param planDigest the plan; absent when there is no bundle of that name
 * @param grant the SHA-256 of the grant's envelope; absent when no grant was found valid
 */
public record PreflightResult(
    StageResult result, Optional<Digest> planDigest, Optional<Digest> grant) {}
