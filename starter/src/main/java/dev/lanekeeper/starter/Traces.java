package dev.lanekeeper.starter;

import ch.qos.logback.classic.spi.IThrowableProxy;
import ch.qos.logback.classic.spi.StackTraceElementProxy;
import ch.qos.logback.classic.spi.ThrowableProxy;
import dev.lanekeeper.text.LogText;

/** Stack traces as text: a line each for an exception, whatever its message is, and for a frame. */
final class Traces {

  private Traces() {}

  static String of(Throwable thrown) {
    return of(new ThrowableProxy(thrown));
  }

  static String of(IThrowableProxy thrown) {
    StringBuilder out = new StringBuilder();
    append(out, "", "", thrown);
    return out.toString();
  }

  private static void append(
      StringBuilder out, String indent, String caption, IThrowableProxy thrown) {
    String message = thrown.getMessage() == null ? "" : ": " + thrown.getMessage();
    out.append(indent).append(caption).append(LogText.line(thrown.getClassName() + message));
    if (thrown.isCyclic()) {
      out.append(" (again)\n");
      return;
    }
    out.append('\n');
    StackTraceElementProxy[] frames = thrown.getStackTraceElementProxyArray();
    int shown = frames.length - thrown.getCommonFrames();
    for (int i = 0; i < shown; i++) {
      out.append(indent).append('\t').append(LogText.line(frames[i].toString())).append('\n');
    }
    if (shown < frames.length) {
      out.append(indent).append("\t... ").append(frames.length - shown).append(" more\n");
    }
    for (IThrowableProxy suppressed : thrown.getSuppressed()) {
      append(out, indent + "\t", "Suppressed: ", suppressed);
    }
    if (thrown.getCause() != null) {
      append(out, indent, "Caused by: ", thrown.getCause());
    }
  }
}
