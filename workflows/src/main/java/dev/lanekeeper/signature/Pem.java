package dev.lanekeeper.signature;

import java.nio.charset.StandardCharsets;
import java.util.Base64;

/** RFC 7468 textual encoding, with 64 characters a line. */
final class Pem {

  private Pem() {}

  static String encode(String label, byte[] der) {
    String body =
        Base64.getMimeEncoder(64, "\n".getBytes(StandardCharsets.US_ASCII)).encodeToString(der);
    return "-----BEGIN " + label + "-----\n" + body + "\n-----END " + label + "-----\n";
  }

  static byte[] decode(String label, String pem) {
    String begin = "-----BEGIN " + label + "-----\n";
    String end = "\n-----END " + label + "-----\n";
    if (!pem.startsWith(begin) || !pem.endsWith(end)) {
      throw new IllegalArgumentException("expected a PEM " + label + ", found another text");
    }
    byte[] der =
        Base64.getDecoder()
            .decode(pem.substring(begin.length(), pem.length() - end.length()).replace("\n", ""));
    if (!encode(label, der).equals(pem)) {
      throw new IllegalArgumentException("expected the canonical PEM form, found another");
    }
    return der;
  }
}
