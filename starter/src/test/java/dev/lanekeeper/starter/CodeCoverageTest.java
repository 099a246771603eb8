package dev.lanekeeper.starter;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lanekeeper.testkit.TestLane;
import dev.lanekeeper.verdict.RejectCode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Every reject code has a test that triggers it and one that comes close and must not. Read from
 * the sources of all modules' tests, where {@code @Triggers} and {@code @NearMiss} say which.
 */
class CodeCoverageTest {

  /** Codes that no code path of this release produces. They keep their place in the list. */
  private static final Set<RejectCode> NOT_PRODUCED = EnumSet.noneOf(RejectCode.class);

  private static final Pattern ANNOTATION =
      Pattern.compile("@(Triggers|NearMiss)\\(([^)]*)\\)(.*?)\\bvoid (\\w+)\\(", Pattern.DOTALL);
  private static final Pattern CODE = Pattern.compile("RejectCode\\.([A-Z0-9_]+)");

  private final Map<RejectCode, List<String>> triggers = new EnumMap<>(RejectCode.class);
  private final Map<RejectCode, List<String>> nearMisses = new EnumMap<>(RejectCode.class);
  private final List<String> loose = new ArrayList<>();

  private static List<Path> sources(String kind) throws IOException {
    List<Path> found = new ArrayList<>();
    for (String module : List.of("workflows", "activities", "worker", "starter")) {
      Path folder = TestLane.ROOT.resolve(module).resolve("src").resolve(kind).resolve("java");
      try (Stream<Path> files = Files.walk(folder)) {
        files.filter(f -> f.toString().endsWith(".java")).forEach(found::add);
      }
    }
    return found;
  }

  private void read() throws IOException {
    for (Path file : sources("test")) {
      String name = file.getFileName().toString().replace(".java", "");
      if (!name.matches(".*(Test|IT|Contract)") || name.equals("CodeCoverageTest")) {
        continue;
      }
      String text = Files.readString(file);
      Matcher annotation = ANNOTATION.matcher(text);
      int from = 0;
      while (annotation.find(from)) {
        from = annotation.end(2);
        String test = name + "." + annotation.group(4);
        if (!isTest(text, annotation.start(), annotation.group(3))) {
          loose.add(test);
        }
        Map<RejectCode, List<String>> into =
            annotation.group(1).equals("Triggers") ? triggers : nearMisses;
        Matcher code = CODE.matcher(annotation.group(2));
        while (code.find()) {
          into.computeIfAbsent(RejectCode.valueOf(code.group(1)), c -> new ArrayList<>()).add(test);
        }
      }
    }
  }

  /** Whether the annotated method is one that JUnit runs: its other annotations say so. */
  private static boolean isTest(String text, int start, String after) {
    String before = text.substring(text.lastIndexOf("\n\n", start) + 1, start);
    String head = before + after;
    return !after.contains(";") && (head.contains("@Test") || head.contains("@ParameterizedTest"));
  }

  private static Set<RejectCode> missing(Map<RejectCode, List<String>> have) {
    Set<RejectCode> missing = EnumSet.allOf(RejectCode.class);
    missing.removeAll(have.keySet());
    missing.removeAll(NOT_PRODUCED);
    return missing;
  }

  @Test
  void everyCode_hasATestThatTriggersIt() throws Exception {
    read();
    assertThat(missing(triggers)).as("codes that no test triggers").isEmpty();
  }

  @Test
  void everyCode_hasANearMiss() throws Exception {
    read();
    assertThat(missing(nearMisses)).as("codes without a near miss").isEmpty();
  }

  @Test
  void annotations_standOnTestsOnly() throws Exception {
    read();
    assertThat(loose).as("annotated methods that JUnit does not run").isEmpty();
  }

  @Test
  void codesThatAreNotProduced_areNamedNowhereElse() throws Exception {
    read();
    for (RejectCode code : NOT_PRODUCED) {
      assertThat(triggers).doesNotContainKey(code);
      for (Path file : sources("main")) {
        String name = file.getFileName().toString();
        if (!name.equals("RejectCode.java") && !name.equals("LaneRules.java")) {
          assertThat(Files.readString(file)).as(file.toString()).doesNotContain(code.name());
        }
      }
    }
  }
}
