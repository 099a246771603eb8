package dev.lanekeeper.lane;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import dev.lanekeeper.canonical.InvalidFieldException;
import dev.lanekeeper.canonical.PlainText;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/**
 * A name by which one thing refers to another: 1 to 100 ASCII letters, digits, dots, hyphens and
 * underscores, beginning with a letter or a digit.
 *
 * <p>So an id is never a path, an option, a line of its own, markup, or {@code ..}, and no id looks
 * like another in a different script. Two dots inside are an id still: {@code T-1..9}.
 *
 * @param value the id
 */
public record Id(@JsonValue String value) {

  private static final Pattern ID = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,99}");

  /**
   * Checks the id.
   *
   * @throws IllegalArgumentException when it is not such an id
   */
  @JsonCreator
  public Id {
    if (value == null || !ID.matcher(value).matches()) {
      throw new IllegalArgumentException(
          "expected an id of at most 100 ASCII letters, digits, '.', '-' and '_' that begins with a"
              + " letter or a digit, found "
              + (value == null ? "nothing" : "'" + PlainText.visible(value, 100) + "'"));
    }
  }

  /** Whether a text is an id. */
  public static boolean is(String text) {
    return ID.matcher(text).matches();
  }

  /**
   * The text of an id.
   *
   * @param field its name, for the refusal
   * @throws InvalidFieldException when it is not an id
   */
  public static String of(String field, String text) {
    try {
      return new Id(text).value();
    } catch (IllegalArgumentException e) {
      throw new InvalidFieldException(field, e.getMessage());
    }
  }

  /** The texts of a list of ids, see {@link #of}. */
  static List<String> all(String field, List<String> texts) {
    return IntStream.range(0, texts.size())
        .mapToObj(i -> of(field + "[" + i + "]", texts.get(i)))
        .toList();
  }

  /** The form under which two ids are the same: letter case is ignored. */
  static String folded(String id) {
    return id.toLowerCase(Locale.ROOT);
  }

  @Override
  public String toString() {
    return value;
  }
}
