package dev.lanekeeper.grant;

import dev.lanekeeper.authority.Grant;
import dev.lanekeeper.authority.RequestProof;
import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.lane.Plan;
import dev.lanekeeper.signature.Signed;
import dev.lanekeeper.verdict.RejectCode;
import dev.lanekeeper.verdict.Verdict;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * Decides whether a request is that of the agent whom a grant names: signed by its key, for this
 * plan, place and workflow, shortly before the workflow began, and used by no other run.
 */
public final class PossessionVerifier {

  /** How long before the start of its workflow a request may have been signed. */
  static final Duration FRESH = Duration.ofMinutes(10);

  /** How far the agent's clock may run ahead of the service's. */
  static final Duration AHEAD = Duration.ofMinutes(2);

  private PossessionVerifier() {}

  /**
   * What the request must fit.
   *
   * @param plan the plan
   * @param kbId the knowledge base
   * @param workflowId the workflow that runs, by the service
   * @param started when it began, by the service
   * @param usedByAnother whether another run has presented this very proof
   */
  public record Situation(
      Plan plan, String kbId, String workflowId, Instant started, boolean usedByAnother) {}

  /** Verifies a request's proof under a grant; a grant that names no agent's key wants none. */
  public static Verdict verify(Grant grant, Optional<String> proof, Situation s) {
    if (grant.agentKey().isEmpty()) {
      return Verdict.pass();
    }
    Digest agent = grant.agentKey().get();
    if (proof.isEmpty()) {
      return no("a request signed by the agent's key " + agent, "one that nobody signed");
    }
    Optional<Signed<RequestProof>> read = RequestProof.read(proof.get());
    if (read.isEmpty() || !read.get().key().thumbprint().equals(agent)) {
      return no(
          "a request signed by the agent's key " + agent,
          read.map(r -> "one signed by key " + r.key().thumbprint())
              .orElse("one without a signature that holds"));
    }
    RequestProof signed = read.get().content();
    if (!signed.lane().equals(s.plan().lane().metadata().name())
        || !signed.planDigest().equals(s.plan().digest())
        || !signed.kbId().equals(s.kbId())
        || !signed.workflowId().equals(s.workflowId())) {
      return no(
          "a request for plan " + s.plan().digest() + " on " + s.kbId() + " by " + s.workflowId(),
          "one for plan "
              + signed.planDigest()
              + " on "
              + signed.kbId()
              + " by "
              + signed.workflowId());
    }
    if (signed.at().isBefore(s.started().minus(FRESH))
        || signed.at().isAfter(s.started().plus(AHEAD))) {
      return no(
          "a request signed within " + FRESH + " before the start at " + s.started(),
          "one signed at " + signed.at());
    }
    return s.usedByAnother()
        ? no("a request that no other run has used", "a used one")
        : Verdict.pass();
  }

  private static Verdict no(String expected, String actual) {
    return Verdict.reject(RejectCode.REQUEST_UNPROVEN, "", expected, actual);
  }
}
