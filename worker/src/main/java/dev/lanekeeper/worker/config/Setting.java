package dev.lanekeeper.worker.config;

import java.util.Locale;
import java.util.Optional;

/**
 * One field of the configuration.
 *
 * @param path its name in the file, with a dot between a section and a field
 * @param form what its values look like
 * @param fallback the default as it would be written; when the default depends on the process, in
 *     words
 * @param computed whether the default depends on the process
 * @param example a value for the example file
 * @param meaning what it is for
 */
record Setting<T>(
    String path, Form<T> form, String fallback, boolean computed, String example, String meaning) {

  static final String PREFIX = "LANEKEEPER_";

  /** A field whose default is always the same. */
  static <T> Setting<T> fixed(String path, Form<T> form, String fallback, String meaning) {
    return new Setting<>(path, form, fallback, false, fallback, meaning);
  }

  /** A field whose default depends on the process. */
  static <T> Setting<T> computed(
      String path, Form<T> form, String words, String example, String meaning) {
    return new Setting<>(path, form, words, true, example, meaning);
  }

  /** The environment variable of the field; the same rule for every field. */
  String variable() {
    return PREFIX + path.replace('.', '_').toUpperCase(Locale.ROOT);
  }

  /** The option of the command, if the field has one. */
  Optional<String> option() {
    return Settings.OPTIONS.contains(path) ? Optional.of("--" + path) : Optional.empty();
  }
}
