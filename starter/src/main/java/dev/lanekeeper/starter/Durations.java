package dev.lanekeeper.starter;

import java.time.Duration;
import java.time.format.DateTimeParseException;

/** Durations on the command line, as ISO 8601 writes them. */
final class Durations {

  private Durations() {}

  /** One that is longer than nothing. */
  static Duration positive(String text, String help) throws CommandFailure {
    Duration duration = notNegative(text, help);
    if (duration.isZero()) {
      throw invalid(text, help);
    }
    return duration;
  }

  /** One that may be nothing. */
  static Duration notNegative(String text, String help) throws CommandFailure {
    try {
      Duration duration = Duration.parse(text);
      if (!duration.isNegative()) {
        return duration;
      }
    } catch (DateTimeParseException e) {
      // The same refusal as for a negative one.
    }
    throw invalid(text, help);
  }

  private static CommandFailure invalid(String text, String help) {
    return new CommandFailure(
        ExitCode.USAGE,
        "DURATION_INVALID",
        text,
        "a positive ISO 8601 duration such as PT4H",
        text,
        "say how long, as in the example",
        help);
  }
}
