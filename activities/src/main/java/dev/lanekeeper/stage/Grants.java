package dev.lanekeeper.stage;

import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** A grant as a result carries it, for a reader who has nothing but the history. */
public final class Grants {

  /** Larger ones, of lanes with many documents, stay out of histories; in bytes. */
  private static final int LONGEST = 128 * 1024;

  private Grants() {}

  /** The envelope as text; empty when there is none, or when it is too large. */
  public static Optional<String> text(Optional<byte[]> envelope) {
    return envelope
        .filter(bytes -> bytes.length <= LONGEST)
        .map(bytes -> new String(bytes, StandardCharsets.UTF_8));
  }
}
