package dev.lanekeeper.report;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lanekeeper.evidence.LaneFolder;
import dev.lanekeeper.lane.Lane;
import dev.lanekeeper.testkit.Plans;
import dev.lanekeeper.testkit.TestLane;
import dev.lanekeeper.verdict.Verdict;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A lane's prose claims no end, no independence and no count that evidence may not show. */
final class ReportWordsTest {

  private static final Path EXAMPLES = TestLane.ROOT.resolve("examples");

  /** The handbook, with 3 documents and 13 probes, and another summary of its report. */
  private static Verdict judge(String summary) throws Exception {
    Lane lane = LaneFolder.read(EXAMPLES.resolve("handbook-release")).plan().lane();
    return ReportWords.judge(
        new Lane(
            lane.apiVersion(), lane.kind(), lane.metadata(), Plans.report(lane.spec(), summary)));
  }

  @Test
  void examples_claimNothing() throws Exception {
    for (String name : new String[] {"fix7-p0", "handbook-release"}) {
      assertThat(ReportWords.judge(LaneFolder.read(EXAMPLES.resolve(name)).plan().lane()).render())
          .isEqualTo("PASS");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Status: ONCALL_HANDBOOK_2026_09_RELEASE_APPLIED.",
        "The lane was applied.",
        "It ended ROLLED_BACK.",
        "REVIEW_INDEPENDENT",
        "It was independently reviewed.",
        "The review was independent.",
        "4 documents were published.",
        "Four\ndocuments were published.",
        "2 of 3 documents were published.",
        "All 15/15 required probes fail closed.",
        "0 blockers remain.",
      })
  void claim_thatEvidenceMayNotShow_isRefused(String summary) throws Exception {
    assertThat(judge(summary).render()).startsWith("REPORT_OVERCLAIMS");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Status: {{run.statusToken}}, {{post-execution-review.independence}}.",
        "{{run.created}} documents were created.",
        "3 documents are in it, and 13 of 13 probes are required.",
        "A review by another person is wanted; the rule is applied by the editors.",
        "Section 7 names the 24 hours of a shift.",
        "Edition 2026-09 documents the rota.",
      })
  void words_thatRefer_orThatTheLaneBearsOut_pass(String summary) throws Exception {
    assertThat(judge(summary).render()).isEqualTo("PASS");
  }
}
