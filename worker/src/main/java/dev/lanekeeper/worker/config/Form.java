package dev.lanekeeper.worker.config;

import com.fasterxml.jackson.databind.JsonNode;
import dev.lanekeeper.text.TerminalText;
import java.nio.file.Path;
import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * What the values of a field look like.
 *
 * @param expected a right value in words
 * @param node whether a value of this type may be in the file
 * @param reader makes the value of its text and the folder that relative paths start from; throws
 *     {@link IllegalArgumentException} when it is wrong
 * @param writer the value as text again
 */
record Form<T>(
    String expected,
    Predicate<JsonNode> node,
    BiFunction<String, Path, T> reader,
    Function<T, String> writer) {

  private static final int LONGEST = 200;
  private static final String OFF = "off";

  /** The name of a task queue. */
  static Form<String> queue() {
    return new Form<>(
        "a name of letters, digits, '.', '_' and '-', at most 100",
        JsonNode::isTextual,
        (text, base) -> require(text, text.matches("[A-Za-z0-9][A-Za-z0-9._-]{0,99}"), text),
        Function.identity());
  }

  /** One of the names of an enum, in lower case. */
  static <E extends Enum<E>> Form<E> oneOf(Class<E> type) {
    String names =
        Arrays.stream(type.getEnumConstants())
            .map(Form::word)
            .collect(Collectors.joining(", "))
            .replaceFirst(", ([^,]*)$", " or $1");
    return new Form<>(
        names,
        JsonNode::isTextual,
        (text, base) ->
            Arrays.stream(type.getEnumConstants())
                .filter(constant -> word(constant).equals(text))
                .findFirst()
                .orElseThrow(IllegalArgumentException::new),
        Form::word);
  }

  private static String word(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT);
  }

  /** A name that fits into one line. */
  static Form<String> name() {
    return new Form<>(
        "1 to "
            + LONGEST
            + " characters, none of them a control character or otherwise unseen, and no space at an end",
        JsonNode::isTextual,
        (text, base) ->
            require(
                text,
                !text.isEmpty() && text.length() <= LONGEST && text.strip().equals(text),
                text),
        Function.identity());
  }

  /** What a socket can be bound to; whether it exists shows when it is bound. */
  static Form<String> host() {
    return new Form<>(
        "a host name or an IP address",
        JsonNode::isTextual,
        (text, base) -> require(text, text.matches("[A-Za-z0-9.:%_-]{1,200}"), text),
        Function.identity());
  }

  /** A path; a relative one starts where it was written down. */
  static Form<Path> path() {
    return new Form<>(
        "the path of a folder",
        JsonNode::isTextual,
        (text, base) -> require(text, !text.isEmpty(), base.resolve(text).normalize()),
        Path::toString);
  }

  /** An integer within bounds, both included. */
  static Form<Integer> integer(int least, int most) {
    return new Form<>(
        "an integer from " + least + " to " + most,
        JsonNode::isInt,
        (text, base) -> between(text, least, most),
        String::valueOf);
  }

  /** A TCP port, or none. */
  static Form<Optional<Integer>> port() {
    return new Form<>(
        "a port from 1 to 65535, 0 for any free one, or \"off\"",
        node -> node.isInt() || (node.isTextual() && node.asText().equals(OFF)),
        (text, base) -> text.equals(OFF) ? Optional.empty() : Optional.of(between(text, 0, 65535)),
        port -> port.map(String::valueOf).orElse(OFF));
  }

  /** A time of at least a second and at most a day. */
  static Form<Duration> duration() {
    return new Form<>(
        "an ISO 8601 duration from PT1S to PT24H, such as PT1M30S",
        JsonNode::isTextual,
        (text, base) -> {
          try {
            Duration value = Duration.parse(text);
            boolean fits =
                value.compareTo(Duration.ofSeconds(1)) >= 0
                    && value.compareTo(Duration.ofDays(1)) <= 0;
            return require(text, fits, value);
          } catch (DateTimeParseException e) {
            throw new IllegalArgumentException(e);
          }
        },
        Duration::toString);
  }

  private static int between(String text, int least, int most) {
    // Integer.parseInt would also take "+8080" and digits of other scripts.
    boolean plain = text.matches("0|[1-9][0-9]{0,8}");
    int value = plain ? Integer.parseInt(text) : -1;
    return require(text, plain && value >= least && value <= most, value);
  }

  private static <V> V require(String text, boolean fits, V value) {
    if (!fits || !TerminalText.shows(text)) {
      throw new IllegalArgumentException();
    }
    return value;
  }
}
