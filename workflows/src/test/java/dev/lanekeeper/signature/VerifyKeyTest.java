package dev.lanekeeper.signature;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lanekeeper.canonical.Digest;
import java.nio.charset.StandardCharsets;
import java.security.KeyPairGenerator;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which keys are refused, and what a signature proves. */
final class VerifyKeyTest {

  private static final String PREFIX = "302a300506032b6570032100";

  private static VerifyKey ofPoint(String hex) {
    return VerifyKey.ofSpki(HexFormat.of().parseHex(PREFIX + hex));
  }

  /** "Taming the many EdDSAs", table 1: all encodings of points of small order. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "0100000000000000000000000000000000000000000000000000000000000000",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "0000000000000000000000000000000000000000000000000000000000000080",
        "0000000000000000000000000000000000000000000000000000000000000000",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
        "0100000000000000000000000000000000000000000000000000000000000080",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
      })
  void key_ofSmallOrder_isRefused(String point) {
    assertThatThrownBy(() -> ofPoint(point))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("small order");
  }

  @Test
  void key_ofRfc8032_isAccepted_andVerifiesItsSignature() {
    // RFC 8032 §7.1, test 2.
    VerifyKey key = ofPoint("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c");
    byte[] signature =
        HexFormat.of()
            .parseHex(
                "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
                    + "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00");
    byte[] message = {0x72};
    assertThat(key.verifies(message, signature)).isTrue();
    assertThat(key.verifies(new byte[] {0x73}, signature)).isFalse();
    assertThat(key.verifies(message, new byte[0])).isFalse();
    byte[] otherS = signature.clone();
    otherS[40] ^= 1;
    assertThat(key.verifies(message, otherS)).isFalse();
  }

  @Test
  void key_ofAnotherType_isRefused() throws Exception {
    for (String type : new String[] {"Ed448", "X25519", "EC", "RSA"}) {
      byte[] spki = KeyPairGenerator.getInstance(type).generateKeyPair().getPublic().getEncoded();
      assertThatThrownBy(() -> VerifyKey.ofSpki(spki))
          .as(type)
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void key_withBytesTooManyOrTooFew_isRefused() {
    byte[] spki = Base64.getDecoder().decode(SigningKey.generate().verifyKey().base64());
    assertThat(VerifyKey.ofSpki(spki).thumbprint()).isEqualTo(Digest.of(spki));
    for (int length : new int[] {0, 12, 43, 45}) {
      assertThatThrownBy(() -> VerifyKey.ofSpki(Arrays.copyOf(spki, length)))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void pem_isReadInExactlyOneForm() {
    VerifyKey key = SigningKey.generate().verifyKey();
    String pem = key.pem();
    assertThat(VerifyKey.ofPem(pem).thumbprint()).isEqualTo(key.thumbprint());
    for (String other :
        new String[] {
          pem.trim(),
          pem + "\n",
          " " + pem,
          pem.replace("\n", "\r\n"),
          pem.replace("PUBLIC KEY", "PRIVATE KEY"),
          pem.replaceFirst("\n", "\n\n"),
          ""
        }) {
      assertThatThrownBy(() -> VerifyKey.ofPem(other)).isInstanceOf(IllegalArgumentException.class);
    }
  }

  /** RFC 7468 §2 and §3: text around the block, any line ends, white space within it. */
  @Test
  void pem_ofAPerson_isReadInEveryFormOfTheStandard() {
    SigningKey key = SigningKey.generate();
    for (UnaryOperator<String> form : FORMS) {
      String publicPem = form.apply(key.verifyKey().pem());
      VerifyKey read = VerifyKey.inText(publicPem);
      assertThat(read.thumbprint()).as(publicPem).isEqualTo(key.verifyKey().thumbprint());
      SigningKey again = SigningKey.inText(form.apply(key.privatePem()), read);
      assertThat(again.privatePem()).isEqualTo(key.privatePem());
    }
    String both = key.privatePem() + key.verifyKey().pem();
    assertThat(VerifyKey.inText(both).thumbprint()).isEqualTo(key.verifyKey().thumbprint());
  }

  private static final List<UnaryOperator<String>> FORMS =
      List.of(
          pem -> pem,
          String::trim,
          pem -> pem.replace("\n", "\r\n"),
          pem -> pem.replace("\n", "\r"),
          pem -> "\ufeff" + pem,
          pem -> "Subject: the owner's\n\n" + pem + "\nand more text\n",
          pem -> pem.replaceFirst("-----\n(.{20})", "-----\n$1\n \t"),
          pem -> pem.replaceFirst("\n", "\n\n"));

  @Test
  void pem_ofSomethingElse_isNamed() {
    SigningKey key = SigningKey.generate();
    Map<String, String> found =
        Map.of(
            "ssh-ed25519 AAAA",
            "no PEM block",
            key.privatePem(),
            "a private key",
            key.verifyKey().pem().replace("PUBLIC", "ENCRYPTED PRIVATE"),
            "an encrypted private key",
            key.verifyKey().pem().replace("PUBLIC", "OPENSSH PRIVATE"),
            "an OpenSSH private key",
            key.verifyKey().pem().replace("PUBLIC KEY", "CERTIFICATE"),
            "a certificate",
            "-----BEGIN PUBLIC KEY-----\n!!!\n-----END PUBLIC KEY-----",
            "a block that is not Base64");
    found.forEach(
        (text, name) ->
            assertThatThrownBy(() -> VerifyKey.inText(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("expected a public key in PEM form, found " + name));
  }

  @Test
  void signingKey_isReadBackFromItsPem_andNotWithAnotherPublicHalf() {
    SigningKey key = SigningKey.generate();
    byte[] message = "message".getBytes(StandardCharsets.UTF_8);
    SigningKey again = SigningKey.inText(key.privatePem(), key.verifyKey());
    assertThat(key.verifyKey().verifies(message, again.sign(message))).isTrue();
    VerifyKey foreign = SigningKey.generate().verifyKey();
    assertThatThrownBy(() -> SigningKey.inText(key.privatePem(), foreign))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("key pair");
  }

  @Test
  void signature_ofAnotherLength_isNone() {
    SigningKey key = SigningKey.generate();
    byte[] message = "message".getBytes(StandardCharsets.UTF_8);
    byte[] signature = key.sign(message);
    assertThat(key.verifyKey().verifies(message, signature)).isTrue();
    for (int length : new int[] {0, 63, 65, 128}) {
      assertThat(key.verifyKey().verifies(message, Arrays.copyOf(signature, length)))
          .as("%s bytes", length)
          .isFalse();
    }
  }
}
