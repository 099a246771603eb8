package dev.lanekeeper.lane;

import java.util.List;

/** The evidence files of a packet, which a lane's self-checks name. */
public final class EvidenceFiles {

  /** Their names under {@code data/}. */
  public static final List<String> ALL =
      List.of(
          "delegation-and-authority-lock.json",
          "scope-lock.json",
          "execution-plan.json",
          "forbidden-surface-proof.json",
          "preflight.json",
          "seal-vs-bytes.json",
          "rollback-proof.json",
          "rollback-gate.json",
          "execution-probes.json",
          "publication.json",
          "post-execution-review.json",
          "production-readiness-blocker-map.json");

  private EvidenceFiles() {}
}
