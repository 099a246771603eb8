package dev.lanekeeper.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lanekeeper.canonical.Json;
import dev.lanekeeper.lane.Lane;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A report says what evidence says, and fails where evidence is missing. */
final class ReportWriterTest {

  private static ReportWriter writer() {
    ObjectNode gate = Json.object().put("overall", "PASS").put("digest", "0123456789".repeat(6));
    gate.putArray("cases").addObject().put("file", "a.json");
    ((com.fasterxml.jackson.databind.node.ArrayNode) gate.get("cases"))
        .addObject()
        .put("file", "b.json");
    ObjectNode run = Json.object();
    run.putObject("run").put("title", "A <b>title</b> & more").put("false", false);
    return new ReportWriter(Map.of("rollback-gate.json", gate), run);
  }

  private static String body(String template) throws ReportException {
    String markdown =
        writer()
            .markdown(
                Optional.of(new Lane.Report("T", "S", List.of(new Lane.Section("H", template)))));
    return markdown.substring(markdown.indexOf("## 1. H\n\n") + 9).strip();
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

  @Test
  void titleSummaryAndHeadings_failAsWell() {
    for (Lane.Report bad :
        List.of(
            new Lane.Report("{{x}}", "S", List.of()),
            new Lane.Report("T", "{{x}}", List.of()),
            new Lane.Report("T", "S", List.of(new Lane.Section("{{x}}", "B"))))) {
      assertThatThrownBy(() -> writer().markdown(Optional.of(bad)))
          .isInstanceOf(ReportException.class);
    }
  }

  @Test
  void sections_areNumberedInTheirOrder() throws Exception {
    assertThat(
            writer()
                .markdown(
                    Optional.of(
                        new Lane.Report(
                            "T",
                            "S",
                            List.of(new Lane.Section("One", "1"), new Lane.Section("Two", "2"))))))
        .isEqualTo("# T\n\nS\n\n## 1. One\n\n1\n\n## 2. Two\n\n2\n");
  }

  @Test
  void general_reportWithoutItsEvidence_fails() {
    assertThatThrownBy(() -> writer().markdown(Optional.empty()))
        .isInstanceOf(ReportException.class)
        .hasMessageStartingWith("general: ");
  }

  @Test
  void html_showsMarkupAsText() {
    String html =
        ReportWriter.html(
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
