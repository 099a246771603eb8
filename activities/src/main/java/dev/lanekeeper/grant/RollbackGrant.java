package dev.lanekeeper.grant;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.lanekeeper.authority.Authorization;
import dev.lanekeeper.canonical.CanonicalJson;
import dev.lanekeeper.canonical.InvalidFieldException;
import dev.lanekeeper.canonical.Json;
import dev.lanekeeper.canonical.PlainText;
import dev.lanekeeper.lane.Id;
import dev.lanekeeper.signature.Envelope;
import dev.lanekeeper.signature.SigningKey;
import dev.lanekeeper.verdict.RejectCode;
import dev.lanekeeper.verdict.Verdict;
import dev.lanekeeper.workflow.Owner;
import java.io.IOException;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;

/**
 * An owner's authorization to withdraw one applied run, which it names.
 *
 * @param id unique; each serves once
 * @param issuer who signs, in words
 * @param kbId the knowledge base
 * @param run the applied run
 * @param notBefore valid from, inclusive
 * @param expiresAt valid until, exclusive
 * @param revocationEpoch the trust root's epoch when issued
 */
public record RollbackGrant(
    @JsonProperty(required = true) int formatVersion,
    @JsonProperty(required = true) String id,
    @JsonProperty(required = true) String issuer,
    @JsonProperty(required = true) String kbId,
    @JsonProperty(required = true) Owner run,
    @JsonProperty(required = true) Instant notBefore,
    @JsonProperty(required = true) Instant expiresAt,
    @JsonProperty(required = true) int revocationEpoch)
    implements Authorization {

  /** The DSSE payload type. */
  public static final String PAYLOAD_TYPE = "application/vnd.lanekeeper.rollback-grant+json";

  public RollbackGrant {
    Json.requireFormat(formatVersion);
    Id.of("id", id);
    PlainText.line("issuer", issuer);
    Id.of("kbId", kbId);
    if (run.engine().isBlank() || run.namespace().isBlank() || run.workflowId().isBlank()) {
      throw new InvalidFieldException(
          "run", "expected a run with engine, namespace and workflow id, found one without");
    }
  }

  /** Signs the grant. */
  public Envelope sign(SigningKey owner) {
    return Envelope.sign(PAYLOAD_TYPE, CanonicalJson.bytes(Json.tree(this)), owner);
  }

  /**
   * The grant that an envelope holds, whoever signed it.
   *
   * @throws IOException when it holds none
   */
  public static RollbackGrant in(Envelope envelope) throws IOException {
    return envelope.payloadAs(PAYLOAD_TYPE, RollbackGrant.class);
  }

  /**
   * Whether presented bytes allow this run to be withdrawn now.
   *
   * @param presented the envelope's bytes; empty when nothing is presented
   * @param revoked ids of grants that were revoked
   */
  public static Verdict verify(
      Optional<byte[]> presented,
      TrustRoot trust,
      String kbId,
      Owner run,
      Instant now,
      Set<String> revoked) {
    if (presented.isEmpty()) {
      return Verdict.reject(
          RejectCode.ROLLBACK_NEEDS_GRANT,
          run.runId().value(),
          "a grant that names this applied run",
          "none");
    }
    try {
      Envelope envelope = Envelope.read(presented.get());
      RollbackGrant grant = in(envelope);
      if (envelope.signedBy(trust.of(TrustRoot.Role.OWNER)).isEmpty()) {
        return no(RejectCode.GRANT_FORGED, grant, "a signature by an owner", "one by no owner");
      }
      if (!grant.run().equals(run)) {
        return no(
            RejectCode.ROLLBACK_NEEDS_GRANT,
            grant,
            "run " + run.runId().value(),
            grant.run().runId().value());
      }
      if (!grant.kbId().equals(kbId)) {
        return no(RejectCode.GRANT_KB_MISMATCH, grant, kbId, grant.kbId());
      }
      if (grant.revocationEpoch() < trust.revocationEpoch()) {
        return no(
            RejectCode.GRANT_REVOKED,
            grant,
            "epoch " + trust.revocationEpoch(),
            "epoch " + grant.revocationEpoch());
      }
      if (revoked.contains(grant.id())) {
        return no(RejectCode.GRANT_REVOKED, grant, "a grant that was not revoked", "one that was");
      }
      if (now.isBefore(grant.notBefore())) {
        return no(
            RejectCode.GRANT_NOT_YET_VALID, grant, "not before " + grant.notBefore(), "" + now);
      }
      return now.isBefore(grant.expiresAt())
          ? Verdict.pass()
          : no(RejectCode.GRANT_EXPIRED, grant, "a time before " + grant.expiresAt(), "" + now);
    } catch (IOException | IllegalArgumentException e) {
      return Verdict.reject(
          RejectCode.GRANT_MALFORMED,
          "rollback",
          "a DSSE envelope of type " + PAYLOAD_TYPE,
          String.valueOf(e.getMessage()).lines().findFirst().orElse("other bytes"));
    }
  }

  private static Verdict no(RejectCode code, RollbackGrant grant, String expected, String actual) {
    return Verdict.reject(code, grant.id(), expected, actual);
  }
}
