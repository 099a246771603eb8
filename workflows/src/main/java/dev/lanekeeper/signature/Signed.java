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
 * @param key the key, whoever trusts it
 * @param content what was signed, without the key
 */
public record Signed<T>(VerifyKey key, T content) {

  private static final String KEY = "keySpki";

  /** Signs an object, and names the key in it. */
  public static String write(String payloadType, Object content, SigningKey key) {
    ObjectNode named = ((ObjectNode) Json.tree(content)).deepCopy();
    named.put(KEY, key.verifyKey().base64());
    return new String(
        Envelope.sign(payloadType, CanonicalJson.bytes(named), key).bytes(),
        StandardCharsets.UTF_8);
  }

  /**
   * The object in an envelope of this type; empty when it is none, or the key that it names did not
   * sign it.
   */
  public static <T> Optional<Signed<T>> read(String payloadType, Class<T> type, String envelope) {
    try {
      Envelope read = Envelope.readCanonical(envelope.getBytes(StandardCharsets.UTF_8));
      if (!read.payloadType().equals(payloadType)
          || !(Json.parse(read.payload()) instanceof ObjectNode content)
          || !content.path(KEY).isTextual()) {
        return Optional.empty();
      }
      VerifyKey key = VerifyKey.ofSpki(Base64.getDecoder().decode(content.remove(KEY).textValue()));
      return read.signedBy(List.of(key)).isPresent()
          ? Optional.of(new Signed<>(key, Json.as(content, type)))
          : Optional.empty();
    } catch (IOException | IllegalArgumentException e) {
      return Optional.empty();
    }
  }
}
