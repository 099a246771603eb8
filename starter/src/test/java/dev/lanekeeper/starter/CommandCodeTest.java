package dev.lanekeeper.starter;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lanekeeper.testkit.TestLane;
import dev.lanekeeper.verdict.RejectCode;
import java.nio.file.Files;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The document names every refusal of the command line's own, and no other. */
class CommandCodeTest {

  @Test
  void document_listsEveryNameOfTheCommandLine() throws Exception {
    String text = Files.readString(TestLane.ROOT.resolve("docs/reject-codes.md"));
    int from = text.indexOf("Beside these, the command line");
    String listed = text.substring(from, text.indexOf("\n\n", from));
    assertThat(Pattern.compile("[A-Z_]{4,}").matcher(listed).results().map(MatchResult::group))
        .containsExactlyInAnyOrderElementsOf(
            Stream.of(CommandCode.values()).map(Enum::name).toList())
        .doesNotContainAnyElementsOf(Stream.of(RejectCode.values()).map(Enum::name).toList());
  }
}
