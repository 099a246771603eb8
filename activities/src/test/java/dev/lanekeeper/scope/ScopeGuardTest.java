package dev.lanekeeper.scope;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lanekeeper.evidence.LaneFolder;
import dev.lanekeeper.lane.Lane;
import dev.lanekeeper.testkit.NearMiss;
import dev.lanekeeper.testkit.Plans;
import dev.lanekeeper.testkit.TestLane;
import dev.lanekeeper.testkit.Triggers;
import dev.lanekeeper.verdict.RejectCode;
import dev.lanekeeper.verdict.Verdict;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Forbidden, unknown, allowed; and the port that asks. */
final class ScopeGuardTest {

  private static final String OWN =
      "kb:governance/fix7/fix7-p0-operative-birth-blueprint-2026-06-12.md";

  private Lane.Spec spec;
  private ScopeGuard guard;

  @BeforeEach
  void read() throws Exception {
    spec = LaneFolder.read(TestLane.FIX7).plan().spec();
    guard = new ScopeGuard(spec);
  }

  private String decide(String kind, String target) {
    return guard.decide(Effect.of(kind, target)).render();
  }

  @Test
  @Triggers(RejectCode.SURFACE_FORBIDDEN)
  void forbidden_winsOverAllowed() {
    assertThat(decide("workspace.write", "production:x"))
        .isEqualTo("SURFACE_FORBIDDEN:production-target");
    Lane.Surfaces both =
        new Lane.Surfaces(
            List.of(new Lane.EffectPattern("*", "*")), spec.surfaces().forbidden(), List.of());
    ScopeGuard open = new ScopeGuard(Plans.surfaces(spec, both));
    assertThat(open.decide(Effect.of("sql.execute", "postgresql:x")).render())
        .isEqualTo("SURFACE_FORBIDDEN:production-postgresql");
    assertThat(open.decide(Effect.of("something.else", "x")).passed()).isTrue();
  }

  /** What stands in a knowledge base labelled production stands in production. */
  @Test
  void document_isAlsoOneOfTheEnvironmentOfItsKnowledgeBase() {
    Effect own = Effect.of("kb.document.create", OWN);
    assertThat(guard.decide(own, "production").render())
        .isEqualTo("SURFACE_FORBIDDEN:production-target");
    assertThat(guard.decide(own, "no-production").passed()).isTrue();
    assertThat(guard.decide(Effect.of("workspace.write", "workspace:x"), "production").passed())
        .isTrue();
  }

  @ParameterizedTest
  @CsvSource({
    "workspace.write, workspace:production",
    "evidence.write, evidence:delete",
    "governance.id.reserve, ids:TKT-OBJ-442..461"
  })
  @NearMiss({RejectCode.SURFACE_FORBIDDEN, RejectCode.SURFACE_UNKNOWN})
  void effect_thatOnlySoundsForbidden_isAllowed(String kind, String target) {
    assertThat(decide(kind, target)).isEqualTo("PASS");
  }

  @ParameterizedTest
  @CsvSource({
    "kb.document.create, kb:governance/fix7/other.md",
    "kb.document.update, " + OWN,
    "kb.document.delete, " + OWN,
    "kb.document.create, governance/fix7/fix7-p0-operative-birth-blueprint-2026-06-12.md",
    "governance.id.reserve, ids:TKT-OBJ-442..462",
    "evidence.write, packet",
    "mail.send, owner"
  })
  @Triggers(RejectCode.SURFACE_UNKNOWN)
  void effect_thatNothingAllows_isUnknown(String kind, String target) {
    assertThat(decide(kind, target)).isEqualTo("SURFACE_UNKNOWN:" + kind);
  }

  @Test
  void letterCase_hidesNothing() {
    assertThat(decide("SQL.Execute", "postgresql:x"))
        .isEqualTo("SURFACE_FORBIDDEN:production-postgresql");
    assertThat(decide("kb.document.create", "PRODUCTION:x"))
        .isEqualTo("SURFACE_FORBIDDEN:production-target");
  }

  @Test
  void withdrawal_ofOwnDocuments_needsNoPermission_andOfOthersHasNone() {
    assertThat(decide("kb.document.withdraw", OWN)).isEqualTo("PASS");
    assertThat(decide("kb.document.withdraw", "kb:governance/fix7/other.md"))
        .isEqualTo("SURFACE_UNKNOWN:kb.document.withdraw");
    assertThat(decide("kb.document.withdraw", "kb:governance/00-index.md"))
        .isEqualTo("SURFACE_FORBIDDEN:canonical-registry-and-ssot");
  }

  @ParameterizedTest
  @CsvSource(
      value = {
        "*|anything|true",
        "*||true",
        "||true",
        "|a|false",
        "a||false",
        "a*|a|true",
        "a*|ba|false",
        "*a|ba|true",
        "*a|ab|false",
        "*a|aba|true",
        "a*b|ab|true",
        "a*b|acb|true",
        "a*b|acbd|false",
        "a*b*c|aXbXbc|true",
        "a**c|ac|true",
        "*ab*ab*|abab|true",
        "*ab*ab*|ab|false",
        "a.b|axb|false",
        "a?b|axb|false",
        "[ab]|a|false",
        "sql.*|sql|false",
        "sql.*|sql.|true",
        "A*|abc|true",
        "a*|ABC|true",
      },
      delimiter = '|')
  void glob_matchesTheWholeText(String pattern, String text, boolean matches) {
    assertThat(ScopeGuard.glob(pattern == null ? "" : pattern, text == null ? "" : text))
        .isEqualTo(matches);
  }

  @Test
  void glob_ofManyStars_isDecidedAtOnce() {
    assertThat(ScopeGuard.glob("*a".repeat(500) + "b", "a".repeat(5000))).isFalse();
  }

  @Test
  void port_recordsBeforeItActs_andNeverActsOnARefusal() throws Exception {
    List<String> happened = new ArrayList<>();
    EffectPort port =
        new EffectPort(
            guard,
            (effect, verdict) -> happened.add("record " + verdict.render()),
            verdict -> new IllegalStateException(verdict.render()));
    String result =
        port.perform(
            Effect.of("evidence.write", "evidence:x"),
            () -> {
              happened.add("act");
              return "done";
            });
    assertThat(result).isEqualTo("done");
    assertThat(happened).containsExactly("record PASS", "act");
    happened.clear();
    assertThatThrownBy(() -> port.perform(Effect.of("secret.read", "x"), () -> happened.add("act")))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("SURFACE_FORBIDDEN:secrets-and-credentials");
    assertThat(happened).containsExactly("record SURFACE_FORBIDDEN:secrets-and-credentials");
  }

  @Test
  void port_whoseRecordFails_doesNotAct() {
    List<String> happened = new ArrayList<>();
    EffectPort port =
        new EffectPort(
            guard,
            (effect, verdict) -> {
              throw new IOException("the ledger is gone");
            },
            verdict -> new IllegalStateException());
    assertThatThrownBy(
            () ->
                port.perform(Effect.of("evidence.write", "evidence:x"), () -> happened.add("act")))
        .isInstanceOf(IOException.class);
    assertThat(happened).isEmpty();
  }

  @Test
  void refusal_ofAnUnknownEffect_namesWhatIsAllowed() {
    assertThat(guard.decide(Effect.of("mail.send", "owner")))
        .isInstanceOfSatisfying(
            Verdict.Reject.class, r -> assertThat(r.expected()).contains("evidence.write on "));
  }
}
