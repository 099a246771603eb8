package dev.lanekeeper.signature;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lanekeeper.canonical.CanonicalJson;
import dev.lanekeeper.canonical.Json;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** A statement names the key that signed it, and that key did. */
final class SignedTest {

  private static final String TYPE = "application/vnd.test+json";

  private record Content(int a) {}

  private final SigningKey key = SigningKey.generate();
  private final ObjectNode content = Json.object().put("a", 1);

  private static String envelope(String type, ObjectNode payload, SigningKey by) {
    return new String(
        Envelope.sign(type, CanonicalJson.bytes(payload), by).bytes(), StandardCharsets.UTF_8);
  }

  private static Optional<Signed<Content>> read(String envelope) {
    return Signed.read(TYPE, Content.class, envelope);
  }

  @Test
  void statement_isReadBack_withItsKeyAndWithoutItsName() {
    Signed<Content> read = read(Signed.write(TYPE, content, key)).orElseThrow();
    assertThat(read.key().thumbprint()).isEqualTo(key.verifyKey().thumbprint());
    assertThat(read.content()).isEqualTo(new Content(1));
    assertThat(content.has("keySpki")).as("what was given is left as it was").isFalse();
  }

  @Test
  void statement_ofAnotherKeyTypeOrForm_isNone() {
    SigningKey other = SigningKey.generate();
    ObjectNode named = content.deepCopy().put("keySpki", key.verifyKey().base64());
    assertThat(read(envelope(TYPE, named, key))).isPresent();
    assertThat(read(envelope(TYPE, named, other))).as("another key signed").isEmpty();
    assertThat(read(envelope("text/other", named, key))).as("another type").isEmpty();
    assertThat(read(envelope(TYPE, content, key))).as("no key is named").isEmpty();
    ObjectNode number = content.deepCopy().put("keySpki", 1);
    assertThat(read(envelope(TYPE, number, key))).as("no text").isEmpty();
    ObjectNode broken = content.deepCopy().put("keySpki", "AAAA");
    assertThat(read(envelope(TYPE, broken, key))).as("no key").isEmpty();
    assertThat(read(envelope(TYPE, named, key) + " ")).as("another form").isEmpty();
    assertThat(read("none")).isEmpty();
  }

  @Test
  void content_thatIsNoValueOfTheType_isNone() {
    assertThat(read(Signed.write(TYPE, content.deepCopy().put("b", 2), key))).isEmpty();
  }
}
