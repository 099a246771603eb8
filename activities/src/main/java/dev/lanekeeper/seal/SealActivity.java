package dev.lanekeeper.seal;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.canonical.Json;
import dev.lanekeeper.grant.TrustRoot;
import dev.lanekeeper.kb.LedgerEntry;
import dev.lanekeeper.kb.LedgerState;
import dev.lanekeeper.lane.Plan;
import dev.lanekeeper.lane.Stage;
import dev.lanekeeper.packet.PacketBuilder;
import dev.lanekeeper.packet.PacketVerifier;
import dev.lanekeeper.packet.Publishing;
import dev.lanekeeper.review.TableD;
import dev.lanekeeper.signature.Envelope;
import dev.lanekeeper.signature.VerifyKey;
import dev.lanekeeper.stage.Evidence;
import dev.lanekeeper.stage.StageEnvironment;
import dev.lanekeeper.stage.StageRecords;
import dev.lanekeeper.stage.Workspace;
import dev.lanekeeper.workflow.Activities;
import dev.lanekeeper.workflow.LaneEnd;
import dev.lanekeeper.workflow.Owner;
import dev.lanekeeper.workflow.SealCall;
import dev.lanekeeper.workflow.SealedPacket;
import io.temporal.activity.Activity;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Seals what a run left that did not pass, and records its end. */
public final class SealActivity implements Activities.Seal {

  private final StageEnvironment environment;

  /** The activity on a worker. */
  public SealActivity(StageEnvironment environment) {
    this.environment = environment;
  }

  @Override
  public SealedPacket seal(SealCall call) {
    try {
      return perform(call);
    } catch (IOException e) {
      throw Activity.wrap(e);
    }
  }

  private SealedPacket perform(SealCall call) throws IOException {
    if (call.end() == LaneEnd.APPLIED) {
      throw new IOException("only S7 seals an applied lane");
    }
    Owner owner = call.run().orElseGet(() -> environment.owner(call.runId()));
    LedgerState ledger = environment.kb().ledger();
    Optional<LedgerEntry.Reopened> reopened = ledger.reopened(owner);
    Instant now = environment.clock().instant();
    Optional<Plan> plan = plan(call, ledger, owner);
    Optional<byte[]> grant = grant(call, ledger, owner);
    PacketBuilder packet = new PacketBuilder(environment.evidence(), ledger, owner, plan, grant);
    TableD tableD =
        plan.map(
                p ->
                    TableD.of(
                        p.spec(),
                        TableD.Facts.ofRecord(
                            ledger.effects(owner).stream()
                                .map(LedgerEntry.EffectRecorded::effect)
                                .toList())))
            .orElse(new TableD(List.of(), List.of()));
    if (!packet.files().containsKey("forbidden-surface-proof.json")) {
      ObjectNode proof = Json.object();
      proof.set("tableD", tableD.json());
      proof.put("surfaces", tableD.rows().size());
      proof.put("any_forbidden_surface_attempted", tableD.anyAttempted());
      packet.put("forbidden-surface-proof.json", proof, now);
    }
    packet.executionPlan(tableD, now, false);

    ObjectNode details = Json.object().put("worker", environment.identity());
    ArrayNode withdrawn = details.putArray("withdrawn");
    call.withdrawn().outcomes().forEach(withdrawn::add);
    call.reject().ifPresent(r -> details.set("reject", Evidence.json(r)));
    reopened.ifPresent(r -> details.put("rollbackGrant", r.grant().hex()));
    Map<String, byte[]> files =
        packet.seal(environment.key(), "SEAL", call.end(), packet.plannedDocuments(), now, details);
    Optional<String> ownerKey = grant.flatMap(this::signer).map(k -> k.thumbprint().hex());
    try (Workspace workspace = Workspace.under(environment.workspaces(), "seal")) {
      PacketVerifier.Finding finding =
          new PacketVerifier(files, ownerKey).verify(workspace.folder().resolve("re-execution"));
      ObjectNode run = Json.object();
      run.set("withdrawn", withdrawn);
      run.put("stage", call.stage().map(s -> s + " " + s.title()).orElse("none"));
      call.reject()
          .ifPresent(
              r ->
                  run.putObject("reject")
                      .put("code", r.render())
                      .put("expected", r.expected())
                      .put("actual", r.actual())
                      .put("remedy", r.code().remedy()));
      Publishing publishing =
          new Publishing(
              environment,
              plan.map(Plan::lane),
              call.lane(),
              owner,
              plan,
              owner.runId() + (reopened.isPresent() ? "-rollback" : ""));
      // A reset of a closed run, an attempt whose answer was lost or that slept meanwhile, or a
      // withdrawal that could not begin: the end that the run had stands.
      LedgerEntry.RunEnded ended =
          environment
              .kb()
              .end(
                  owner,
                  ledger.lines().size(),
                  () ->
                      new LedgerEntry.RunEnded(
                          owner,
                          call.lane(),
                          plan.map(Plan::digest),
                          call.end(),
                          Optional.of(
                              publishing.store(files, packet.files(), finding, call.end(), run))));
      return ended
          .packet()
          .orElseThrow(() -> new IOException("the run ended " + ended.end() + " without a packet"));
    }
  }

  private Optional<Plan> plan(SealCall call, LedgerState ledger, Owner owner) throws IOException {
    Optional<Digest> digest =
        call.planDigest()
            .or(
                () ->
                    ledger
                        .all(LedgerEntry.RunOpened.class)
                        .filter(r -> r.owner().equals(owner))
                        .findFirst()
                        .flatMap(LedgerEntry.RunOpened::planDigest));
    return digest.isEmpty()
        ? Optional.empty()
        : Optional.of(Plan.read(environment.evidence().get(digest.get())));
  }

  /** The grant that the call names, or the one that the run's own S0 verified. */
  private Optional<byte[]> grant(SealCall call, LedgerState ledger, Owner owner)
      throws IOException {
    Optional<Digest> digest = call.grant();
    Optional<LedgerEntry.StageRecorded> preflight = ledger.stage(owner, Stage.S0);
    if (digest.isEmpty() && preflight.isPresent()) {
      ObjectNode lock =
          StageRecords.files(environment.evidence(), preflight.get())
              .getOrDefault("delegation-and-authority-lock.json", Json.object());
      String named = lock.at("/volatile/grantSha256").asText();
      digest = named.isEmpty() ? Optional.empty() : Optional.of(new Digest(named));
    }
    return digest.isEmpty() ? Optional.empty() : environment.evidence().grant(digest.get());
  }

  private Optional<VerifyKey> signer(byte[] grant) {
    try {
      return Envelope.read(grant).signedBy(environment.trust().get().of(TrustRoot.Role.OWNER));
    } catch (IOException e) {
      return Optional.empty();
    }
  }
}
