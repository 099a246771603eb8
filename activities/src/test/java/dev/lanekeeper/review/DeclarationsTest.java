package dev.lanekeeper.review;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lanekeeper.evidence.LaneFolder;
import dev.lanekeeper.lane.Lane;
import dev.lanekeeper.scope.Effect;
import dev.lanekeeper.testkit.TestLane;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A declaration can become YES. */
final class DeclarationsTest {

  private Lane.Spec spec;

  @BeforeEach
  void read() throws Exception {
    spec = LaneFolder.read(TestLane.FIX7).plan().spec();
  }

  private String production(String environment, boolean whole, Effect... effects) {
    return Declarations.of(spec, environment, List.of(effects), whole)
        .get(0)
        .path("value")
        .asText();
  }

  @Test
  void documentsOfAKnowledgeBaseLabelledProduction_areProductionMutations() {
    Effect effect = Effect.of("kb.document.create", "kb:a.md");
    assertThat(production("production", true, effect)).isEqualTo("YES");
    assertThat(production("no-production", true, effect)).isEqualTo("NO");
    assertThat(production("production", true)).isEqualTo("NO");
  }

  @Test
  void effectOnRecord_isYes_andAHistoryThatNoLaneMakes_isUnknown() {
    Effect effect = Effect.of("sql.execute", "postgresql:x");
    assertThat(production("no-production", true, effect)).isEqualTo("YES");
    assertThat(production("no-production", false, effect)).isEqualTo("YES");
    assertThat(production("no-production", false)).isEqualTo("UNKNOWN");
  }
}
