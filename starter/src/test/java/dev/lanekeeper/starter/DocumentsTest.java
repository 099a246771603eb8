package dev.lanekeeper.starter;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lanekeeper.testkit.TestLane;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The documents keep to their limits, and every link in them leads to something that is there. */
class DocumentsTest {

  private static final int COLUMNS = 120;
  private static final int README_LINES = 120;

  private static final Pattern LINK = Pattern.compile("!?\\[[^\\]]*\\]\\(([^)\\s]+)\\)");
  private static final Pattern CODE_SPAN = Pattern.compile("`[^`]*`");
  private static final String FENCE = "```";

  /** A line outside of code blocks, with its number from 1. */
  private record Line(Path file, int number, String text) {

    @Override
    public String toString() {
      return TestLane.ROOT.relativize(file) + ":" + number + ": " + text;
    }
  }

  /** Not the documents that lanes publish or pin: their bytes are fixed by digests. */
  private static List<Path> documents() throws IOException {
    List<Path> found = new ArrayList<>();
    for (String name : List.of("README.md", "CHANGELOG.md", "CONTRIBUTING.md")) {
      found.add(TestLane.ROOT.resolve(name));
    }
    try (Stream<Path> docs = Files.walk(TestLane.ROOT.resolve("docs"));
        Stream<Path> examples = Files.walk(TestLane.ROOT.resolve("examples"), 2)) {
      docs.filter(f -> f.toString().endsWith(".md")).forEach(found::add);
      examples.filter(f -> f.endsWith("README.md")).forEach(found::add);
    }
    return found;
  }

  private static List<Line> prose(Path file) throws IOException {
    List<Line> found = new ArrayList<>();
    List<String> lines = Files.readAllLines(file);
    boolean code = false;
    for (int i = 0; i < lines.size(); i++) {
      if (lines.get(i).strip().startsWith(FENCE)) {
        code = !code;
      } else if (!code) {
        found.add(new Line(file, i + 1, lines.get(i)));
      }
    }
    assertThat(code).as("a code block of %s has no end", file).isFalse();
    return found;
  }

  @Test
  void readme_fitsOnAScreenAndAHalf() throws Exception {
    assertThat(Files.readAllLines(TestLane.ROOT.resolve("README.md")))
        .hasSizeLessThanOrEqualTo(README_LINES);
  }

  /** A row of a table is one line, whatever its length, and a link has no place to break. */
  @Test
  void lines_wrapAt120Columns() throws Exception {
    List<Line> tooLong = new ArrayList<>();
    for (Path file : documents()) {
      prose(file).stream()
          .filter(l -> l.text().codePointCount(0, l.text().length()) > COLUMNS)
          .filter(l -> !l.text().startsWith("|"))
          .filter(l -> l.text().strip().contains(" "))
          .forEach(tooLong::add);
    }
    assertThat(tooLong).isEmpty();
  }

  @Test
  void links_leadToFilesAndHeadings() throws Exception {
    List<String> broken = new ArrayList<>();
    int links = 0;
    for (Path file : documents()) {
      for (Line line : prose(file)) {
        for (String target : targets(line)) {
          links++;
          if (!leadsSomewhere(file, target)) {
            broken.add(line.toString());
          }
        }
      }
    }
    assertThat(broken).isEmpty();
    assertThat(links).isPositive();
  }

  private static List<String> targets(Line line) {
    return LINK.matcher(CODE_SPAN.matcher(line.text()).replaceAll("x"))
        .results()
        .map(m -> m.group(1))
        .filter(t -> URI.create(t).getScheme() == null)
        .toList();
  }

  private static boolean leadsSomewhere(Path file, String target) throws IOException {
    String path = target.replaceFirst("#.*", "");
    Path to = path.isEmpty() ? file : file.resolveSibling(path).normalize();
    if (!to.startsWith(TestLane.ROOT.normalize()) || !Files.exists(to)) {
      return false;
    }
    return !target.contains("#")
        || prose(to).stream()
            .filter(l -> l.text().startsWith("#"))
            .anyMatch(l -> anchor(l.text()).equals(target.replaceFirst(".*#", "")));
  }

  /** The name that GitHub gives a heading. */
  private static String anchor(String heading) {
    return heading
        .replaceFirst("^#+ *", "")
        .toLowerCase(Locale.ROOT)
        .replaceAll("[^\\p{L}\\p{N} _-]", "")
        .replace(' ', '-');
  }
}
