package dev.lanekeeper.rollback;

import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.evidence.EvidenceStore;
import dev.lanekeeper.grant.RollbackGrant;
import dev.lanekeeper.grant.TrustRoot;
import dev.lanekeeper.workflow.Owner;
import java.io.IOException;
import java.time.Instant;
import java.util.Optional;

/** The stored grants to withdraw applied runs. */
public final class RollbackGrants {

  private RollbackGrants() {}

  /** The newest that names the run and holds now. */
  public static Optional<byte[]> newest(
      EvidenceStore evidence, TrustRoot trust, String kbId, Owner run, Instant now)
      throws IOException {
    for (Digest digest : evidence.grants()) {
      Optional<byte[]> grant = evidence.grant(digest);
      if (RollbackGrant.verify(grant, trust, kbId, run, now).passed()) {
        return grant;
      }
    }
    return Optional.empty();
  }
}
