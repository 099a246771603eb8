package dev.lanekeeper.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lanekeeper.canonical.Json;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A report says what evidence says, and fails where evidence is missing. */
final class ReportWriterTest {

  private static ReportWriter writer() {
    ObjectNode gate = Json.object().put("overall", "PASS").put("digest", "0123456789".repeat(6));
    gate.putArray("cases").addObject().put("file", "a.json");
    gate.put("holds", true).putArray("none");
    ((com.fasterxml.jackson.databind.node.ArrayNode) gate.get("cases"))
        .addObject()
        .put("file", "b.json");
    return new ReportWriter(
        Map.of("rollback-gate.json", gate),
        Map.of(
            "run",
            Map.of("title", new Fact("A <b>title</b> & more", Source.found("x")), "false", false)));
  }

  private static String marked(String template) throws ReportException {
    return writer().own("H", template);
  }

  private static String body(String template) throws ReportException {
    return marked(template).replaceAll(" ?⟦[^⟧]*⟧", "").strip();
  }

  /** Each paragraph, list item and table says from where it is. */
  @Test
  void block_saysFromWhereItIs() throws Exception {
    assertThat(marked("{{rollback-gate.overall}}"))
        .isEqualTo("PASS ⟦found: rollback-gate.json#/overall⟧");
    assertThat(marked("- a\n- {{rollback-gate.overall}}"))
        .isEqualTo("- a ⟦said by the lane file⟧\n- PASS ⟦found: rollback-gate.json#/overall⟧");
    assertThat(marked("{{#rollback-gate.cases}}{{file}} {{/rollback-gate.cases}}"))
        .isEqualTo("a.json b.json ⟦found: rollback-gate.json#/cases⟧");
    assertThat(marked("Said by nobody else."))
        .isEqualTo("Said by nobody else. ⟦said by the lane file⟧");
    assertThat(marked("{{rollback-gate.holds}}"))
        .isEqualTo("true ⟦found: rollback-gate.json#/holds⟧");
    assertThat(marked("`{{rollback-gate.holds}}`"))
        .isEqualTo("`true` ⟦found: rollback-gate.json#/holds⟧");
    assertThat(marked("It {{#rollback-gate.holds}}holds{{/rollback-gate.holds}}."))
        .isEqualTo("It holds. ⟦found: rollback-gate.json#/holds⟧");
    assertThat(marked("- {{^rollback-gate.none}}none{{/rollback-gate.none}}"))
        .isEqualTo("- none ⟦found: rollback-gate.json#/none⟧");
    assertThat(marked("| a |\n|---|\n| {{rollback-gate.overall}} |"))
        .isEqualTo("| a |\n|---|\n| PASS |\n\n⟦found: rollback-gate.json#/overall⟧");
  }

  @Test
  void values_comeFromEvidenceByTheFilesName() throws Exception {
    assertThat(body("{{rollback-gate.overall}} {{run.title}}"))
        .isEqualTo("PASS A \\<b>title\\</b> & more");
    assertThat(body("{{#rollback-gate.cases}}{{file}};{{/rollback-gate.cases}}"))
        .isEqualTo("a.json;b.json;");
    assertThat(body("{{rollback-gate.cases.1.file}}")).isEqualTo("b.json");
  }

  @Test
  void brief_shortensADigestAndLeavesAShortWordAlone() throws Exception {
    assertThat(body("{{#brief}}{{rollback-gate.digest}}{{/brief}}")).isEqualTo("01234567…6789");
    assertThat(body("{{#brief}}ABSENT{{/brief}}")).isEqualTo("ABSENT");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{{rollback-gate.overal}}",
        "{{nothing}}",
        "{{rollback-proof.evidence}}",
        "{{rollback-gate.cases.7.file}}",
        "{{#rollback-gate.cases}}{{files}}{{/rollback-gate.cases}}",
        "{{#brief}}{{missing}}{{/brief}}",
        "{{#rollback-gate.cases}}",
        "{{#missing}}said{{/missing}}",
        "{{^rollback-gate.missing}}nothing was found{{/rollback-gate.missing}}"
      })
  void template_thatNamesWhatIsNotThere_fails_andSaysWhere(String template) {
    assertThatThrownBy(() -> body(template))
        .isInstanceOf(ReportException.class)
        .hasMessageStartingWith("H: ");
  }

  /** For a phone: a width, contents with anchors, and words that break where they have parts. */
  @Test
  void html_hasWidth_contents_coloursAndMarks() {
    String html =
        ReportPage.of(
            "t",
            """
            # T

            PASS X_Y_LONG_NAME_OF_A_LANE_REJECTED ⟦found: a.json#/b⟧

            ## One, two

            ## One, two

            | REJECT |
            |---|
            """);
    assertThat(html)
        .contains("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">")
        .contains("<a href=\"#one-two\">One, two</a>", "<a href=\"#one-two-2\">One, two</a>")
        .contains("<h2 id=\"one-two\">", "<h2 id=\"one-two-2\">")
        .contains("<span class=\"good\">PASS</span>", "<span class=\"bad\">REJECT</span>")
        .contains("<span class=\"bad\">X_<wbr>Y_<wbr>LONG_<wbr>NAME_<wbr>OF_<wbr>A_<wbr>LANE_")
        .contains("<small>found: a.json#/b</small>")
        .contains("<div class=\"table\"><table>")
        .contains("prefers-color-scheme:dark")
        .doesNotContain("overflow-wrap:anywhere}\ntable");
  }

  @Test
  void html_showsMarkupAsText() {
    String html =
        ReportPage.of(
            "<script>t</script> & co",
            """
            <script>alert(1)</script>

            a <img src=x onerror=alert(1)> b

            [x](javascript:alert(1))

            | a |
            |---|
            | <b>c</b> |
            """);
    assertThat(html)
        .contains("<title>&lt;script&gt;t&lt;/script&gt; &amp; co</title>")
        .contains("&lt;script&gt;alert(1)&lt;/script&gt;")
        .contains("&lt;img src=x")
        .contains("<td>&lt;b&gt;c&lt;/b&gt;</td>")
        .doesNotContain("<script")
        .doesNotContain("<img")
        .doesNotContain("javascript:");
  }
}
