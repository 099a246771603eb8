package dev.lanekeeper.signature;

import dev.lanekeeper.canonical.Digest;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.Signature;
import java.security.spec.X509EncodedKeySpec;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Set;

/**
 * An Ed25519 public key, known by the SHA-256 of its DER SubjectPublicKeyInfo.
 *
 * <p>Refuses the points of small order, under which a signature proves nothing (RFC 8032 §5.1,
 * "Taming the many EdDSAs", table 1).
 */
public final class VerifyKey {

  private static final byte[] SPKI_PREFIX = HexFormat.of().parseHex("302a300506032b6570032100");

  /** RFC 8032 §5.1.6; the JDK ignores what follows these bytes. */
  private static final int SIGNATURE_LENGTH = 64;

  /** Encodings of the y coordinates of small order, sign bit cleared, little endian. */
  private static final Set<String> SMALL_ORDER =
      Set.of(
          "0000000000000000000000000000000000000000000000000000000000000000",
          "0100000000000000000000000000000000000000000000000000000000000000",
          "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
          "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
          "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
          "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
          "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f");

  private final byte[] spki;
  private final PublicKey key;

  private VerifyKey(byte[] spki) {
    this.spki = spki.clone();
    if (spki.length != SPKI_PREFIX.length + 32
        || !Arrays.equals(SPKI_PREFIX, Arrays.copyOf(spki, SPKI_PREFIX.length))) {
      throw new IllegalArgumentException(
          "expected an Ed25519 SubjectPublicKeyInfo, found another key");
    }
    byte[] point = Arrays.copyOfRange(spki, SPKI_PREFIX.length, spki.length);
    point[31] &= 0x7f;
    if (SMALL_ORDER.contains(HexFormat.of().formatHex(point))) {
      throw new IllegalArgumentException("expected a key of full order, found one of small order");
    }
    try {
      this.key = KeyFactory.getInstance("Ed25519").generatePublic(new X509EncodedKeySpec(spki));
    } catch (GeneralSecurityException e) {
      throw new IllegalArgumentException("expected an Ed25519 key, found " + e.getMessage(), e);
    }
  }

  /**
   * A key from its DER SubjectPublicKeyInfo.
   *
   * @throws IllegalArgumentException when it is not an Ed25519 key of full order
   */
  public static VerifyKey ofSpki(byte[] spki) {
    return new VerifyKey(spki);
  }

  /**
   * A key from the one PEM form that is written here, and that OpenSSL prints.
   *
   * @throws IllegalArgumentException when it is not such a key
   */
  public static VerifyKey ofPem(String pem) {
    return new VerifyKey(Pem.decode("PUBLIC KEY", pem));
  }

  /**
   * A key from a text that a person brings, in any form that RFC 7468 allows.
   *
   * @throws IllegalArgumentException when it holds no such key
   */
  public static VerifyKey inText(String text) {
    return new VerifyKey(Pem.read("PUBLIC KEY", text));
  }

  /** SHA-256 of the DER SubjectPublicKeyInfo. */
  public Digest thumbprint() {
    return Digest.of(spki);
  }

  /** The PEM form. */
  public String pem() {
    return Pem.encode("PUBLIC KEY", spki);
  }

  /** The DER form in Base64. */
  public String base64() {
    return Base64.getEncoder().encodeToString(spki);
  }

  /** Whether the signature is this key's over the message; a malformed one is not. */
  public boolean verifies(byte[] message, byte[] signature) {
    if (signature.length != SIGNATURE_LENGTH) {
      return false;
    }
    try {
      Signature verifier = Signature.getInstance("Ed25519");
      verifier.initVerify(key);
      verifier.update(message);
      return verifier.verify(signature);
    } catch (GeneralSecurityException e) {
      return false;
    }
  }
}
