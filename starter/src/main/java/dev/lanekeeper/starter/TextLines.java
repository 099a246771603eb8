package dev.lanekeeper.starter;

import ch.qos.logback.classic.pattern.TargetLengthBasedClassNameAbbreviator;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.encoder.EncoderBase;
import dev.lanekeeper.text.LogText;
import dev.lanekeeper.worker.LogContext;
import java.nio.charset.StandardCharsets;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.Map;

/**
 * A log line as text: time, level, logger, then lane, run and stage when the line is about one, the
 * message, and below it the exception. A message is one line, whatever it quotes: none can pass for
 * another line of the log. Logback's patterns put in messages as they are.
 */
final class TextLines extends EncoderBase<ILoggingEvent> {

  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSSXXX", Locale.ROOT)
          .withZone(ZoneOffset.UTC);

  private final TargetLengthBasedClassNameAbbreviator names =
      new TargetLengthBasedClassNameAbbreviator(24);

  @Override
  public byte[] headerBytes() {
    return new byte[0];
  }

  @Override
  public byte[] encode(ILoggingEvent event) {
    StringBuilder line = new StringBuilder(TIME.format(event.getInstant()));
    line.append(String.format(Locale.ROOT, " %-5s ", event.getLevel()));
    line.append(LogText.line(names.abbreviate(event.getLoggerName()))).append(' ');
    Map<String, String> context = event.getMDCPropertyMap();
    String lane = context.getOrDefault(LogContext.LANE, "");
    String run = context.getOrDefault(LogContext.RUN, "");
    String stage = context.getOrDefault(LogContext.STAGE, "");
    if (!(lane + run + stage).isEmpty()) {
      line.append(LogText.line("lane=" + lane + " run=" + run + " stage=" + stage)).append(' ');
    }
    line.append(LogText.line(String.valueOf(event.getFormattedMessage()))).append('\n');
    if (event.getThrowableProxy() != null) {
      line.append(Traces.of(event.getThrowableProxy()));
    }
    return line.toString().getBytes(StandardCharsets.UTF_8);
  }

  @Override
  public byte[] footerBytes() {
    return new byte[0];
  }
}
