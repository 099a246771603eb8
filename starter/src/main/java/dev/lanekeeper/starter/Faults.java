package dev.lanekeeper.starter;

import java.util.Optional;

/** Faults of connections: what a library says at its innermost. */
final class Faults {

  private Faults() {}

  /** The first line of what the innermost cause says, which is the most telling one. */
  static Optional<String> innermost(Throwable fault) {
    Throwable root = fault;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    return root == fault || root.getMessage() == null
        ? Optional.empty()
        : root.getMessage().lines().findFirst();
  }
}
