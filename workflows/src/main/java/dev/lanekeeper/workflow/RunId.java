package dev.lanekeeper.workflow;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.regex.Pattern;

/**
 * The id of a workflow run, as the service gives it: a UUID in lower case. It is the name of a
 * folder in the evidence store, so nothing else can be one.
 *
 * @param value the UUID
 */
public record RunId(@JsonValue String value) {

  private static final Pattern UUID =
      Pattern.compile("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}");

  /**
   * Checks the form.
   *
   * @throws IllegalArgumentException when it is no UUID in lower case
   */
  @JsonCreator
  public RunId {
    if (value == null || !UUID.matcher(value).matches()) {
      throw new IllegalArgumentException("expected a run id (a UUID), found another text");
    }
  }

  @Override
  public String toString() {
    return value;
  }
}
