package dev.lanekeeper.seal;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.canonical.Json;
import dev.lanekeeper.grant.TrustRoot;
import dev.lanekeeper.kb.Document;
import dev.lanekeeper.kb.KbReader;
import dev.lanekeeper.kb.LedgerEntry;
import dev.lanekeeper.kb.LedgerState;
import dev.lanekeeper.kb.RefusedException;
import dev.lanekeeper.lane.Head;
import dev.lanekeeper.lane.Lane;
import dev.lanekeeper.lane.LaneName;
import dev.lanekeeper.lane.Plan;
import dev.lanekeeper.lane.Stage;
import dev.lanekeeper.packet.PacketBuilder;
import dev.lanekeeper.packet.PacketVerifier;
import dev.lanekeeper.packet.Publishing;
import dev.lanekeeper.report.RunFacts;
import dev.lanekeeper.review.TableD;
import dev.lanekeeper.signature.Envelope;
import dev.lanekeeper.signature.VerifyKey;
import dev.lanekeeper.stage.Evidence;
import dev.lanekeeper.stage.Grants;
import dev.lanekeeper.stage.StageEnvironment;
import dev.lanekeeper.stage.StageRecords;
import dev.lanekeeper.stage.WorkflowHistory;
import dev.lanekeeper.stage.Workspace;
import dev.lanekeeper.verdict.RejectCode;
import dev.lanekeeper.workflow.Activities;
import dev.lanekeeper.workflow.EndStatement;
import dev.lanekeeper.workflow.LaneEnd;
import dev.lanekeeper.workflow.Owner;
import dev.lanekeeper.workflow.SealCall;
import dev.lanekeeper.workflow.SealedPacket;
import io.temporal.activity.Activity;
import io.temporal.failure.ApplicationFailure;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Seals what a run left that did not pass, and records its end. Everything that it signs is in the
 * ledger, in the documents or in what the service keeps; nothing comes from its caller.
 */
public final class SealActivity implements Activities.Seal {

  private final StageEnvironment environment;

  /** The activity on a worker. */
  public SealActivity(StageEnvironment environment) {
    this.environment = environment;
  }

  @Override
  public SealedPacket seal(SealCall call) {
    try {
      environment.requireKb(call.kbId());
      Owner owner = call.run().orElseGet(environment::owner);
      LedgerState ledger = environment.kb().ledger();
      LedgerEntry.RunOpened opened = requireKnown(ledger, owner);
      if (call.run().isPresent()) {
        requireClosed(ledger, owner);
      }
      Optional<byte[]> grant = grant(ledger, owner);
      Optional<LaneEnd> asked =
          call.run().isPresent() ? Optional.of(LaneEnd.ROLLED_BACK) : asked(owner);
      return perform(ledger, opened, grant, asked).under(Grants.text(grant));
    } catch (IOException e) {
      throw Activity.wrap(e);
    }
  }

  /** A run that never was gets no evidence and no end. */
  private static LedgerEntry.RunOpened requireKnown(LedgerState ledger, Owner owner)
      throws IOException {
    return ledger
        .all(LedgerEntry.RunOpened.class)
        .filter(opened -> opened.owner().equals(owner))
        .reduce((first, second) -> second)
        .orElseThrow(
            () ->
                ApplicationFailure.newNonRetryableFailure(
                    RejectCode.RUN_UNKNOWN.name()
                        + ": expected a run that the ledger knows, found "
                        + owner.workflowId()
                        + " "
                        + owner.runId(),
                    RejectCode.RUN_UNKNOWN.name()));
  }

  /**
   * Whoever names another run must not end it: a run that may still go on ends itself. One that was
   * withdrawn is barred, and cannot go on.
   */
  private void requireClosed(LedgerState ledger, Owner owner) {
    boolean over =
        ledger.end(owner).isPresent()
            || ledger.barred(owner)
            || environment.owners().provenClosed(owner);
    if (!over) {
      throw ApplicationFailure.newNonRetryableFailure(
          RejectCode.CLAIM_HELD.name()
              + ": expected a run that has ended, found "
              + owner.runId()
              + ", which may still go on",
          RejectCode.CLAIM_HELD.name());
    }
  }

  /** How a person ended the calling run, if one did: what the service recorded of it. */
  private Optional<LaneEnd> asked(Owner owner) {
    String runId = environment.calls().current().runId();
    Optional<LaneEnd> asked = Optional.empty();
    for (WorkflowHistory.Event event : environment.history().events(owner.workflowId(), runId)) {
      if (event.type().equals("WORKFLOW_EXECUTION_CANCEL_REQUESTED")) {
        return Optional.of(LaneEnd.CANCELED);
      }
      String update = event.update().orElse("");
      asked =
          switch (update) {
            case "rollback" -> Optional.of(LaneEnd.ROLLED_BACK);
            case "abort" -> Optional.of(LaneEnd.ABORTED);
            case "" -> asked;
            default -> Optional.empty();
          };
    }
    return asked;
  }

  private SealedPacket perform(
      LedgerState ledger,
      LedgerEntry.RunOpened opened,
      Optional<byte[]> grant,
      Optional<LaneEnd> asked)
      throws IOException {
    Owner owner = opened.owner();
    LaneName lane = opened.lane();
    if (ledger.isApplied(owner)) {
      return ledger
          .end(owner)
          .flatMap(LedgerEntry.RunEnded::packet)
          .orElseThrow(() -> new IOException("the run is applied without a packet"));
    }
    Optional<LedgerEntry.Reopened> reopened = ledger.reopened(owner);
    Instant now = environment.clock().instant();
    Optional<Plan> plan = plan(opened, grant);
    KbReader kb = environment.freshReader().open();
    Ending ending = Ending.of(ledger, kb, environment.evidence(), owner, asked);
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
      packet.put("forbidden-surface-proof.json", tableD.proof(), now);
    }
    packet.executionPlan(now, false);

    ObjectNode details = Json.object().put("worker", environment.identity());
    ArrayNode withdrawn = details.putArray("withdrawn");
    ending.withdrawn().forEach(withdrawn::add);
    ending.reject().ifPresent(r -> details.set("reject", Evidence.json(r)));
    reopened.ifPresent(r -> details.put("rollbackGrant", r.grant().hex()));
    Map<String, byte[]> files =
        packet.seal(
            environment.key(),
            "SEAL",
            ending.end(),
            new PacketBuilder.Documents(packet.plannedDocuments(), replaced(plan, kb, packet)),
            now,
            details);
    Optional<String> ownerKey = grant.flatMap(this::signer).map(k -> k.thumbprint().hex());
    try (Workspace workspace = Workspace.under(environment.workspaces(), "seal")) {
      PacketVerifier.Finding finding =
          new PacketVerifier(files, ownerKey).verify(workspace.folder().resolve("re-execution"));
      Optional<RunFacts.Stop> stop =
          ending
              .reject()
              .map(
                  r ->
                      new RunFacts.Stop(
                          ending.stage().map(at -> at + " " + at.title()).orElse("none"),
                          r.render(),
                          r.expected(),
                          r.actual(),
                          r.code().remedy()));
      Publishing publishing =
          new Publishing(
              environment,
              plan.map(Plan::lane),
              lane,
              owner,
              plan,
              owner.runId() + (reopened.isPresent() ? "-rollback" : ""));
      // A reset of a closed run, an attempt whose answer was lost or that slept meanwhile, or a
      // withdrawal that could not begin: the end that the run had remains.
      LedgerEntry.RunEnded ended =
          environment
              .kb()
              .end(
                  owner,
                  ledger.lines().size(),
                  () ->
                      ended(
                          owner,
                          lane,
                          plan.map(Plan::digest),
                          grant,
                          ending,
                          publishing.store(files, packet.files(), finding, ending.end(), stop)));
      return ended
          .packet()
          .orElseThrow(() -> new IOException("the run ended " + ended.end() + " without a packet"));
    }
  }

  private interface Place {
    Optional<byte[]> read() throws IOException;
  }

  /**
   * What the plan's updates replace, each with the digest that the plan expects: as it is kept for
   * the undo, as it stands, or as S2 rehearsed with it. What is in none of these places is left
   * out.
   */
  private static Map<String, byte[]> replaced(
      Optional<Plan> plan, KbReader kb, PacketBuilder packet) {
    Map<String, byte[]> out = new TreeMap<>();
    for (Lane.Change change : plan.map(p -> p.spec().changes()).orElse(List.of())) {
      if (change.expect() instanceof Head.Revision before) {
        List<Place> places =
            List.of(
                () -> Optional.of(kb.kept(before)),
                () -> kb.read(change.path()).map(Document::bytes),
                () -> packet.rehearsed(change.path()));
        for (Place place : places) {
          Optional<byte[]> bytes = read(place);
          if (bytes.map(Digest::of).filter(before.sha256()::equals).isPresent()) {
            out.putIfAbsent(change.path().value(), bytes.get());
          }
        }
      }
    }
    return out;
  }

  private static Optional<byte[]> read(Place place) {
    try {
      return place.read();
    } catch (IOException | RefusedException e) {
      // Another place may have them.
      return Optional.empty();
    }
  }

  private LedgerEntry.RunEnded ended(
      Owner owner,
      LaneName lane,
      Optional<Digest> plan,
      Optional<byte[]> grant,
      Ending ending,
      SealedPacket packet) {
    EndStatement statement =
        new EndStatement(
            1,
            owner,
            lane,
            environment.kb().identity().id(),
            plan,
            grant.map(Digest::of),
            grant.flatMap(this::signer).map(VerifyKey::base64),
            ending.end(),
            ending.stage(),
            ending.reject(),
            packet.location(),
            packet.packetTree(),
            packet.stableTree(),
            environment.clock().instant());
    return new LedgerEntry.RunEnded(
        owner,
        lane,
        plan,
        ending.end(),
        Optional.of(packet.with(statement.sign(environment.key()))));
  }

  /** The plan of a run that worked under a grant; without one, anybody may have named any. */
  private Optional<Plan> plan(LedgerEntry.RunOpened opened, Optional<byte[]> grant)
      throws IOException {
    Optional<Digest> digest = grant.isEmpty() ? Optional.empty() : opened.planDigest();
    return digest.isEmpty()
        ? Optional.empty()
        : Optional.of(Plan.read(environment.evidence().get(digest.get())));
  }

  /** The grant that the run's own S0 verified. */
  private Optional<byte[]> grant(LedgerState ledger, Owner owner) throws IOException {
    Optional<LedgerEntry.StageRecorded> preflight = ledger.stage(owner, Stage.S0);
    if (preflight.isEmpty()) {
      return Optional.empty();
    }
    ObjectNode lock =
        StageRecords.files(environment.evidence(), preflight.get())
            .getOrDefault("delegation-and-authority-lock.json", Json.object());
    String named = lock.at("/volatile/grantSha256").asText();
    return named.isEmpty() ? Optional.empty() : environment.evidence().grant(new Digest(named));
  }

  private Optional<VerifyKey> signer(byte[] grant) {
    try {
      return Envelope.read(grant).signedBy(environment.trust().get().of(TrustRoot.Role.OWNER));
    } catch (IOException e) {
      return Optional.empty();
    }
  }
}
