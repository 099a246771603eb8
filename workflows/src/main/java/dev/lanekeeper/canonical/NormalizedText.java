package dev.lanekeeper.canonical;

import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.text.Normalizer;

/**
 * The normalized text of a document, version 1: what a pin over {@code normalized-text} hashes.
 *
 * <ol>
 *   <li>the bytes are UTF-8; anything else is refused;
 *   <li>one leading byte order mark is dropped;
 *   <li>CR LF and CR become LF;
 *   <li>the text is put in Unicode normalization form C;
 *   <li>spaces and tabs at the end of each line are dropped;
 *   <li>line feeds at the end of the text become exactly one, unless the text is empty.
 * </ol>
 *
 * <p>Nothing else changes: every other character counts, comments and markers included.
 */
public final class NormalizedText {

  /** The name of this definition; it is part of every plan digest. */
  public static final String VERSION = "normalized-text/v1";

  private NormalizedText() {}

  /**
   * The normalized bytes.
   *
   * @throws CharacterCodingException when the document is not UTF-8
   */
  public static byte[] normalize(byte[] document) throws CharacterCodingException {
    String text = Utf8.decode(document);
    if (text.startsWith("\uFEFF")) {
      text = text.substring(1);
    }
    text = text.replace("\r\n", "\n").replace('\r', '\n');
    text = Normalizer.normalize(text, Normalizer.Form.NFC);
    StringBuilder out = new StringBuilder(text.length());
    for (String line : text.split("\n", -1)) {
      int end = line.length();
      while (end > 0 && (line.charAt(end - 1) == ' ' || line.charAt(end - 1) == '\t')) {
        end--;
      }
      out.append(line, 0, end).append('\n');
    }
    int end = out.length();
    while (end > 0 && out.charAt(end - 1) == '\n') {
      end--;
    }
    out.setLength(end);
    return (end == 0 ? "" : out.append('\n').toString()).getBytes(StandardCharsets.UTF_8);
  }
}
