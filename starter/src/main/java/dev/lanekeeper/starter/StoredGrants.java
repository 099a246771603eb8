package dev.lanekeeper.starter;

import dev.lanekeeper.authority.Authorization;
import dev.lanekeeper.authority.Grant;
import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.evidence.EvidenceStore;
import dev.lanekeeper.grant.RollbackGrant;
import dev.lanekeeper.grant.TrustRoot;
import dev.lanekeeper.kb.KbReader;
import dev.lanekeeper.kb.LedgerEntry;
import dev.lanekeeper.kb.LedgerState;
import dev.lanekeeper.lane.Plan;
import dev.lanekeeper.signature.Envelope;
import dev.lanekeeper.worker.Home;
import dev.lanekeeper.workflow.Owner;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Every grant that a home has stored, with the state of each. */
final class StoredGrants {

  private final Home home;
  private final String kb;
  private final LedgerState ledger;
  private final Instant now;

  StoredGrants(Home home, Instant now) throws IOException {
    this.home = home;
    this.now = now;
    KbReader reader = home.reader();
    kb = reader.identity().id();
    ledger = reader.ledger();
  }

  /**
   * A stored grant.
   *
   * @param kind run, rollback, or unreadable, of which nothing more is known than its digest
   * @param id its id; the digest of what cannot be read
   * @param lane the lane, as far as the home knows the plan or the run
   * @param of the plan's digest, or the run to withdraw
   * @param signedBy the names of the owner key that signed it, and its thumbprint
   * @param state valid, expired, not yet valid, consumed, revoked, not trusted, of another
   *     knowledge base, or unreadable
   * @param consumedBy the run that consumed it
   */
  record Line(
      String kind,
      String id,
      Optional<String> lane,
      String of,
      Optional<String> signedBy,
      Optional<Instant> notBefore,
      Optional<Instant> expiresAt,
      String state,
      Optional<String> consumedBy) {}

  /** Newest first. */
  List<Line> all() throws IOException {
    EvidenceStore evidence = home.evidence();
    List<Line> lines = new ArrayList<>();
    for (Digest digest : evidence.grants()) {
      Optional<byte[]> bytes = evidence.grant(digest);
      if (bytes.isPresent()) {
        lines.add(line(digest, bytes.get()));
      }
    }
    return lines;
  }

  private Line line(Digest digest, byte[] bytes) {
    try {
      Envelope envelope = Envelope.read(bytes);
      if (envelope.payloadType().equals(RollbackGrant.PAYLOAD_TYPE)) {
        RollbackGrant grant = RollbackGrant.in(envelope);
        return line("rollback", envelope, lane(grant.run()), grant.run().runId().value(), grant);
      }
      Grant grant = Grant.in(envelope);
      return line("run", envelope, lane(grant.planDigest()), grant.planDigest().hex(), grant);
    } catch (IOException | IllegalArgumentException e) {
      return new Line(
          "unreadable",
          digest.hex(),
          Optional.empty(),
          "",
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          "unreadable",
          Optional.empty());
    }
  }

  private Line line(
      String kind, Envelope envelope, Optional<String> lane, String of, Authorization terms) {
    TrustRoot trust = home.trustRoot();
    Optional<String> signedBy =
        envelope
            .signedBy(trust.of(TrustRoot.Role.OWNER))
            .map(
                key ->
                    String.join(", ", trust.names(key.thumbprint()))
                        + " "
                        + key.thumbprint().hex());
    Optional<String> consumedBy = consumedBy(terms.id());
    return new Line(
        kind,
        terms.id(),
        lane,
        of,
        signedBy,
        Optional.of(terms.notBefore()),
        Optional.of(terms.expiresAt()),
        state(terms, signedBy.isPresent(), consumedBy.isPresent(), trust.revocationEpoch()),
        consumedBy);
  }

  private String state(Authorization terms, boolean trusted, boolean consumed, int epoch) {
    if (!trusted) {
      return "not trusted";
    }
    if (!terms.kbId().equals(kb)) {
      return "of another knowledge base";
    }
    if (ledger.revokedGrants().contains(terms.id()) || terms.revocationEpoch() < epoch) {
      return "revoked";
    }
    if (consumed) {
      return "consumed";
    }
    if (now.isBefore(terms.notBefore())) {
      return "not yet valid";
    }
    return now.isBefore(terms.expiresAt()) ? "valid" : "expired";
  }

  private Optional<String> consumedBy(String id) {
    return ledger
        .all(LedgerEntry.GrantConsumed.class)
        .filter(consumed -> consumed.grantId().equals(id))
        .flatMap(consumed -> ledger.claim(consumed.epoch()).stream())
        .map(claim -> claim.owner().runId().value())
        .reduce((first, second) -> second);
  }

  private Optional<String> lane(Digest plan) {
    try {
      return Optional.of(Plan.read(home.evidence().get(plan)).lane().metadata().name().value());
    } catch (IOException | IllegalArgumentException e) {
      // The plan is not stored here.
      return Optional.empty();
    }
  }

  private Optional<String> lane(Owner run) {
    return ledger
        .all(LedgerEntry.RunOpened.class)
        .filter(opened -> opened.owner().equals(run))
        .map(opened -> opened.lane().value())
        .findFirst();
  }
}
