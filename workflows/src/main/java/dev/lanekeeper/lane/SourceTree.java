package dev.lanekeeper.lane;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLParser;
import dev.lanekeeper.canonical.CanonicalJson;
import dev.lanekeeper.canonical.Json;
import dev.lanekeeper.canonical.JsonProblem;
import dev.lanekeeper.canonical.PlainText;
import dev.lanekeeper.canonical.Utf8;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.yaml.snakeyaml.error.YAMLException;

/**
 * A YAML or JSON file as a tree that knows the line of each field. Refuses duplicate keys, aliases,
 * anchors, tags, null, fractions and whatever follows the one value; a text that is no {@link
 * PlainText}; and more bytes, levels and values than a file needs, before it reads them.
 *
 * <p>What cannot be parsed may be anything, a key for instance. So such a problem says where, and
 * never what is there.
 */
public final class SourceTree {

  /** The most bytes of a file, as it is and in canonical JSON. */
  public static final int MOST_BYTES = 1 << 20;

  /** The most levels of lists and maps in each other. */
  static final int MOST_LEVELS = 64;

  /** The problem of a file with more. */
  static final String TOO_DEEP = "more than " + MOST_LEVELS + " levels of lists and maps";

  /** The most values; with the longest path of a field it bounds what {@link #places} takes. */
  private static final int MOST_VALUES = 50_000;

  private static final int LONGEST_KEY = 200;
  private static final int LONGEST_FIELD = 1_000;

  private final String file;
  private final JsonParser parser;
  private final Map<String, Place> places = new LinkedHashMap<>();
  private final JsonNode root;
  private YamlExtras extra;

  private SourceTree(String file, byte[] bytes, String what) throws InvalidLaneException {
    this.file = file;
    boolean yaml = !file.endsWith(".json");
    JsonFactory factory = yaml ? yaml() : json();
    if (bytes.length > MOST_BYTES) {
      throw invalid(0, "", "at most " + MOST_BYTES + " bytes", bytes.length + " bytes");
    }
    try {
      String text = Utf8.decode(bytes);
      if (yaml) {
        YamlExtras.find(text).ifPresent(found -> extra = found);
      }
      if (extra != null && extra.malformed()) {
        throw invalid(extra.line(), "", "well-formed YAML", extra.what());
      }
      parser = factory.createParser(text);
      if (parser.nextToken() == null) {
        throw invalid(1, "", "a " + what, "an empty file");
      }
      root = value("");
      if (parser.nextToken() != null) {
        throw invalid(line(), "", "the end of the file", "more after the " + what);
      }
      if (extra != null) {
        throw invalid(extra.line(), fieldAt(extra), "the plain value", extra.what());
      }
      int canonical = CanonicalJson.bytes(root).length;
      if (canonical > MOST_BYTES) {
        throw invalid(
            0, "", "at most " + MOST_BYTES + " bytes in canonical JSON", canonical + " bytes");
      }
    } catch (CharacterCodingException e) {
      throw invalid(0, "", "UTF-8 text", "other bytes");
    } catch (JsonProcessingException e) {
      int at = e.getLocation() == null ? 0 : e.getLocation().getLineNr();
      throw invalid(at, "", "well-formed " + factory.getFormatName(), JsonProblem.firstLine(e));
    } catch (IOException | YAMLException e) {
      throw invalid(0, "", "well-formed " + factory.getFormatName(), "other text");
    }
  }

  private static JsonFactory yaml() {
    return YAMLFactory.builder()
        .enable(YAMLParser.Feature.EMPTY_STRING_AS_NULL)
        .loaderOptions(YamlExtras.limits())
        .streamReadConstraints(limits())
        .build();
  }

  private static JsonFactory json() {
    return JsonFactory.builder().streamReadConstraints(limits()).build();
  }

  private static StreamReadConstraints limits() {
    return StreamReadConstraints.builder()
        .maxNestingDepth(MOST_LEVELS)
        .maxNumberLength(100)
        .maxStringLength(MOST_BYTES)
        .maxNameLength(MOST_BYTES)
        .build();
  }

  /**
   * Reads a file; a name that ends in {@code .json} is read as JSON, any other as YAML.
   *
   * @param what the noun for what the file holds, such as "lane"
   * @throws InvalidLaneException when it is not one strict value
   */
  public static SourceTree read(String file, byte[] bytes, String what)
      throws InvalidLaneException {
    return new SourceTree(file, bytes, what);
  }

  /** The file as the reader was told. */
  public String file() {
    return file;
  }

  /** The values as they are in the file. */
  public JsonNode root() {
    return root;
  }

  /** The line of the field, or of the nearest field that holds it. */
  public int lineOf(String field) {
    String at = field;
    while (!places.containsKey(at) && !at.isEmpty()) {
      int cut = Math.max(at.lastIndexOf('.'), at.lastIndexOf('['));
      at = cut <= 0 ? "" : at.substring(0, cut);
    }
    return places.getOrDefault(at, new Place(1, 1)).line();
  }

  /** A problem of a field, at its line. */
  public LaneProblem problem(String field, String expected, String found) {
    return new LaneProblem(file, lineOf(field), field, expected, found);
  }

  private JsonNode value(String field) throws IOException, InvalidLaneException {
    places.putIfAbsent(field, place());
    if (places.size() > MOST_VALUES || field.length() > LONGEST_FIELD) {
      throw invalid(
          line(),
          "",
          "at most "
              + MOST_VALUES
              + " values, and a field's path of "
              + LONGEST_FIELD
              + " characters",
          "more");
    }
    JsonToken token = parser.currentToken();
    switch (token) {
      case START_OBJECT -> {
        return object(field);
      }
      case START_ARRAY -> {
        ArrayNode array = Json.array();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
          array.add(value(field + "[" + array.size() + "]"));
        }
        return array;
      }
      case VALUE_STRING -> {
        return Json.object().textNode(plain(field, parser.getText(), true, PlainText.TEXT));
      }
      case VALUE_NUMBER_INT -> {
        if (parser.getNumberType() != JsonParser.NumberType.INT) {
          throw invalid(line(), field, "an integer of at most 2147483647", parser.getText());
        }
        return Json.object().numberNode(parser.getIntValue());
      }
      case VALUE_TRUE, VALUE_FALSE -> {
        return Json.object().booleanNode(token == JsonToken.VALUE_TRUE);
      }
      default ->
          throw invalid(line(), field, "text, an integer, true, false, a list or a map", found());
    }
  }

  private ObjectNode object(String field) throws IOException, InvalidLaneException {
    ObjectNode object = Json.object();
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      String name = plain(field, parser.currentName(), false, LONGEST_KEY);
      String child = field.isEmpty() ? name : field + "." + name;
      if (object.has(name)) {
        throw invalid(line(), child, "each field once", "a second '" + name + "'");
      }
      places.put(child, place());
      parser.nextToken();
      object.set(name, value(child));
    }
    return object;
  }

  private String plain(String field, String text, boolean multiline, int limit)
      throws InvalidLaneException {
    Optional<String> problem = PlainText.problem(text, multiline, limit);
    if (problem.isPresent()) {
      String[] parts = problem.get().replaceFirst("^expected ", "").split(", found ", 2);
      throw invalid(line(), field, parts[0], parts[1]);
    }
    return text;
  }

  /** The field that begins last before a place. */
  private String fieldAt(YamlExtras at) {
    String field = "";
    for (Map.Entry<String, Place> entry : places.entrySet()) {
      if (entry.getValue().notAfter(at.line(), at.column())) {
        field = entry.getKey();
      }
    }
    return field;
  }

  private String found() throws IOException {
    return switch (parser.currentToken()) {
      case VALUE_NULL -> "null";
      case VALUE_NUMBER_FLOAT -> "the fraction " + parser.getText();
      default -> parser.currentToken().name();
    };
  }

  /** Where a field begins; line and column from 1. */
  private record Place(int line, int column) {
    boolean notAfter(int otherLine, int otherColumn) {
      return line < otherLine || (line == otherLine && column <= otherColumn);
    }
  }

  private Place place() {
    return new Place(line(), parser.currentTokenLocation().getColumnNr());
  }

  private int line() {
    return parser.currentTokenLocation().getLineNr();
  }

  private InvalidLaneException invalid(int line, String field, String expected, String found) {
    return new InvalidLaneException(List.of(new LaneProblem(file, line, field, expected, found)));
  }
}
