package dev.lanekeeper.kb;

import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.canonical.NormalizedText;
import dev.lanekeeper.lane.Lane;
import dev.lanekeeper.verdict.RejectCode;
import dev.lanekeeper.verdict.Verdict;
import java.io.ByteArrayOutputStream;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** Checks pinned documents. */
public final class Pins {

  private Pins() {}

  /** Compares a document with its pin. */
  public static Verdict check(Lane.Pin pin, Optional<Document> document) {
    String subject = pin.id();
    String expected = pin.path() + " with " + pin.over() + " sha256 " + pin.sha256();
    if (document.isEmpty()) {
      return Verdict.reject(RejectCode.PIN_MISSING, subject, expected, "ABSENT");
    }
    try {
      Digest actual = digest(pin, document.get().bytes());
      return actual.equals(pin.sha256())
          ? Verdict.pass()
          : Verdict.reject(
              RejectCode.PIN_CHANGED, subject, expected, pin.over() + " sha256 " + actual);
    } catch (CharacterCodingException e) {
      return Verdict.reject(RejectCode.PIN_CHANGED, subject, expected, "bytes that are not UTF-8");
    }
  }

  /**
   * The digest of bytes as the pin hashes them.
   *
   * @throws CharacterCodingException when the pin is over text and the bytes are not UTF-8
   */
  public static Digest digest(Lane.Pin pin, byte[] bytes) throws CharacterCodingException {
    return Digest.of(
        pin.over().equals("normalized-text") ? NormalizedText.normalize(bytes) : bytes);
  }

  /**
   * The same of bytes to which a text is appended.
   *
   * @throws CharacterCodingException as {@link #digest}
   */
  public static Digest appended(Lane.Pin pin, byte[] bytes, String text)
      throws CharacterCodingException {
    ByteArrayOutputStream changed = new ByteArrayOutputStream();
    changed.writeBytes(bytes);
    changed.writeBytes(text.getBytes(StandardCharsets.UTF_8));
    return digest(pin, changed.toByteArray());
  }
}
