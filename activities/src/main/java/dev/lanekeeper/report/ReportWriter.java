package dev.lanekeeper.report;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.samskivert.mustache.Mustache;
import com.samskivert.mustache.MustacheException;
import dev.lanekeeper.lane.Lane;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Fills templates from evidence. A template sees each evidence file under its name without {@code
 * .json}; a name that leads nowhere is an error, so that a report cannot say nothing where evidence
 * is missing. {@code {{#brief}}…{{/brief}}} shortens a digest. Values are text in the template's
 * Markdown, whatever they hold, and each paragraph, list item and table says from where it has
 * them.
 */
public final class ReportWriter {

  /**
   * What ends the name of a value's source. It stands beside the value, so that a template's
   * section and a boolean, which are no text themselves, still say from where they are.
   */
  private static final String SOURCE = "\ue003";

  /** A tag that opens a section or prints a value, by a name that has a source beside it. */
  private static final Pattern NAMED =
      Pattern.compile(
          "(?<!\\{)\\{\\{([#^]?)\\s*((?!this\\b|brief\\b)[A-Za-z][\\w.-]*?(?<!\\.[0-9]{1,9}))\\s*\\}\\}(?!\\})");

  private static final Mustache.Compiler COMPILER =
      Mustache.compiler().escapeHTML(false).strictSections(true);

  private final Map<String, Object> values = new TreeMap<>();

  /**
   * A writer over evidence.
   *
   * @param files the evidence by file name
   * @param further what is outside the files: maps, lists, booleans, and texts as {@link Fact}s
   */
  public ReportWriter(Map<String, ObjectNode> files, Map<String, ?> further) {
    files.forEach((name, file) -> values.put(name.replace(".json", ""), marked(name, "", file)));
    further.forEach((name, value) -> values.put(name, marked(value)));
    values.put(
        "brief",
        (Mustache.Lambda) (fragment, out) -> out.write(Slots.brief(fragment.execute().strip())));
  }

  /**
   * Why a template cannot be read; empty when it can. Whether its names lead somewhere shows later.
   */
  public static Optional<String> problem(String template) {
    try {
      COMPILER.compile(template);
      return Optional.empty();
    } catch (MustacheException e) {
      return Optional.of(String.valueOf(e.getMessage()));
    }
  }

  private static Object marked(String file, String pointer, JsonNode node) {
    if (node.isObject()) {
      Map<String, Object> fields = new LinkedHashMap<>();
      node.properties()
          .forEach(
              field -> {
                String name = field.getKey();
                String place = pointer + "/" + name.replace("~", "~0").replace("/", "~1");
                fields.put(name, marked(file, place, field.getValue()));
                fields.put(name + SOURCE, Slots.source(Basis.of(file, place)));
              });
      return fields;
    }
    if (node.isArray()) {
      List<Object> elements = new ArrayList<>();
      for (int i = 0; i < node.size(); i++) {
        elements.add(marked(file, pointer + "/" + i, node.get(i)));
      }
      return elements;
    }
    return node.isBoolean()
        ? node.booleanValue()
        : Slots.mark(node.asText(), Basis.of(file, pointer));
  }

  private static Object marked(Object value) {
    if (value instanceof Map<?, ?> map) {
      Map<Object, Object> fields = new LinkedHashMap<>();
      map.forEach(
          (name, field) -> {
            fields.put(name, marked(field));
            Source source = field instanceof Fact fact ? fact.source() : Source.found("ledger");
            fields.put(name + SOURCE, Slots.source(source));
          });
      return fields;
    }
    if (value instanceof List<?> list) {
      return list.stream().map(ReportWriter::marked).toList();
    }
    return value instanceof Fact fact ? Slots.mark(fact.text(), fact.source()) : value;
  }

  /**
   * The report as Markdown: what happened, then the lane's own report, if it has one, then the
   * record of the run.
   *
   * @param report the lane's own templates
   * @throws ReportException when a template names evidence that is not there
   */
  public String markdown(Optional<Lane.Report> report) throws ReportException {
    try {
      StringBuilder out = new StringBuilder();
      String title = report.map(Lane.Report::title).orElse("{{run.title}}");
      out.append("# ").append(plain("title", title)).append("\n\n");
      out.append(general("story")).append("\n\n");
      if (report.isPresent()) {
        out.append("## The lane's own report\n\n");
        out.append(own("summary", report.get().summary())).append('\n');
        List<Lane.Section> sections = report.get().sections();
        for (int i = 0; i < sections.size(); i++) {
          String heading = sections.get(i).heading();
          out.append("\n## ").append(i + 1).append(". ");
          out.append(plain("heading", heading)).append("\n\n");
          out.append(own(heading, sections.get(i).body())).append('\n');
        }
        out.append('\n');
      }
      return out.append(general("record")).append('\n').toString();
    } catch (IOException e) {
      throw new ReportException("the general template cannot be read");
    }
  }

  private String general(String part) throws IOException, ReportException {
    try (InputStream in = ReportWriter.class.getResourceAsStream(part + ".md.mustache")) {
      String template = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      return Slots.placed(Marks.added(fill(part, template), false)).strip();
    }
  }

  /** Filled Markdown of the lane's, with its marks. */
  String own(String where, String template) throws ReportException {
    return Slots.placed(Marks.added(fill(where, Slots.template(template)), true)).strip();
  }

  /** A filled line of the lane's, without marks. */
  String plain(String where, String template) throws ReportException {
    return Slots.placed(fill(where, Slots.template(template))).strip();
  }

  /** The same template in which sections within a line and values bring their sources along. */
  private static String withSources(String template) {
    StringBuilder out = new StringBuilder();
    Matcher tag = NAMED.matcher(template);
    while (tag.find()) {
      boolean section = !tag.group(1).isEmpty();
      String source = section && alone(template, tag.start(), tag.end()) ? "" : sourceOf(tag);
      tag.appendReplacement(out, Matcher.quoteReplacement(tag.group() + source));
    }
    return tag.appendTail(out).toString();
  }

  private static String sourceOf(Matcher tag) {
    return "{{" + tag.group(2) + SOURCE + "}}";
  }

  /** Whether nothing but blanks is beside a tag in its line, which then goes with the tag. */
  private static boolean alone(String template, int start, int end) {
    int line = template.lastIndexOf('\n', start - 1) + 1;
    int next = template.indexOf('\n', end);
    return template.substring(line, start).isBlank()
        && template.substring(end, next < 0 ? template.length() : next).isBlank();
  }

  private String fill(String where, String template) throws ReportException {
    try {
      return COMPILER.compile(withSources(template)).execute(values);
    } catch (MustacheException.Context e) {
      throw new ReportException(
          where + ": {{" + e.key + "}} in line " + e.lineNo + ", which leads to nothing");
    } catch (MustacheException e) {
      throw new ReportException(where + ": " + e.getMessage());
    }
  }
}
