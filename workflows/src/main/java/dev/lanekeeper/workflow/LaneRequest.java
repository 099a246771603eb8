package dev.lanekeeper.workflow;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.canonical.InvalidFieldException;
import dev.lanekeeper.canonical.PlainText;
import dev.lanekeeper.lane.Id;
import dev.lanekeeper.lane.LaneName;
import dev.lanekeeper.verdict.RejectCode;
import io.temporal.common.converter.RawValue;
import io.temporal.failure.ApplicationFailure;
import java.util.Optional;

/**
 * What starts a lane: one small JSON object; {@code {"lane": "fix7-p0"}} is enough.
 *
 * @param lane the lane's name
 * @param bundle the digest of the stored bundle to run; without it, the one that the lane's name
 *     means in the catalogue
 * @param planDigest the plan that the requester means; refused when the bundle's differs
 * @param kbId the knowledge base that the requester means; a worker of another one refuses
 * @param grant the SHA-256 of the grant's envelope; without it, or when it does not hold and the
 *     lane was resumed, S0 takes the newest valid one
 * @param requester who asks, as recorded, not trusted
 * @param note anything the requester wants to say
 * @param proof the agent's {@link dev.lanekeeper.authority.RequestProof}, as a DSSE envelope, for a
 *     grant that names the agent's key
 */
public record LaneRequest(
    @JsonProperty(required = true) LaneName lane,
    Optional<Digest> bundle,
    Optional<Digest> planDigest,
    Optional<String> kbId,
    Optional<Digest> grant,
    Optional<String> requester,
    Optional<String> note,
    Optional<String> proof) {

  /** Wants the lane's name, and texts of a bounded length. */
  public LaneRequest {
    if (lane == null) {
      throw new IllegalArgumentException("expected the lane's name, found null");
    }
    kbId.ifPresent(id -> Id.of("kbId", id));
    plain("requester", requester, false, 200);
    plain("note", note, true, 1000);
    plain("proof", proof, false, 8000);
  }

  private static void plain(String field, Optional<String> text, boolean multiline, int most) {
    text.flatMap(t -> PlainText.problem(t, multiline, most))
        .ifPresent(
            problem -> {
              throw new InvalidFieldException(field, problem);
            });
  }

  /** The smallest request. */
  public static LaneRequest of(LaneName lane) {
    return new LaneRequest(
        lane,
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty());
  }

  /**
   * Whether another request asks for the same: what to run where, under which grant. Who asks, what
   * they say and how they prove who they are may differ.
   */
  public boolean asksTheSame(LaneRequest other) {
    return lane.equals(other.lane)
        && bundle.equals(other.bundle)
        && planDigest.equals(other.planDigest)
        && kbId.equals(other.kbId)
        && grant.equals(other.grant);
  }

  /** The same with the agent's proof of possession. */
  public LaneRequest with(String proofEnvelope) {
    return new LaneRequest(
        lane, bundle, planDigest, kbId, grant, requester, note, Optional.of(proofEnvelope));
  }

  /**
   * Reads a workflow's input.
   *
   * @throws ApplicationFailure non-retryable, of type INVALID_LANE_INPUT, when the input is
   *     anything but one such object
   */
  public static LaneRequest read(RawValue input) {
    return Input.read(
        input, LaneRequest.class, "a lane request", RejectCode.INVALID_LANE_INPUT.remedy());
  }
}
