package dev.lanekeeper.hostile;

import com.fasterxml.jackson.core.JsonPointer;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lanekeeper.canonical.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The fields of a JSON value, by patterns such as {@code spec.pins[].title}. */
final class Fields {

  private static final String MARK = "@@hostile@@";

  private final JsonNode tree;
  private final Map<String, List<JsonPointer>> places = new TreeMap<>();

  /** The fields of a value, those of lists and maps among them, but not the value itself. */
  Fields(JsonNode tree) {
    this.tree = tree;
    collect(tree, "", JsonPointer.empty());
  }

  private void collect(JsonNode node, String pattern, JsonPointer at) {
    if (!pattern.isEmpty()) {
      places.computeIfAbsent(pattern, p -> new ArrayList<>()).add(at);
    }
    if (node.isObject()) {
      node.properties()
          .forEach(
              field ->
                  collect(
                      field.getValue(),
                      pattern.isEmpty() ? field.getKey() : pattern + "." + field.getKey(),
                      at.appendProperty(field.getKey())));
    }
    for (int i = 0; node.isArray() && i < node.size(); i++) {
      collect(node.get(i), pattern + "[]", at.appendIndex(i));
    }
  }

  /** The patterns. */
  List<String> patterns() {
    return List.copyOf(places.keySet());
  }

  /** The value with something else in one field of this pattern; which one, the number says. */
  String with(String pattern, int which, HostileCorpus.Value value) {
    List<JsonPointer> all = places.get(pattern);
    JsonPointer at = all.get(Math.floorMod(which, all.size()));
    JsonNode copy = tree.deepCopy();
    JsonNode parent = copy.at(at.head());
    String original = tree.at(at).toString();
    if (parent instanceof ObjectNode object) {
      object.put(at.last().getMatchingProperty(), MARK);
    } else {
      ((ArrayNode) parent).set(at.last().getMatchingIndex(), Json.tree(MARK));
    }
    String key = parent.isObject() ? at.last().getMatchingProperty() : "";
    return copy.toString().replace("\"" + MARK + "\"", value.in(key, original));
  }

  /** Whether the field of this pattern stands in a map. */
  boolean inMap(String pattern) {
    return !pattern.endsWith("[]");
  }

  /** The fields that a lane can have, with the name of their type in the lane's JSON Schema. */
  static Map<String, String> ofLane() throws IOException {
    JsonNode schema =
        Json.parse(
            Files.readAllBytes(
                dev.lanekeeper.testkit.TestLane.ROOT.resolve(
                    "workflows/src/main/resources/dev/lanekeeper/lane/lane.schema.json")));
    Map<String, String> fields = new LinkedHashMap<>();
    ofSchema(schema, schema, "", "", fields);
    return fields;
  }

  private static void ofSchema(
      JsonNode schema, JsonNode node, String type, String pattern, Map<String, String> fields) {
    if (node.has("$ref")) {
      String name = node.path("$ref").asText().replace("#/$defs/", "");
      if (name.equals("value")) {
        fields.put(pattern, name);
      } else {
        ofSchema(schema, schema.path("$defs").path(name), name, pattern, fields);
      }
    } else if (node.has("properties")) {
      node.path("properties")
          .properties()
          .forEach(
              field ->
                  ofSchema(
                      schema,
                      field.getValue(),
                      "",
                      pattern.isEmpty() ? field.getKey() : pattern + "." + field.getKey(),
                      fields));
    } else if (node.has("items")) {
      ofSchema(schema, node.path("items"), "", pattern + "[]", fields);
    } else if (node.has("oneOf")) {
      node.path("oneOf").forEach(one -> ofSchema(schema, one, type, pattern, fields));
    } else {
      fields.putIfAbsent(pattern, type.isEmpty() ? node.path("type").asText("const") : type);
    }
  }

  /** The bytes of a text that may hold lone surrogates, which become question marks. */
  static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
