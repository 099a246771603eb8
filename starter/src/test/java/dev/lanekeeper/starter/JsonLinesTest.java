package dev.lanekeeper.starter;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.LoggingEvent;
import com.fasterxml.jackson.databind.JsonNode;
import dev.lanekeeper.canonical.Json;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Log lines as JSON. */
class JsonLinesTest {

  private static JsonNode encoded(String message, Throwable thrown, Map<String, String> context)
      throws Exception {
    LoggingEvent event =
        new LoggingEvent(
            "", new LoggerContext().getLogger("a.b.C"), Level.WARN, message, thrown, new Object[0]);
    event.setMDCPropertyMap(context);
    byte[] line = new JsonLines().encode(event);
    String text = new String(line, StandardCharsets.UTF_8);
    assertThat(text).endsWith("\n").containsOnlyOnce("\n");
    return Json.parse(line);
  }

  @Test
  void line_saysLaneRunAndStageAtItsTop_andTheRestBelow() throws Exception {
    JsonNode line =
        encoded("said", null, Map.of("lane", "l", "run", "r", "stage", "S0", "Attempt", "1"));
    assertThat(line.path("level").asText()).isEqualTo("WARN");
    assertThat(line.path("logger").asText()).isEqualTo("a.b.C");
    assertThat(line.path("message").asText()).isEqualTo("said");
    assertThat(line.path("lane").asText()).isEqualTo("l");
    assertThat(line.path("run").asText()).isEqualTo("r");
    assertThat(line.path("stage").asText()).isEqualTo("S0");
    assertThat(line.path("context")).hasToString("{\"Attempt\":\"1\"}");
  }

  @Test
  void line_ofNoLane_hasNoSuchFields() throws Exception {
    JsonNode line = encoded("said", null, Map.of());
    assertThat(line.has("lane")).isFalse();
    assertThat(line.has("context")).isFalse();
    assertThat(line.has("exception")).isFalse();
  }

  @Test
  void line_staysOne_withAnExceptionAndControlCharacters() throws Exception {
    JsonNode line =
        encoded("two\nlines \u0000 \"", new IllegalStateException("a\nb"), Map.of("lane", "x\ny"));
    assertThat(line.path("message").asText()).isEqualTo("two\nlines \u0000 \"");
    assertThat(line.path("exception").asText()).contains("IllegalStateException: a\nb", "\tat ");
  }
}
