package dev.lanekeeper.hostile;

import com.fasterxml.jackson.databind.node.TextNode;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.IntStream;

/**
 * What is put into each field in turn. By default a seeded sample that covers every field and every
 * kind; with {@code -Dlanekeeper.corpus=N} one with N kinds a field; with {@code all} every kind in
 * every field.
 */
final class HostileCorpus {

  /** What a text would make the shell do; the file must never appear. */
  static final String TOUCHED = "HOSTILE_TOUCHED";

  /** How a line begins that only the corpus writes. */
  static final String FORGED = "FORGED";

  private static final String ORIGINAL = "@@original@@";
  private static final String KEY = "@@key@@";
  private static final String KEYED = "@@keyed@@";

  /** How many kinds a field gets in the sample. */
  private static final int SAMPLE = Integer.getInteger("lanekeeper.corpus", 1);

  /**
   * One hostile value.
   *
   * @param kind its name, for the test that fails
   * @param json the JSON text that stands where the field's value stood
   * @param yamlOnly whether it means something in YAML alone
   */
  record Value(String kind, String json, boolean yamlOnly) {

    /** The text in the place of a field's value. */
    String in(String key, String original) {
      return json.replace(KEY, key).replace(ORIGINAL, original);
    }

    /** Whether it is a text and nothing else. */
    boolean text() {
      return json.startsWith("\"") && json.endsWith("\"") && json.length() > 1;
    }

    /** Whether it can only stand in a map, since it is a field of its own. */
    boolean besideAField() {
      return json.contains(KEY) || json.contains(KEYED);
    }

    @Override
    public String toString() {
      return kind;
    }
  }

  /**
   * A field and what is put there.
   *
   * @param field the field's pattern
   */
  record Pair(String field, Value value) {}

  private HostileCorpus() {}

  /** Whether every kind is put into every field. */
  static boolean whole() {
    return "all".equals(System.getProperty("lanekeeper.corpus"));
  }

  /** Of what is slow and repeats what others show: one in four where a field gets only one kind. */
  static <T> List<T> some(List<T> slow) {
    return IntStream.range(0, slow.size())
        .filter(i -> i % slowness() == 0)
        .mapToObj(slow::get)
        .toList();
  }

  /** Of how many slow trials one is made. */
  static int slowness() {
    return whole() || SAMPLE > 1 ? 1 : 4;
  }

  /** The texts, by kind. */
  static Map<String, String> texts() {
    Map<String, String> texts = new LinkedHashMap<>();
    texts.put("path up", "../../trust");
    texts.put("path absolute", "/etc/x");
    texts.put("path of Windows", "..\\..");
    texts.put("path with dots inside", "a/../b");
    texts.put("path encoded", "%2e%2e/%2e%2e/trust");
    texts.put("path of a home", "~/x");
    texts.put("command", "$(touch " + TOUCHED + ")");
    texts.put("command in backticks", "`touch " + TOUCHED + "`");
    texts.put("command after a semicolon", "'; touch " + TOUCHED + "; '");
    texts.put("option", "--home=/etc");
    texts.put("NUL", "a\u0000b");
    texts.put("terminal, clear", "\u001b[2J\u001b[H" + FORGED);
    texts.put("terminal, link (OSC 8)", "\u001b]8;;http://e.example\u001b\\x\u001b]8;;\u001b\\");
    texts.put("terminal, clipboard (OSC 52)", "\u001b]52;c;aGk=\u0007");
    texts.put("terminal, C1", "\u009b31mred\u009d0;title\u009c");
    texts.put("terminal, backspace", "refused\b\b\b\b\b\b\bPASS");
    texts.put("Markdown link", "[x](javascript:alert(1))");
    texts.put("Markdown link closed", "](javascript:alert(1))");
    texts.put("Markdown table", "a | b \\| c");
    texts.put("Markdown code", "`` ` ```");
    texts.put("HTML script", "<script>alert(1)</script>");
    texts.put("HTML image", "\"><img src=x onerror=alert(1)>");
    texts.put("HTML comment", "--><!-- x");
    texts.put("code", "SURFACE_FORBIDDEN:../../<b>`|$(touch " + TOUCHED + ")");
    texts.put("pointer", "preflight.json#/../../<b>`|$(touch " + TOUCHED + ")");
    texts.put("template", "{{run.runId}}");
    texts.put("template section", "{{#packet}}{{/packet}}{{{x}}}");
    texts.put("search query", "\" OR LaneStatus=\"APPLIED");
    texts.put("line feed", "a\n" + FORGED + " line");
    texts.put("carriage return", "a\r" + FORGED + " line");
    texts.put("log line", "a\n" + FORGED + " 2026-11-28T00:00:00Z ERROR the ledger is lost");
    texts.put("heading", "a\n\n# " + FORGED + "\n\nLane status: APPLIED");
    texts.put("line separator", "a\u2028" + FORGED + "\u0085" + FORGED);
    texts.put("1 MiB", "x".repeat(1 << 20));
    texts.put("200 KiB of lines", "line\n".repeat(40 << 10));
    texts.put("1001 characters", "y".repeat(1001));
    texts.put("Cyrillic", "\u0430pplied-\u0440\u0430ss");
    texts.put("full width", "\uff21\uff30\uff30\uff2c\uff29\uff25\uff24");
    texts.put("zero width", "S5\u200b\u2060\ufeff");
    texts.put("bidirectional", "\u202eDELPPA\u202c\u2066x");
    texts.put("tags", "a\udb40\udc41\udb40\udc42");
    texts.put("combining marks", "e" + "\u0301".repeat(300));
    texts.put("lone surrogate", "a\ud800");
    texts.put("empty", "");
    texts.put("blank", " \u00a0\u3000");
    return texts;
  }

  /** Everything. */
  static List<Value> values() {
    List<Value> values = new ArrayList<>();
    texts().forEach((kind, text) -> values.add(value(kind, TextNode.valueOf(text).toString())));
    values.add(value("number", "1"));
    values.add(value("negative number", "-2147483648"));
    values.add(value("large number", "9".repeat(400)));
    values.add(value("exponent", "1e999999999"));
    values.add(value("fraction", "1.5"));
    values.add(value("true", "true"));
    values.add(value("null", "null"));
    values.add(value("empty list", "[]"));
    values.add(value("list", "[\"a\",[]]"));
    values.add(value("list of null", "[null]"));
    values.add(value("empty map", "{}"));
    values.add(value("map", "{\"a\":{\"value\":\"b\"}}"));
    values.add(value("duplicate keys below", "{\"a\":1,\"a\":2}"));
    values.add(value("duplicate key", ORIGINAL + ",\"" + KEY + "\":" + ORIGINAL));
    for (Map.Entry<String, String> name :
        new TreeMap<>(
                Map.of(
                    "name with a sequence", "\u001b]52;c;aGk=\u0007",
                    "name with a line", "a\n" + FORGED + " line",
                    "name with HTML", "<script>alert(1)</script>",
                    "name of 1 MiB", "k".repeat(1 << 20),
                    "name that turns the line", "\u202ek"))
            .entrySet()) {
      String field = TextNode.valueOf(name.getValue()).toString();
      values.add(value("unknown " + name.getKey(), ORIGINAL + "," + field + ":\"" + KEYED + "\""));
    }
    values.add(value("65 levels", "[".repeat(65) + "]".repeat(65)));
    values.add(value("200,000 levels", "[".repeat(200_000) + "]".repeat(200_000)));
    values.add(value("50,000 maps", "{\"a\":".repeat(50_000) + "1" + "}".repeat(50_000)));
    values.add(value("200,000 brackets that stay open", "[".repeat(200_000)));
    values.add(value("unended text", "\"abc"));
    values.add(value("two values", "1 2"));
    values.add(new Value("YAML type", "!!javax.script.ScriptEngineManager [x]", true));
    values.add(new Value("YAML binary", "!!binary \"aGk=\"", true));
    values.add(new Value("YAML anchor", "&a " + ORIGINAL, true));
    values.add(new Value("YAML alias", "*a", true));
    values.add(new Value("YAML merge", "{<<: {a: 1}}", true));
    return values;
  }

  private static Value value(String kind, String json) {
    return new Value(kind, json, false);
  }

  /** The pairs to try: all, or the sample. */
  static List<Pair> pairs(List<String> fields) {
    return pairs(fields, values());
  }

  /** The same with other values. */
  static List<Pair> pairs(List<String> fields, List<Value> values) {
    List<Pair> pairs = new ArrayList<>();
    Random random = new Random(Long.getLong("lanekeeper.corpus.seed", 18));
    Set<Value> left = new HashSet<>();
    int next = 0;
    for (String field : fields) {
      List<Value> chosen = new ArrayList<>();
      if (whole()) {
        chosen.addAll(values);
      } else {
        // One after another, so that each kind comes up, and some more by chance.
        Set<Value> some = new HashSet<>();
        for (int i = 0; i < SAMPLE / 2; i++) {
          some.add(values.get(next++ % values.size()));
        }
        while (some.size() < Math.min(SAMPLE, values.size())) {
          some.add(values.get(random.nextInt(values.size())));
        }
        values.stream().filter(some::contains).forEach(chosen::add);
      }
      chosen.forEach(value -> pairs.add(new Pair(field, value)));
      left.addAll(chosen);
    }
    for (int i = 0; i < values.size(); i++) {
      if (left.add(values.get(i))) {
        pairs.add(new Pair(fields.get(i % fields.size()), values.get(i)));
      }
    }
    return pairs;
  }
}
