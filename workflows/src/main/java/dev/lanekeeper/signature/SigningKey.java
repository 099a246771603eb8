package dev.lanekeeper.signature;

import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.spec.PKCS8EncodedKeySpec;

/** An Ed25519 private key with its public half. */
public final class SigningKey {

  private final PrivateKey key;
  private final VerifyKey verifyKey;

  private SigningKey(PrivateKey key, VerifyKey verifyKey) {
    this.key = key;
    this.verifyKey = verifyKey;
  }

  /** A new key from the platform's secure randomness. */
  public static SigningKey generate() {
    try {
      KeyPair pair = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
      return new SigningKey(pair.getPrivate(), VerifyKey.ofSpki(pair.getPublic().getEncoded()));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("Java 17 has Ed25519", e);
    }
  }

  /**
   * A key from a text that holds it and its public half, in any form that RFC 7468 allows.
   *
   * @throws IllegalArgumentException when the text holds none, or they are not a pair
   */
  public static SigningKey inText(String text, VerifyKey publicHalf) {
    try {
      PrivateKey key =
          KeyFactory.getInstance("Ed25519")
              .generatePrivate(new PKCS8EncodedKeySpec(Pem.read("PRIVATE KEY", text)));
      SigningKey pair = new SigningKey(key, publicHalf);
      byte[] trial = {1};
      if (!pair.verifyKey.verifies(trial, pair.sign(trial))) {
        throw new IllegalArgumentException(
            "expected a key pair, found a private key and another one's public half");
      }
      return pair;
    } catch (GeneralSecurityException e) {
      throw new IllegalArgumentException("expected an Ed25519 private key, found another", e);
    }
  }

  /** The PEM form of the private key (PKCS #8). */
  public String privatePem() {
    return Pem.encode("PRIVATE KEY", key.getEncoded());
  }

  /** The public half. */
  public VerifyKey verifyKey() {
    return verifyKey;
  }

  /** Signs a message. */
  public byte[] sign(byte[] message) {
    try {
      Signature signer = Signature.getInstance("Ed25519");
      signer.initSign(key);
      signer.update(message);
      return signer.sign();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("an Ed25519 key signs", e);
    }
  }
}
