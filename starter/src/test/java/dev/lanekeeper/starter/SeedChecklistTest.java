package dev.lanekeeper.starter;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonPointer;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lanekeeper.canonical.Json;
import dev.lanekeeper.packet.PacketFiles;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Walks the checklist of the seed report over a fresh run of the example: every sentence of the
 * seed must be borne out by the packet's evidence or stand in the report.
 */
class SeedChecklistTest {

  private static final Path LANE =
      Path.of(System.getProperty("lanekeeper.root"), "examples", "fix7-p0");
  private static final String VOLATILE = "/volatile";

  @TempDir private static Path home;

  private static JsonNode checklist;
  private static Walker walker;
  private static Path packet;
  private static String report;

  @BeforeAll
  static void runTheExample() throws IOException {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int exit =
        Main.execute(
            new PrintWriter(out),
            new PrintWriter(err),
            "run",
            LANE.toString(),
            "--home",
            home.toString());
    assertThat(exit).as("exit code; the run said:%n%s%n%s", out, err).isZero();
    Path run = home.resolve("runs/fix7-p0/latest");
    packet = run.resolve("packet");
    report = Files.readString(run.resolve("report.md"));
    checklist = Json.parse(Files.readAllBytes(LANE.resolve("seed-checklist.json")));
    walker = new Walker(packet.resolve("data"), report);
  }

  @Test
  void everyEntry_ofTheSeed_isBorneOut() throws IOException {
    List<String> failures = new ArrayList<>();
    for (JsonNode entry : checklist.path("entries")) {
      failures.addAll(walker.failures(entry));
    }
    assertThat(failures).isEmpty();
  }

  @Test
  void checklist_coversEverySection_underUniqueIds() {
    List<String> ids = values("id");
    assertThat(ids).hasSizeGreaterThan(90).doesNotHaveDuplicates();
    assertThat(values("sentence")).noneMatch(String::isBlank);
    assertThat(values("section"))
        .containsAll(IntStream.rangeClosed(0, 13).mapToObj(Integer::toString).toList());
  }

  @Test
  void report_hasTheSeedsThirteenSections_numbered() {
    List<String> numbers =
        report
            .lines()
            .filter(line -> line.matches("## [0-9].*"))
            .map(line -> line.substring(3).split("\\.", 2)[0])
            .toList();
    assertThat(numbers)
        .isEqualTo(IntStream.rangeClosed(1, 13).mapToObj(Integer::toString).toList());
  }

  @Test
  void report_namesEveryInputWithItsProvenance() throws IOException {
    for (JsonNode input : walker.at("preflight.json", "/inputs")) {
      String row =
          "| " + input.path("title").asText() + " | " + input.path("provenance").asText() + " |";
      assertThat(report).contains(row);
    }
  }

  @Test
  void report_namesTheTreeOfThisPacket_andCountsItsFiles() throws IOException {
    Map<String, byte[]> files = new TreeMap<>();
    try (Stream<Path> found = Files.walk(packet)) {
      for (Path file : found.filter(Files::isRegularFile).toList()) {
        files.put(packet.relativize(file).toString(), Files.readAllBytes(file));
      }
    }
    assertThat(files).hasSize(22);
    assertThat(report)
        .contains(
            "22 files, packet_tree `" + PacketFiles.packetTree(files).hex() + "`",
            "stable_tree `" + PacketFiles.stableTree(files).hex() + "`");
  }

  @Test
  void walker_unchangedEntry_findsNothing() throws IOException {
    assertThat(walker.failures(entry("equals", "\"PASS\""))).isEmpty();
    assertThat(walker.failures(entry("matches", "\"P[A-Z]+\""))).isEmpty();
    assertThat(walker.failures(entry("sameAs", reference("/inputs/0/verdict")))).isEmpty();
  }

  @Test
  void walker_wrongExpectation_isDetected() throws IOException {
    assertThat(walker.failures(entry("equals", "\"REJECT\"")))
        .singleElement()
        .asString()
        .contains("S-TEST", "preflight.json#/result/verdict", "REJECT", "PASS");
    assertThat(walker.failures(entry("matches", "\"PAS\""))).hasSize(1);
    assertThat(walker.failures(entry("sameAs", reference("/lane")))).hasSize(1);
  }

  @Test
  void walker_everyEqualsOfTheChecklistMadeWrong_isDetected() throws IOException {
    for (JsonNode entry : checklist.path("entries")) {
      ObjectNode wrong = entry.deepCopy();
      for (JsonNode check : wrong.path("evidence")) {
        if (check.has("equals")) {
          ((ObjectNode) check).put("equals", "not what the evidence says");
          assertThat(walker.failures(wrong)).as(wrong.path("id").asText()).isNotEmpty();
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"id\":\"S-TEST\"}",
        "{\"id\":\"S-TEST\",\"evidence\":[]}",
        "{\"id\":\"S-TEST\",\"report\":\"a sentence that no report holds\"}",
        "{\"id\":\"S-TEST\",\"report\":\"\"}",
        "{\"id\":\"S-TEST\",\"evidence\":[{\"file\":\"preflight.json\",\"pointer\":\"/nowhere\","
            + "\"equals\":null}]}",
        "{\"id\":\"S-TEST\",\"evidence\":[{\"file\":\"none.json\",\"pointer\":\"/lane\","
            + "\"equals\":\"x\"}]}",
        "{\"id\":\"S-TEST\",\"evidence\":[{\"file\":\"preflight.json\",\"pointer\":\"/lane\"}]}",
        "{\"id\":\"S-TEST\",\"evidence\":[{\"file\":\"preflight.json\","
            + "\"pointer\":\"/volatile/runId\",\"matches\":\".*\"}]}",
        "{\"id\":\"S-TEST\",\"evidence\":[{\"file\":\"preflight.json\",\"pointer\":\"/lane\","
            + "\"sameAs\":{\"file\":\"preflight.json\",\"pointer\":\"/lane\"}}]}"
      })
  void walker_entryThatProvesNothing_isDetected(String entry) throws IOException {
    assertThat(walker.failures(Json.parse(entry.getBytes(UTF_8)))).hasSize(1);
  }

  private static List<String> values(String field) {
    List<String> out = new ArrayList<>();
    checklist.path("entries").forEach(entry -> out.add(entry.path(field).asText()));
    return out;
  }

  private static JsonNode entry(String how, String wanted) throws IOException {
    String text =
        "{\"id\":\"S-TEST\",\"evidence\":[{\"file\":\"preflight.json\","
            + "\"pointer\":\"/result/verdict\",\""
            + how
            + "\":"
            + wanted
            + "}]}";
    return Json.parse(text.getBytes(UTF_8));
  }

  private static String reference(String pointer) {
    return "{\"file\":\"preflight.json\",\"pointer\":\"" + pointer + "\"}";
  }

  /** Holds entries of the checklist against one run. */
  private static final class Walker {

    private final Path data;
    private final String report;
    private final Map<String, JsonNode> files = new TreeMap<>();

    Walker(Path data, String report) {
      this.data = data;
      this.report = report;
    }

    /** What an entry says that this run does not bear out. */
    List<String> failures(JsonNode entry) throws IOException {
      String id = entry.path("id").asText();
      List<String> failures = new ArrayList<>();
      if (entry.path("evidence").isEmpty() && !entry.has("report")) {
        failures.add(id + ": names neither evidence nor a report line");
      }
      for (JsonNode check : entry.path("evidence")) {
        String problem = problem(check);
        if (!problem.isEmpty()) {
          failures.add(id + ": " + where(check) + ": " + problem);
        }
      }
      if (entry.has("report")) {
        String wanted = entry.path("report").asText();
        if (wanted.isBlank() || !report.contains(wanted)) {
          failures.add(id + ": the report does not say '" + wanted + "'");
        } else if (!wanted.startsWith("#") && !hasItsBasis(wanted)) {
          failures.add(id + ": the report does not say from where it has '" + wanted + "'");
        }
      }
      return failures;
    }

    /** Whether the next mark stands before the next heading. */
    private boolean hasItsBasis(String wanted) {
      String rest = report.substring(report.indexOf(wanted));
      int mark = rest.indexOf('⟦');
      int heading = rest.indexOf("\n#");
      return mark >= 0 && (heading < 0 || mark < heading);
    }

    private String problem(JsonNode check) throws IOException {
      JsonNode found = at(check.path("file").asText(), check.path("pointer").asText());
      if (check.path("pointer").asText().startsWith(VOLATILE)) {
        return "varies from run to run and proves nothing";
      }
      if (found.isMissingNode()) {
        return "nothing stands there";
      }
      if (check.has("equals")) {
        JsonNode wanted = check.get("equals");
        return found.equals(wanted) ? "" : "expected " + wanted + ", found " + found;
      }
      if (check.has("matches")) {
        String wanted = check.path("matches").asText();
        Matcher matcher = Pattern.compile(wanted).matcher(found.asText());
        return matcher.matches() ? "" : "expected a match of " + wanted + ", found " + found;
      }
      if (check.has("sameAs")) {
        JsonNode other = check.get("sameAs");
        if (where(other).equals(where(check))) {
          return "is compared with itself";
        }
        JsonNode wanted = at(other.path("file").asText(), other.path("pointer").asText());
        return found.equals(wanted)
            ? ""
            : "expected " + wanted + " as in " + where(other) + ", found " + found;
      }
      return "says neither equals, nor matches, nor sameAs";
    }

    /** A value of the packet's evidence; a missing node where nothing stands. */
    JsonNode at(String file, String pointer) throws IOException {
      if (!files.containsKey(file)) {
        Path path = data.resolve(file);
        files.put(file, Files.exists(path) ? Json.parse(Files.readAllBytes(path)) : Json.object());
      }
      return files.get(file).at(JsonPointer.compile(pointer));
    }

    private static String where(JsonNode check) {
      return check.path("file").asText() + "#" + check.path("pointer").asText();
    }
  }
}
