package dev.lanekeeper.s2staging;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lanekeeper.authority.Grant;
import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.canonical.Json;
import dev.lanekeeper.files.Access;
import dev.lanekeeper.files.Rights;
import dev.lanekeeper.files.Root;
import dev.lanekeeper.gate.HardenedRollbackGate;
import dev.lanekeeper.grant.Approvals;
import dev.lanekeeper.grant.TrustRoot;
import dev.lanekeeper.kb.Attestation;
import dev.lanekeeper.kb.CommitChecks;
import dev.lanekeeper.kb.DirectoryKnowledgeBase;
import dev.lanekeeper.kb.DirectoryReader;
import dev.lanekeeper.kb.Document;
import dev.lanekeeper.kb.KbIdentity;
import dev.lanekeeper.kb.KnowledgeBase;
import dev.lanekeeper.kb.LedgerEntry;
import dev.lanekeeper.lane.Head;
import dev.lanekeeper.lane.KbPath;
import dev.lanekeeper.lane.Lane;
import dev.lanekeeper.lane.Plan;
import dev.lanekeeper.lane.Stage;
import dev.lanekeeper.signature.Envelope;
import dev.lanekeeper.signature.SigningKey;
import dev.lanekeeper.verdict.RejectCode;
import dev.lanekeeper.verdict.Verdict;
import dev.lanekeeper.workflow.Approval;
import dev.lanekeeper.workflow.Owner;
import dev.lanekeeper.workflow.RunId;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Applies and withdraws a plan in a knowledge base made for it, by the very code that publishes:
 * the same class, the same commit checks, the same ledger, under keys and a grant that are worth
 * nothing elsewhere. What it reports is read back through a fresh handle each time.
 */
public final class StagingProof {

  private static final Owner OWNER =
      new Owner("staging", "staging", "staging", new RunId("00000000-0000-4000-8000-000000000000"));

  private static final Duration VALIDITY = Duration.ofHours(1);

  private final Plan plan;
  private final Path workspace;
  private final Clock clock;
  private final SigningKey staging = SigningKey.generate();
  private final SigningKey approver = SigningKey.generate();

  /** A proof in an empty folder. */
  public StagingProof(Plan plan, Path workspace, Clock clock) {
    this.plan = plan;
    this.workspace = workspace;
    this.clock = clock;
  }

  /**
   * Runs it.
   *
   * @param documents the bytes to publish, by change id
   * @param standing the documents that are there before: those that changes update, and the pinned
   *     ones, with their heads
   * @return S2's file: {@code evidence}, which the gate judges, and under {@code volatile} whose
   *     the updated documents are
   */
  public ObjectNode run(Map<String, byte[]> documents, NavigableMap<KbPath, Standing> standing)
      throws IOException {
    KnowledgeBase kb = open(standing);
    Moment before = look();
    clear(kb);
    byte[] grant = grant();
    LedgerEntry.Claimed claim = kb.claim(OWNER, plan, owner -> false);
    long fence = kb.raiseFence(claim.epoch());
    for (Lane.Change change : plan.spec().changes()) {
      kb.publish(
          new KnowledgeBase.Publication(
              OWNER, plan, grant, claim.epoch(), fence, change, documents.get(change.id())));
    }
    Moment applied = look();
    KnowledgeBase.Withdrawal withdrawal = kb.withdraw(OWNER);
    Moment restored = look();

    ObjectNode evidence = Json.object();
    evidence.put("laneId", plan.lane().metadata().id());
    evidence.put("adapter", DirectoryKnowledgeBase.class.getName());
    evidence.put("productionRollbackStatus", productionStatus(plan.spec().environment()));
    evidence.put("withdrawalComplete", withdrawal.complete());
    ObjectNode owners = Json.object();
    ArrayNode rollbacks = evidence.putArray("rollbacks");
    for (Lane.Change change : plan.spec().changes()) {
      ObjectNode proof = rollbacks.addObject();
      proof.put("rollbackId", change.rollbackId()).put("changeId", change.id());
      proof.put("path", change.path().value());
      proof.set("before", before.heads().get(change.path()).json());
      proof.set("afterApply", applied.heads().get(change.path()).json());
      proof.set("afterRollback", restored.heads().get(change.path()).json());
      Optional<Access> access =
          Optional.ofNullable(standing.get(change.path())).flatMap(Standing::access);
      if (access.isPresent()) {
        Access after = applied.access().get(change.path());
        Access again = restored.access().get(change.path());
        proof.set("mode", moments(access.get().mode(), after.mode(), again.mode()));
        if (access.get().owners().isPresent()) {
          owners.set(
              change.rollbackId(),
              moments(
                  access.get().owners().get().toString(),
                  after.owners().orElseThrow().toString(),
                  again.owners().orElseThrow().toString()));
        }
      }
    }
    ObjectNode trees = evidence.putObject("trees");
    trees.put("before", before.tree().hex());
    trees.put("afterApply", applied.tree().hex());
    trees.put("afterRollback", restored.tree().hex());
    ObjectNode file = Json.object();
    file.set("evidence", evidence);
    if (!owners.isEmpty()) {
      file.putObject("volatile").set("owners", owners);
    }
    return file;
  }

  private static ObjectNode moments(String before, String afterApply, String afterRollback) {
    return Json.object()
        .put("before", before)
        .put("afterApply", afterApply)
        .put("afterRollback", afterRollback);
  }

  /** What a proof in staging says of production: nothing, or that nothing is proven of it. */
  private static String productionStatus(String environment) {
    return environment.matches("(?i)prod(uction)?(-.*)?") ? "NOT_PROVEN" : "NOT_APPLICABLE";
  }

  /**
   * A document that is there before the change.
   *
   * @param revision its revision
   * @param bytes its bytes
   * @param access who may do what with it, where that is to be proved too
   */
  @SuppressWarnings("ArrayRecordComponent") // compared by nobody
  public record Standing(int revision, byte[] bytes, Optional<Access> access) {

    /** Of which only the bytes matter. */
    public Standing(int revision, byte[] bytes) {
      this(revision, bytes, Optional.empty());
    }
  }

  private record Moment(Map<KbPath, Head> heads, Map<KbPath, Access> access, Digest tree) {}

  private KnowledgeBase open(Map<KbPath, Standing> standing) throws IOException {
    Map<KbPath, Document> documents = new TreeMap<>();
    standing.forEach(
        (path, document) ->
            documents.put(
                path,
                new Document(
                    new Head.Revision(document.revision(), Digest.of(document.bytes())),
                    document.bytes())));
    DirectoryKnowledgeBase.createWith(
        documents(), state(), new KbIdentity("staging", plan.spec().environment()), documents);
    for (Map.Entry<KbPath, Standing> document : standing.entrySet()) {
      if (document.getValue().access().isPresent()) {
        Root.at(documents(), Rights.UMASK)
            .own(document.getKey().value(), document.getValue().access().get());
      }
    }
    TrustRoot trust =
        TrustRoot.empty()
            .with(TrustRoot.Role.OWNER, "staging", staging.verifyKey())
            .with(TrustRoot.Role.APPROVER, "staging-approver", approver.verifyKey());
    return new DirectoryKnowledgeBase(documents(), state(), clock, CommitChecks.all(() -> trust));
  }

  private Moment look() throws IOException {
    DirectoryReader fresh = new DirectoryReader(documents(), state(), clock);
    Map<KbPath, Head> heads = new TreeMap<>();
    Map<KbPath, Access> access = new TreeMap<>();
    for (Lane.Change change : plan.spec().changes()) {
      heads.put(change.path(), fresh.head(change.path()));
      fresh.access(change.path()).ifPresent(found -> access.put(change.path(), found));
    }
    return new Moment(heads, access, fresh.inventory().tree());
  }

  /** S0 to S4 and an approval as the commit wants to see them, signed by staging keys. */
  private void clear(KnowledgeBase kb) throws IOException {
    for (Stage stage : List.of(Stage.S0, Stage.S1, Stage.S2, Stage.S3, Stage.S4)) {
      String attestation =
          Attestation.sign(
              staging, OWNER, stage.name(), plan.digest(), "PASS", Map.of(), Json.object());
      kb.record(new LedgerEntry.StageRecorded(OWNER, stage, 0, "PASS", plan.digest(), attestation));
    }
    if (plan.spec().approval().isPresent()) {
      Approval approval =
          new Approval(
              1, "staging", plan.digest(), kb.identity().id(), clock.instant().plus(VALIDITY));
      byte[] envelope = Approvals.sign(approval, approver).bytes();
      kb.record(
          new LedgerEntry.Approved(plan.digest(), new String(envelope, StandardCharsets.UTF_8)));
    }
  }

  private byte[] grant() {
    Digest key = staging.verifyKey().thumbprint();
    Grant.Terms terms =
        new Grant.Terms(
            "staging",
            "staging",
            "staging",
            "staging",
            key,
            key,
            clock.instant(),
            clock.instant().plus(VALIDITY),
            0);
    Envelope envelope = Grant.of(plan, terms).sign(staging);
    return envelope.bytes();
  }

  private Path documents() {
    return workspace.resolve("kb");
  }

  private Path state() {
    return workspace.resolve("ledger");
  }

  /**
   * What the gate says of the evidence in S2's file, whether the withdrawal was complete, and
   * whether each updated document kept its mode, owner and group, and had them again afterwards.
   */
  public static Verdict judge(Plan plan, JsonNode file) {
    JsonNode evidence = file.path("evidence");
    Verdict verdict =
        new HardenedRollbackGate().judge(evidence, plan.lane().metadata().id(), rollbackIds(plan));
    if (verdict.passed() && !evidence.path("withdrawalComplete").asBoolean()) {
      verdict =
          Verdict.reject(
              RejectCode.ROLLBACK_DID_NOT_RESTORE, "staging", "a complete withdrawal", "a part");
    }
    for (JsonNode proof : evidence.path("rollbacks")) {
      String id = proof.path("rollbackId").asText();
      if (verdict.passed()) {
        verdict = kept(id, "mode", proof.path("mode"));
      }
      if (verdict.passed()) {
        verdict = kept(id, "owner and group", file.path("volatile").path("owners").path(id));
      }
    }
    return verdict;
  }

  /** Files of an earlier release say nothing of it, nor does the proof of a creation. */
  private static Verdict kept(String id, String what, JsonNode moments) {
    for (JsonNode moment : moments) {
      if (!moment.equals(moments.path("before"))) {
        return Verdict.reject(
            RejectCode.ROLLBACK_DID_NOT_RESTORE,
            id,
            what + " " + moments.path("before").asText() + ", kept by update and rollback",
            moments.path("afterApply").asText()
                + " after the update, "
                + moments.path("afterRollback").asText()
                + " after the rollback");
      }
    }
    return Verdict.pass();
  }

  /** The rollback ids of a plan, in its order. */
  public static List<String> rollbackIds(Plan plan) {
    return new ArrayList<>(plan.spec().changes().stream().map(Lane.Change::rollbackId).toList());
  }
}
