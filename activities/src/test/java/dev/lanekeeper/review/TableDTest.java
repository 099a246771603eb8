package dev.lanekeeper.review;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.lanekeeper.evidence.LaneFolder;
import dev.lanekeeper.lane.Lane;
import dev.lanekeeper.scope.Effect;
import dev.lanekeeper.testkit.NearMiss;
import dev.lanekeeper.testkit.TestLane;
import dev.lanekeeper.testkit.Triggers;
import dev.lanekeeper.verdict.RejectCode;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Table D says of each surface what is known and from what; Overclaim reads it. */
final class TableDTest {

  private static final Effect SQL = Effect.of("sql.execute", "postgresql:production");
  private static final Effect HARMLESS = Effect.of("evidence.write", "evidence:S0");

  private Lane.Spec spec;

  @BeforeEach
  void read() throws Exception {
    spec = LaneFolder.read(TestLane.FIX7).plan().spec();
  }

  private TableD of(
      List<Effect> recorded,
      List<String> unexpected,
      List<Effect> undeclared,
      Optional<Boolean> intact) {
    return TableD.of(spec, new TableD.Facts(recorded, unexpected, 40, undeclared, true, intact));
  }

  private static String field(TableD table, String surface, String name) {
    for (JsonNode row : table.json()) {
      if (row.path("surface").asText().equals(surface)) {
        return row.path(name).asText();
      }
    }
    throw new AssertionError("no row " + surface);
  }

  @Test
  void cleanRun_leavesAllSixteenUntouched_andSaysFromWhat() {
    TableD table = of(List.of(HARMLESS), List.of(), List.of(), Optional.of(true));
    assertThat(table.rows()).hasSize(16);
    assertThat(table.untouched()).isEqualTo(16);
    assertThat(table.anyAttempted()).isFalse();
    assertThat(table.unknownBeyondRecord()).isEqualTo(14);
    assertThat(field(table, "production-postgresql", "status")).isEqualTo("UNTOUCHED");
    assertThat(field(table, "production-postgresql", "seenBeyondRecord")).isEqualTo("UNKNOWN");
    assertThat(field(table, "canonical-registry-and-ssot", "seenBeyondRecord"))
        .isEqualTo("CONFIRMED");
    assertThat(field(table, "evidence-deletion", "seenBeyondRecord")).isEqualTo("CONFIRMED");
    assertThat(table.row("deploy").orElseThrow().basis())
        .containsExactly("effect record", "workflow history");
    assertThat(table.row("canonical-registry-and-ssot").orElseThrow().basis())
        .contains("knowledge base inventory");
    assertThat(table.row("evidence-deletion").orElseThrow().basis()).contains("evidence read back");
    assertThat(table.row("nothing")).isEmpty();
  }

  @Test
  void effectRecord_alone_confirmsNothing() {
    TableD table = TableD.of(spec, TableD.Facts.ofRecord(List.of()));
    assertThat(table.unknownBeyondRecord()).isEqualTo(16);
    assertThat(table.rows())
        .allSatisfy(row -> assertThat(row.basis()).containsExactly("effect record"));
  }

  @Test
  void recordedAttempt_evenARefusedOne_isAttempted() {
    TableD table = of(List.of(HARMLESS, SQL, SQL), List.of(), List.of(), Optional.of(true));
    assertThat(table.anyAttempted()).isTrue();
    assertThat(table.untouched()).isEqualTo(15);
    assertThat(field(table, "production-postgresql", "status")).isEqualTo("ATTEMPTED");
    assertThat(field(table, "production-postgresql", "requested")).isEqualTo("REQUESTED");
    assertThat(field(table, "production-postgresql", "attempts")).isEqualTo("2");
    assertThat(field(table, "deploy", "status")).isEqualTo("UNTOUCHED");
  }

  @Test
  void unexpectedEvent_putsEveryRowInDoubt() {
    TableD table = of(List.of(), List.of("START_CHILD_WORKFLOW"), List.of(), Optional.of(true));
    assertThat(table.anyAttempted()).isTrue();
    assertThat(table.untouched()).isZero();
    for (JsonNode row : table.json()) {
      assertThat(row.path("status").asText()).isEqualTo("UNKNOWN");
    }
  }

  @Test
  void undeclaredChange_onAForbiddenPath_isTouched_andElsewhereIsNot() {
    Effect registry = Effect.of("kb.document.update", "kb:governance/registry/new.md");
    TableD touched = of(List.of(), List.of(), List.of(registry), Optional.of(true));
    assertThat(field(touched, "canonical-registry-and-ssot", "seenBeyondRecord"))
        .isEqualTo("TOUCHED");
    assertThat(field(touched, "canonical-registry-and-ssot", "status")).isEqualTo("ATTEMPTED");
    assertThat(field(touched, "canonical-registry-and-ssot", "requested"))
        .as("seen, though nobody asked")
        .isEqualTo("NOT_REQUESTED");
    assertThat(touched.anyAttempted()).isTrue();
    Effect elsewhere = Effect.of("kb.document.update", "kb:notes/new.md");
    assertThat(of(List.of(), List.of(), List.of(elsewhere), Optional.of(true)).anyAttempted())
        .isFalse();
  }

  @Test
  void evidenceThatCannotBeReadBack_isTouched_andUntriedIsUnknown() {
    TableD gone = of(List.of(), List.of(), List.of(), Optional.of(false));
    assertThat(field(gone, "evidence-deletion", "seenBeyondRecord")).isEqualTo("TOUCHED");
    assertThat(gone.anyAttempted()).isTrue();
    TableD untried = of(List.of(), List.of(), List.of(), Optional.empty());
    assertThat(field(untried, "evidence-deletion", "seenBeyondRecord")).isEqualTo("UNKNOWN");
    assertThat(untried.anyAttempted()).isFalse();
  }

  @Test
  @Triggers(RejectCode.PASS_WHILE_FORBIDDEN_SURFACE)
  void success_whileAForbiddenSurfaceWasTried_isAnOverclaim() {
    TableD attempted = of(List.of(SQL), List.of(), List.of(), Optional.of(true));
    assertThat(Overclaim.judge("APPLIED", attempted).render())
        .isEqualTo("PASS_WHILE_FORBIDDEN_SURFACE:production-postgresql");
    TableD seen = of(List.of(), List.of(), List.of(), Optional.of(false));
    assertThat(Overclaim.judge("APPLIED", seen).render())
        .isEqualTo("PASS_WHILE_FORBIDDEN_SURFACE:evidence-deletion");
  }

  @Test
  @NearMiss(RejectCode.PASS_WHILE_FORBIDDEN_SURFACE)
  void anotherEnd_orNoAttempt_isNoOverclaim() {
    TableD attempted = of(List.of(SQL), List.of(), List.of(), Optional.of(true));
    assertThat(Overclaim.judge("REJECTED", attempted).passed()).isTrue();
    TableD clean = of(List.of(HARMLESS), List.of(), List.of(), Optional.of(true));
    assertThat(Overclaim.judge("APPLIED", clean).passed()).isTrue();
  }

  @Test
  void effect_onTwoSurfaces_isAttemptedOnBoth() {
    Effect both = Effect.of("sql.execute", "production:postgresql");
    TableD table = of(List.of(both), List.of(), List.of(), Optional.of(true));
    assertThat(table.rows().stream().filter(TableD.Row::attempted).map(TableD.Row::surface))
        .contains("production-target", "production-postgresql");
  }

  @Test
  @Triggers(RejectCode.PASS_WHILE_FORBIDDEN_SURFACE)
  void success_whileTheHistoryHoldsWhatNoLaneDoes_isAnOverclaim() {
    TableD doubted = of(List.of(), List.of("TIMER_STARTED"), List.of(), Optional.of(true));
    assertThat(Overclaim.judge("APPLIED", doubted).render())
        .isEqualTo("PASS_WHILE_FORBIDDEN_SURFACE:TIMER_STARTED");
    assertThat(Overclaim.judge("REJECTED", doubted).passed()).isTrue();
  }
}
