package dev.lanekeeper.workflow;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.lane.LaneName;
import dev.lanekeeper.lane.Stage;
import dev.lanekeeper.verdict.RejectCode;
import dev.lanekeeper.verdict.Verdict;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What an operator reads on the page of a run. */
final class DetailsTest {

  private static LaneStatus.StageLine line(Stage stage, String verdict) {
    return new LaneStatus.StageLine(
        stage, verdict, 1000, 1234, "note", Optional.of(Digest.of("evidence")));
  }

  private static LaneStatus status(
      LaneStatus.Phase phase, Optional<Hold> hold, LaneStatus.StageLine... lines) {
    return new LaneStatus(
        phase,
        List.of(lines),
        hold,
        Optional.of(Digest.of("plan")),
        Optional.empty(),
        Optional.empty());
  }

  @Test
  void running_hasARowForEveryStage() {
    String text =
        Details.markdown(
            status(
                LaneStatus.Phase.RUNNING,
                Optional.empty(),
                line(Stage.S0, "PASS"),
                new LaneStatus.StageLine(Stage.S1, "RUNNING", 1000, 0, "", Optional.empty())),
            Optional.empty());
    assertThat(text).startsWith("**Running**\n");
    for (Stage stage : Stage.values()) {
      assertThat(text).contains("\n| " + stage + " " + stage.title() + " | ");
    }
    assertThat(text)
        .contains("| S0 preflight | `PASS` 1.23 s | `" + Digest.of("evidence").brief() + "` |")
        .contains("| S1 seal versus bytes | `RUNNING` |  |")
        .contains("plan `" + Digest.of("plan").hex() + "`");
  }

  @Test
  void request_showsWhoAskedAndWhatTheySaid_andNothingElse() {
    LaneName lane = new LaneName("lane");
    assertThat(Details.request(LaneRequest.of(lane))).isEmpty();
    Optional<Digest> none = Optional.empty();
    assertThat(
            Details.request(
                new LaneRequest(
                    lane,
                    none,
                    none,
                    Optional.empty(),
                    none,
                    Optional.of("Ann"),
                    Optional.of("see |x`"),
                    Optional.empty())))
        .isEqualTo("\nrequested by `Ann`\n\nnote: see \\|x\\`\n");
  }

  @Test
  void held_saysWhyAndWhatToSend() {
    Verdict.Reject reject =
        Verdict.reject(RejectCode.DOCUMENT_PRESENT, "a|b`c", "ABSENT", "rev1\nsha256");
    String text =
        Details.markdown(
            status(
                LaneStatus.Phase.HELD,
                Optional.of(new Hold(3, Stage.S5, reject, reject.code().remedy())),
                line(Stage.S5, reject.render())),
            Optional.empty());
    assertThat(text)
        .startsWith("**HELD in S5 publish primary**\n")
        .contains("Hold 3: DOCUMENT_PRESENT:a\\|b\\`c")
        .contains("- expected: `ABSENT`")
        .contains("- found: `rev1\\nsha256`")
        .contains("- remedy: " + RejectCode.DOCUMENT_PRESENT.remedy())
        .contains("**resume** with `{\"hold\": 3}`");
  }

  @Test
  void held_forAnApproval_saysToSendOne() {
    Verdict.Reject reject = Verdict.reject(RejectCode.APPROVAL_MISSING, "", "a yes", "none");
    String text =
        Details.markdown(
            status(
                LaneStatus.Phase.HELD,
                Optional.of(new Hold(2, Stage.S5, reject, reject.code().remedy())),
                line(Stage.S5, reject.render())),
            Optional.empty());
    assertThat(text)
        .contains("send the update **approve**")
        .doesNotContain("**resume**")
        .contains("**abort** with `{\"hold\": 2}`");
  }

  @Test
  void ended_namesTheEndTheCauseAndThePacket() {
    Verdict.Reject reject =
        Verdict.reject(RejectCode.REVIEW_CHECK_FAILED, "PER-1", "clean", "not clean");
    LaneOutcome outcome =
        new LaneOutcome(
            new LaneName("fix7-p0"),
            LaneEnd.REJECTED,
            false,
            Optional.of(Digest.of("plan")),
            Optional.of(Stage.S7),
            Optional.of(reject),
            List.of("M-1 a.md: WITHDRAWN (rev1 -> ABSENT)"),
            Optional.of(
                new SealedPacket(
                    "runs/fix7-p0/run/packet", Digest.of("tree"), Digest.of("stable"))));
    String text =
        Details.markdown(
            status(LaneStatus.Phase.ENDED, Optional.empty(), line(Stage.S7, reject.render())),
            Optional.of(outcome));
    assertThat(text)
        .startsWith("**REJECTED**\n")
        .contains("In S7: `REVIEW_CHECK_FAILED:PER-1`")
        .contains("- expected: `clean`\n- found: `not clean`\n")
        .contains("Remedy: " + RejectCode.REVIEW_CHECK_FAILED.remedy())
        .contains("- `M-1 a.md: WITHDRAWN (rev1 -> ABSENT)`")
        .contains("evidence packet in the home: `runs/fix7-p0/run/packet`");
  }

  @Test
  void held_forACauseOfAnyLengthAndAnyCharacters_givesDetailsOfBoundedLength() {
    for (String subject : new String[] {"x".repeat(5000), "\u4e16".repeat(500), "|`".repeat(900)}) {
      Verdict.Reject reject = Verdict.reject(RejectCode.DOCUMENT_PRESENT, subject, "a", "b");
      Hold hold = new Hold(1, Stage.S5, reject, "");
      assertThat(
              Details.markdown(status(LaneStatus.Phase.HELD, Optional.of(hold)), Optional.empty()))
          .hasSizeLessThan(4000);
    }
  }
}
