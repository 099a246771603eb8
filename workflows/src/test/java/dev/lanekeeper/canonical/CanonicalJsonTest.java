package dev.lanekeeper.canonical;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** RFC 8785, with integers for numbers. */
final class CanonicalJsonTest {

  private static JsonNode read(String json) throws Exception {
    return Json.parse(json.getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void keys_areSortedByUtf16CodeUnits() throws Exception {
    // The example of RFC 8785 §3.2.3: the emoji's surrogates sort before U+FB33.
    String json =
        "{\"\\u20ac\":5,\"\\r\":1,\"\\ufb33\":7,\"1\":2,\"\\ud83d\\ude00\":6,\"\\u0080\":3,\"\\u00f6\":4}";
    assertThat(CanonicalJson.text(read(json)))
        .isEqualTo(
            "{\"\\r\":1,\"1\":2,\"\u0080\":3,\"\u00f6\":4,\"\u20ac\":5,\"\ud83d\ude00\":6,\"\ufb33\":7}");
  }

  @Test
  void keys_areSortedAtEveryDepth_andArraysAreNot() throws Exception {
    assertThat(CanonicalJson.text(read("{\"b\":[{\"z\":1,\"a\":2},3,1],\"a\":{\"y\":1,\"x\":2}}")))
        .isEqualTo("{\"a\":{\"x\":2,\"y\":1},\"b\":[{\"a\":2,\"z\":1},3,1]}");
  }

  @Test
  void strings_areEscapedInExactlyOneWay() throws Exception {
    // RFC 8785 §3.2.2.2: two-character escapes where they exist, \\u00xx below U+0020, else as is.
    assertThat(
            CanonicalJson.text(
                read("\"\\u20ac$\\u000f\\u000aA'\\u0042\\u0022\\u005c\\\\\\\"\\/\\b\\t\\f\\r\"")))
        .isEqualTo("\"\u20ac$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\\b\\t\\f\\r\"");
    assertThat(CanonicalJson.text(read("\"\\u007f\\u2028\\u001f\"")))
        .as("delete and line separator stand as they are")
        .isEqualTo("\"\u007f\u2028\\u001f\"");
  }

  @ParameterizedTest
  @CsvSource({"0, 0", "-0, 0", "-7, -7", "9007199254740993, 9007199254740993"})
  void integer_isWrittenInFull(String json, String canonical) throws Exception {
    assertThat(CanonicalJson.text(read(json))).isEqualTo(canonical);
  }

  @Test
  void integer_ofAnySize_isWrittenInFull() throws Exception {
    BigInteger big = BigInteger.TEN.pow(40);
    assertThat(CanonicalJson.text(read(big.toString()))).isEqualTo(big.toString());
  }

  @ParameterizedTest
  @ValueSource(strings = {"1.5", "1.0", "1e2", "[0, {\"a\": 0.1}]"})
  void fraction_isRefused(String json) throws Exception {
    JsonNode value = read(json);
    assertThatThrownBy(() -> CanonicalJson.bytes(value))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("expected an integer");
  }

  @Test
  void literalsAndEmptyContainers_haveOneForm() throws Exception {
    assertThat(CanonicalJson.text(read(" [ true , false , null , { } , [ ] ] ")))
        .isEqualTo("[true,false,null,{},[]]");
  }

  @Test
  void missingValue_isRefused() {
    JsonNode missing = Json.object().path("nothing");
    assertThatThrownBy(() -> CanonicalJson.text(missing))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void digest_isOverTheUtf8Bytes_whateverTheOrderOfKeys() {
    ObjectNode one = Json.object().put("b", 1).put("a", "\u00e9");
    ObjectNode two = Json.object().put("a", "\u00e9").put("b", 1);
    assertThat(CanonicalJson.digest(one)).isEqualTo(CanonicalJson.digest(two));
    assertThat(CanonicalJson.digest(one)).isEqualTo(Digest.of("{\"a\":\"\u00e9\",\"b\":1}"));
    assertThat(CanonicalJson.digest(one)).isNotEqualTo(CanonicalJson.digest(two.put("b", 2)));
  }

  @Test
  void loneSurrogate_isRefused_andAPairIsWritten() {
    for (String bad : new String[] {"\ud800", "a\udc00", "\ud800\ud800\udc00", "\udc00\ud800"}) {
      assertThatThrownBy(() -> CanonicalJson.bytes(Json.object().put("a", bad)))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("lone surrogate");
      assertThatThrownBy(() -> CanonicalJson.bytes(Json.object().put(bad, 1)))
          .isInstanceOf(IllegalArgumentException.class);
    }
    assertThat(CanonicalJson.text(Json.object().put("a", "x\ud83d\ude00y")))
        .isEqualTo("{\"a\":\"x\ud83d\ude00y\"}");
  }

  @Test
  void space_standsAsItIs_andWhatComesBeforeItIsEscaped() {
    assertThat(CanonicalJson.text(Json.object().put("a b", "\u001f ")))
        .isEqualTo("{\"a b\":\"\\u001f \"}");
  }
}
