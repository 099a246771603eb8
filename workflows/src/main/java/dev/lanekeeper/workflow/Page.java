package dev.lanekeeper.workflow;

import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.lane.LaneName;
import dev.lanekeeper.lane.Stage;
import dev.lanekeeper.text.MarkdownText;
import dev.lanekeeper.text.TerminalText;
import dev.lanekeeper.verdict.RejectCode;
import dev.lanekeeper.verdict.Verdict;
import io.temporal.workflow.CancellationScope;
import io.temporal.workflow.TimerOptions;
import io.temporal.workflow.Workflow;
import java.time.Duration;
import java.util.Optional;

/**
 * What an operator sees of the calling workflow without asking it: search attributes, and a bar on
 * the timeline while it is held. Runs begun by a release that had none of it show none.
 */
final class Page {

  /** Longer than anybody waits; the timer's end means nothing. */
  private static final Duration FOREVER = Duration.ofDays(3650);

  private final boolean shown =
      Workflow.getVersion("operator-page", Workflow.DEFAULT_VERSION, 1) == 1;

  /** The lane begins, or goes on after a hold. */
  void markRunning(Optional<LaneName> lane, Optional<Digest> plan) {
    attributes(lane, LaneStatus.Phase.RUNNING.name(), Optional.empty(), Optional.empty(), plan);
  }

  /** The lane waits for a person; the answer hides the bar that this puts on the timeline. */
  CancellationScope markHeld(LaneName lane, Hold hold, Optional<Digest> plan) {
    RejectCode code = hold.reject().code();
    attributes(
        Optional.of(lane),
        LaneStatus.Phase.HELD.name(),
        Optional.of(hold.stage()),
        Optional.of(code),
        plan);
    String answer =
        LaneRules.asksForApproval(code) ? "approve" : "resume {\"hold\": " + hold.number() + "}";
    String summary = summary(hold, ". Then send " + answer);
    CancellationScope bar =
        Workflow.newCancellationScope(
            () -> {
              if (shown) {
                TimerOptions options = TimerOptions.newBuilder().setSummary(summary).build();
                Workflow.newTimer(FOREVER, options);
              }
            });
    bar.run();
    return bar;
  }

  /** The lane has ended. */
  void markEnded(LaneOutcome outcome) {
    attributes(
        Optional.of(outcome.lane()),
        outcome.end().name(),
        outcome.stage(),
        outcome.reject().map(Verdict.Reject::code),
        outcome.planDigest());
  }

  /** What was sent starts no lane. */
  void markRefused(RejectCode code) {
    attributes(
        Optional.empty(),
        LaneEnd.REJECTED.name(),
        Optional.empty(),
        Optional.of(code),
        Optional.empty());
  }

  private void attributes(
      Optional<LaneName> lane,
      String status,
      Optional<Stage> stage,
      Optional<RejectCode> reject,
      Optional<Digest> plan) {
    if (shown) {
      LaneAttributes.set(lane, status, stage, reject, plan);
    }
  }

  /** The server takes summaries of 400 bytes, and fails the task with a longer one. */
  static String summary(Hold hold, String then) {
    String cause = hold.reject().render();
    for (int most = 200; ; most /= 2) {
      String why = MarkdownText.escaped(TerminalText.cut(cause, most));
      String summary = "HELD in " + hold.stage() + ": " + why + then;
      if (bytes(summary) <= 400) {
        return summary;
      }
    }
  }

  /** How long a text is in UTF-8; workflow code may not ask for the bytes. */
  private static int bytes(String text) {
    return text.codePoints().map(c -> c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4).sum();
  }
}
