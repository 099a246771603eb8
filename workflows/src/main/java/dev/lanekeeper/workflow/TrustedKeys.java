package dev.lanekeeper.workflow;

import dev.lanekeeper.canonical.Digest;

/** Whose signatures a worker's installation believes, by role. */
public interface TrustedKeys {

  /** Who signs results. */
  enum Role {
    EXECUTOR,
    REVIEWER
  }

  /** Whether the key may sign in the role, now. */
  boolean trusts(Role role, Digest thumbprint);
}
