package dev.lanekeeper.signature;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lanekeeper.canonical.CanonicalJson;
import dev.lanekeeper.canonical.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Optional;

/**
 * A small JSON object that names the key which signed it (DSSE v1.0.2). That the signature is that
 * key's says nothing yet about whether anybody trusts the key.
 *
 * @param key the key
 * @param content what was signed, without the key
 */
public record Signed(VerifyKey key, ObjectNode content) {

  private static final String KEY = "keySpki";

  /** Signs an object, and names the key in it. */
  public static String write(String payloadType, ObjectNode content, SigningKey key) {
    ObjectNode named = content.deepCopy().put(KEY, key.verifyKey().base64());
    return new String(
        Envelope.sign(payloadType, CanonicalJson.bytes(named), key).bytes(),
        StandardCharsets.UTF_8);
  }

  /** The content as a value of this type; empty when it is none. */
  public <T> Optional<T> as(Class<T> type) {
    try {
      return Optional.of(Json.as(content, type));
    } catch (IOException | IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  /** The object in an envelope of this type; empty when the key that it names did not sign it. */
  public static Optional<Signed> read(String payloadType, String envelope) {
    try {
      Envelope read = Envelope.readCanonical(envelope.getBytes(StandardCharsets.UTF_8));
      if (!read.payloadType().equals(payloadType)
          || !(Json.parse(read.payload()) instanceof ObjectNode content)
          || !content.path(KEY).isTextual()) {
        return Optional.empty();
      }
      VerifyKey key = VerifyKey.ofSpki(Base64.getDecoder().decode(content.remove(KEY).textValue()));
      return read.signedBy(List.of(key)).isPresent()
          ? Optional.of(new Signed(key, content))
          : Optional.empty();
    } catch (IOException | IllegalArgumentException e) {
      return Optional.empty();
    }
  }
}
