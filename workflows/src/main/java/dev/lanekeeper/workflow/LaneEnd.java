package dev.lanekeeper.workflow;

/** How a lane run ends. */
public enum LaneEnd {
  /** Every stage passed; the documents are published. */
  APPLIED,
  /** A stage refused; what was published is withdrawn. */
  REJECTED,
  /** A person asked for the rollback of a held lane, and it is done. */
  ROLLED_BACK,
  /** A person gave a held lane up; what was published is withdrawn. */
  ABORTED,
  /** Somebody canceled the workflow; what was published is withdrawn. */
  CANCELED,
  /** A document could not be withdrawn; the claim stays until a rollback succeeds. */
  ROLLBACK_FAILED
}
