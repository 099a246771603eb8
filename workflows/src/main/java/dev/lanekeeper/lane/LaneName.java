package dev.lanekeeper.lane;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import dev.lanekeeper.canonical.PlainText;
import java.util.regex.Pattern;

/**
 * The short name of a lane: lower-case letters, digits and hyphens, at most 63 characters.
 *
 * @param value the name
 */
public record LaneName(@JsonValue String value) {

  private static final Pattern NAME = Pattern.compile("[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?");

  /**
   * Checks the name.
   *
   * @throws IllegalArgumentException when it is not such a name
   */
  @JsonCreator
  public LaneName {
    if (value == null || !NAME.matcher(value).matches()) {
      throw new IllegalArgumentException(
          "expected a lane name of lower-case letters, digits and hyphens, at most 63 characters,"
              + " found '"
              + PlainText.visible(String.valueOf(value), 100)
              + "'");
    }
  }

  @Override
  public String toString() {
    return value;
  }
}
