package dev.lanekeeper.canonical;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.util.Iterator;
import java.util.TreeSet;

/**
 * The one byte form of a JSON value: RFC 8785 (JCS), restricted to values without fractions.
 *
 * <p>Keys are sorted by UTF-16 code units (RFC 8785 §3.2.3), strings escaped as in §3.2.2.2, no
 * white space. A number that is not an integer is refused, so no float formatting is needed.
 */
public final class CanonicalJson {

  private CanonicalJson() {}

  /**
   * The canonical bytes.
   *
   * @throws IllegalArgumentException when the value holds a number that is not an integer, or a
   *     lone surrogate (RFC 8785 §3.2.2.2)
   */
  public static byte[] bytes(JsonNode value) {
    return text(value).getBytes(StandardCharsets.UTF_8);
  }

  /** The canonical text, see {@link #bytes}. */
  public static String text(JsonNode value) {
    StringBuilder out = new StringBuilder();
    write(value, out);
    return out.toString();
  }

  /** The digest of the canonical bytes. */
  public static Digest digest(JsonNode value) {
    return Digest.of(bytes(value));
  }

  private static void write(JsonNode value, StringBuilder out) {
    switch (value.getNodeType()) {
      case OBJECT -> {
        TreeSet<String> names = new TreeSet<>();
        value.fieldNames().forEachRemaining(names::add);
        String separator = "{";
        for (String name : names) {
          out.append(separator);
          string(name, out);
          out.append(':');
          write(value.get(name), out);
          separator = ",";
        }
        out.append(names.isEmpty() ? "{}" : "}");
      }
      case ARRAY -> {
        out.append('[');
        for (Iterator<JsonNode> items = value.elements(); items.hasNext(); ) {
          write(items.next(), out);
          if (items.hasNext()) {
            out.append(',');
          }
        }
        out.append(']');
      }
      case STRING -> string(value.textValue(), out);
      case BOOLEAN -> out.append(value.booleanValue());
      case NULL -> out.append("null");
      case NUMBER -> {
        if (!value.isIntegralNumber()) {
          throw new IllegalArgumentException("expected an integer, found " + value);
        }
        out.append(value.bigIntegerValue());
      }
      default -> throw new IllegalArgumentException("not a JSON value: " + value.getNodeType());
    }
  }

  private static void string(String text, StringBuilder out) {
    out.append('"');
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '"' -> out.append("\\\"");
        case '\\' -> out.append("\\\\");
        case '\b' -> out.append("\\b");
        case '\t' -> out.append("\\t");
        case '\n' -> out.append("\\n");
        case '\f' -> out.append("\\f");
        case '\r' -> out.append("\\r");
        default -> {
          if (c < 0x20) {
            out.append(String.format("\\u%04x", (int) c));
          } else if (loneSurrogate(text, i)) {
            throw new IllegalArgumentException(
                String.format("expected Unicode text, found a lone surrogate \\u%04x", (int) c));
          } else {
            out.append(c);
          }
        }
      }
    }
    out.append('"');
  }

  private static boolean loneSurrogate(String text, int at) {
    char c = text.charAt(at);
    if (Character.isHighSurrogate(c)) {
      return at + 1 == text.length() || !Character.isLowSurrogate(text.charAt(at + 1));
    }
    return Character.isLowSurrogate(c)
        && (at == 0 || !Character.isHighSurrogate(text.charAt(at - 1)));
  }
}
