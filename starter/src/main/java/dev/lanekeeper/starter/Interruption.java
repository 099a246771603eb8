package dev.lanekeeper.starter;

import java.util.List;
import java.util.function.Supplier;

/** While it is open, a process that is told to stop says what it leaves, and what to type. */
final class Interruption implements AutoCloseable {

  private final Thread hook;

  /**
   * Waits for the signal.
   *
   * @param lines what is said then, found out when the signal comes
   */
  Interruption(LaneCommand command, Supplier<List<String>> lines) {
    hook = new Thread(() -> lines.get().forEach(command::warn), "lanekeeper-interrupted");
    Runtime.getRuntime().addShutdownHook(hook);
  }

  @Override
  public void close() {
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException stoppingAlready) {
      // Then it speaks.
    }
  }
}
