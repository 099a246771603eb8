package dev.lanekeeper.starter;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.encoder.EncoderBase;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lanekeeper.canonical.Json;
import dev.lanekeeper.text.TerminalText;
import dev.lanekeeper.worker.LogContext;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A log line as one JSON object: {@code time}, {@code level}, {@code logger}, {@code thread},
 * {@code lane}, {@code run}, {@code stage}, {@code message}, {@code context} with what Temporal
 * knows, {@code exception}. Logback's own encoder puts lane, run and stage one level down and
 * breaks exceptions into many objects, which log stores cannot search. What JSON leaves as it is
 * and a terminal acts on is escaped as well.
 */
final class JsonLines extends EncoderBase<ILoggingEvent> {

  private static final List<String> OWN =
      List.of(LogContext.LANE, LogContext.RUN, LogContext.STAGE);

  @Override
  public byte[] headerBytes() {
    return new byte[0];
  }

  @Override
  public byte[] encode(ILoggingEvent event) {
    ObjectNode line = Json.object();
    line.put("time", event.getInstant().toString());
    line.put("level", event.getLevel().toString());
    line.put("logger", event.getLoggerName());
    line.put("thread", event.getThreadName());
    Map<String, String> context = new TreeMap<>(event.getMDCPropertyMap());
    for (String name : OWN) {
      String value = context.remove(name);
      if (value != null) {
        line.put(name, value);
      }
    }
    line.put("message", event.getFormattedMessage());
    if (!context.isEmpty()) {
      ObjectNode more = line.putObject("context");
      context.forEach(more::put);
    }
    if (event.getThrowableProxy() != null) {
      line.put("exception", ThrowableProxyUtil.asString(event.getThrowableProxy()));
    }
    return (TerminalText.of(line.toString()) + "\n").getBytes(StandardCharsets.UTF_8);
  }

  @Override
  public byte[] footerBytes() {
    return new byte[0];
  }
}
