package dev.lanekeeper.packet;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lanekeeper.canonical.CanonicalJson;
import dev.lanekeeper.canonical.Json;
import java.io.IOException;
import java.util.Arrays;
import java.util.Map;
import java.util.function.Function;
import java.util.regex.Pattern;

/**
 * An object of JSON in the one form in which it is written before it is signed. {@code RERUN.sh}
 * reads the same form and no other, so both checkers find the same values in it.
 */
final class SignedJson {

  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_]{1,100}");

  private static final int MOST_LEVELS = 100;

  private static final int LONGEST_NUMBER = 18;

  private SignedJson() {}

  /**
   * A signed payload: canonical JSON (RFC 8785).
   *
   * @throws IOException when it is none, or in another form
   */
  static ObjectNode payload(byte[] bytes) throws IOException {
    return read(bytes, CanonicalJson::bytes);
  }

  /**
   * An evidence file.
   *
   * @throws IOException when it is none, or in another form
   */
  static ObjectNode file(byte[] bytes) throws IOException {
    return read(bytes, Json::pretty);
  }

  private static ObjectNode read(byte[] bytes, Function<JsonNode, byte[]> form) throws IOException {
    JsonNode tree = Json.parse(bytes);
    requirePlain(tree, 1);
    if (tree instanceof ObjectNode object && Arrays.equals(form.apply(object), bytes)) {
      return object;
    }
    throw new IOException("expected JSON in the form in which it is made, found another");
  }

  private static void requirePlain(JsonNode node, int level) throws IOException {
    boolean plain = !node.isContainerNode() || level <= MOST_LEVELS;
    if (node.isNumber()) {
      plain = node.isIntegralNumber() && node.asText().length() <= LONGEST_NUMBER;
    }
    for (Map.Entry<String, JsonNode> field : node.properties()) {
      plain &= NAME.matcher(field.getKey()).matches();
    }
    if (!plain) {
      throw new IOException("expected names and numbers that every reader reads, found others");
    }
    for (JsonNode child : node) {
      requirePlain(child, level + 1);
    }
  }
}
