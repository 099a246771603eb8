package dev.lanekeeper.authority;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lanekeeper.canonical.CanonicalJson;
import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.canonical.Json;
import dev.lanekeeper.canonical.PlainText;
import dev.lanekeeper.lane.Head;
import dev.lanekeeper.lane.Id;
import dev.lanekeeper.lane.IdRange;
import dev.lanekeeper.lane.KbPath;
import dev.lanekeeper.lane.Lane;
import dev.lanekeeper.lane.Plan;
import dev.lanekeeper.lane.Stage;
import dev.lanekeeper.signature.Envelope;
import dev.lanekeeper.signature.SigningKey;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * A signed delegation's content: one run of one plan on one knowledge base.
 *
 * @param id unique
 * @param issuer who signs, in words
 * @param subject for whom, in words
 * @param delegation the delegation's name
 * @param authority the authority class
 * @param actorChain from the person down to the agent
 * @param planDigest the plan
 * @param kbId the knowledge base
 * @param environment its label
 * @param stages the stages allowed
 * @param documents the paths with expected heads and digests
 * @param idRanges the governance ids
 * @param executorKey thumbprint of the key that signs S0 to S6
 * @param reviewerKey thumbprint of the key that signs S7
 * @param agentKey thumbprint of the key that must sign the request, if only one agent may ask
 * @param notBefore valid from, inclusive
 * @param expiresAt valid until, exclusive
 * @param revocationEpoch the trust root's epoch when issued
 */
@JsonInclude(JsonInclude.Include.NON_ABSENT)
public record Grant(
    @JsonProperty(required = true) int formatVersion,
    @JsonProperty(required = true) String id,
    @JsonProperty(required = true) String issuer,
    @JsonProperty(required = true) String subject,
    @JsonProperty(required = true) String delegation,
    @JsonProperty(required = true) String authority,
    @JsonProperty(required = true) List<String> actorChain,
    @JsonProperty(required = true) Digest planDigest,
    @JsonProperty(required = true) String kbId,
    @JsonProperty(required = true) String environment,
    @JsonProperty(required = true) List<Stage> stages,
    @JsonProperty(required = true) List<Document> documents,
    @JsonProperty(required = true) List<IdRange> idRanges,
    @JsonProperty(required = true) Digest executorKey,
    @JsonProperty(required = true) Digest reviewerKey,
    Optional<Digest> agentKey,
    @JsonProperty(required = true) Instant notBefore,
    @JsonProperty(required = true) Instant expiresAt,
    @JsonProperty(required = true) int revocationEpoch)
    implements Authorization {

  /** The DSSE payload type. */
  public static final String PAYLOAD_TYPE = "application/vnd.lanekeeper.grant+json";

  /** A document that the grant allows to be published. */
  public record Document(
      @JsonProperty(required = true) KbPath path,
      @JsonProperty(required = true) Head expect,
      @JsonProperty(required = true) Digest sha256) {}

  /** Who may do what, and when: what the owner decides beside the plan itself. */
  public record Terms(
      String id,
      String issuer,
      String subject,
      String kbId,
      Digest executorKey,
      Digest reviewerKey,
      Optional<Digest> agentKey,
      Instant notBefore,
      Instant expiresAt,
      int revocationEpoch) {

    /** Terms that name no agent's key. */
    public Terms(
        String id,
        String issuer,
        String subject,
        String kbId,
        Digest executorKey,
        Digest reviewerKey,
        Instant notBefore,
        Instant expiresAt,
        int revocationEpoch) {
      this(
          id,
          issuer,
          subject,
          kbId,
          executorKey,
          reviewerKey,
          Optional.empty(),
          notBefore,
          expiresAt,
          revocationEpoch);
    }
  }

  public Grant {
    Json.requireFormat(formatVersion);
    Id.of("id", id);
    PlainText.line("issuer", issuer);
    PlainText.line("subject", subject);
    Id.of("delegation", delegation);
    Id.of("authority", authority);
    Id.of("kbId", kbId);
    Id.of("environment", environment);
    actorChain = List.copyOf(actorChain);
    actorChain.forEach(actor -> PlainText.line("actorChain", actor));
    stages = List.copyOf(stages);
    documents = List.copyOf(documents);
    idRanges = List.copyOf(idRanges);
  }

  /** A grant of exactly this plan. */
  public static Grant of(Plan plan, Terms terms) {
    Lane.Spec spec = plan.spec();
    return new Grant(
        1,
        terms.id(),
        terms.issuer(),
        terms.subject(),
        spec.delegation().name(),
        spec.authority(),
        spec.delegation().chain(),
        plan.digest(),
        terms.kbId(),
        spec.environment(),
        List.of(Stage.values()),
        documents(plan),
        ranges(plan),
        terms.executorKey(),
        terms.reviewerKey(),
        terms.agentKey(),
        terms.notBefore(),
        terms.expiresAt(),
        terms.revocationEpoch());
  }

  /** The documents that a plan publishes. */
  public static List<Document> documents(Plan plan) {
    return plan.spec().changes().stream()
        .map(c -> new Document(c.path(), c.expect(), plan.sourceDigest(c)))
        .toList();
  }

  /** The ids that a plan reserves. */
  public static List<IdRange> ranges(Plan plan) {
    return plan.spec().reservations().stream().map(Lane.Reservation::range).toList();
  }

  /** What Table A shows of it, and what is the same in every grant of a plan. */
  public ObjectNode terms() {
    ObjectNode out = Json.object();
    out.put("delegation", delegation).put("authority", authority).put("environment", environment);
    out.set("actorChain", Json.tree(actorChain));
    out.set("stages", Json.tree(stages));
    out.set("documents", Json.tree(documents));
    out.set("idRanges", Json.tree(idRanges));
    return out;
  }

  /** What Table A shows of it, and what differs from grant to grant. */
  public ObjectNode particulars() {
    ObjectNode out = Json.object();
    out.put("grantId", id).put("issuer", issuer).put("subject", subject).put("kbId", kbId);
    agentKey.ifPresent(key -> out.put("agentKey", key.hex()));
    out.put("notBefore", notBefore.toString()).put("expiresAt", expiresAt.toString());
    return out;
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
  public static Grant in(Envelope envelope) throws IOException {
    return envelope.payloadAs(PAYLOAD_TYPE, Grant.class);
  }
}
