package dev.lanekeeper.canonical;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What strict reading refuses, and the form of what is written. */
final class JsonTest {

  private record Small(
      @JsonProperty(required = true) int number, @JsonProperty(required = true) String text) {}

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"a\":1,\"a\":1}",
        "{\"a\":{\"b\":1,\"b\":2}}",
        "{\"a\":1,\"\\u0061\":2}",
        "{} {}",
        "{}x",
        "1 2",
        "",
        "   ",
        "{\"a\":1,}",
        "{'a':1}",
        "{a:1}",
        "// remark\n{}",
        "01",
        "NaN",
        "\uFEFF{}",
        "\"line\nfeed\""
      })
  void text_thatIsNotExactlyOneStrictValue_isRefused(String text) {
    assertThatThrownBy(() -> Json.parse(bytes(text))).isInstanceOf(IOException.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"{\"a\":1,\"A\":1}", " {} \n", "null", "[{\"a\":1},{\"a\":1}]"})
  void text_thatOnlyLooksWrong_isRead(String text) throws Exception {
    assertThat(Json.parse(bytes(text))).isNotNull();
  }

  @Test
  void nesting_of200Levels_isRead_andMoreRefused_howeverMuch() throws Exception {
    assertThat(Json.parse(bytes("[".repeat(200) + "]".repeat(200)))).isNotNull();
    for (String deep :
        new String[] {
          "[".repeat(201) + "]".repeat(201), "[".repeat(400_000), "{\"a\":".repeat(100_000)
        }) {
      assertThatThrownBy(() -> Json.parse(bytes(deep)))
          .isInstanceOf(IOException.class)
          .hasMessageStartingWith("expected JSON, found deeper nesting");
    }
    assertThatThrownBy(() -> Json.parse(bytes("9".repeat(1_000_000))))
        .isInstanceOf(IOException.class);
  }

  @Test
  void bytes_beyondTheLimit_areRefused_beforeTheyAreParsed() throws Exception {
    assertThat(Json.parse(bytes("{}  "), 4)).isNotNull();
    assertThatThrownBy(() -> Json.parse(bytes("{}   "), 4))
        .isInstanceOf(IOException.class)
        .hasMessage("expected at most 4 bytes of JSON, found 5");
    assertThatThrownBy(() -> Json.parse(new byte[(64 << 20) + 1])).hasMessageContaining("67108864");
  }

  /** What cannot be parsed may be a key; so neither the message nor a cause repeats it. */
  @Test
  void text_thatCannotBeParsed_isNotRepeated() {
    for (String secret :
        new String[] {
          "hunter2secret",
          "\"hunter2secret",
          "{hunter2secret",
          "[hunter2secret]",
          "-hunter2secret",
          "{\"hunter2secret\":1,\"hunter2secret\":2}",
          "{} hunter2secret",
          "\"\\hunter2secret\"",
          "tru\u00e9hunter2secret",
          "{\"a\":1 \"hunter2secret\"}"
        }) {
      assertThatThrownBy(() -> Json.parse(bytes(secret)))
          .as(secret)
          .isInstanceOf(IOException.class)
          .hasMessageStartingWith("expected ")
          .hasMessageContaining(", found ")
          .hasMessageNotContainingAny("hunter", "secret")
          .hasNoCause();
    }
  }

  private record Moment(@JsonProperty(required = true) Instant at) {}

  @ParameterizedTest
  @ValueSource(
      strings = {
        "1781272800",
        "1781272800.5",
        "\"1781272800\"",
        "\"\"",
        "true",
        "null",
        "[2026,6,12]",
        "\"2026-06-12T10:00:00+00:00\"",
        "\"2026-06-12T10:00:00.000Z\"",
        "\"2026-06-12T10:00Z\"",
        "\"2026-06-12\"",
        "\"2026-06-31T10:00:00Z\""
      })
  void time_inAnotherThanTheWrittenForm_isRefused(String time) throws Exception {
    JsonNode tree = Json.parse(bytes("{\"at\":" + time + "}"));
    assertThatThrownBy(() -> Json.whole(tree, Moment.class))
        .isInstanceOf(IOException.class)
        .hasMessageMatching("field 'at': expected .*, found .*");
  }

  @Test
  void time_thatIsNoText_isRefusedAsNone_andAnotherTextIsShown() throws Exception {
    assertThatThrownBy(() -> Json.whole(Json.parse(bytes("{\"at\":7}")), Moment.class))
        .hasMessageEndingWith("found none");
    assertThatThrownBy(() -> Json.whole(Json.parse(bytes("{\"at\":\"x\"}")), Moment.class))
        .hasMessageEndingWith("found 'x'");
  }

  @Test
  void time_asWritten_isRead() throws Exception {
    for (String time : new String[] {"2026-06-12T10:00:00Z", "2026-06-12T10:00:00.120Z"}) {
      Moment moment = new Moment(Instant.parse(time));
      assertThat(Json.whole(Json.tree(moment), Moment.class)).isEqualTo(moment);
    }
  }

  @Test
  void bytes_thatAreNotUtf8_areRefused() {
    byte[][] bad = {
      {'"', (byte) 0xc3, '"'},
      {'"', (byte) 0xff, '"'},
      {'"', (byte) 0xc0, (byte) 0x80, '"'},
      {'"', (byte) 0xed, (byte) 0xa0, (byte) 0x80, '"'},
      {(byte) 0xff, (byte) 0xfe, '1', 0},
      {0, '1'},
    };
    for (byte[] text : bad) {
      assertThatThrownBy(() -> Json.parse(text)).isInstanceOf(IOException.class);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"number\":1,\"text\":\"x\",\"more\":1}",
        "{\"number\":1}",
        "{\"text\":\"x\"}",
        "{\"number\":null,\"text\":\"x\"}",
        "{\"number\":1.0,\"text\":\"x\"}",
        "{\"number\":\"1\",\"text\":\"x\"}",
        "{\"number\":true,\"text\":\"x\"}",
        "{\"number\":1,\"text\":7}",
        "{\"number\":9999999999,\"text\":\"x\"}",
        "[1,\"x\"]"
      })
  void tree_thatDoesNotFitTheRecord_isRefused(String text) {
    assertThatThrownBy(() -> Json.as(Json.parse(bytes(text)), Small.class))
        .isInstanceOf(IOException.class);
  }

  @Test
  void tree_thatFitsTheRecord_isRead() throws Exception {
    Small small = Json.as(Json.parse(bytes("{\"text\":\"x\",\"number\":1}")), Small.class);
    assertThat(small).isEqualTo(new Small(1, "x"));
  }

  @Test
  void pretty_sortsKeysIndentsByTwoAndEndsWithOneLineFeed() throws Exception {
    byte[] pretty =
        Json.pretty(Json.parse(bytes("{\"b\":[1,{\"d\":{},\"c\":[]}],\"a\":\"\u00e9\"}")));
    assertThat(new String(pretty, StandardCharsets.UTF_8))
        .isEqualTo(
            """
            {
              "a": "\u00e9",
              "b": [
                1,
                {
                  "c": [],
                  "d": {}
                }
              ]
            }
            """);
    assertThat(Json.pretty(Json.parse(pretty))).isEqualTo(pretty);
  }

  @Test
  void null_isRefusedWhereverItStands_andNamed() throws Exception {
    for (String text :
        new String[] {"null", "{\"a\":null}", "{\"a\":{\"b\":null}}", "{\"a\":[1,null]}"}) {
      JsonNode tree = Json.parse(text.getBytes(StandardCharsets.UTF_8));
      assertThatThrownBy(() -> Json.refuseNulls(tree))
          .as(text)
          .isInstanceOf(IOException.class)
          .hasMessageContaining("null");
    }
    Json.refuseNulls(Json.object().put("a", 1));
  }
}
