package dev.lanekeeper.grant;

import dev.lanekeeper.canonical.CanonicalJson;
import dev.lanekeeper.canonical.Json;
import dev.lanekeeper.signature.Envelope;
import dev.lanekeeper.signature.SigningKey;
import dev.lanekeeper.workflow.Approval;

/** Signs approvals; {@link ApprovalVerifier} decides what they are worth. */
public final class Approvals {

  private Approvals() {}

  /** The approval in an envelope. */
  public static Envelope sign(Approval approval, SigningKey approver) {
    return Envelope.sign(Approval.PAYLOAD_TYPE, CanonicalJson.bytes(Json.tree(approval)), approver);
  }
}
