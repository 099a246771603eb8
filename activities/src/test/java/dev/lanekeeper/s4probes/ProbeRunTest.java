package dev.lanekeeper.s4probes;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lanekeeper.gate.HardenedRollbackGate;
import dev.lanekeeper.grant.GrantVerifier;
import dev.lanekeeper.grant.TrustRoot;
import dev.lanekeeper.kb.RefusedException;
import dev.lanekeeper.lane.KbPath;
import dev.lanekeeper.lane.Lane;
import dev.lanekeeper.lane.Plan;
import dev.lanekeeper.scope.ScopeGuard;
import dev.lanekeeper.testkit.EditedLane;
import dev.lanekeeper.testkit.NearMiss;
import dev.lanekeeper.testkit.Plans;
import dev.lanekeeper.testkit.Proofs;
import dev.lanekeeper.testkit.TestLane;
import dev.lanekeeper.testkit.Triggers;
import dev.lanekeeper.verdict.RejectCode;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Probes find out a decider that fails open, a wrong code, a leak, and a guard that refuses all.
 */
final class ProbeRunTest {

  private static final Lane.EffectPattern ANYTHING = new Lane.EffectPattern("*", "*");

  @TempDir private Path folder;
  private TestLane lane;
  private Plan plan;
  private ScopeGuard guard;
  private Optional<ProbeRun.EffectSender> sender = Optional.empty();
  private TrustRoot trust;
  private ObjectNode evidence;
  private byte[] grant;
  private ObjectNode out;

  @BeforeEach
  void prepare() throws Exception {
    lane = new TestLane(Clock.systemUTC());
    plan = lane.plan();
    guard = new ScopeGuard(plan.spec());
    trust = lane.trust();
    grant = lane.signedGrant();
    evidence = Proofs.staging(lane.bundle(), TestLane.FIX7, folder.resolve("staging"));
  }

  private String run() throws IOException {
    GrantVerifier.Situation situation =
        new GrantVerifier.Situation(
            lane.plan(),
            TestLane.KB_ID,
            "no-production",
            Optional.empty(),
            Optional.empty(),
            Clock.systemUTC().instant(),
            Set.of(),
            Set.of());
    Map<KbPath, byte[]> files = new TreeMap<>(lane.bundle().files());
    ProbeRun run =
        new ProbeRun(
            plan,
            new ProbeRun.ProbeTargets(
                sender.orElse(ProbeRun.effectSender(guard)),
                new GrantVerifier(trust),
                new HardenedRollbackGate(),
                situation,
                grant,
                evidence,
                files));
    out = run.run();
    return run.verdict().render();
  }

  private JsonNode probe(String id) {
    for (JsonNode probe : out.path("probes")) {
      if (probe.path("id").asText().equals(id)) {
        return probe;
      }
    }
    throw new AssertionError("no probe " + id);
  }

  private void onlyProbes(List<Lane.Probe> probes) {
    plan = Plans.with(plan, Plans.probes(plan.spec(), probes));
  }

  @Test
  @NearMiss({
    RejectCode.PROBE_FAILED_OPEN,
    RejectCode.PROBE_WRONG_CODE,
    RejectCode.PROBE_TOKEN_LEAK,
    RejectCode.PROBE_CONTROL_REFUSED,
    RejectCode.PROBES_EVALUATED_NOTHING
  })
  void deciders_asTheyAre_failClosed_andAllowControlsAndNearMisses() throws Exception {
    assertThat(run()).isEqualTo("PASS");
    assertThat(out.path("required").asInt()).isEqualTo(15);
    assertThat(out.path("failedClosed").asInt()).isEqualTo(15);
    assertThat(out.path("any_fail_open").asBoolean()).isFalse();
    assertThat(out.path("controlsAllowed").asBoolean()).isTrue();
    assertThat(out.path("tokenLeak").asBoolean()).isFalse();
    assertThat(out.path("probes")).hasSize(30);
    assertThat(probe("CT-01").path("reachedSink").asBoolean()).isTrue();
    assertThat(probe("EP-01").path("reachedSink").asBoolean()).isFalse();
  }

  @Test
  @Triggers(RejectCode.PROBE_FAILED_OPEN)
  void guard_whoseForbiddenAndAllowedSurfacesAreOpen_failsOpen() throws Exception {
    guard =
        new ScopeGuard(
            Plans.surfaces(
                plan.spec(), new Lane.Surfaces(List.of(ANYTHING), List.of(), List.of())));
    assertThat(run()).isEqualTo("PROBE_FAILED_OPEN:EP-01");
    assertThat(out.path("any_fail_open").asBoolean()).isTrue();
    assertThat(out.path("failedClosed").asInt()).isEqualTo(5);
    assertThat(probe("EP-01").path("reachedSink").asBoolean()).isTrue();
    assertThat(probe("EP-01").path("failsClosed").asBoolean()).isFalse();
    assertThat(probe("EP-01").path("actual").asText()).isEqualTo("ALLOWED");
  }

  @Test
  @Triggers(RejectCode.PROBE_FAILED_OPEN)
  void guard_withOneSurfaceOpen_failsOpenThereOnly() throws Exception {
    List<Lane.Forbidden> fewer = new ArrayList<>(plan.spec().surfaces().forbidden());
    fewer.removeIf(f -> f.name().equals("evidence-deletion"));
    List<Lane.EffectPattern> more = new ArrayList<>(plan.spec().surfaces().allowed());
    more.add(new Lane.EffectPattern("evidence.*", "evidence:*"));
    guard = new ScopeGuard(Plans.surfaces(plan.spec(), new Lane.Surfaces(more, fewer, List.of())));
    assertThat(run()).isEqualTo("PROBE_FAILED_OPEN:EP-10");
    assertThat(out.path("failedClosed").asInt()).isEqualTo(14);
  }

  @Test
  @Triggers(RejectCode.PROBE_FAILED_OPEN)
  void verifier_thatAllowsABadRequest_failsOpen_thoughNoSinkWasReached() throws Exception {
    plan =
        EditedLane.copyOf(TestLane.FIX7, folder.resolve("lane"))
            .edit("present: {what: nothing}", "present: {what: own}")
            .bundle()
            .plan();
    assertThat(run()).isEqualTo("PROBE_FAILED_OPEN:EP-11");
    assertThat(probe("EP-11").path("reachedSink").asBoolean()).isFalse();
    assertThat(probe("EP-11").path("failsClosed").asBoolean()).isFalse();
  }

  @Test
  @Triggers(RejectCode.PROBE_WRONG_CODE)
  void guard_thatRefusesForAnotherReason_hasTheWrongCode() throws Exception {
    guard =
        new ScopeGuard(
            Plans.surfaces(
                plan.spec(),
                new Lane.Surfaces(plan.spec().surfaces().allowed(), List.of(), List.of())));
    assertThat(run()).isEqualTo("PROBE_WRONG_CODE:EP-01");
    assertThat(probe("EP-01").path("actual").asText())
        .isEqualTo("SURFACE_UNKNOWN:kb.document.create");
    assertThat(out.path("any_fail_open").asBoolean()).as("refused all the same").isFalse();
  }

  @Test
  @Triggers(RejectCode.PROBE_WRONG_CODE)
  void probe_whoseStatedCodeIsWrong_isNotAsExpected() throws Exception {
    plan =
        EditedLane.copyOf(TestLane.FIX7, folder.resolve("lane"))
            .edit("expect: \"ROLLBACK_PROOF_MISSING:RB-EXEC-2\"", "expect: ROLLBACK_PROOF_MISSING")
            .bundle()
            .plan();
    assertThat(run()).isEqualTo("PROBE_WRONG_CODE:EP-14");
    assertThat(out.path("failedClosed").asInt()).isEqualTo(14);
  }

  @Test
  @Triggers(RejectCode.PROBE_CONTROL_REFUSED)
  void verifier_thatTrustsNobody_refusesTheControl() throws Exception {
    trust = TrustRoot.empty();
    assertThat(run()).isEqualTo("PROBE_CONTROL_REFUSED:CT-02");
    assertThat(out.path("controlsAllowed").asBoolean()).isFalse();
  }

  @Test
  @Triggers(RejectCode.PROBE_CONTROL_REFUSED)
  void guard_thatRefusesEverything_provesNothing() throws Exception {
    guard =
        new ScopeGuard(
            Plans.surfaces(
                plan.spec(),
                new Lane.Surfaces(List.of(), plan.spec().surfaces().forbidden(), List.of())));
    assertThat(run()).isEqualTo("PROBE_CONTROL_REFUSED:CT-01");
    assertThat(out.path("failedClosed").asInt()).as("and yet all fail closed").isEqualTo(15);
  }

  @Test
  @Triggers(RejectCode.PROBE_CONTROL_REFUSED)
  void nearMiss_thatIsRefused_countsAsARefusedControl() throws Exception {
    List<Lane.EffectPattern> fewer = new ArrayList<>(plan.spec().surfaces().allowed());
    fewer.removeIf(p -> p.kind().equals("workspace.write"));
    guard =
        new ScopeGuard(
            Plans.surfaces(
                plan.spec(),
                new Lane.Surfaces(fewer, plan.spec().surfaces().forbidden(), List.of())));
    assertThat(run()).isEqualTo("PROBE_CONTROL_REFUSED:NM-03");
  }

  @Test
  @Triggers(RejectCode.PROBES_EVALUATED_NOTHING)
  void noProbes_orNoControl_evaluatedNothing() throws Exception {
    List<Lane.Probe> all = plan.spec().probes();
    onlyProbes(List.of());
    assertThat(run()).isEqualTo("PROBES_EVALUATED_NOTHING");
    onlyProbes(all.stream().filter(p -> p.role().equals("control")).toList());
    assertThat(run()).isEqualTo("PROBES_EVALUATED_NOTHING");
    onlyProbes(all.stream().filter(p -> p.role().equals("probe")).toList());
    assertThat(run()).isEqualTo("PROBES_EVALUATED_NOTHING");
    assertThat(out.path("controlsAllowed").asBoolean()).isFalse();
    onlyProbes(
        all.stream()
            .filter(p -> p.role().equals("extra") || p.role().equals("near-miss"))
            .toList());
    assertThat(run()).isEqualTo("PROBES_EVALUATED_NOTHING");
  }

  @Test
  @Triggers(RejectCode.PROBE_TOKEN_LEAK)
  void refusal_thatSaysTheReviewToken_leaksIt() throws Exception {
    plan =
        EditedLane.copyOf(TestLane.FIX7, folder.resolve("lane"))
            .edit("token: NO_PRODUCTION_EXECUTION_CLEAN", "token: SURFACE_FORBIDDEN")
            .bundle()
            .plan();
    assertThat(run()).isEqualTo("PROBE_TOKEN_LEAK:EP-01");
    assertThat(out.path("tokenLeak").asBoolean()).isTrue();
    assertThat(out.path("failedClosed").asInt()).isEqualTo(5);
  }

  @Test
  @Triggers(RejectCode.PROBE_TOKEN_LEAK)
  void refusal_thatSaysTheStatusToken_leaksIt() throws Exception {
    String target = "secret:fix7-p0";
    plan =
        EditedLane.copyOf(TestLane.FIX7, folder.resolve("lane"))
            .edit(
                "target: \"" + target + "\"",
                "target: \"secret:" + plan.spec().statusToken() + "_APPLIED\"")
            .bundle()
            .plan();
    assertThat(run()).isEqualTo("PROBE_TOKEN_LEAK:EP-09");
  }

  @Test
  @NearMiss(RejectCode.PROBE_TOKEN_LEAK)
  void refusal_thatSaysThePrefixOfTheStatusToken_leaksNothing() throws Exception {
    plan =
        EditedLane.copyOf(TestLane.FIX7, folder.resolve("lane"))
            .edit(
                "target: \"secret:fix7-p0\"",
                "target: \"secret:" + plan.spec().statusToken() + "_REJECTED\"")
            .bundle()
            .plan();
    assertThat(run()).isEqualTo("PASS");
  }

  @Test
  void gate_thatIsAskedAboutBrokenEvidence_refusesItsControl() throws Exception {
    evidence.put("productionRollbackStatus", "PROVEN");
    assertThat(run()).startsWith("PROBE_WRONG_CODE:EP-12");
    assertThat(probe("CT-03").path("asExpected").asBoolean()).isFalse();
  }

  @Test
  void evidence_isNotChangedByTheProbesThatPatchIt() throws Exception {
    ObjectNode before = evidence.deepCopy();
    run();
    assertThat(evidence).isEqualTo(before);
  }

  @Test
  @Triggers(RejectCode.PROBE_WRONG_CODE)
  void patch_thatLeadsNowhere_testsNothing() throws Exception {
    for (String nowhere :
        List.of("/rollbacks/7/before", "/rollbacks/2", "/nothing/here", "/rollbacks/x/before")) {
      plan =
          EditedLane.copyOf(TestLane.FIX7, folder.resolve("lane"))
              .edit(
                  "{pointer: /rollbacks/0/afterApply, value: ABSENT}",
                  "{pointer: " + nowhere + ", value: ABSENT}")
              .bundle()
              .plan();
      assertThat(run()).startsWith("PROBE_WRONG_CODE:EP-1");
      assertThat(out.path("probes").toString()).contains("PROBE_WRONG_CODE:" + nowhere);
    }
    plan =
        EditedLane.copyOf(TestLane.FIX7, folder.resolve("lane"))
            .edit("        - {pointer: /rollbacks/1}", "        - {pointer: /rollbacks/2}")
            .bundle()
            .plan();
    assertThat(run()).startsWith("PROBE_WRONG_CODE:EP-14");
  }

  @Test
  @Triggers(RejectCode.PROBE_FAILED_OPEN)
  void sender_thatPerformsBeforeItRefuses_failsOpen() throws Exception {
    sender =
        Optional.of(
            (effect, sink) -> {
              sink.run();
              RefusedException.unlessPassed(guard.decide(effect));
            });
    assertThat(run()).isEqualTo("PROBE_FAILED_OPEN:EP-01");
    assertThat(probe("EP-01").path("reachedSink").asBoolean()).isTrue();
    assertThat(probe("EP-01").path("failsClosed").asBoolean()).isFalse();
    assertThat(out.path("any_fail_open").asBoolean()).isTrue();
  }
}
