package dev.lanekeeper.verdict;

import static dev.lanekeeper.verdict.RejectCode.Handling.HOLDS;
import static dev.lanekeeper.verdict.RejectCode.Handling.HOLDS_AT_FIRST;
import static dev.lanekeeper.verdict.RejectCode.Handling.REJECTS;

import java.util.Optional;
import java.util.stream.Stream;

/**
 * Every reason for which Lanekeeper refuses. Append only: a code keeps its meaning for ever, since
 * evidence packets and agents name it.
 *
 * <p>A code {@link Handling#HOLDS holds} when a person can put the cause right and resume the same
 * lane run; otherwise it rejects and the lane is undone. A grant that is absent, out of its time or
 * used up holds. A wrong or foreign one holds {@link Handling#HOLDS_AT_FIRST as long as the run has
 * published nothing}, since the owner can give another. All else of authority and scope rejects.
 */
public enum RejectCode {
  // Authority
  GRANT_MISSING(HOLDS, "ask the owner for a grant for this plan digest, then resume"),
  GRANT_MALFORMED(
      HOLDS_AT_FIRST, "present a DSSE envelope that 'lanekeeper grant issue' wrote, then resume"),
  GRANT_FORGED(
      HOLDS_AT_FIRST, "present a grant signed by an owner key of the trust root, then resume"),
  GRANT_EXPIRED(HOLDS, "ask the owner for a fresh grant for this plan digest, then resume"),
  GRANT_NOT_YET_VALID(HOLDS, "wait until the grant's not-before, then resume"),
  GRANT_CONSUMED(HOLDS, "ask the owner for a fresh grant: each grant serves one run"),
  GRANT_REVOKED(
      REJECTS,
      "ask the owner for a fresh grant: this one, or all of its revocation epoch, was revoked"),
  GRANT_PLAN_MISMATCH(
      HOLDS_AT_FIRST, "ask the owner for a grant that names this plan digest, then resume"),
  GRANT_KB_MISMATCH(
      HOLDS_AT_FIRST, "ask the owner for a grant that names this knowledge base, then resume"),
  GRANT_ENVIRONMENT_MISMATCH(
      HOLDS_AT_FIRST, "ask the owner for a grant for this environment, then resume"),
  GRANT_DELEGATION_MISMATCH(
      HOLDS_AT_FIRST, "ask the owner for a grant of the lane's delegation, then resume"),
  GRANT_SCOPE_MISMATCH(
      HOLDS_AT_FIRST, "ask the owner for a grant over exactly the lane's changes, then resume"),
  GRANT_KEY_MISMATCH(
      HOLDS_AT_FIRST, "ask the owner for a grant that names this worker's keys, then resume"),
  REQUEST_UNPROVEN(REJECTS, "start the lane with the agent's key that the grant names"),
  APPROVAL_MISSING(HOLDS, "let an approver send approve, with an approval that their key signed"),
  APPROVAL_INVALID(HOLDS, "let an approver sign an approval of this plan and knowledge base"),
  APPROVAL_EXPIRED(HOLDS, "let an approver sign a fresh approval"),
  // Plan and place
  PLAN_DIGEST_MISMATCH(REJECTS, "read the lane again with this release and start the new plan"),
  BUNDLE_MISSING(
      HOLDS, "put the lane's folder into the workers' catalogue or evidence store, then resume"),
  ENVIRONMENT_MISMATCH(REJECTS, "run the lane against a knowledge base of its environment"),
  ALREADY_APPLIED(REJECTS, "nothing to do: read the packet of the run that applied this plan"),
  ROLLBACK_PENDING(REJECTS, "finish the rollback of the earlier run first"),
  BUNDLE_INVALID(REJECTS, "correct the lane file where the message says, and start the lane again"),
  // Inputs, pins, seals
  INPUT_DIGEST_MISMATCH(REJECTS, "restore the pinned bytes, or pin the new ones"),
  INPUT_TREE_MISMATCH(REJECTS, "restore the pinned tree, or pin the new one"),
  INPUT_TOKEN_MISSING(REJECTS, "present the input in which the token is in every file"),
  INPUT_VALUE_MISMATCH(REJECTS, "present the input that holds the expected value"),
  INPUT_CASE_MISJUDGED(REJECTS, "present a packet whose cases the named gate judges as stated"),
  SEAL_MISMATCH(REJECTS, "restore the sealed bytes: a frozen seal is never updated"),
  PIN_CHANGED(HOLDS, "restore the pinned document in the knowledge base, then resume"),
  PIN_MISSING(HOLDS, "put the pinned document into the knowledge base, then resume"),
  COUNTERFACTUAL_HARMLESS(REJECTS, "drop the exclusion: the excluded surface would break no pin"),
  DOCUMENT_DIGEST_MISMATCH(REJECTS, "publish only the bytes that the grant names"),
  // The knowledge base
  DOCUMENT_PRESENT(HOLDS, "move the foreign document away, then resume"),
  HEAD_CHANGED(HOLDS, "restore the expected head, or make a new plan on today's head"),
  PATH_COLLISION(HOLDS, "rename the document whose path differs by letter case only"),
  PATH_UNSAFE(HOLDS, "put a real folder or file in the place of the symbolic link or special file"),
  PATH_IGNORED(REJECTS, "publish under a name that the knowledge base does not ignore"),
  FOREIGN_FILE(
      HOLDS, "take the file out of the knowledge base, or let its name be ignored, then resume"),
  VOLUMES_DIFFER(HOLDS, "bring the home's folders onto one volume, then resume"),
  CLAIM_HELD(HOLDS, "wait until the other lane has ended, then resume"),
  RUN_UNKNOWN(REJECTS, "name the run as the ledger and its packet do"),
  CLAIM_ADOPTED(REJECTS, "roll back the run that went on from this one's claim"),
  LANE_CLOSED(REJECTS, "start a new run: this one was withdrawn or has ended"),
  STALE_FENCE(REJECTS, "nothing to do: a later attempt of the same stage has taken over"),
  COMMIT_NOT_CLEARED(REJECTS, "run the lane from S0: the ledger lacks a signed pass"),
  BUILT_UPON(REJECTS, "undo it yourself: somebody changed the document after this lane"),
  FROZEN(HOLDS, "wait until the knowledge base is unfrozen, then resume"),
  INVENTORY_CHANGED(HOLDS, "undo or record the foreign change, then resume"),
  // Governance ids
  ID_AT_OR_BELOW_CEILING(REJECTS, "reserve ids above the ceiling"),
  ID_IN_USE(REJECTS, "reserve ids that no document and no earlier lane uses"),
  CEILING_MISMATCH(REJECTS, "state the ceiling that the registry documents show"),
  RESERVATION_NOT_CARRIED(REJECTS, "list each reserved id and its status in the addendum"),
  // Scope
  SURFACE_FORBIDDEN(REJECTS, "leave the forbidden surface alone"),
  SURFACE_UNKNOWN(REJECTS, "name the effect among the allowed surfaces, or leave it out"),
  // The hardened rollback gate
  ROLLBACK_APPLY_DID_NOT_MUTATE(REJECTS, "prove the rollback with an apply that changes the head"),
  ROLLBACK_APPLY_EQUALS_BEFORE(REJECTS, "prove the rollback with bytes that differ from before"),
  ROLLBACK_DID_NOT_RESTORE(REJECTS, "repair the rollback: the head before must be back"),
  ROLLBACK_PROOF_MISSING(REJECTS, "prove every rollback id of the lane"),
  ROLLBACK_HASH_MISSING(REJECTS, "record the digest of each head that is present"),
  FOREIGN_LANE_ID(REJECTS, "present evidence of this lane"),
  PRODUCTION_STATUS_CLAIMED(REJECTS, "claim no production rollback in a no-production lane"),
  GATE_EVALUATED_NOTHING(REJECTS, "give the gate evidence to judge"),
  GATE_SELFTEST_FAILED(REJECTS, "restore the gate's frozen self-test corpus"),
  GATE_VARIANT_ACCEPTED(REJECTS, "repair the gate: it accepted fabricated evidence"),
  // Probes
  PROBE_FAILED_OPEN(REJECTS, "close the surface: a bad request was allowed"),
  PROBE_WRONG_CODE(REJECTS, "state the code with which the request is refused"),
  PROBE_TOKEN_LEAK(REJECTS, "keep pass and seal tokens out of refusals"),
  PROBE_CONTROL_REFUSED(REJECTS, "allow the control: a guard that refuses all proves nothing"),
  PROBES_EVALUATED_NOTHING(REJECTS, "give S4 at least one probe and one control"),
  // Review
  PASS_WHILE_FORBIDDEN_SURFACE(REJECTS, "claim no success while a forbidden surface was tried"),
  REVIEW_CHECK_FAILED(REJECTS, "read the review's expected and actual, and remove the cause"),
  SELF_CHECK_FAILED(REJECTS, "read the evidence that the self-check names"),
  PACKET_INVALID(REJECTS, "read which check the sealed packet failed"),
  REVIEW_NOT_INDEPENDENT(
      HOLDS, "start a reviewer worker with an identity and a key of its own, then resume"),
  REPORT_OVERCLAIMS(REJECTS, "take ends, independence and counts in the report from evidence"),
  HISTORY_UNEXPECTED(REJECTS, "read the workflow history: it shows what no lane does"),
  // Running
  KB_UNREACHABLE(HOLDS, "put right what stands under found, then resume"),
  STORE_FULL(HOLDS, "free space on the disk, then resume"),
  REVIEWER_ABSENT(HOLDS, "start a reviewer worker, then resume"),
  STAGE_FAULT(HOLDS, "read the log, remove the cause, then resume"),
  KB_MISMATCH(
      HOLDS, "give the workers of each knowledge base a queue of their own, then resume the lane"),
  RESULT_UNVERIFIED(
      HOLDS, "find out who answered in a worker's place, and keep them out; then resume"),
  ROLLBACK_STEP_FAILED(REJECTS, "restore the named document yourself, then run the rollback again"),
  UNKNOWN_VERDICT(REJECTS, "find out why the check could not be made"),
  // Callers
  STAGE_FORBIDDEN(REJECTS, "schedule only the lane's stages"),
  NOT_CALLED_BY_LANE(REJECTS, "start a lane: a stage runs in no other way"),
  INVALID_LANE_INPUT(REJECTS, "start the lane with one JSON object such as {\"lane\":\"NAME\"}"),
  UNKNOWN_WORKFLOW_TYPE(REJECTS, "start the workflow type Lane or LaneRollback"),
  ROLLBACK_NEEDS_GRANT(REJECTS, "an applied lane is withdrawn only under a grant that names it"),
  // Other releases
  UNKNOWN(REJECTS, "read what the worker says, and update: the code is one of a newer release");

  /** What the workflow does about a refusal. */
  public enum Handling {
    /** The lane parks until a person resumes, rolls back or aborts it. */
    HOLDS,
    /** The same while the run has published nothing; afterwards it is undone and ends. */
    HOLDS_AT_FIRST,
    /** The lane is undone and ends. */
    REJECTS
  }

  private final Handling handling;
  private final String remedy;

  RejectCode(Handling handling, String remedy) {
    this.handling = handling;
    this.remedy = remedy;
  }

  /** The code of this name; empty when this release knows none. */
  public static Optional<RejectCode> named(String name) {
    return Stream.of(values()).filter(code -> code.name().equals(name)).findFirst();
  }

  /** Whether a lane refused for this reason waits for a person, whatever it has done. */
  public boolean holds() {
    return handling == HOLDS;
  }

  /**
   * Whether a lane refused for this reason waits for a person now.
   *
   * @param published whether it may have published something
   */
  public boolean holds(boolean published) {
    return handling == HOLDS || (handling == HOLDS_AT_FIRST && !published);
  }

  /** What to do about it, in words. */
  public String remedy() {
    return remedy;
  }
}
