package dev.lanekeeper.s4probes;

import com.fasterxml.jackson.core.JsonPointer;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lanekeeper.canonical.CanonicalJson;
import dev.lanekeeper.canonical.Json;
import dev.lanekeeper.gate.HardenedRollbackGate;
import dev.lanekeeper.grant.GrantVerifier;
import dev.lanekeeper.kb.RefusedException;
import dev.lanekeeper.lane.KbPath;
import dev.lanekeeper.lane.Lane;
import dev.lanekeeper.lane.Plan;
import dev.lanekeeper.review.Overclaim;
import dev.lanekeeper.review.TableD;
import dev.lanekeeper.s2staging.StagingProof;
import dev.lanekeeper.scope.Effect;
import dev.lanekeeper.scope.EffectPort;
import dev.lanekeeper.scope.ScopeGuard;
import dev.lanekeeper.stage.Evidence;
import dev.lanekeeper.verdict.RejectCode;
import dev.lanekeeper.verdict.Verdict;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Sends each probe of a lane to the object that decides on real requests. A request that is allowed
 * reaches a sink that only counts.
 */
public final class ProbeRun {

  /** Where requests for effects are sent: behind it the scope guard decides. */
  public interface EffectSender {
    /**
     * Lets an admitted effect reach the sink.
     *
     * @throws RefusedException when it is refused
     */
    void send(Effect effect, EffectPort.Action<Boolean> sink) throws IOException;
  }

  /** The port through which real effects go, with a record that nobody keeps. */
  public static EffectSender effectSender(ScopeGuard guard) {
    EffectPort port =
        new EffectPort(
            guard,
            (effect, verdict) -> {},
            verdict -> new RefusedException(Evidence.reject(verdict).orElseThrow()));
    return port::perform;
  }

  /**
   * The objects that probes are sent to, and what these need to decide on this lane.
   *
   * @param sender where requests for effects are sent
   * @param verifier the grant verifier
   * @param gate the gate
   * @param situation what a grant must fit
   * @param ownGrant the lane's own grant
   * @param ownEvidence the lane's own evidence from S2
   * @param files the files of the lane that probes present
   */
  @SuppressWarnings("ArrayRecordComponent") // compared by nobody
  public record ProbeTargets(
      EffectSender sender,
      GrantVerifier verifier,
      HardenedRollbackGate gate,
      GrantVerifier.Situation situation,
      byte[] ownGrant,
      JsonNode ownEvidence,
      Map<KbPath, byte[]> files) {}

  private final Plan plan;
  private final ProbeTargets targets;
  private final List<Effect> sink = new ArrayList<>();
  private Verdict overall = Verdict.pass();

  /** A run of a plan's probes. */
  public ProbeRun(Plan plan, ProbeTargets targets) {
    this.plan = plan;
    this.targets = targets;
  }

  /** Sends them all. */
  public ObjectNode run() throws IOException {
    ArrayNode lines = Json.array();
    int required = 0;
    int closed = 0;
    boolean anyOpen = false;
    boolean controls = true;
    boolean anyControl = false;
    for (Lane.Probe probe : plan.spec().probes()) {
      boolean bad = probe.role().equals("probe") || probe.role().equals("extra");
      int sunk = sink.size();
      Verdict verdict = send(probe);
      boolean reached = sink.size() > sunk;
      String actual = verdict.passed() ? "ALLOWED" : verdict.render();
      String output = CanonicalJson.text(Evidence.json(verdict));
      boolean leak = bad && leaks(output, verdict);
      boolean open = bad && (verdict.passed() || reached);
      boolean asExpected = actual.equals(probe.expect()) && !leak && !open;
      anyOpen |= open;
      if (probe.role().equals("probe")) {
        required++;
        closed += asExpected ? 1 : 0;
      }
      if (!bad) {
        controls &= asExpected;
        anyControl |= probe.role().equals("control");
      }
      lines
          .addObject()
          .put("id", probe.id())
          .put("title", probe.title())
          .put("role", probe.role())
          .put("to", probe.to())
          .put("expect", probe.expect())
          .put("actual", actual)
          .put("failsClosed", bad && !open)
          .put("reachedSink", reached)
          .put("tokenLeak", leak)
          .put("asExpected", asExpected)
          .put("output", output);
      noteFailure(probe, bad, open, leak, actual, asExpected);
    }
    if (required == 0 || !anyControl) {
      note(
          Verdict.reject(RejectCode.PROBES_EVALUATED_NOTHING, "", "a probe and a control", "none"));
    }
    ObjectNode out = Json.object();
    out.put("required", required).put("failedClosed", closed);
    out.put("any_fail_open", anyOpen).put("controlsAllowed", anyControl && controls);
    out.put("tokenLeak", anyLeak(lines));
    out.set("tokensSearched", Json.tree(tokens()));
    out.set("probes", lines);
    return out;
  }

  /** The first refusal, or pass. */
  public Verdict verdict() {
    return overall;
  }

  private Verdict send(Lane.Probe probe) throws IOException {
    return switch (probe.to()) {
      case "scope" -> scope(probe.effect().orElseThrow());
      case "grant" -> grant(probe.present().orElseThrow());
      case "gate" -> gate(probe.patch());
      case "review" -> review(probe.claim().orElseThrow());
      default -> new Verdict.Unknown("no decider is called " + probe.to());
    };
  }

  private Verdict scope(Lane.EffectPattern request) throws IOException {
    Effect effect = Effect.of(request.kind(), request.target());
    try {
      targets.sender().send(effect, () -> sink.add(effect));
      return Verdict.pass();
    } catch (RefusedException refused) {
      return refused.reject();
    }
  }

  private Verdict grant(Lane.Presented present) {
    Optional<byte[]> bytes =
        switch (present.what()) {
          case "own" -> Optional.of(targets.ownGrant());
          case "file" -> Optional.ofNullable(targets.files().get(present.file().orElseThrow()));
          default -> Optional.empty();
        };
    String name =
        present
            .file()
            .map(f -> f.value().substring(f.value().lastIndexOf('/') + 1))
            .orElse("grant");
    return targets
        .verifier()
        .verify(new GrantVerifier.Presented(name, bytes), targets.situation())
        .verdict();
  }

  private Verdict gate(List<Lane.Patch> patches) {
    JsonNode evidence = targets.ownEvidence().deepCopy();
    for (Lane.Patch patch : patches) {
      if (!patched(evidence, patch)) {
        return Verdict.reject(
            RejectCode.PROBE_WRONG_CODE,
            patch.pointer(),
            "a place in this lane's evidence",
            "nothing there");
      }
    }
    return targets
        .gate()
        .judge(evidence, plan.lane().metadata().id(), StagingProof.rollbackIds(plan));
  }

  /** Changes the evidence; false when the pointer leads nowhere. */
  private static boolean patched(JsonNode evidence, Lane.Patch patch) {
    JsonPointer pointer = JsonPointer.compile(patch.pointer());
    JsonNode parent = evidence.at(pointer.head());
    if (parent instanceof ObjectNode object) {
      String field = pointer.last().getMatchingProperty();
      boolean there = object.has(field);
      patch.value().ifPresentOrElse(value -> object.set(field, value), () -> object.remove(field));
      return there || patch.value().isPresent();
    }
    int index = pointer.last().getMatchingIndex();
    if (!(parent instanceof ArrayNode array) || !array.has(index)) {
      return false;
    }
    patch.value().ifPresentOrElse(value -> array.set(index, value), () -> array.remove(index));
    return true;
  }

  private Verdict review(Lane.Claimed claim) {
    List<Effect> attempted =
        claim.attempted().stream().map(e -> Effect.of(e.kind(), e.target())).toList();
    return Overclaim.judge(
        claim.status(), TableD.of(plan.spec(), TableD.Facts.ofRecord(attempted)));
  }

  /** Words that only a success may say. */
  private List<String> tokens() {
    return List.of(
        plan.spec().statusToken() + "_APPLIED", plan.spec().review().token(), "\"PASS\"");
  }

  private boolean leaks(String output, Verdict verdict) {
    return verdict.passed() || tokens().stream().anyMatch(output::contains);
  }

  private static boolean anyLeak(ArrayNode lines) {
    for (JsonNode line : lines) {
      if (line.path("tokenLeak").asBoolean()) {
        return true;
      }
    }
    return false;
  }

  private void noteFailure(
      Lane.Probe probe,
      boolean bad,
      boolean open,
      boolean leak,
      String actual,
      boolean asExpected) {
    if (asExpected) {
      return;
    }
    RejectCode code =
        open
            ? RejectCode.PROBE_FAILED_OPEN
            : leak
                ? RejectCode.PROBE_TOKEN_LEAK
                : bad ? RejectCode.PROBE_WRONG_CODE : RejectCode.PROBE_CONTROL_REFUSED;
    note(Verdict.reject(code, probe.id(), probe.expect(), actual));
  }

  private void note(Verdict verdict) {
    if (overall.passed()) {
      overall = verdict;
    }
  }
}
