package dev.lanekeeper.evidence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lanekeeper.lane.InvalidLaneException;
import dev.lanekeeper.testkit.EditedLane;
import dev.lanekeeper.testkit.TestLane;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A lane's folder holds one lane, whole and readable, before anything is done with it. */
final class LaneFolderTest {

  @TempDir private Path folder;
  private EditedLane lane;

  @BeforeEach
  void copy() throws Exception {
    lane = EditedLane.copyOf(TestLane.FIX7, folder);
  }

  private void invalid(String... parts) {
    assertThatThrownBy(lane::bundle)
        .isInstanceOf(InvalidLaneException.class)
        .hasMessageContainingAll(parts);
  }

  /** Of two, either could be the one that somebody read and approved. */
  @ParameterizedTest
  @ValueSource(strings = {"lane.yml", "lane.json"})
  void laneFile_besideAnother_isRefused(String other) throws Exception {
    Path one = folder.resolve("lane.yaml");
    Files.copy(one, folder.resolve(other));
    invalid(
        "expected exactly one of lane.yaml, lane.yml, lane.json",
        "found [lane.yaml, " + other + "]");
    Files.move(folder.resolve(other), folder.resolve("lane.txt"));
    assertThat(lane.bundle()).isNotNull();
  }

  @Test
  void laneFile_thatIsMissing_isRefused() throws Exception {
    Files.delete(folder.resolve("lane.yaml"));
    invalid("expected exactly one of lane.yaml, lane.yml, lane.json", "found none");
  }

  private void template(String field, String from, String to) throws Exception {
    lane.edit(from, to);
    invalid(field + ": expected a Mustache template, found ");
    lane.edit(to, from);
  }

  /** The report is written when everything is published: too late to find that it cannot be. */
  @Test
  void template_thatCannotBeRead_isRefused() throws Exception {
    template("spec.report.title", "title: \"{{run.title}}", "title: \"{{#run}}");
    template("spec.report.summary", "    summary: |\n", "    summary: |\n      {{#run}}\n");
    template(
        "spec.report.sections[0].heading", "heading: \"What was executed", "heading: \"{{#run}}");
    template(
        "spec.report.sections[1].body",
        "{{/preflight.allInputsVerified}}\"\n        body: |\n",
        "{{/preflight.allInputsVerified}}\"\n        body: |\n          {{#run}}\n");
    assertThat(lane.bundle()).isNotNull();
  }
}
