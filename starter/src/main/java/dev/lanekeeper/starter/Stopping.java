package dev.lanekeeper.starter;

import dev.lanekeeper.files.FaultText;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CountDownLatch;

/**
 * Closes the parts of a process when it is told to stop, the newest first. A part is given as soon
 * as it lives: a signal may come while the rest is still being started.
 */
final class Stopping {

  private final Deque<AutoCloseable> parts = new ArrayDeque<>();
  private final CountDownLatch stopped = new CountDownLatch(1);

  Stopping() {
    Runtime.getRuntime().addShutdownHook(new Thread(this::stop, "lanekeeper-stop"));
  }

  /** Gives a part, which is closed before those given earlier. */
  synchronized <T extends AutoCloseable> T add(T part) {
    parts.push(part);
    return part;
  }

  /** Waits until the process has been told to stop, and every part is closed. */
  void await() {
    try {
      stopped.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private synchronized void stop() {
    for (AutoCloseable part : parts) {
      try {
        part.close();
      } catch (Exception e) {
        System.err.println("while stopping: " + FaultText.of(e));
      }
    }
    stopped.countDown();
  }
}
