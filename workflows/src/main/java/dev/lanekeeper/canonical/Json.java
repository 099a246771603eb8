package dev.lanekeeper.canonical;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.core.util.Separators;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.cfg.CoercionAction;
import com.fasterxml.jackson.databind.cfg.CoercionInputShape;
import com.fasterxml.jackson.databind.deser.std.StdDeserializer;
import com.fasterxml.jackson.databind.exc.ValueInstantiationException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.type.LogicalType;
import com.fasterxml.jackson.datatype.jdk8.Jdk8Module;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.Map;
import java.util.TreeMap;

/** The project's JSON: strict when read, one form when written. */
public final class Json {

  /** The most bytes that are read, unless a reader says otherwise. */
  private static final int MOST_BYTES = 64 << 20;

  /** The deepest nesting that is read. */
  private static final int MOST_LEVELS = 200;

  private static final ObjectMapper STRICT =
      JsonMapper.builder(factory())
          .addModule(new Jdk8Module())
          .addModule(new JavaTimeModule())
          .addModule(
              new SimpleModule("instants").addDeserializer(Instant.class, new StrictInstant()))
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          .enable(DeserializationFeature.FAIL_ON_NUMBERS_FOR_ENUMS)
          .enable(DeserializationFeature.FAIL_ON_READING_DUP_TREE_KEY)
          .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
          .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
          .withCoercionConfig(
              LogicalType.Textual,
              text ->
                  text.setCoercion(CoercionInputShape.Integer, CoercionAction.Fail)
                      .setCoercion(CoercionInputShape.Float, CoercionAction.Fail)
                      .setCoercion(CoercionInputShape.Boolean, CoercionAction.Fail))
          .disable(SerializationFeature.WRITE_DATES_AS_TIMESTAMPS)
          .build();

  private static final DefaultPrettyPrinter PRETTY =
      new DefaultPrettyPrinter(
              Separators.createDefaultInstance()
                  .withObjectFieldValueSpacing(Separators.Spacing.AFTER)
                  .withObjectEmptySeparator("")
                  .withArrayEmptySeparator(""))
          .withObjectIndenter(new DefaultIndenter("  ", "\n"))
          .withArrayIndenter(new DefaultIndenter("  ", "\n"));

  private Json() {}

  private static JsonFactory factory() {
    return JsonFactory.builder()
        .streamReadConstraints(StreamReadConstraints.builder().maxNestingDepth(MOST_LEVELS).build())
        .build();
  }

  /** A mapper that refuses unknown fields, duplicate keys, trailing bytes and coercions. */
  public static ObjectMapper strict() {
    return STRICT;
  }

  /** A new empty object. */
  public static ObjectNode object() {
    return JsonNodeFactory.instance.objectNode();
  }

  /** A new empty array. */
  public static ArrayNode array() {
    return JsonNodeFactory.instance.arrayNode();
  }

  /** A record as a tree. */
  public static JsonNode tree(Object value) {
    return STRICT.valueToTree(value);
  }

  /**
   * Reads exactly one JSON value and nothing after it, of at most 64 MiB.
   *
   * @throws IOException when the bytes are not one strict JSON value in UTF-8; the message says
   *     where, and nothing of what is there
   */
  public static JsonNode parse(byte[] bytes) throws IOException {
    return parse(bytes, MOST_BYTES);
  }

  /**
   * The same with another limit.
   *
   * @param mostBytes the most bytes that are read
   */
  public static JsonNode parse(byte[] bytes, int mostBytes) throws IOException {
    if (bytes.length > mostBytes) {
      throw new IOException(
          "expected at most " + mostBytes + " bytes of JSON, found " + bytes.length);
    }
    JsonNode node;
    try {
      node = STRICT.readTree(Utf8.decode(bytes));
    } catch (CharacterCodingException e) {
      throw new IOException("expected JSON in UTF-8, found other bytes", e);
    } catch (JsonProcessingException e) {
      // Without the cause: its message shows what is there.
      throw new IOException("expected JSON, found " + JsonProblem.firstLine(e));
    }
    if (node == null || node.isMissingNode()) {
      throw new IOException("expected one JSON value, found nothing");
    }
    return node;
  }

  /**
   * A tree as a record.
   *
   * @throws IOException when the tree does not fit the record
   */
  public static <T> T as(JsonNode tree, Class<T> type) throws IOException {
    if (tree.isNull()) {
      throw new IOException("expected a JSON object, found null");
    }
    return STRICT.treeToValue(tree, type);
  }

  /**
   * A tree as a record, when every value in it is there: what somebody signs leaves nothing open.
   *
   * @throws IOException when the tree holds a null, or does not fit the record; the message is a
   *     sentence
   */
  public static <T> T whole(JsonNode tree, Class<T> type) throws IOException {
    refuseNulls("", tree);
    try {
      return STRICT.treeToValue(tree, type);
    } catch (JsonMappingException e) {
      throw new IOException(JsonProblem.of(tree, e).sentence());
    } catch (JsonProcessingException e) {
      throw new IOException("expected a JSON object of its form, found other values");
    }
  }

  /**
   * Refuses what says that it is of another format than the one that is read here.
   *
   * @throws IllegalArgumentException naming the version
   */
  public static void requireFormat(int version) {
    if (version != 1) {
      throw new IllegalArgumentException("expected formatVersion 1, found " + version);
    }
  }

  /**
   * Refuses a tree that holds a null anywhere.
   *
   * @throws IOException naming the first
   */
  public static void refuseNulls(JsonNode tree) throws IOException {
    refuseNulls("", tree);
  }

  private static void refuseNulls(String field, JsonNode node) throws IOException {
    if (node.isNull()) {
      throw new IOException(new JsonProblem(field, "a value", "null").sentence());
    }
    for (Map.Entry<String, JsonNode> entry : node.properties()) {
      refuseNulls(
          field.isEmpty() ? entry.getKey() : field + "." + entry.getKey(), entry.getValue());
    }
    if (node.isArray()) {
      for (int i = 0; i < node.size(); i++) {
        refuseNulls(field + "[" + i + "]", node.get(i));
      }
    }
  }

  /** An instant in the one form in which it is written here: ISO 8601 that ends in Z. */
  private static final class StrictInstant extends StdDeserializer<Instant> {

    private static final long serialVersionUID = 1L;

    StrictInstant() {
      super(Instant.class);
    }

    @Override
    public Instant deserialize(JsonParser in, DeserializationContext context) throws IOException {
      String found = in.currentToken() == JsonToken.VALUE_STRING ? in.getText() : "";
      try {
        Instant instant = Instant.parse(found);
        if (instant.toString().equals(found)) {
          return instant;
        }
      } catch (DateTimeParseException e) {
        // Refused below, as the instant in another form is.
      }
      String problem =
          "expected a time such as 2026-06-12T10:00:00Z, found "
              + (found.isEmpty() ? "none" : "'" + PlainText.visible(found, 40) + "'");
      throw ValueInstantiationException.from(
          in, problem, context.constructType(Instant.class), new IllegalArgumentException(problem));
    }
  }

  /** The form of every evidence file: keys sorted, two spaces, a line feed at the end, UTF-8. */
  public static byte[] pretty(JsonNode value) {
    try {
      return (STRICT.writer(PRETTY).writeValueAsString(sorted(value)) + "\n")
          .getBytes(StandardCharsets.UTF_8);
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static JsonNode sorted(JsonNode value) {
    if (value.isObject()) {
      Map<String, JsonNode> fields = new TreeMap<>();
      value.properties().forEach(field -> fields.put(field.getKey(), sorted(field.getValue())));
      ObjectNode out = object();
      fields.forEach(out::set);
      return out;
    }
    if (value.isArray()) {
      ArrayNode out = array();
      value.forEach(item -> out.add(sorted(item)));
      return out;
    }
    return value;
  }
}
