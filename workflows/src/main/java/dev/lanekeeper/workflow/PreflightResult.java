package dev.lanekeeper.workflow;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.canonical.Json;
import java.util.Optional;

/**
 * What S0 found, and the plan and grant that it verified.
 *
 * @param result the verdict
 * @param planDigest the plan; absent when there is no bundle of that name
 * @param grant the SHA-256 of the grant's envelope; absent when no grant was found valid
 * @param applied the packet of the run that had applied the plan already, if one had
 * @param signed the worker's {@link ResultStatement} about it, as a DSSE envelope
 */
public record PreflightResult(
    StageResult result,
    Optional<Digest> planDigest,
    Optional<Digest> grant,
    Optional<SealedPacket> applied,
    Optional<String> signed) {

  /** Puts an empty value where an earlier release said nothing; wants a result. */
  public PreflightResult {
    if (result == null) {
      throw new IllegalArgumentException("expected a result, found null");
    }
    planDigest = planDigest == null ? Optional.empty() : planDigest;
    grant = grant == null ? Optional.empty() : grant;
    applied = applied == null ? Optional.empty() : applied;
    signed = signed == null ? Optional.empty() : signed;
  }

  /** A result that nobody has signed yet. */
  public PreflightResult(StageResult result, Optional<Digest> planDigest, Optional<Digest> grant) {
    this(result, planDigest, grant, Optional.empty(), Optional.empty());
  }

  /** The same, signed. */
  public PreflightResult signed(String envelope) {
    return new PreflightResult(result, planDigest, grant, applied, Optional.of(envelope));
  }

  /** What the signature covers. */
  public ObjectNode core() {
    ObjectNode core = Json.object();
    core.set("result", result.core());
    core.put("planDigest", planDigest.map(Digest::hex).orElse(""));
    core.put("grant", grant.map(Digest::hex).orElse(""));
    core.set("applied", Json.tree(applied));
    return core;
  }
}
