package dev.lanekeeper.signature;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lanekeeper.canonical.CanonicalJson;
import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.canonical.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** DSSE v1: one form, and trust by signature alone. */
final class EnvelopeTest {

  private static final byte[] PAYLOAD = "{\"a\":1}".getBytes(StandardCharsets.UTF_8);

  private final SigningKey key = SigningKey.generate();
  private final SigningKey other = SigningKey.generate();
  private final Envelope good = Envelope.sign("text/test", PAYLOAD, key);

  private static JsonNode parsed(byte[] bytes) {
    try {
      return Json.parse(bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private byte[] changed(Consumer<ObjectNode> change) {
    ObjectNode tree = (ObjectNode) parsed(good.bytes());
    change.accept(tree);
    return CanonicalJson.bytes(tree);
  }

  private static ObjectNode signature(ObjectNode envelope) {
    return (ObjectNode) envelope.path("signatures").path(0);
  }

  private static void refused(byte[] bytes) {
    assertThatThrownBy(() -> Envelope.read(bytes)).isInstanceOf(IOException.class);
  }

  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }

  @Test
  void preAuthentication_isTheVectorOfTheSpecification() {
    // DSSE v1 protocol.md, test vector.
    assertThat(
            text(
                Envelope.preAuthentication(
                    "http://example.com/HelloWorld",
                    "hello world".getBytes(StandardCharsets.UTF_8))))
        .isEqualTo("DSSEv1 29 http://example.com/HelloWorld 11 hello world");
  }

  @Test
  void preAuthentication_countsBytesNotCharacters() {
    assertThat(
            text(Envelope.preAuthentication("t\u00e9", "\u20ac".getBytes(StandardCharsets.UTF_8))))
        .isEqualTo("DSSEv1 3 t\u00e9 3 \u20ac");
  }

  @Test
  void envelope_isReadBackAndSignedByItsKeyAlone() throws Exception {
    Envelope again = Envelope.read(good.bytes());
    assertThat(again.payload()).isEqualTo(PAYLOAD);
    assertThat(again.payloadType()).isEqualTo("text/test");
    assertThat(again.digest()).isEqualTo(Digest.of(good.bytes()));
    assertThat(again.signedBy(List.of(other.verifyKey(), key.verifyKey())))
        .map(VerifyKey::thumbprint)
        .contains(key.verifyKey().thumbprint());
    assertThat(again.signedBy(List.of(other.verifyKey()))).isEmpty();
    assertThat(again.signedBy(List.of())).isEmpty();
  }

  @Test
  void keyid_isNeverTrusted() throws Exception {
    String foreign = other.verifyKey().thumbprint().hex();
    byte[] wrongIdRightSignature = changed(e -> signature(e).put("keyid", foreign));
    assertThat(Envelope.read(wrongIdRightSignature).signedBy(List.of(key.verifyKey()))).isPresent();
    assertThat(Envelope.read(wrongIdRightSignature).signedBy(List.of(other.verifyKey()))).isEmpty();

    Envelope byOther = Envelope.sign("text/test", PAYLOAD, other);
    ObjectNode tree = (ObjectNode) parsed(byOther.bytes());
    signature(tree).put("keyid", key.verifyKey().thumbprint().hex());
    Envelope rightIdWrongSignature = Envelope.read(CanonicalJson.bytes(tree));
    assertThat(rightIdWrongSignature.signedBy(List.of(key.verifyKey()))).isEmpty();
  }

  @Test
  void payloadOrType_changedUnderTheSignature_isSignedByNobody() throws Exception {
    String payload =
        Base64.getEncoder().encodeToString("{\"a\":2}".getBytes(StandardCharsets.UTF_8));
    List<VerifyKey> keys = List.of(key.verifyKey());
    assertThat(Envelope.read(changed(e -> e.put("payload", payload))).signedBy(keys)).isEmpty();
    assertThat(Envelope.read(changed(e -> e.put("payloadType", "text/tesT"))).signedBy(keys))
        .isEmpty();
  }

  @Test
  void secondSignature_counts() throws Exception {
    byte[] both =
        changed(
            e ->
                ((ArrayNode) e.get("signatures"))
                    .add(
                        parsed(Envelope.sign("text/test", PAYLOAD, other).bytes())
                            .path("signatures")
                            .path(0)));
    assertThat(Envelope.read(both).signedBy(List.of(other.verifyKey()))).isPresent();
    assertThat(Envelope.read(both).signedBy(List.of(key.verifyKey()))).isPresent();
  }

  /** Each signature costs a verification for every key that is trusted. */
  @Test
  void signatures_moreThanAnybodyNeeds_areRefused() throws Exception {
    assertThat(Envelope.read(signedTimes(10)).signedBy(List.of(key.verifyKey()))).isPresent();
    assertThatThrownBy(() -> Envelope.read(signedTimes(11)))
        .isInstanceOf(IOException.class)
        .hasMessage("expected at most 10 signatures, found 11");
  }

  private byte[] signedTimes(int times) {
    return changed(
        e -> {
          ObjectNode one = signature(e).deepCopy();
          ArrayNode all = e.putArray("signatures");
          for (int i = 0; i < times; i++) {
            all.add(one.deepCopy());
          }
        });
  }

  /** It is kept with the envelope, and nobody signs it. */
  @Test
  void keyid_longerThanAnyHint_isRefused() throws Exception {
    assertThat(Envelope.read(changed(e -> signature(e).put("keyid", "k".repeat(200)))).payload())
        .isEqualTo(PAYLOAD);
    assertThatThrownBy(
            () -> Envelope.read(changed(e -> signature(e).put("keyid", "k".repeat(201)))))
        .isInstanceOf(IOException.class)
        .hasMessage("expected a keyid of at most 200 characters, found 201");
  }

  @Test
  void envelope_ofMoreThan16Mebibytes_isRefused_beforeItIsParsed() {
    assertThatThrownBy(() -> Envelope.read(new byte[(16 << 20) + 1]))
        .isInstanceOf(IOException.class)
        .hasMessage("expected at most 16777216 bytes of JSON, found 16777217");
  }

  @Test
  void payload_withANull_isRefused_whereverItStands() {
    for (String payload : List.of("null", "{\"a\":null}", "{\"a\":[1,{\"b\":[null]}]}", "[null]")) {
      Envelope signed = Envelope.sign("text/test", payload.getBytes(StandardCharsets.UTF_8), key);
      assertThatThrownBy(() -> signed.payloadAs("text/test", ObjectNode.class))
          .as(payload)
          .isInstanceOf(IOException.class)
          .hasMessageContaining("expected a value, found null");
    }
    Envelope text =
        Envelope.sign("text/test", "{\"a\":\"null\"}".getBytes(StandardCharsets.UTF_8), key);
    assertThatCode(() -> text.payloadAs("text/test", ObjectNode.class)).doesNotThrowAnyException();
  }

  /** DSSE v1.0.2, envelope: "Consumers MUST ignore unrecognized fields." Nothing keeps them. */
  @Test
  void unknownField_isPassedOver() throws Exception {
    assertThat(Envelope.read(changed(e -> e.put("more", 1))).bytes()).isEqualTo(good.bytes());
    assertThat(Envelope.read(changed(e -> signature(e).put("cert", "x"))).bytes())
        .isEqualTo(good.bytes());
  }

  /** DSSE v1.0.2, envelope: keyid "MAY be unset. An unset field MUST be treated as empty." */
  @Test
  void keyid_leftOut_isTheSameAsAnEmptyOne() throws Exception {
    byte[] empty = changed(e -> signature(e).put("keyid", ""));
    assertThat(Envelope.read(changed(e -> signature(e).remove("keyid"))).bytes()).isEqualTo(empty);
    assertThat(Envelope.read(changed(e -> signature(e).putNull("keyid"))).bytes()).isEqualTo(empty);
    assertThat(Envelope.read(empty).signedBy(List.of(key.verifyKey()))).isPresent();
  }

  /** DSSE v1.0.2, protocol: "Either standard or URL-safe encoding is allowed." */
  @Test
  void base64_thatIsUrlSafe_isReadAsTheStandardOne() throws Exception {
    byte[] payload = {(byte) 0xfb, (byte) 0xff, (byte) 0xbf};
    Envelope signed = Envelope.sign("text/test", payload, key);
    ObjectNode tree = (ObjectNode) parsed(signed.bytes());
    tree.put("payload", urlSafe(tree.get("payload")));
    signature(tree).put("sig", urlSafe(signature(tree).get("sig")));
    assertThat(tree.get("payload").asText()).isEqualTo("-_-_");
    Envelope read = Envelope.read(CanonicalJson.bytes(tree));
    assertThat(read.bytes()).isEqualTo(signed.bytes());
    refused(CanonicalJson.bytes(tree.deepCopy().put("payload", "+_-/")));
  }

  private static String urlSafe(JsonNode base64) {
    return base64.asText().replace('+', '-').replace('/', '_');
  }

  @Test
  void severalSignatures_becomeTheOneOfATrustedKey() throws Exception {
    byte[] both =
        changed(
            e ->
                ((ArrayNode) e.get("signatures"))
                    .insert(0, Json.object().put("keyid", "second").put("sig", "MTEx")));
    assertThat(Envelope.read(both).only(List.of(key.verifyKey())).orElseThrow().bytes())
        .isEqualTo(good.bytes());
    assertThat(Envelope.read(both).only(List.of(other.verifyKey()))).isEmpty();
  }

  @Test
  void missingField_isRefused() {
    refused(changed(e -> e.remove("payloadType")));
    refused(changed(e -> e.remove("payload")));
    refused(changed(e -> e.remove("signatures")));
    refused(changed(e -> signature(e).remove("sig")));
  }

  @Test
  void duplicateKey_isRefused() {
    refused(
        text(good.bytes())
            .replaceFirst("\"payloadType\"", "\"payloadType\":\"text/evil\",\"payloadType\"")
            .getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void noSignature_isRefused() {
    refused(changed(e -> e.putArray("signatures")));
  }

  @Test
  void base64_thatIsNotCanonical_isRefused() {
    // One byte leaves four bits over; they must be zero.
    assertThat(Base64.getDecoder().decode("YR==")).isEqualTo(Base64.getDecoder().decode("YQ=="));
    for (String payload : new String[] {"YR==", "YQ", "YQ=", " YQ==", "YQ==\n", "Y Q=="}) {
      refused(changed(e -> e.put("payload", payload)));
    }
    refused(
        changed(e -> signature(e).put("sig", signature(e).get("sig").asText().replace("=", ""))));
  }

  @Test
  void base64_thatIsCanonical_isAccepted() throws Exception {
    assertThat(Envelope.read(changed(e -> e.put("payload", "YQ=="))).payload())
        .containsExactly('a');
    assertThat(Envelope.read(changed(e -> e.put("payload", ""))).payload()).isEmpty();
  }

  @Test
  void nullWhereAValueBelongs_isRefused() {
    refused("null".getBytes(StandardCharsets.UTF_8));
    for (String field : new String[] {"payloadType", "payload", "signatures"}) {
      refused(changed(e -> e.putNull(field)));
    }
    refused(changed(e -> e.putArray("signatures").addNull()));
    refused(changed(e -> signature(e).putNull("sig")));
  }

  /** What is stored and sealed has one form, so that its digest names it. */
  @Test
  void canonicalForm_isTheOneThatIsWritten_andNoOtherOfTheSameEnvelope() throws Exception {
    assertThat(Envelope.readCanonical(good.bytes()).payload()).isEqualTo(PAYLOAD);
    ArrayNode twice = Json.array();
    twice.add(
        Json.object().put("keyid", "a").put("sig", Base64.getEncoder().encodeToString(PAYLOAD)));
    twice.addAll((ArrayNode) Json.parse(good.bytes()).path("signatures"));
    notCanonical(changed(e -> e.set("signatures", twice)), "expected one signature, found 2");
    notCanonical(changed(e -> signature(e).putNull("keyid")), "expected canonical JSON");
    notCanonical(changed(e -> signature(e).remove("keyid")), "expected canonical JSON");
    notCanonical(changed(e -> e.put("more", 1)), "expected canonical JSON");
    for (String keyid : List.of("a\"b", "a\\b", "\u00e9", "a\nb")) {
      notCanonical(changed(e -> signature(e).put("keyid", keyid)), "a keyid of plain ASCII");
    }
    notCanonical(Json.pretty(Json.parse(good.bytes())), "expected canonical JSON");
  }

  private static void notCanonical(byte[] bytes, String problem) {
    assertThatCode(() -> Envelope.read(bytes)).as("it is an envelope").doesNotThrowAnyException();
    assertThatThrownBy(() -> Envelope.readCanonical(bytes))
        .isInstanceOf(IOException.class)
        .hasMessageContaining(problem);
  }

  @Test
  void envelope_isByTheKey_thatSignedItAndIsNamed() throws Exception {
    assertThat(good.isBy(key.verifyKey())).isTrue();
    assertThat(good.isBy(other.verifyKey())).isFalse();
    byte[] underAnotherName =
        changed(e -> signature(e).put("keyid", other.verifyKey().thumbprint().hex()));
    assertThat(Envelope.read(underAnotherName).signedBy(List.of(key.verifyKey()))).isPresent();
    assertThat(Envelope.read(underAnotherName).isBy(key.verifyKey())).isFalse();
    assertThat(Envelope.read(underAnotherName).isBy(other.verifyKey())).isFalse();
  }

  @Test
  void payload_isReadAsTheTypeThatItIsSaidToBe_andAsNoOther() throws Exception {
    assertThat(good.payloadAs("text/test", One.class)).isEqualTo(new One(1));
    assertThatThrownBy(() -> good.payloadAs("text/other", One.class))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("found text/test");
  }

  private record One(int a) {}

  @Test
  void signatures_thatAreNull_areRefusedInASentence() {
    assertThatThrownBy(() -> Envelope.read(changed(e -> e.putNull("signatures"))))
        .hasMessage("expected a value of signatures, found null");
  }
}
