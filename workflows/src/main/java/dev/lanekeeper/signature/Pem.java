package dev.lanekeeper.signature;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** RFC 7468 textual encoding: written in one form, read from people's files in every form. */
final class Pem {

  /** RFC 7468 §2: any text around the block, any line ends, §3: any white space within it. */
  private static final Pattern BLOCK =
      Pattern.compile("-----BEGIN ([!-~ ]*?)-----([^-]*)-----END \\1-----");

  private static final Pattern WHITE_SPACE = Pattern.compile("[ \\t\\r\\n\\x0b\\f]");

  private Pem() {}

  static String encode(String label, byte[] der) {
    String body =
        Base64.getMimeEncoder(64, "\n".getBytes(StandardCharsets.US_ASCII)).encodeToString(der);
    return "-----BEGIN " + label + "-----\n" + body + "\n-----END " + label + "-----\n";
  }

  /**
   * The first block of this label, in any form that RFC 7468 allows.
   *
   * @throws IllegalArgumentException when there is none, or its body is not Base64
   */
  static byte[] read(String label, String text) {
    List<String> others = new ArrayList<>();
    Matcher blocks = BLOCK.matcher(text);
    while (blocks.find()) {
      if (blocks.group(1).equals(label)) {
        return body(label, blocks.group(2));
      }
      others.add(name(blocks.group(1)));
    }
    throw new IllegalArgumentException(
        "expected "
            + name(label)
            + " in PEM form, found "
            + (others.isEmpty() ? "no PEM block" : String.join(", ", others)));
  }

  private static byte[] body(String label, String body) {
    try {
      return Base64.getDecoder().decode(WHITE_SPACE.matcher(body).replaceAll(""));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "expected " + name(label) + " in PEM form, found a block that is not Base64", e);
    }
  }

  /** What a block holds; the labels are those of RFC 7468 §4 and of OpenSSH and OpenSSL. */
  private static String name(String label) {
    return switch (label) {
      case "PUBLIC KEY" -> "a public key";
      case "PRIVATE KEY" -> "a private key";
      case "ENCRYPTED PRIVATE KEY" -> "an encrypted private key";
      case "OPENSSH PRIVATE KEY" -> "an OpenSSH private key";
      case "CERTIFICATE" -> "a certificate";
      default -> "another PEM block";
    };
  }

  /**
   * The one block of a text that is in the form that is written here.
   *
   * @throws IllegalArgumentException when it is in another
   */
  static byte[] decode(String label, String pem) {
    byte[] der = read(label, pem);
    if (!encode(label, der).equals(pem)) {
      throw new IllegalArgumentException("expected the canonical PEM form, found another");
    }
    return der;
  }
}
