package dev.lanekeeper.lane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SchemaId;
import com.networknt.schema.SchemaLocation;
import com.networknt.schema.SpecVersion;
import com.networknt.schema.ValidationMessage;
import dev.lanekeeper.canonical.Json;
import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.Field;
import java.lang.reflect.RecordComponent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The published schema and the strict reader are two judges of the same file; they must agree. */
final class LaneSchemaTest {

  private static final JsonSchemaFactory FACTORY =
      JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012);
  private static final ObjectMapper YAML = new ObjectMapper(new YAMLFactory());
  private static final Map<String, ObjectNode> EXAMPLES = new ConcurrentHashMap<>();
  private static final JsonNode SCHEMA_TREE = schemaTree();
  private static final JsonSchema SCHEMA = FACTORY.getSchema(SCHEMA_TREE);

  @ParameterizedTest
  @ValueSource(strings = {"fix7-p0", "handbook-release"})
  void example_isValid(String name) throws Exception {
    ObjectNode lane = example(name);

    assertThat(SCHEMA.validate(lane)).isEmpty();
    assertThat(read(lane).tree()).isEqualTo(lane);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("defects")
  void singleDefect_isRefusedBySchemaAndReader(String what, Edit edit) throws Exception {
    ObjectNode lane = example("fix7-p0");
    JsonNode sound = lane.deepCopy();
    edit.apply(lane);

    assertThat(lane).as("the edit changes the lane").isNotEqualTo(sound);
    Set<ValidationMessage> messages = SCHEMA.validate(lane);
    assertThat(messages).as("schema: " + what).isNotEmpty();
    assertThatThrownBy(() -> read(lane))
        .as("reader: " + what)
        .isInstanceOf(InvalidLaneException.class);
  }

  /** The near misses of {@link #defects}: a judge that refuses everything proves nothing. */
  @ParameterizedTest(name = "{0}")
  @MethodSource("harmless")
  void harmlessEdit_isAcceptedBySchemaAndReader(String what, Edit edit) throws Exception {
    ObjectNode lane = example("fix7-p0");
    JsonNode sound = lane.deepCopy();
    edit.apply(lane);

    assertThat(lane).as("the edit changes the lane").isNotEqualTo(sound);
    assertThat(SCHEMA.validate(lane)).as("schema: " + what).isEmpty();
    assertThat(read(lane).tree()).as("reader: " + what).isEqualTo(lane);
  }

  private static Stream<Arguments> defects() {
    return Stream.of(
        // Unknown fields
        edit("unknown field at the top", set("/comment", text("x"))),
        edit("unknown field in metadata", set("/metadata/owner", text("x"))),
        edit("unknown field in spec", set("/spec/approvals", Json.array())),
        edit("unknown field in a change", set("/spec/changes/M-1/note", text("x"))),
        edit("unknown field in an assertion", set(gateAssert() + "/judge", text("x"))),
        edit("unknown field in a gate case", set(gateAssert() + "/cases/0/why", text("x"))),
        edit("unknown field in a matcher", set("/spec/surfaces/forbidden/deploy/match/0/x", one())),
        edit("unknown field in a claim", set("/spec/probes/EP-15/claim/by", text("x"))),
        edit("unknown field in a counterfactual", set(counterfactual() + "/prepend", text("x"))),
        // Missing fields
        edit("no apiVersion", remove("/apiVersion")),
        edit("no metadata", remove("/metadata")),
        edit("no name", remove("/metadata/name")),
        edit("no authority", remove("/spec/authority")),
        edit("no delegation chain", remove("/spec/delegation/chain")),
        edit("no changes", remove("/spec/changes")),
        edit("no surfaces", remove("/spec/surfaces")),
        edit("no next", remove("/spec/next")),
        edit("no rollback id", remove("/spec/changes/M-2/rollbackId")),
        edit("no registries", remove("/spec/reservations/0/registries")),
        edit("no review token", remove("/spec/review/token")),
        edit(
            "no digest of an expected head",
            set("/spec/changes/M-1/expect", Json.object().put("revision", 1))),
        edit("neither tree nor files", remove("/spec/inputs/planning-packet/tree")),
        edit("no seal digest", remove("/spec/inputs/authority-seal/asserts/0/sha256")),
        edit("no json pointer", remove("/spec/inputs/t2-review/asserts/0/pointer")),
        edit("no token", remove("/spec/inputs/canonical-fold/asserts/0/token")),
        edit("no lane id of a gate assertion", remove(gateAssert() + "/laneId")),
        edit("no effect of a scope probe", remove("/spec/probes/EP-01/effect")),
        edit("no present of a grant probe", remove("/spec/probes/EP-11/present")),
        edit("no claim of a review probe", remove("/spec/probes/EP-15/claim")),
        edit("no file of a presented file", remove("/spec/probes/EP-16/present/file")),
        // Wrong types
        edit("metadata is text", set("/metadata", text("fix7-p0"))),
        edit("changes is a map", set("/spec/changes", Json.object())),
        edit("title is a list", set("/metadata/title", Json.array())),
        edit("chain is text", set("/spec/delegation/chain", text("user"))),
        edit("first id is text", set("/spec/reservations/0/from", text("442"))),
        edit("applyNow is text", set("/spec/reservations/0/applyNow", text("false"))),
        edit("null", set("/metadata/date", Json.object().nullNode())),
        edit("fraction", set("/spec/reservations/0/to", Json.object().numberNode(461.5))),
        edit(
            "number of 64 bits",
            set("/spec/reservations/0/to", Json.object().numberNode(1L << 40))),
        // Values outside their sets
        edit("another apiVersion", set("/apiVersion", text("lanekeeper.dev/v2"))),
        edit("another kind", set("/kind", text("lane"))),
        edit("date in words", set("/metadata/date", text("June 12, 2026"))),
        edit("prefix that is a path", set("/spec/reservations/0/prefix", text("../TKT-"))),
        edit("prefix of 51 characters", set("/spec/reservations/0/prefix", text("T".repeat(51)))),
        edit("lane name in upper case", set("/metadata/name", text("FIX7-P0"))),
        edit("status token in lower case", set("/spec/statusToken", text("fix7"))),
        edit("provenance of an input", set("/spec/inputs/t2-review/provenance", text("original"))),
        edit("kind of an assertion", set(gateAssert() + "/kind", text("regex"))),
        edit("what a pin is over", set("/spec/pins/registry-json/over", text("text"))),
        edit("stage of a change", set("/spec/changes/M-2/stage", text("S4"))),
        edit("no change in S5", set("/spec/changes/M-1/stage", text("S6"))),
        edit("status of a reservation", set("/spec/reservations/0/status", text("APPLIED"))),
        edit(
            "ids applied now",
            set("/spec/reservations/0/applyNow", Json.object().booleanNode(true))),
        edit("gate of another version", set("/spec/gate/name", text("hardened-rollback/v2"))),
        edit("role of a probe", set("/spec/probes/EP-01/role", text("attack"))),
        edit("decider of a probe", set("/spec/probes/EP-01/to", text("kb"))),
        edit("probe expected to be allowed", set("/spec/probes/EP-01/expect", text("ALLOWED"))),
        edit(
            "probe expected to test nothing",
            set("/spec/probes/EP-01/expect", text("PROBE_WRONG_CODE:/rollbacks/7"))),
        edit("control expected to fail", set("/spec/probes/CT-01/expect", text("GRANT_MISSING"))),
        edit("what is presented", set("/spec/probes/EP-11/present/what", text("forgery"))),
        edit("review check", set("/spec/review/checks/PER-1/check", text("scope-ok"))),
        // Digests, heads, paths, pointers
        edit("digest in upper case", set("/spec/pins/registry-json/sha256", text("A".repeat(64)))),
        edit("digest too short", set("/spec/pins/registry-json/sha256", text("a".repeat(63)))),
        edit("digest with a prefix", set(treeDigest(), text("sha256:" + "a".repeat(64)))),
        edit("head in lower case", set("/spec/changes/M-1/expect", text("absent"))),
        edit("revision 0", set("/spec/changes/M-1/expect", revision(0, "a".repeat(64)))),
        edit("path that climbs out", set("/spec/changes/M-1/path", text("kb/../../x.md"))),
        edit("absolute source", set("/spec/changes/M-1/source", text("/etc/passwd"))),
        edit("path with a space", set("/spec/pins/registry-json/path", text("a b.md"))),
        edit("tree of the whole folder", set("/spec/inputs/planning-packet/tree/path", text("."))),
        edit("pointer without a slash", set("/spec/inputs/t2-review/asserts/0/pointer", text("a"))),
        edit("self-check of no file", set("/spec/selfCheck", selfCheck("somewhere"))),
        // Lists that must hold something
        edit("no change at all", set("/spec/changes", Json.array())),
        edit("nothing allowed", set("/spec/surfaces/allowed", Json.array())),
        edit("surface without matchers", set("/spec/surfaces/forbidden/apply/match", Json.array())),
        edit("no review checks", set("/spec/review/checks", Json.array())),
        edit("no rollback ids", set(gateAssert() + "/rollbackIds", Json.array())),
        edit("no failing gate case", lane -> keep(lane, gateAssert() + "/cases", "expect", "PASS")),
        edit("no passing gate case", lane -> drop(lane, gateAssert() + "/cases", "expect", "PASS")),
        edit("no control", lane -> drop(lane, "/spec/probes", "role", "control")),
        edit("no probe", lane -> drop(lane, "/spec/probes", "role", "probe")),
        edit(
            "file though nothing is presented", set("/spec/probes/EP-11/present/file", text("x"))));
  }

  private static Stream<Arguments> harmless() {
    return Stream.of(
        edit("another title", set("/metadata/title", text("Another title"))),
        edit("no provenance", remove("/spec/inputs/t2-review/provenance")),
        edit("no title of a change", remove("/spec/changes/M-1/title")),
        edit("an update", set("/spec/changes/M-1/expect", revision(1, "a".repeat(64)))),
        edit("a change in S5 more", set("/spec/changes/M-2/stage", text("S5"))),
        edit("another digest", set("/spec/pins/registry-json/sha256", text("a".repeat(64)))),
        edit("dots inside a segment", set("/spec/changes/M-1/path", text("kb/a..b.md"))),
        edit("a value of any shape", set("/spec/inputs/t2-review/asserts/0/equals", Json.array())),
        edit("a self-check", set("/spec/selfCheck", selfCheck("publication.json#/status"))),
        edit("a self-check of a whole file", set("/spec/selfCheck", selfCheck("preflight.json#"))),
        edit("no open items", remove("/spec/openItems")),
        edit("no gates satisfied", remove("/spec/gatesSatisfied")),
        edit("the longest lane name", set("/metadata/name", text("a".repeat(63)))));
  }

  /** One text of each field of the example, and what the schema says that it is. */
  private static Stream<Arguments> texts() throws IOException {
    Map<String, Arguments> leaves = new LinkedHashMap<>();
    leaves(example("fix7-p0"), SCHEMA_TREE, "", "", leaves);
    assertThat(leaves).as("fields that hold text").hasSizeGreaterThan(60);
    return leaves.values().stream();
  }

  private static void leaves(
      JsonNode node, JsonNode schema, String owner, String where, Map<String, Arguments> leaves) {
    String ref = schema.path("$ref").asText().replace("#/$defs/", "");
    JsonNode at = ref.isEmpty() ? schema : SCHEMA_TREE.at("/$defs/" + ref);
    if (node.isTextual()) {
      leaves.putIfAbsent(owner, arguments(where, ref));
    }
    for (Map.Entry<String, JsonNode> field : node.properties()) {
      boolean any = ref.equals("value");
      JsonNode next = any ? schema : at.path("properties").path(field.getKey());
      leaves(
          field.getValue(), next, ref + "." + field.getKey(), where + "/" + field.getKey(), leaves);
    }
    for (int i = 0; node.isArray() && i < node.size(); i++) {
      leaves(node.get(i), at.path("items"), owner, where + "/" + i, leaves);
    }
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("texts")
  void text_withACharacterThatNobodySees_isRefusedBySchemaAndReader(String where, String type)
      throws Exception {
    for (String hostile : List.of("a\u001b[2Jb", "a\u202eb", "a\u200bb", "a\u0000", "\ufeffa")) {
      refusedAt(where, hostile);
    }
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("texts")
  void text_isWhatTheSchemaSays_alsoForTheReader(String where, String type) throws Exception {
    switch (type) {
      case "id" -> {
        for (String hostile :
            List.of(
                "../../trust",
                "..",
                ".",
                "a/b",
                "a\\b",
                "-rf",
                "_a",
                "a b",
                "a\nb",
                "",
                " ",
                "$(a)",
                "<b>",
                "a|b",
                "m\u200d1",
                "\u041c-1",
                "\uff2d-1",
                "a".repeat(101))) {
          refusedAt(where, hostile);
        }
      }
      case "line" -> {
        for (String hostile : List.of("a\nb", "a\tb", "", "  ", "a".repeat(1001))) {
          refusedAt(where, hostile);
        }
      }
      case "text", "value" -> {
        refusedAt(where, "a".repeat(65_537));
        ObjectNode lane = example("fix7-p0");
        set(where, text("one\n\ttwo \u2714\ufe0f \ud83d\ude00\n" + "a".repeat(65_000))).apply(lane);
        assertThat(SCHEMA.validate(lane)).isEmpty();
        assertThat(read(lane).tree()).isEqualTo(lane);
      }
      default -> refusedAt(where, "a\nb");
    }
  }

  private static void refusedAt(String where, String hostile) throws Exception {
    ObjectNode lane = example("fix7-p0");
    set(where, text(hostile)).apply(lane);
    String field = where.substring(1).replaceAll("/([0-9]+)", "[$1]").replace('/', '.');

    assertThat(SCHEMA.validate(lane)).as("schema: " + hostile).isNotEmpty();
    assertThatThrownBy(() -> read(lane))
        .isInstanceOfSatisfying(
            InvalidLaneException.class,
            refusal -> assertThat(refusal.problems().get(0).field()).as(hostile).startsWith(field));
  }

  @Test
  void schema_fitsItsMetaSchema() {
    JsonSchema meta = FACTORY.getSchema(SchemaLocation.of(SchemaId.V202012));

    assertThat(meta.validate(SCHEMA_TREE)).isEmpty();
    assertThat(SCHEMA_TREE.path("$id").asText())
        .isEqualTo("https://lanekeeper.dev/schema/v1/lane.schema.json");
  }

  @Test
  void schema_namesTheFieldsOfEveryRecord() throws Exception {
    assertSameFields(Lane.class, SCHEMA_TREE);
    for (Class<?> record : Lane.class.getDeclaredClasses()) {
      String name = record.getSimpleName();
      String definition = Character.toLowerCase(name.charAt(0)) + name.substring(1);
      assertSameFields(record, SCHEMA_TREE.at("/$defs/" + definition));
    }
  }

  private static void assertSameFields(Class<?> record, JsonNode definition) throws Exception {
    Set<String> fields = new TreeSet<>();
    Set<String> required = new TreeSet<>();
    for (RecordComponent component : record.getRecordComponents()) {
      Field field = record.getDeclaredField(component.getName());
      JsonProperty property = field.getAnnotation(JsonProperty.class);
      boolean named = property != null && !property.value().isEmpty();
      String name = named ? property.value() : component.getName();
      fields.add(name);
      if (property != null && property.required()) {
        required.add(name);
      }
    }
    assertThat(names(definition.path("properties"))).as(record.getName()).isEqualTo(fields);
    Set<String> inSchema = new TreeSet<>();
    definition.path("required").forEach(name -> inSchema.add(name.asText()));
    assertThat(inSchema).as("required of " + record.getName()).isEqualTo(required);
    assertThat(definition.path("additionalProperties").asText()).isEqualTo("false");
    definition
        .path("properties")
        .properties()
        .forEach(
            field ->
                assertThat(description(field.getValue()))
                    .as("description of " + record.getSimpleName() + "." + field.getKey())
                    .isNotEmpty());
  }

  /** A field's own description, or the one of the definition that it refers to. */
  private static String description(JsonNode field) {
    String own = field.path("description").asText();
    return own.isEmpty()
        ? SCHEMA_TREE.at(field.path("$ref").asText().substring(1)).path("description").asText()
        : own;
  }

  @Test
  void schema_knowsTheSameGatesAndChecks() {
    assertThat(texts("/$defs/gate/properties/name/enum")).isEqualTo(LaneValidator.GATES);
    assertThat(texts("/$defs/reviewCheck/properties/check/enum")).isEqualTo(LaneValidator.CHECKS);
  }

  /** A change to a tree. */
  private interface Edit {
    void apply(ObjectNode lane);
  }

  private static Arguments edit(String what, Edit edit) {
    return arguments(what, edit);
  }

  private static Edit set(String where, JsonNode value) {
    return lane -> {
      JsonNode parent = find(lane, where.substring(0, where.lastIndexOf('/')));
      String last = where.substring(where.lastIndexOf('/') + 1);
      if (parent instanceof ArrayNode list) {
        list.set(Integer.parseInt(last), value);
      } else {
        ((ObjectNode) parent).set(last, value);
      }
    };
  }

  private static Edit remove(String where) {
    return lane -> {
      ObjectNode parent = (ObjectNode) find(lane, where.substring(0, where.lastIndexOf('/')));
      parent.remove(where.substring(where.lastIndexOf('/') + 1));
    };
  }

  /** Keeps only the items of a list whose field has this value. */
  private static void keep(JsonNode lane, String where, String field, String value) {
    ArrayNode list = (ArrayNode) find(lane, where);
    list.removeIf(item -> !item.path(field).asText().equals(value));
  }

  /** Drops the items of a list whose field has this value. */
  private static void drop(JsonNode lane, String where, String field, String value) {
    ArrayNode list = (ArrayNode) find(lane, where);
    list.removeIf(item -> item.path(field).asText().equals(value));
  }

  /** Like a JSON pointer, but an item of a list may also be named by its id or name. */
  private static JsonNode find(JsonNode root, String where) {
    JsonNode at = root;
    for (String step :
        where.isEmpty() ? List.<String>of() : List.of(where.substring(1).split("/"))) {
      JsonNode next = at.isArray() ? item(at, step) : at.path(step);
      assertThat(next.isMissingNode()).as(step + " of " + where).isFalse();
      at = next;
    }
    return at;
  }

  private static JsonNode item(JsonNode list, String step) {
    for (JsonNode item : list) {
      if (item.path("id").asText().equals(step) || item.path("name").asText().equals(step)) {
        return item;
      }
    }
    return list.path(Integer.parseInt(step));
  }

  private static String gateAssert() {
    return "/spec/inputs/rollback-validator-packet/asserts/0";
  }

  private static String treeDigest() {
    return "/spec/inputs/planning-packet/tree/digest";
  }

  private static String counterfactual() {
    return "/spec/surfaces/excluded/planning-1/counterfactual";
  }

  private static JsonNode text(String value) {
    return Json.object().textNode(value);
  }

  private static JsonNode one() {
    return Json.object().numberNode(1);
  }

  private static ObjectNode revision(int number, String sha256) {
    return Json.object().put("revision", number).put("sha256", sha256);
  }

  private static ArrayNode selfCheck(String evidence) {
    ArrayNode list = Json.array();
    list.addObject().put("text", "x").put("evidence", evidence).put("equals", "RUN");
    return list;
  }

  private static LaneReader.Source read(JsonNode lane) throws InvalidLaneException {
    byte[] bytes;
    try {
      bytes = Json.strict().writeValueAsBytes(lane);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
    return LaneReader.read("lane.json", bytes);
  }

  private static ObjectNode example(String name) throws IOException {
    if (!EXAMPLES.containsKey(name)) {
      EXAMPLES.put(name, parsed(name));
    }
    return EXAMPLES.get(name).deepCopy();
  }

  private static ObjectNode parsed(String name) throws IOException {
    Path root = Path.of(System.getProperty("lanekeeper.root"));
    Path file = root.resolve("examples").resolve(name).resolve("lane.yaml");
    return (ObjectNode) YAML.readTree(Files.readString(file));
  }

  private static JsonNode schemaTree() {
    try (InputStream in = LaneSchemaTest.class.getResourceAsStream("lane.schema.json")) {
      return Json.parse(in.readAllBytes());
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static Set<String> names(JsonNode object) {
    List<String> names = new ArrayList<>();
    object.fieldNames().forEachRemaining(names::add);
    return new TreeSet<>(names);
  }

  private static Set<String> texts(String pointer) {
    Set<String> texts = new TreeSet<>();
    SCHEMA_TREE.at(pointer).forEach(value -> texts.add(value.asText()));
    return texts;
  }
}
