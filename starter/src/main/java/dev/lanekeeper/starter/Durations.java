package dev.lanekeeper.starter;

import java.time.Duration;
import java.time.format.DateTimeParseException;

/** Durations on the command line, as ISO 8601 writes them. */
final class Durations {

  /** More than any grant or wait needs, and less than a clock can count. */
  private static final Duration LONGEST = Duration.ofDays(36_500);

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
      if (!duration.isNegative() && duration.compareTo(LONGEST) <= 0) {
        return duration;
      }
    } catch (DateTimeParseException e) {
      // The same refusal as for one that is negative or too long.
    }
    throw invalid(text, help);
  }

  private static CommandFailure invalid(String text, String help) {
    return new CommandFailure(
        ExitCode.USAGE,
        CommandCode.DURATION_INVALID,
        text,
        "a positive ISO 8601 duration such as PT4H, of at most P36500D",
        text,
        "say how long, as in the example",
        help);
  }
}
