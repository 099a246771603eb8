package dev.lanekeeper.text;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lanekeeper.canonical.Json;
import dev.lanekeeper.testkit.Nasty;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Text from outside stays text wherever it goes. {@code MarkdownValuesTest} does Markdown. */
final class TextTest {

  /** Control, format, separators of lines, private use, surrogates; but LF and TAB. */
  private static final Pattern HIDDEN =
      Pattern.compile("[\\p{Cc}\\p{Cf}\\p{Zl}\\p{Zp}\\p{Co}\\p{Cs}\\x{fe0f}&&[^\\n\\t]]");

  @TempDir private Path folder;

  @Test
  void terminal_showsWhatIsHidden() {
    assertThat(TerminalText.of("a\u001b[2J\u202e\u009b\udb40\udc41\ud800\r\n\tb"))
        .isEqualTo("a\\x1b[2J\\u202e\\u009b\\udb40\\udc41\\ud800\\x0d\n\tb");
    assertThat(TerminalText.line("a\n\tb")).isEqualTo("a\\n\\tb");
    assertThat(TerminalText.of("Grüße — e\u0301 \ud83d\ude00"))
        .isEqualTo("Grüße — e\u0301 \ud83d\ude00");
  }

  @Test
  void terminal_getsNothingHidden() {
    Nasty.strings()
        .forEach(
            text -> {
              assertThat(HIDDEN.matcher(TerminalText.of(text)).find()).as(text).isFalse();
              assertThat(LogText.line(text))
                  .doesNotContain("\n", "\t")
                  .doesNotContainPattern(HIDDEN);
              assertThat(TerminalText.shows(TerminalText.line(text))).isTrue();
            });
  }

  @Test
  void json_meansTheSame_whenATerminalShowsIt() throws Exception {
    for (String text : Nasty.strings().filter(t -> !t.contains("\ud800")).toList()) {
      String json = Json.object().put("text", text).toString();
      byte[] shown = TerminalText.of(json).getBytes(StandardCharsets.UTF_8);
      assertThat(Json.parse(shown).path("text").asText()).isEqualTo(text);
    }
  }

  @Test
  void cut_countsCharactersAndTellsThatThereWereMore() {
    assertThat(TerminalText.cut("\ud83d\ude00\ud83d\ude00", 2))
        .isEqualTo("\ud83d\ude00\ud83d\ude00");
    assertThat(TerminalText.cut("\ud83d\ude00b\ud83d\ude00", 2)).isEqualTo("\ud83d\ude00…");
  }

  @Test
  void html_beginsNoElement_andEndsNoAttribute() {
    Nasty.strings()
        .forEach(
            text ->
                assertThat(HtmlText.of(text))
                    .doesNotContain("<", ">", "\"", "'")
                    .doesNotContainPattern("&(?!(amp|lt|gt|quot|#39);)")
                    .doesNotContainPattern(HIDDEN));
  }

  /** A shell reads the printed commands and says which words it ran. */
  @Test
  void shell_runsExactlyTheWords_orNothing() throws Exception {
    List<String> words = Nasty.strings().filter(TerminalText::shows).toList();
    assertThat(words).hasSizeGreaterThan(200);
    StringBuilder script = new StringBuilder("set -f\n");
    for (String word : words) {
      script.append(ShellText.line(List.of("printf", "%s\\n", "-", word, "x" + word))).append('\n');
    }
    Path file = Files.writeString(folder.resolve("script"), script);
    Process shell = new ProcessBuilder("sh", file.toString()).directory(folder.toFile()).start();
    String ran = new String(shell.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    List<String> expected = new ArrayList<>();
    words.forEach(word -> expected.addAll(List.of("-", word, "x" + word)));
    assertThat(ran.split("\n", -1)).startsWith(expected.toArray(new String[0]));
    assertThat(shell.waitFor()).isZero();
  }

  @Test
  void shell_isGivenAComment_whereAWordIsNotSeen() {
    for (String text : Nasty.strings().filter(t -> !TerminalText.shows(t)).toList()) {
      String line = ShellText.line(List.of("touch", text));
      assertThat(line).startsWith("# ").doesNotContain("\n").doesNotContainPattern(HIDDEN);
      assertThat(TerminalText.shows(line)).isTrue();
    }
  }

  @Test
  void shell_startsTheProgramThatIsNamed() {
    assertThat(ShellText.line(List.of("a=b", "--x=y", "~", "", "-a")))
        .isEqualTo("'a=b' '--x=y' '~' '' -a");
  }
}
