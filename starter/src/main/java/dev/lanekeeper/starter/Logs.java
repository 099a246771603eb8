package dev.lanekeeper.starter;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.FileAppender;
import ch.qos.logback.core.OutputStreamAppender;
import ch.qos.logback.core.encoder.Encoder;
import dev.lanekeeper.worker.Home;
import dev.lanekeeper.worker.config.WorkerConfiguration.Format;
import dev.lanekeeper.worker.config.WorkerConfiguration.Log;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Sends logs to the home's log file or to the console, and with {@code -v} to standard error. */
final class Logs {

  private Logs() {}

  static void toFile(Home home, Log log) {
    Path file = log.format() == Format.JSON ? home.jsonLog() : home.log();
    FileAppender<ILoggingEvent> appender = new FileAppender<>();
    appender.setFile(file.toString());
    add(appender, log);
  }

  static void toStandardOutput(Log log) {
    add(console("System.out"), log);
  }

  static void toStandardError() {
    add(console("System.err"), Log.DEFAULT);
  }

  private static ConsoleAppender<ILoggingEvent> console(String target) {
    ConsoleAppender<ILoggingEvent> appender = new ConsoleAppender<>();
    appender.setTarget(target);
    return appender;
  }

  private static void add(OutputStreamAppender<ILoggingEvent> appender, Log log) {
    LoggerContext context = (LoggerContext) LoggerFactory.getILoggerFactory();
    Encoder<ILoggingEvent> encoder =
        log.format() == Format.JSON ? new JsonLines() : new TextLines();
    encoder.setContext(context);
    encoder.start();
    appender.setContext(context);
    appender.setEncoder(encoder);
    appender.start();
    Level level = Level.toLevel(log.level().name());
    ch.qos.logback.classic.Logger root = context.getLogger(Logger.ROOT_LOGGER_NAME);
    root.setLevel(level);
    root.addAppender(appender);
    // At DEBUG the transport logs every frame, with what is in it.
    Level transport = level.isGreaterOrEqual(Level.INFO) ? level : Level.INFO;
    context.getLogger("io.grpc").setLevel(transport);
  }
}
