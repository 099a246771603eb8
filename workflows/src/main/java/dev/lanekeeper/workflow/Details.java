package dev.lanekeeper.workflow;

import static dev.lanekeeper.text.MarkdownText.code;
import static dev.lanekeeper.text.MarkdownText.escaped;

import dev.lanekeeper.lane.Stage;
import dev.lanekeeper.text.CommandName;
import dev.lanekeeper.verdict.Verdict;
import java.util.Locale;
import java.util.Optional;

/** A lane's status as Markdown, for the page that an operator looks at. */
final class Details {

  private Details() {}

  static String markdown(LaneStatus status, Optional<LaneOutcome> outcome) {
    StringBuilder out = new StringBuilder();
    out.append("**").append(headline(status, outcome)).append("**\n\n");
    status.hold().ifPresent(hold -> out.append(hold(hold)));
    outcome.ifPresent(ended -> out.append(end(ended)));
    // Three columns: the page cuts off what does not fit into half its width.
    out.append("| stage | verdict and time | evidence |\n|---|---|---|\n");
    for (Stage stage : Stage.values()) {
      out.append("| ").append(stage).append(" ").append(stage.title()).append(" | ");
      out.append(
          status.stages().stream()
              .filter(line -> line.stage() == stage)
              .findFirst()
              .map(Details::cells)
              .orElse(" | "));
      out.append(" |\n");
    }
    status.planDigest().ifPresent(d -> out.append("\nplan ").append(code(d.hex())).append("\n"));
    return out.toString();
  }

  /** Who asked for the lane, and what they said; as they say, not as anybody checked. */
  static String request(LaneRequest request) {
    StringBuilder out = new StringBuilder();
    request.requester().ifPresent(who -> out.append("\nrequested by ").append(code(who)));
    request.note().ifPresent(note -> out.append("\n\nnote: ").append(code(note)));
    return out.isEmpty() ? "" : out.append("\n").toString();
  }

  /** What a rollback withdrew. */
  static String rollback(RollbackRequest request, LaneOutcome outcome) {
    return "**"
        + outcome.end()
        + "** run "
        + code(request.run().runId().value())
        + " of lane "
        + code(request.lane().value())
        + "\n\n"
        + end(outcome);
  }

  private static String headline(LaneStatus status, Optional<LaneOutcome> outcome) {
    return switch (status.phase()) {
      case RUNNING -> "Running";
      case HELD ->
          status.hold().map(h -> "HELD in " + h.stage() + " " + h.stage().title()).orElse("HELD");
      case WITHDRAWING -> "Withdrawing what was published";
      case SEALING -> "Sealing the evidence";
      case UNKNOWN -> "In a phase of another release";
      case ENDED -> outcome.map(o -> o.end().name()).orElse("Ended");
    };
  }

  /** How it ended, and where the evidence of it is. */
  private static String end(LaneOutcome outcome) {
    StringBuilder out = new StringBuilder();
    outcome
        .reject()
        .ifPresent(
            reject -> {
              outcome.stage().ifPresent(stage -> out.append("In ").append(stage).append(": "));
              out.append(code(reject.render()));
              out.append("\n\n- expected: ").append(code(reject.expected()));
              out.append("\n- found: ").append(code(reject.actual()));
              out.append("\n\n");
            });
    outcome
        .remedy()
        .ifPresent(remedy -> out.append("Remedy: ").append(escaped(remedy)).append("\n\n"));
    outcome.withdrawn().forEach(line -> out.append("- ").append(code(line)).append("\n"));
    if (!outcome.withdrawn().isEmpty()) {
      out.append("\n");
    }
    String none = outcome.alreadyApplied() ? "An earlier run had applied this plan.\n\n" : "";
    out.append(
        outcome
            .packet()
            .map(p -> "evidence packet in the home: " + code(p.location()) + "\n\n")
            .orElse(none));
    return out.toString();
  }

  /** Why it waits, and what to send when the cause was put right. */
  private static String hold(Hold hold) {
    Verdict.Reject reject = hold.reject();
    String answer = code("{\"hold\": " + hold.number() + "}");
    boolean approval = LaneRules.asksForApproval(reject.code());
    return "Hold "
        + hold.number()
        + ": "
        + code(reject.render())
        + "\n\n- expected: "
        + code(reject.expected())
        + "\n- found: "
        + code(reject.actual())
        + "\n- remedy: "
        + escaped(hold.remedy())
        + "\n\n"
        + (approval
            ? "Then send the update **approve** with what "
                + code("lanekeeper " + CommandName.APPROVE + " LANE --key FILE --out FILE")
                + " writes. "
            : "Then send the update **resume** with " + answer + ". ")
        + "To withdraw what was published and end the lane, send **rollback** or **abort** with "
        + (approval ? answer : "the same value")
        + ".\n\n";
  }

  private static String cells(LaneStatus.StageLine line) {
    boolean running = line.verdict().equals("RUNNING");
    String word = line.verdict().split(":", 2)[0];
    return code(word)
        + (running ? "" : String.format(Locale.ROOT, " %.2f s", line.millis() / 1000.0))
        + " | "
        + line.evidence().map(d -> code(d.brief())).orElse("");
  }
}
