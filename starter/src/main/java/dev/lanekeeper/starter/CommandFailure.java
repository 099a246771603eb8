package dev.lanekeeper.starter;

import dev.lanekeeper.lane.InvalidLaneException;
import dev.lanekeeper.lane.LaneProblem;
import dev.lanekeeper.text.TerminalText;
import dev.lanekeeper.verdict.Verdict;
import java.util.List;
import java.util.stream.Collectors;

/** A command that cannot do what it was asked, with everything that a person needs to go on. */
final class CommandFailure extends Exception {

  private static final long serialVersionUID = 1L;

  private final int exitCode;
  private final String code;
  private final String subject;
  private final String expected;
  private final String actual;
  private final String remedy;
  private final String command;

  CommandFailure(
      int exitCode,
      String code,
      String subject,
      String expected,
      String actual,
      String remedy,
      String command) {
    super(code + ": expected " + expected + ", found " + actual);
    this.exitCode = exitCode;
    this.code = code;
    this.subject = subject;
    this.expected = expected;
    this.actual = actual;
    this.remedy = remedy;
    this.command = command;
  }

  static CommandFailure of(Verdict.Reject reject, String command) {
    return of(reject, reject.code().remedy(), command);
  }

  /** The same where another remedy than the code's own helps. */
  static CommandFailure of(Verdict.Reject reject, String remedy, String command) {
    return new CommandFailure(
        ExitCode.REJECTED,
        reject.code().name(),
        reject.subject(),
        reject.expected(),
        reject.actual(),
        remedy,
        command);
  }

  static CommandFailure of(InvalidLaneException invalid, String command) {
    List<LaneProblem> problems = invalid.problems();
    LaneProblem first = problems.get(0);
    String more =
        problems.size() == 1
            ? ""
            : "\n"
                + String.join(
                    "\n",
                    problems.stream()
                        .skip(1)
                        .map(p -> "LANE_INVALID " + TerminalText.line(p.render()))
                        .toList());
    return new CommandFailure(
        ExitCode.USAGE,
        "LANE_INVALID",
        first.file()
            + (first.line() > 0 ? ":" + first.line() : "")
            + (first.field().isEmpty() ? "" : ": " + first.field()),
        first.expected(),
        TerminalText.line(first.found()) + more,
        "correct the lane file, then check it",
        command);
  }

  int exitCode() {
    return exitCode;
  }

  String code() {
    return code;
  }

  String subject() {
    return subject;
  }

  String expected() {
    return expected;
  }

  String actual() {
    return actual;
  }

  String remedy() {
    return remedy;
  }

  String command() {
    return command;
  }

  /** The message for people. */
  String text() {
    return code
        + (subject.isEmpty() ? "" : " " + TerminalText.line(subject))
        + field("expected", expected)
        + field("found", actual)
        + field("remedy", remedy)
        + field("command", command);
  }

  /** A field of a message; further lines are set below its first. */
  static String field(String name, String value) {
    String lines = value.strip().lines().collect(Collectors.joining("\n" + " ".repeat(12)));
    return "\n  %-10s%s".formatted(name + ":", lines);
  }
}
