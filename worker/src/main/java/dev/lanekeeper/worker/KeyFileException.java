package dev.lanekeeper.worker;

import java.io.IOException;
import java.nio.file.Path;

/** A key's file that is not there, or holds something else than the key that is looked for. */
public final class KeyFileException extends IOException {

  private static final long serialVersionUID = 1L;

  private final String file;
  private final boolean missing;
  private final String expected;
  private final String found;

  private KeyFileException(Path file, boolean missing, String expected, String found) {
    super("expected " + expected + ", found " + found + " at " + file);
    this.file = file.toString();
    this.missing = missing;
    this.expected = expected;
    this.found = found;
  }

  static KeyFileException missing(Path file, String expected) {
    return new KeyFileException(file, true, expected, "nothing");
  }

  /** What a key's own reader says, which is "expected X, found Y". */
  static KeyFileException invalid(Path file, IllegalArgumentException said) {
    String[] parts = String.valueOf(said.getMessage()).split(", found ", 2);
    return new KeyFileException(
        file, false, parts[0].replaceFirst("^expected ", ""), parts[parts.length - 1]);
  }

  /** The file. */
  public String file() {
    return file;
  }

  /** Whether nothing is there. */
  public boolean missing() {
    return missing;
  }

  /** What should be there. */
  public String expected() {
    return expected;
  }

  /** What is there. */
  public String found() {
    return found;
  }
}
