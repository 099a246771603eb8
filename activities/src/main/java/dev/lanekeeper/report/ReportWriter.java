package dev.lanekeeper.report;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.samskivert.mustache.Mustache;
import com.samskivert.mustache.MustacheException;
import dev.lanekeeper.canonical.Json;
import dev.lanekeeper.lane.Lane;
import dev.lanekeeper.text.HtmlText;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.commonmark.ext.gfm.tables.TablesExtension;
import org.commonmark.parser.Parser;
import org.commonmark.renderer.html.HtmlRenderer;

/**
 * Fills templates from evidence. A template sees each evidence file under its name without {@code
 * .json}; a name that leads nowhere is an error, so that a report cannot say nothing where evidence
 * is missing. {@code {{#brief}}…{{/brief}}} shortens a digest. Values are text in the template's
 * Markdown, whatever they hold.
 */
public final class ReportWriter {

  private static final Mustache.Compiler COMPILER =
      Mustache.compiler().escapeHTML(false).strictSections(true);

  private final Map<String, Object> values = new TreeMap<>();

  /**
   * A writer over evidence.
   *
   * @param files the evidence by file name
   * @param run what is outside the files: the run, the packet, its verification
   */
  public ReportWriter(Map<String, ObjectNode> files, ObjectNode run) {
    files.forEach((name, file) -> values.put(name.replace(".json", ""), plain(file)));
    run.properties().forEach(field -> values.put(field.getKey(), plain(field.getValue())));
    values.put(
        "brief",
        (Mustache.Lambda)
            (fragment, out) -> {
              String hex = Slots.unmarked(fragment.execute());
              out.write(
                  Slots.mark(
                      hex.length() < 20
                          ? hex
                          : hex.substring(0, 8) + "…" + hex.substring(hex.length() - 4)));
            });
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

  private static Object plain(JsonNode node) {
    return Slots.marked(Json.strict().convertValue(node, new TypeReference<Object>() {}));
  }

  /**
   * The report as Markdown.
   *
   * @param report the lane's own templates; without, a general one is used
   * @throws ReportException when a template names evidence that is not there
   */
  public String markdown(Optional<Lane.Report> report) throws ReportException {
    try {
      if (report.isEmpty()) {
        return fill("general", general());
      }
      StringBuilder out = new StringBuilder();
      out.append("# ").append(fill("title", report.get().title()).strip()).append("\n\n");
      out.append(fill("summary", report.get().summary()).strip()).append('\n');
      List<Lane.Section> sections = report.get().sections();
      for (int i = 0; i < sections.size(); i++) {
        out.append("\n## ").append(i + 1).append(". ");
        out.append(fill("heading", sections.get(i).heading()).strip()).append("\n\n");
        out.append(fill(sections.get(i).heading(), sections.get(i).body()).strip()).append('\n');
      }
      return out.toString();
    } catch (IOException e) {
      throw new ReportException("the general template cannot be read");
    }
  }

  private static String general() throws IOException {
    try (InputStream in = ReportWriter.class.getResourceAsStream("general.md.mustache")) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  private String fill(String where, String template) throws ReportException {
    try {
      return Slots.placed(COMPILER.compile(Slots.template(template)).execute(values));
    } catch (MustacheException e) {
      throw new ReportException(where + ": " + e.getMessage());
    }
  }

  /**
   * The same as a page; what documents say is shown as text, never as markup, and a browser loads
   * nothing for it from anywhere.
   */
  public static String html(String title, String markdown) {
    List<org.commonmark.Extension> tables = List.of(TablesExtension.create());
    Parser parser = Parser.builder().extensions(tables).build();
    String body =
        HtmlRenderer.builder()
            .extensions(tables)
            .escapeHtml(true)
            .sanitizeUrls(true)
            .build()
            .render(parser.parse(markdown));
    return "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
        + "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
        + "style-src 'unsafe-inline'\">\n<title>"
        + HtmlText.of(title)
        + "</title>\n<style>\nbody{font:16px/1.5 system-ui,sans-serif;max-width:60rem;"
        + "margin:2rem auto;padding:0 1rem;overflow-wrap:anywhere}\ntable{border-collapse:collapse}"
        + "\ntd,th{border:1px solid #bbb;padding:.3rem .6rem;text-align:left;vertical-align:top}\n"
        + "code{background:#f3f3f3;padding:0 .2rem}\n</style>\n</head>\n<body>\n"
        + body
        + "</body>\n</html>\n";
  }
}
