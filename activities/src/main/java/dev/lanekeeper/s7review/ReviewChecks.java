package dev.lanekeeper.s7review;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lanekeeper.authority.Grant;
import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.canonical.Json;
import dev.lanekeeper.files.FaultText;
import dev.lanekeeper.gate.HardenedRollbackGate;
import dev.lanekeeper.governance.Reservations;
import dev.lanekeeper.grant.GrantVerifier;
import dev.lanekeeper.kb.Attestation;
import dev.lanekeeper.kb.Document;
import dev.lanekeeper.kb.KbReader;
import dev.lanekeeper.kb.LedgerEntry;
import dev.lanekeeper.kb.LedgerState;
import dev.lanekeeper.kb.Pins;
import dev.lanekeeper.lane.Head;
import dev.lanekeeper.lane.KbPath;
import dev.lanekeeper.lane.Lane;
import dev.lanekeeper.lane.Stage;
import dev.lanekeeper.packet.PacketBuilder;
import dev.lanekeeper.review.Overclaim;
import dev.lanekeeper.review.TableD;
import dev.lanekeeper.s0preflight.InputChecks;
import dev.lanekeeper.s2staging.StagingProof;
import dev.lanekeeper.signature.Envelope;
import dev.lanekeeper.stage.StageEnvironment;
import dev.lanekeeper.stage.StageWork;
import dev.lanekeeper.verdict.RejectCode;
import dev.lanekeeper.verdict.Verdict;
import dev.lanekeeper.workflow.LaneEnd;
import java.io.IOException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The catalogue of review checks: each reads bytes, ledger or history again. */
final class ReviewChecks {

  private final StageWork work;
  private final KbReader kb;
  private final LedgerState ledger;
  private final PacketBuilder packet;
  private final TableD tableD;
  private final InventoryDiff diff;
  private final List<String> unexpectedEvents;
  private final List<Long> lineage;
  private final ArrayNode undo = Json.array();

  ReviewChecks(
      StageWork work,
      KbReader kb,
      LedgerState ledger,
      PacketBuilder packet,
      TableD tableD,
      InventoryDiff diff,
      List<String> unexpectedEvents,
      List<Long> lineage) {
    this.work = work;
    this.kb = kb;
    this.ledger = ledger;
    this.packet = packet;
    this.tableD = tableD;
    this.diff = diff;
    this.unexpectedEvents = unexpectedEvents;
    this.lineage = lineage;
  }

  Verdict check(Lane.ReviewCheck check) throws IOException {
    return switch (check.check()) {
      case "scope-intact" -> scopeIntact();
      case "surfaces-untouched" -> surfacesUntouched();
      case "gate-passed" -> gatePassed();
      case "probes-fail-closed" -> probesFailClosed();
      case "rollback-exists" -> rollbackExists();
      case "no-production-mutation" -> noProductionMutation();
      case "pins-intact" -> pinsIntact(check.subjects());
      case "prior-verdicts-intact" -> priorVerdictsIntact(check.subjects());
      case "governance-correct" -> governanceCorrect();
      case "no-overclaim" -> noOverclaim();
      case "independent-reviewer" -> independentReviewer();
      default -> new Verdict.Unknown("no review check is called " + check.check());
    };
  }

  /** The inventory differs from S0's by the declared changes only. */
  private Verdict scopeIntact() {
    if (diff.clean()) {
      return Verdict.pass();
    }
    KbPath first = diff.undeclared().isEmpty() ? diff.missing().get(0) : diff.undeclared().get(0);
    return Verdict.reject(
        RejectCode.INVENTORY_CHANGED, first.value(), "the declared changes only", diff.problem());
  }

  private Verdict surfacesUntouched() {
    if (!unexpectedEvents.isEmpty()) {
      return Verdict.reject(
          RejectCode.HISTORY_UNEXPECTED,
          unexpectedEvents.get(0),
          "the ten activity types and no other commands",
          unexpectedEvents.toString());
    }
    return failed(!tableD.anyAttempted(), "no attempt on a forbidden surface", tableD.json());
  }

  /** Judges the evidence again, and wants the stages' own statements of it. */
  private Verdict gatePassed() throws IOException {
    JsonNode own = packet.file("rollback-proof.json").path("evidence");
    Verdict again =
        new HardenedRollbackGate().judge(own, work.laneId(), StagingProof.rollbackIds(work.plan()));
    if (!again.passed()) {
      return again;
    }
    JsonNode gate = packet.file("rollback-gate.json");
    boolean selfTested =
        gate.at("/selfTest/verdict").asText().equals("PASS")
            && gate.at("/selfTest/variants").asInt() > 0;
    Verdict recorded =
        failed(selfTested, "a passed self-test with variants", gate.path("selfTest"));
    return recorded.passed() ? signedPasses(List.of(Stage.S2, Stage.S3)) : recorded;
  }

  private Verdict probesFailClosed() throws IOException {
    JsonNode probes = packet.file("execution-probes.json");
    long closed = 0;
    for (JsonNode probe : probes.path("probes")) {
      boolean required = probe.path("role").asText().equals("probe");
      boolean refused =
          probe.path("actual").equals(probe.path("expect"))
              && !probe.path("actual").asText().equals("ALLOWED")
              && !probe.path("reachedSink").asBoolean(true);
      closed += required && refused ? 1 : 0;
    }
    long required = work.spec().probes().stream().filter(p -> p.role().equals("probe")).count();
    boolean holds =
        closed == required
            && !probes.path("any_fail_open").asBoolean(true)
            && probes.path("controlsAllowed").asBoolean(false);
    Verdict recorded =
        failed(holds, required + " probes that fail closed", probes.path("failedClosed"));
    return recorded.passed() ? signedPasses(List.of(Stage.S4)) : recorded;
  }

  /**
   * Every published document has an intent that says what was there before, and what the undo puts
   * back is there: an undo of an update takes the bytes from the ledger's folder, one of a creation
   * takes the document away and needs none.
   */
  private Verdict rollbackExists() throws IOException {
    List<LedgerEntry.Intent> intents = ledger.intents(lineage.get(0));
    for (Lane.Change change : work.spec().changes()) {
      Optional<LedgerEntry.Intent> intent =
          intents.stream().filter(i -> i.changeId().equals(change.id())).findFirst();
      if (intent.filter(i -> i.before().equals(change.expect())).isEmpty()) {
        return Verdict.reject(
            RejectCode.REVIEW_CHECK_FAILED,
            change.rollbackId(),
            "an intent with the head before, " + change.expect(),
            intent.map(i -> i.before().toString()).orElse("no intent"));
      }
      ObjectNode line = undo.addObject().put("rollbackId", change.rollbackId());
      if (change.expect() instanceof Head.Revision before) {
        byte[] kept;
        try {
          kept = kb.kept(before);
        } catch (IOException e) {
          return Verdict.reject(
              RejectCode.REVIEW_CHECK_FAILED,
              change.rollbackId(),
              "the bytes of " + before + ", kept for the undo",
              FaultText.withoutPlace(e));
        }
        line.put("restores", Digest.of(kept).hex()).put("bytesRead", kept.length);
      } else {
        line.put("restores", "ABSENT");
      }
    }
    return Verdict.pass();
  }

  /** What {@code rollback-exists} read for the undo of each change; empty before it has looked. */
  ArrayNode undo() {
    return undo;
  }

  /** Everything that was admitted is of an allowed kind, in a knowledge base of the environment. */
  private Verdict noProductionMutation() {
    String label = kb.identity().environment();
    if (!label.equals(work.spec().environment())) {
      return Verdict.reject(RejectCode.ENVIRONMENT_MISMATCH, "", work.spec().environment(), label);
    }
    for (LedgerEntry.EffectRecorded effect : ledger.effects(work.owner())) {
      if (!effect.admitted() || !work.guard().decide(effect.effect(), label).passed()) {
        return Verdict.reject(
            RejectCode.REVIEW_CHECK_FAILED,
            effect.effect().kind(),
            "allowed effects only",
            effect.effect().kind() + " on " + effect.effect().target());
      }
    }
    return Verdict.pass();
  }

  private Verdict pinsIntact(List<String> subjects) throws IOException {
    for (Lane.Pin pin : work.spec().pins()) {
      if (subjects.isEmpty() || subjects.contains(pin.id())) {
        Verdict verdict = Pins.check(pin, kb.read(pin.path()));
        if (!verdict.passed()) {
          return verdict;
        }
      }
    }
    return Verdict.pass();
  }

  private Verdict priorVerdictsIntact(List<String> subjects) throws IOException {
    InputChecks checks = new InputChecks(work.files());
    for (Lane.Input input : work.spec().inputs()) {
      if (subjects.isEmpty() || subjects.contains(input.id())) {
        Verdict verdict = checks.verify(input).verdict();
        if (!verdict.passed()) {
          return verdict;
        }
      }
    }
    return Verdict.pass();
  }

  private Verdict governanceCorrect() throws IOException {
    for (Lane.Reservation r : work.spec().reservations()) {
      Reservations reservations = new Reservations(work.spec(), r);
      Lane.Change addendum =
          work.spec().changes().stream()
              .filter(c -> c.id().equals(r.addendum()))
              .findFirst()
              .orElseThrow();
      byte[] published = kb.read(addendum.path()).map(Document::bytes).orElse(new byte[0]);
      for (Verdict verdict :
          List.of(
              reservations.aboveCeiling(),
              reservations.ceilingIsTrue(kb),
              reservations.carriedBy(published),
              reservations.unused(kb),
              pinsIntact(r.registries()))) {
        if (!verdict.passed()) {
          return verdict;
        }
      }
    }
    return Verdict.pass();
  }

  private Verdict noOverclaim() throws IOException {
    Verdict overclaim = Overclaim.judge(LaneEnd.APPLIED.name(), tableD);
    if (!overclaim.passed()) {
      return overclaim;
    }
    Verdict signed =
        signedPasses(List.of(Stage.S0, Stage.S1, Stage.S2, Stage.S3, Stage.S4, Stage.S5, Stage.S6));
    return signed.passed() ? grantAtEachCommit() : signed;
  }

  /** Whoever reviews has executed nothing of it: neither the identity nor the key is the same. */
  private Verdict independentReviewer() throws IOException {
    StageEnvironment reviewer = work.environment();
    String identity = reviewer.identity();
    Digest key = reviewer.key().verifyKey().thumbprint();
    boolean executed = reviewer.bothRoles() || StatementReader.executed(packet, identity);
    return !executed && !key.equals(grant().executorKey())
        ? Verdict.pass()
        : Verdict.reject(
            RejectCode.REVIEW_NOT_INDEPENDENT,
            "",
            "a worker that only reviews, with an identity and a key that executed no stage",
            "worker "
                + identity
                + (reviewer.bothRoles() ? " of both roles" : "")
                + " with key "
                + key.brief());
  }

  /** The stages' own signed statements say PASS. */
  private Verdict signedPasses(List<Stage> stages) throws IOException {
    Digest executor = grant().executorKey();
    for (Stage stage : stages) {
      boolean signed =
          ledger
              .stage(work.owner(), stage)
              .flatMap(r -> Attestation.verified(r.attestation(), executor))
              .filter(s -> s.at("/predicate/verdict").asText().equals("PASS"))
              .filter(s -> s.at("/predicate/stage").asText().equals(stage.name()))
              .filter(
                  s -> s.at("/predicate/run/runId").asText().equals(work.owner().runId().value()))
              .isPresent();
      if (!signed) {
        return Verdict.reject(
            RejectCode.REVIEW_CHECK_FAILED,
            stage.name(),
            "a pass signed by executor key " + executor,
            "none");
      }
    }
    return Verdict.pass();
  }

  /**
   * A grant that has expired or was revoked since is no fault; it must have held when each document
   * appeared.
   */
  private Verdict grantAtEachCommit() throws IOException {
    Map<Long, Digest> consumedLast = new HashMap<>();
    Set<String> revoked = new HashSet<>();
    for (LedgerState.Line line : ledger.lines()) {
      if (line.entry() instanceof LedgerEntry.GrantConsumed grant) {
        consumedLast.put(grant.epoch(), grant.envelope());
      } else if (line.entry() instanceof LedgerEntry.GrantRevoked revocation) {
        revoked.add(revocation.grantId());
      } else if (line.entry() instanceof LedgerEntry.Intent intent
          && lineage.contains(intent.epoch())) {
        Optional<byte[]> consumed =
            Optional.ofNullable(consumedLast.get(intent.epoch())).flatMap(this::stored);
        Verdict verdict =
            work.verifier()
                .verify(
                    new GrantVerifier.Presented("grant of epoch " + intent.epoch(), consumed),
                    new GrantVerifier.Situation(
                        work.plan(),
                        kb.identity().id(),
                        kb.identity().environment(),
                        Optional.empty(),
                        Optional.empty(),
                        line.at(),
                        Set.of(),
                        Set.copyOf(revoked)))
                .verdict();
        if (!verdict.passed()) {
          return verdict;
        }
      }
    }
    return Verdict.pass();
  }

  private Optional<byte[]> stored(Digest grant) {
    try {
      return work.evidence().grant(grant);
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  Grant grant() throws IOException {
    return Grant.in(Envelope.read(work.grantBytes().orElseThrow()));
  }

  private static Verdict failed(boolean holds, String expected, JsonNode actual) {
    return holds
        ? Verdict.pass()
        : Verdict.reject(RejectCode.REVIEW_CHECK_FAILED, "", expected, actual.toString());
  }
}
