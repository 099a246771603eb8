package dev.lanekeeper.worker.config;

/**
 * One thing that is wrong with a configuration.
 *
 * @param origin where it is
 * @param field the field, such as {@code health.port}; empty for the whole file
 * @param expected what would be right
 * @param found what is there
 */
public record ConfigurationProblem(Origin origin, String field, String expected, String found) {

  /** {@code origin: field}, or the origin alone. */
  public String subject() {
    return origin.words() + (field.isEmpty() ? "" : ": " + field);
  }
}
