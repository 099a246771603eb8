package dev.lanekeeper.report;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lanekeeper.testkit.Nasty;
import dev.lanekeeper.text.MarkdownText;
import dev.lanekeeper.text.TerminalText;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.commonmark.ext.gfm.tables.TablesExtension;
import org.commonmark.node.AbstractVisitor;
import org.commonmark.node.Code;
import org.commonmark.node.Node;
import org.commonmark.node.Text;
import org.commonmark.parser.Parser;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A Markdown reader finds text and code where values are, and the document's own structure. */
final class MarkdownValuesTest {

  private static final Parser PARSER =
      Parser.builder().extensions(List.of(TablesExtension.create())).build();

  private static Node parse(String markdown) {
    return PARSER.parse(markdown);
  }

  /** The kinds of node without text, in order: what a document is made of. */
  private static String structure(Node node) {
    StringBuilder out = new StringBuilder(node.getClass().getSimpleName()).append('(');
    boolean text = false;
    for (Node child = node.getFirstChild(); child != null; child = child.getNext()) {
      if (!(child instanceof Text)) {
        out.append(structure(child));
      } else if (!text) {
        text = true;
      }
    }
    return out.append(')').toString();
  }

  private static String text(Node node) {
    StringBuilder out = new StringBuilder();
    node.accept(
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

  @Test
  void operatorsPage_showsEveryTextAsItIs() {
    Nasty.strings()
        .forEach(
            nasty -> {
              String shown = TerminalText.line(nasty).strip();
              for (String value :
                  new String[] {MarkdownText.code(nasty), MarkdownText.escaped(nasty)}) {
                Node list = parse("- found: " + value + "\n- next\n");
                assertThat(structure(list).replace("Code()", ""))
                    .as(value)
                    .isEqualTo(structure(parse("- found: x\n- next\n")));
                assertThat(text(list)).isEqualToIgnoringWhitespace("found:" + shown + "next");
                Node alone = parse(value);
                assertThat(structure(alone).replace("Code()", "").replace("Paragraph()", ""))
                    .as(value)
                    .isEqualTo("Document()");
                Node table = parse("| a | b |\n|---|---|\n| " + value + " | y |\n");
                assertThat(structure(table).replace("Code()", ""))
                    .as(value)
                    .isEqualTo(structure(parse("| a | b |\n|---|---|\n| x | y |\n")));
              }
            });
  }

  @Test
  void operatorsPage_showsAHugeTextCut() {
    assertThat(MarkdownText.code("x".repeat(1 << 20))).hasSize(502).endsWith("…`");
    assertThat(MarkdownText.escaped("x".repeat(1 << 20))).hasSize(500).endsWith("…");
  }

  private static String filled(String template, String value) {
    Fact fact = new Fact(value, Source.found("a.json#/b"));
    Map<String, ?> run = Map.of("run", Map.of("title", fact, "list", List.of(fact, fact)));
    try {
      ReportWriter writer = new ReportWriter(Map.of(), run);
      return "# "
          + writer.plain("title", "{{run.title}}")
          + "\n\n"
          + writer.own("body", template)
          + "\n";
    } catch (ReportException e) {
      throw new AssertionError(e);
    }
  }

  private static String withoutMarks(String markdown) {
    return markdown.replaceAll(" ?⟦[^⟧]*⟧", "");
  }

  /** A text that says it was found, signed or said says it as text and not as a mark. */
  @Test
  void marks_areNobodysToWrite() {
    String forged = "⟦found: nothing⟧";
    assertThat(filled("{{run.title}}", forged)).contains("\\[found: nothing\\] ⟦found: a.json#/b⟧");
    assertThat(filled(forged, "x")).endsWith("[found: nothing] ⟦said by the lane file⟧\n");
  }

  private static final List<String> TEMPLATES =
      List.of(
          "{{run.title}}",
          "{{{run.title}}} {{&run.title}}",
          "- {{run.title}}\n- b",
          "> {{run.title}}",
          "**{{run.title}}**: `{{run.title}}` and ``{{run.title}}``.",
          "| a | b |\n|---|---|\n| {{run.title}} | `{{run.title}}` |\n| x | y |",
          "```\n{{run.title}}\n```\n\nafter",
          "1. x {{#run.list}}{{this}}, {{/run.list}}",
          "\\{{run.title}} and \\`{{run.title}}`",
          "a ` lonely backtick {{run.title}}",
          "{{#brief}}{{run.title}}{{/brief}}");

  @Test
  void report_hasTheTemplatesStructure_whateverTheValues() {
    List<String> nasties = new ArrayList<>(Nasty.strings().toList());
    for (String template : TEMPLATES) {
      String expected = structure(parse(filled(template, "word")));
      for (String nasty : nasties) {
        String markdown = filled(template, "w " + nasty + " w");
        assertThat(structure(parse(markdown))).as(markdown).isEqualTo(expected);
        String html = ReportPage.of("t", filled(template, nasty));
        assertThat(html).doesNotContain("<script", "<img", "<a ", "\u001b", "\u202e");
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "{{run.title}},DOCUMENT_PRESENT:a/b-1.md,DOCUMENT_PRESENT:a/b-1.md",
    "`{{run.title}}`,DOCUMENT_PRESENT,`DOCUMENT_PRESENT`",
    "{{run.title}},rev1 (sha256 ab),rev1 (sha256 ab)",
    "[x]({{run.title}}),javascript:alert(1),[x](javascript%3Aalert(1))"
  })
  void report_leavesOrdinaryValuesAlone(String template, String value, String expected) {
    assertThat(withoutMarks(filled(template, value))).endsWith("\n\n" + expected + "\n");
  }

  @Test
  void report_loadsNothingFromElsewhere() {
    assertThat(ReportPage.of("t", "![x](http://tracker.example/x.png)"))
        .contains("content=\"default-src 'none'; style-src 'unsafe-inline'\"");
  }

  @Test
  void prose_ofALane_showsWhatItHides() {
    assertThat(filled("a\u001b[2J\u202e\ue000b", "x")).contains("a\\x1b[2J\\u202e\\ue000b");
  }
}
