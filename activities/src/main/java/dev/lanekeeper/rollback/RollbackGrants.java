package dev.lanekeeper.rollback;

import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.evidence.EvidenceStore;
import dev.lanekeeper.grant.RollbackGrant;
import dev.lanekeeper.grant.TrustRoot;
import dev.lanekeeper.workflow.Owner;
import java.io.IOException;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;

/** The stored grants to withdraw applied runs. */
public final class RollbackGrants {

  private RollbackGrants() {}

  /**
   * The newest that names the run and holds now.
   *
   * @param revoked ids of grants that were revoked
   */
  public static Optional<byte[]> newest(
      EvidenceStore evidence,
      TrustRoot trust,
      String kbId,
      Owner run,
      Instant now,
      Set<String> revoked)
      throws IOException {
    for (Digest digest : evidence.grants()) {
      Optional<byte[]> grant = evidence.grant(digest);
      if (RollbackGrant.verify(grant, trust, kbId, run, now, revoked).passed()) {
        return grant;
      }
    }
    return Optional.empty();
  }
}
