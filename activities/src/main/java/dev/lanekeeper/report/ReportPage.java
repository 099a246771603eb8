package dev.lanekeeper.report;

import dev.lanekeeper.text.HtmlText;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.commonmark.ext.gfm.tables.TablesExtension;
import org.commonmark.node.AbstractVisitor;
import org.commonmark.node.Code;
import org.commonmark.node.Heading;
import org.commonmark.node.Node;
import org.commonmark.node.Text;
import org.commonmark.parser.Parser;
import org.commonmark.renderer.html.AttributeProvider;
import org.commonmark.renderer.html.HtmlRenderer;

/**
 * A report as a page, for a phone and a desk, in light and dark, with contents. What documents say
 * is shown as text, never as markup, and a browser loads nothing for it from anywhere.
 */
public final class ReportPage {

  private static final List<org.commonmark.Extension> TABLES = List.of(TablesExtension.create());

  private static final String STYLE =
      """
      :root{color-scheme:light dark;--text:#1b1f24;--page:#fff;--line:#d0d7de;--quiet:#59636e;
      --code:#f0f2f4;--link:#0550ae;--good:#116329;--bad:#a40e26;--open:#7d4e00}
      @media (prefers-color-scheme:dark){:root{--text:#e6edf3;--page:#0d1117;--line:#3d444d;
      --quiet:#9ea7b1;--code:#1c222a;--link:#79b8ff;--good:#56d364;--bad:#ff7b72;--open:#e3b341}}
      *{box-sizing:border-box}
      body{font:16px/1.5 system-ui,sans-serif;color:var(--text);background:var(--page);
      max-width:64rem;margin:0 auto;padding:1rem;overflow-wrap:break-word}
      h1,h2,h3{line-height:1.25;margin:1.6em 0 .5em}
      h1{font-size:1.6rem;margin-top:.3em}h2{font-size:1.25rem}h3{font-size:1.05rem}
      a{color:var(--link)}
      nav{border:1px solid var(--line);border-radius:6px;padding:.4rem 1rem;margin:1rem 0}
      nav ul{margin:.3rem 0;padding-left:1.2rem}
      li{margin:.2rem 0}
      .table{overflow-x:auto;margin:1rem 0}
      table{border-collapse:collapse}
      td,th{border:1px solid var(--line);padding:.3rem .6rem;text-align:left;vertical-align:top;
      overflow-wrap:normal}
      code{background:var(--code);padding:0 .2rem;border-radius:3px;overflow-wrap:anywhere}
      td code{overflow-wrap:normal}
      pre{overflow-x:auto;background:var(--code);padding:.6rem}
      pre code{overflow-wrap:normal;padding:0}
      blockquote{margin:1rem 0;padding-left:1rem;border-left:3px solid var(--line)}
      small{color:var(--quiet);font-size:.8rem;overflow-wrap:anywhere}
      .digest{overflow-wrap:anywhere;font-family:ui-monospace,monospace;font-size:.9em}
      .good{color:var(--good);font-weight:600}
      .bad{color:var(--bad);font-weight:600}
      .open{color:var(--open);font-weight:600}
      @media (max-width:40rem){body{padding:.7rem}h1{font-size:1.3rem}td,th{padding:.25rem .4rem}}
      """;

  /** What a word of a verdict looks like. */
  private static final Map<String, String> WORDS =
      Map.ofEntries(
          Map.entry("PASS", "good"),
          Map.entry("APPLIED", "good"),
          Map.entry("UNTOUCHED", "good"),
          Map.entry("CONFIRMED", "good"),
          Map.entry("NOT_ATTEMPTED", "good"),
          Map.entry("REJECT", "bad"),
          Map.entry("REJECTED", "bad"),
          Map.entry("ROLLBACK_FAILED", "bad"),
          Map.entry("ATTEMPTED", "bad"),
          Map.entry("TOUCHED", "bad"),
          Map.entry("FAILED", "bad"),
          Map.entry("UNKNOWN", "open"),
          Map.entry("NOT_RUN", "open"),
          Map.entry("ROLLED_BACK", "open"),
          Map.entry("ABORTED", "open"),
          Map.entry("CANCELED", "open"),
          Map.entry("SELF_ISSUED", "open"),
          Map.entry("REVIEW_NOT_INDEPENDENT", "open"));

  private static final List<String> STATUSES =
      List.of("APPLIED", "REJECTED", "ROLLED_BACK", "ABORTED", "CANCELED", "ROLLBACK_FAILED");

  private ReportPage() {}

  /** The page of a report. */
  public static String of(String title, String markdown) {
    Node document = Parser.builder().extensions(TABLES).build().parse(markdown);
    Map<Node, String> anchors = new HashMap<>();
    String contents = contents(document, anchors);
    AttributeProvider ids =
        (node, tag, attributes) -> {
          if (anchors.containsKey(node)) {
            attributes.put("id", anchors.get(node));
          }
        };
    String body =
        HtmlRenderer.builder()
            .extensions(TABLES)
            .escapeHtml(true)
            .sanitizeUrls(true)
            .attributeProviderFactory(context -> ids)
            .build()
            .render(document);
    return "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
        + "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
        + "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
        + "style-src 'unsafe-inline'\">\n<title>"
        + HtmlText.of(title)
        + "</title>\n<style>\n"
        + STYLE
        + "</style>\n</head>\n<body>\n"
        + withContents(coloured(body), contents)
        + "</body>\n</html>\n";
  }

  /** The contents go behind what happened, before the first part. */
  private static String withContents(String body, String contents) {
    int first = body.indexOf("<h2");
    return first < 0 ? body : body.substring(0, first) + contents + body.substring(first);
  }

  private static String contents(Node document, Map<Node, String> anchors) {
    StringBuilder out =
        new StringBuilder("<nav aria-label=\"Contents\">\n<strong>Contents</strong>\n<ul>\n");
    Set<String> used = new LinkedHashSet<>();
    for (Node node = document.getFirstChild(); node != null; node = node.getNext()) {
      if (node instanceof Heading heading && heading.getLevel() > 1) {
        String text = text(heading);
        String anchor = anchor(text, used);
        anchors.put(node, anchor);
        if (heading.getLevel() == 2) {
          out.append("<li><a href=\"#").append(anchor).append("\">");
          out.append(HtmlText.of(text)).append("</a></li>\n");
        }
      }
    }
    return out.append("</ul>\n</nav>\n").toString();
  }

  /** An id of letters, digits and dashes that no other heading has. */
  private static String anchor(String text, Set<String> used) {
    String plain = text.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]+", "-");
    String base = plain.replaceAll("^-|-$", "");
    String anchor = base.isEmpty() ? "part" : base;
    for (int i = 2; !used.add(anchor); i++) {
      anchor = base + "-" + i;
    }
    return anchor;
  }

  private static String text(Node heading) {
    StringBuilder out = new StringBuilder();
    heading.accept(
        new AbstractVisitor() {
          @Override
          public void visit(Text text) {
            out.append(text.getLiteral());
          }

          @Override
          public void visit(Code code) {
            out.append(code.getLiteral());
          }
        });
    return out.toString();
  }

  /** Colours verdicts, makes marks small, and lets digests and nothing else break anywhere. */
  private static String coloured(String html) {
    StringBuilder out = new StringBuilder();
    int at = 0;
    while (at < html.length()) {
      int tag = html.indexOf('<', at);
      int end = tag < 0 ? html.length() : tag;
      out.append(words(html.substring(at, end)));
      if (tag < 0) {
        break;
      }
      at = html.indexOf('>', tag) + 1;
      String whole = html.substring(tag, at);
      out.append(whole.equals("<table>") ? "<div class=\"table\"><table>" : whole);
      if (whole.equals("</table>")) {
        out.append("</div>");
      }
    }
    return out.toString();
  }

  /** A long name of parts may break between them, and nowhere else. */
  private static String breakable(String word) {
    return word.length() > 20 ? word.replace("_", "_<wbr>") : word;
  }

  /** The style of a verdict, also where it ends a status. */
  private static String style(String word) {
    return WORDS.getOrDefault(
        word,
        STATUSES.stream()
            .filter(end -> word.endsWith("_" + end))
            .findFirst()
            .map(WORDS::get)
            .orElse(""));
  }

  private static String words(String text) {
    List<String> parts = new ArrayList<>();
    for (String word : text.split("(?<=[^A-Za-z0-9_])|(?=[^A-Za-z0-9_])", -1)) {
      String style = word.matches("[0-9a-f]{40,}") ? "digest" : style(word);
      String shown = breakable(word);
      parts.add(style.isEmpty() ? shown : "<span class=\"" + style + "\">" + shown + "</span>");
    }
    return String.join("", parts).replace(Marks.BEGIN, "<small>").replace(Marks.END, "</small>");
  }
}
