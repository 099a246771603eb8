package dev.lanekeeper.signature;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonNode;
import dev.lanekeeper.canonical.CanonicalJson;
import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.canonical.Json;
import dev.lanekeeper.canonical.PlainText;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * A DSSE envelope (Source: DSSE v1.0.2, protocol and envelope): a payload with signatures over its
 * pre-authentication encoding. {@code keyid} is a hint and never used for trust; it may be left
 * out. Base64 is standard or URL-safe. Fields that the standard does not know are passed over.
 */
public final class Envelope {

  /** The most bytes of an envelope. */
  private static final int MOST_BYTES = 16 << 20;

  private static final Pattern URL_SAFE = Pattern.compile("[A-Za-z0-9_-]*={0,2}");

  /** The most signatures, each of which costs a verification a key. */
  private static final int MOST_SIGNATURES = 10;

  /**
   * The longest hint of who signed, in characters: nobody signs it, and it is kept all the same.
   */
  private static final int LONGEST_KEYID = 200;

  /** Printable ASCII that JSON shows unescaped. */
  private static final Pattern PLAIN = Pattern.compile("[ -~&&[^\"\\\\]]*");

  @JsonIgnoreProperties(ignoreUnknown = true)
  private record Form(
      @JsonProperty(required = true) String payloadType,
      @JsonProperty(required = true) String payload,
      @JsonProperty(required = true) List<SignatureForm> signatures) {

    Form {
      present("payloadType", payloadType);
      present("payload", payload);
      present("signatures", signatures);
      payload = standard(payload);
      if (signatures.size() > MOST_SIGNATURES) {
        throw new IllegalArgumentException(
            "expected at most " + MOST_SIGNATURES + " signatures, found " + signatures.size());
      }
      signatures.forEach(s -> present("signatures", s));
    }
  }

  @JsonIgnoreProperties(ignoreUnknown = true)
  private record SignatureForm(String keyid, @JsonProperty(required = true) String sig) {

    SignatureForm {
      present("sig", sig);
      // An unset field is the same as an empty one.
      keyid = keyid == null ? "" : keyid;
      sig = standard(sig);
      if (keyid.length() > LONGEST_KEYID) {
        throw new IllegalArgumentException(
            "expected a keyid of at most "
                + LONGEST_KEYID
                + " characters, found "
                + keyid.length());
      }
    }
  }

  private final Form form;
  private final byte[] payload;
  private final List<byte[]> signatures;

  private Envelope(Form form) {
    this.form = form;
    this.payload = base64(form.payload());
    this.signatures = form.signatures().stream().map(s -> base64(s.sig())).toList();
    if (signatures.isEmpty()) {
      throw new IllegalArgumentException("expected a signature, found none");
    }
  }

  /**
   * Reads an envelope.
   *
   * @throws IOException when the bytes are not one, hold duplicate keys, or use Base64 that is not
   *     canonical
   */
  public static Envelope read(byte[] bytes) throws IOException {
    return of(Json.parse(bytes, MOST_BYTES));
  }

  /** The same of JSON that is read already. */
  public static Envelope of(JsonNode tree) throws IOException {
    try {
      if (!tree.isObject()) {
        throw new IOException("expected a DSSE envelope, found another JSON value");
      }
      return new Envelope(Json.as(tree, Form.class));
    } catch (JsonMappingException e) {
      throw new IOException(
          e.getCause() instanceof IllegalArgumentException own
              ? own.getMessage()
              : "expected a DSSE envelope, found other fields or values");
    } catch (IllegalArgumentException e) {
      throw new IOException(e.getMessage(), e);
    }
  }

  /**
   * Reads an envelope in the only form that is written here: canonical JSON with one signature,
   * whose {@code keyid} is plain ASCII, so that a shell reads it too.
   *
   * @throws IOException when it is none, or in another form
   */
  public static Envelope readCanonical(byte[] bytes) throws IOException {
    Envelope envelope = read(bytes);
    if (envelope.signatures.size() != 1) {
      throw new IOException("expected one signature, found " + envelope.signatures.size());
    }
    String keyid = envelope.form.signatures().get(0).keyid();
    if (!PLAIN.matcher(keyid).matches()) {
      throw new IOException(
          "expected a keyid of plain ASCII, found " + PlainText.visible(keyid, 100));
    }
    if (!Arrays.equals(bytes, envelope.bytes())) {
      throw new IOException("expected canonical JSON, found another form of the envelope");
    }
    return envelope;
  }

  /** Signs a payload. */
  public static Envelope sign(String payloadType, byte[] payload, SigningKey key) {
    byte[] signature = key.sign(preAuthentication(payloadType, payload));
    return signed(payloadType, payload, key.verifyKey(), signature);
  }

  private static Envelope signed(String type, byte[] payload, VerifyKey key, byte[] signature) {
    Base64.Encoder encoder = Base64.getEncoder();
    SignatureForm form =
        new SignatureForm(key.thumbprint().hex(), encoder.encodeToString(signature));
    return new Envelope(new Form(type, encoder.encodeToString(payload), List.of(form)));
  }

  /** The first of these keys that signed the envelope. */
  public Optional<VerifyKey> signedBy(Collection<VerifyKey> keys) {
    byte[] message = preAuthentication(form.payloadType(), payload);
    return keys.stream()
        .filter(key -> signatures.stream().anyMatch(s -> key.verifies(message, s)))
        .findFirst();
  }

  /**
   * The envelope in the one form that is written here, with one signature.
   *
   * @param keys those of which one signed it
   * @return nothing when none did
   */
  public Optional<Envelope> only(Collection<VerifyKey> keys) {
    byte[] message = preAuthentication(form.payloadType(), payload);
    return signedBy(keys)
        .flatMap(
            key ->
                signatures.stream()
                    .filter(signature -> key.verifies(message, signature))
                    .findFirst()
                    .map(signature -> signed(form.payloadType(), payload, key, signature)));
  }

  /** Whether this key signed it, and says so: nothing of it is free to be anything else. */
  public boolean isBy(VerifyKey key) {
    return signedBy(List.of(key)).isPresent()
        && form.signatures().stream().allMatch(s -> key.thumbprint().hex().equals(s.keyid()));
  }

  /** What kind of payload it says it holds; covered by the signature. */
  public String payloadType() {
    return form.payloadType();
  }

  /**
   * The payload as a value of the type that it is said to be.
   *
   * @throws IOException when it is said to be another, is none, or leaves a value open (null)
   */
  public <T> T payloadAs(String type, Class<T> of) throws IOException {
    if (!payloadType().equals(type)) {
      throw new IOException(
          "expected payload type " + type + ", found " + PlainText.visible(payloadType(), 100));
    }
    return Json.whole(Json.parse(payload), of);
  }

  /** The payload. */
  public byte[] payload() {
    return payload.clone();
  }

  /** The envelope's own bytes: canonical JSON. */
  public byte[] bytes() {
    return CanonicalJson.bytes(Json.tree(form));
  }

  /** The digest of the envelope's own bytes. */
  public Digest digest() {
    return Digest.of(bytes());
  }

  /** PAE: "DSSEv1" SP LEN(type) SP type SP LEN(body) SP body. */
  static byte[] preAuthentication(String payloadType, byte[] payload) {
    byte[] type = payloadType.getBytes(StandardCharsets.UTF_8);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(("DSSEv1 " + type.length + " ").getBytes(StandardCharsets.US_ASCII));
    out.writeBytes(type);
    out.writeBytes((" " + payload.length + " ").getBytes(StandardCharsets.US_ASCII));
    out.writeBytes(payload);
    return out.toByteArray();
  }

  private static void present(String field, Object value) {
    if (value == null) {
      throw new IllegalArgumentException("expected a value of " + field + ", found null");
    }
  }

  /** DSSE v1.0.2, protocol: "Either standard or URL-safe encoding is allowed." */
  private static String standard(String base64) {
    return URL_SAFE.matcher(base64).matches() ? base64.replace('-', '+').replace('_', '/') : base64;
  }

  private static byte[] base64(String text) {
    byte[] bytes;
    try {
      bytes = Base64.getDecoder().decode(text);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("expected Base64, found another text", e);
    }
    if (!Base64.getEncoder().encodeToString(bytes).equals(text)) {
      throw new IllegalArgumentException("expected canonical Base64, found another form");
    }
    return bytes;
  }
}
