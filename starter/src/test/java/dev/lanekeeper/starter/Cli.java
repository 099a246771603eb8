package dev.lanekeeper.starter;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.Appender;
import com.fasterxml.jackson.databind.JsonNode;
import dev.lanekeeper.canonical.Json;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.LoggerFactory;

/** Runs the command inside this JVM and keeps what it prints. */
public record Cli(int exitCode, String out, String err) {

  private static final Logger ROOT = root();

  /** Runs it with these words. */
  public static Cli run(Object... words) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    String[] args = new String[words.length];
    for (int i = 0; i < words.length; i++) {
      args[i] = words[i].toString();
    }
    List<Appender<ILoggingEvent>> before = appenders();
    try {
      int code = Main.execute(new PrintWriter(out, true), new PrintWriter(err, true), args);
      return new Cli(code, out.toString(), err.toString());
    } finally {
      // Otherwise each run would also write the log of every later one, into its own home.
      appenders().stream().filter(a -> !before.contains(a)).forEach(Cli::stop);
    }
  }

  /** While another thread starts SLF4J, it gives out stand-ins. */
  private static Logger root() {
    while (!(LoggerFactory.getILoggerFactory() instanceof LoggerContext)) {
      Thread.onSpinWait();
    }
    return (Logger) LoggerFactory.getLogger(Logger.ROOT_LOGGER_NAME);
  }

  private static List<Appender<ILoggingEvent>> appenders() {
    List<Appender<ILoggingEvent>> appenders = new ArrayList<>();
    ROOT.iteratorForAppenders().forEachRemaining(appenders::add);
    return appenders;
  }

  private static void stop(Appender<ILoggingEvent> appender) {
    ROOT.detachAppender(appender);
    appender.stop();
  }

  /** What it printed, as one JSON value. */
  public JsonNode json() {
    try {
      return Json.parse(out.getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new AssertionError("not one JSON value: " + out + err, e);
    }
  }
}
