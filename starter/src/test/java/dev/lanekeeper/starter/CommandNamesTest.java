package dev.lanekeeper.starter;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lanekeeper.testkit.TestLane;
import dev.lanekeeper.verdict.RejectCode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The document names every refusal of the command line's own, and no other. Read from sources. */
class CommandNamesTest {

  /** The exit code, and then what the name is made of. */
  private static final Pattern FAILURE =
      Pattern.compile("new CommandFailure\\(\\s*[^,]+,\\s*([^,]+),");

  private static final Pattern LITERAL = Pattern.compile("\"([A-Z_]+)\"");
  private static final Pattern DOCUMENTED = Pattern.compile("`([A-Z_]+)`");

  private static Set<String> found(Pattern pattern, String text) {
    return pattern
        .matcher(text)
        .results()
        .map(r -> r.group(1))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static Set<String> given() throws IOException {
    Path sources = TestLane.ROOT.resolve("starter/src/main/java");
    Set<String> names = new TreeSet<>();
    try (Stream<Path> files = Files.walk(sources)) {
      for (Path file : files.filter(f -> f.toString().endsWith(".java")).toList()) {
        found(FAILURE, Files.readString(file)).forEach(e -> names.addAll(found(LITERAL, e)));
      }
    }
    names.removeAll(Stream.of(RejectCode.values()).map(Enum::name).toList());
    return names;
  }

  @Test
  void document_listsEveryNameOfTheCommandLine() throws Exception {
    String text = Files.readString(TestLane.ROOT.resolve("docs/reject-codes.md"));
    int from = text.indexOf("Beside these, the command line");
    assertThat(found(DOCUMENTED, text.substring(from, text.indexOf("\n\n", from))))
        .isEqualTo(given())
        .containsAll(List.of("FILE_FAULT", "RUN_AMBIGUOUS", "OPTION_INVALID"));
  }
}
