package dev.lanekeeper.stage;

import java.io.IOException;
import java.util.Locale;

/** Tells a full disk from other faults; the platform only says so in words. */
public final class DiskFull {

  private DiskFull() {}

  /** Whether the fault is a full disk or a used-up quota. */
  public static boolean is(IOException e) {
    String message = String.valueOf(e.getMessage()).toLowerCase(Locale.ROOT);
    return message.contains("no space left") || message.contains("quota exceeded");
  }
}
