package dev.lanekeeper.worker.health;

/**
 * Something that a worker cannot work without.
 *
 * @param name what it is, in words that an operator knows
 * @param trial returns when it answers now, throws when it does not
 */
public record Check(String name, Trial trial) {

  /** Asks once. */
  @FunctionalInterface
  public interface Trial {
    /** Returns when it answers. */
    void run() throws Exception;
  }
}
