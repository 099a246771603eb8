package dev.lanekeeper.lane;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import dev.lanekeeper.canonical.PlainText;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * The path of a document inside a knowledge base, or of a file inside a lane's folder.
 *
 * <p>Relative, {@code /} between segments, ASCII letters, digits, dot, hyphen and underscore; a
 * segment starts with a letter, a digit or an underscore. So no path can climb out, be absolute,
 * hide, or look like another in a different script.
 *
 * @param value the path
 */
public record KbPath(@JsonValue String value) implements Comparable<KbPath> {

  /** How much of what is no path is shown. */
  private static final int SHOWN = 200;

  private static final Pattern SEGMENT = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9._-]{0,199}");

  /**
   * Checks the path.
   *
   * @throws IllegalArgumentException when it is not such a path
   */
  @JsonCreator
  public KbPath {
    boolean fits = value != null && !value.isEmpty() && value.length() <= 1000;
    if (fits) {
      for (String segment : value.split("/", -1)) {
        fits = fits && SEGMENT.matcher(segment).matches();
      }
    }
    if (!fits) {
      throw new IllegalArgumentException(
          "expected a relative path of ASCII letters, digits, '.', '-' and '_' with '/' between"
              + " segments, found '"
              + PlainText.visible(String.valueOf(value), SHOWN)
              + "'");
    }
  }

  /** The form under which two paths collide on a file system that ignores letter case. */
  public String folded() {
    return value.toLowerCase(Locale.ROOT);
  }

  @Override
  public int compareTo(KbPath other) {
    return value.compareTo(other.value);
  }

  @Override
  public String toString() {
    return value;
  }
}
