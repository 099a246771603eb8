package dev.lanekeeper.starter;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.LoggingEvent;
import dev.lanekeeper.kb.LedgerEntry;
import dev.lanekeeper.lane.Stage;
import dev.lanekeeper.testkit.Nasty;
import dev.lanekeeper.testkit.TestLane;
import dev.lanekeeper.text.TerminalText;
import dev.lanekeeper.worker.Home;
import dev.lanekeeper.workflow.LaneStatus;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a command or a log prints acts on no terminal, and no value passes for another line. */
class TerminalTest {

  private static final String HIDDEN = "[\\p{Cc}\\p{Cf}\\p{Zl}\\p{Zp}&&[^\\n\\t]]";

  @TempDir private Path folder;

  @Test
  void writer_showsWhatIsHidden_howeverItIsWritten() {
    StringWriter raw = new StringWriter();
    Terminal terminal = new Terminal(raw);
    terminal.print("a\u001b[2J");
    terminal.append('\u202e').append("x\u009by", 1, 3);
    terminal.write(new char[] {'\r', '\ud83d'}, 0, 2);
    terminal.write('\ude00');
    terminal.printf("%s\n", "\u0007");
    terminal.print("\ud83d");
    terminal.close();
    assertThat(raw).hasToString("a\\x1b[2J\\u202e\\u009by\\x0d\ud83d\ude00\\x07\n\\ud83d");
  }

  @Test
  void freeze_whoseReasonWasWrittenPastTheCommand_clearsNobodysScreen() throws Exception {
    Path home = folder.resolve("home");
    assertThat(Cli.run("kb", "create", "--environment", "no-production", "--home", home).exitCode())
        .isZero();
    Path first = TestLane.FIX7.resolve("kb");
    assertThat(Cli.run("kb", "import", first, "--home", home).exitCode()).isZero();
    new Home(home, Clock.systemUTC())
        .knowledgeBase()
        .record(new LedgerEntry.Frozen("quiet\u001b[2J\n  remedy:   none\nunfrozen\u202e", "x"));
    Cli run = Cli.run("run", TestLane.FIX7, "--home", home);
    assertThat(run.out() + run.err())
        .contains("quiet\\x1b[2J")
        .doesNotContainPattern(HIDDEN)
        .doesNotContain("\n  remedy:   none", "\nunfrozen");
    Cli again = Cli.run("freeze", "--reason", "x", "--home", home);
    assertThat(again.out()).contains("quiet\\x1b[2J\\n").doesNotContainPattern(HIDDEN);
    Cli json = Cli.run("run", TestLane.FIX7, "--home", home, "--json");
    assertThat(json.json().at("/reject/actual").asText()).contains("quiet\u001b[2J\n");
    assertThat(json.out()).doesNotContainPattern(HIDDEN);
  }

  @Test
  void word_thatNoCommandKnows_isShown() {
    Cli unknown = Cli.run("\u001b[2Jno\n  command:  rm -rf /");
    assertThat(unknown.exitCode()).isEqualTo(ExitCode.USAGE);
    assertThat(unknown.err()).doesNotContainPattern(HIDDEN).doesNotContain("\n  command:  rm");
    assertThat(Cli.run("--help").out()).doesNotContain("\\x1b", "\u001b");
  }

  @Test
  void failure_hasOneOfEachField_whateverItQuotes() {
    String forged = "a\n  remedy:   none\r\n  command:  rm -rf /";
    String text = new CommandFailure(1, CommandCode.FAULT, forged, forged, forged, "r", "c").text();
    assertThat(text.lines().filter(l -> l.startsWith("  remedy:"))).hasSize(1);
    assertThat(text.lines().filter(l -> l.startsWith("  command:"))).hasSize(1);
    assertThat(text).contains("found:    a\n" + " ".repeat(12) + "  remedy:");
  }

  private static String table(PrintWriter out, StringWriter raw, boolean terminal) {
    return table(new Display(out, terminal, false), out, raw);
  }

  private static String table(Display display, PrintWriter out, StringWriter raw) {
    LaneStatus.StageLine line =
        new LaneStatus.StageLine(
            Stage.S0, "PASS", 0, 1, "no\u001b[2Jte\nS1  PASS", Optional.empty());
    LaneStatus status =
        new LaneStatus(
            LaneStatus.Phase.RUNNING,
            List.of(line),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty());
    display.update(status, 1);
    display.update(status, 2);
    out.flush();
    return raw.toString();
  }

  @Test
  void display_movesTheCursorOnATerminalOnly_andItsCellsAreShown() {
    StringWriter raw = new StringWriter();
    String table = table(new Terminal(raw), raw, true);
    assertThat(table).contains("\u001b[8A\u001b[0J", "no\\x1b[2Jte\\nS1");
    assertThat(table.replace("\u001b[8A\u001b[0J", "")).doesNotContainPattern(HIDDEN);
    StringWriter dumb = new StringWriter();
    assertThat(table(new Terminal(dumb), dumb, false)).doesNotContainPattern(HIDDEN);
  }

  /** A line that wraps would be two, and the table would be drawn over what stands above it. */
  @Test
  void display_onANarrowTerminal_wrapsNoLine() {
    StringWriter raw = new StringWriter();
    Terminal out = new Terminal(raw);
    String table = table(new Display(out, true, false, 20), out, raw);
    assertThat(table.replace("\u001b[8A\u001b[0J", "").lines())
        .hasSize(16)
        .allMatch(line -> line.length() < 20);
  }

  private static String logged(String message, Throwable thrown, Map<String, String> context) {
    return new String(
        new TextLines().encode(event(message, thrown, context)), StandardCharsets.UTF_8);
  }

  @Test
  void log_isOneLine_whateverTheMessageAndItsContextAre() {
    for (String nasty : Nasty.strings().toList()) {
      String line = logged(nasty, null, Map.of("lane", nasty, "run", "r", "stage", "S0"));
      assertThat(line).containsOnlyOnce("\n").endsWith("\n").doesNotContainPattern(HIDDEN);
      assertThat(line)
          .contains(" WARN  a.b.C lane=" + TerminalText.line(nasty) + " run=r stage=S0 ");
      String json =
          new String(
              new JsonLines().encode(event(nasty, null, Map.of("lane", nasty))),
              StandardCharsets.UTF_8);
      assertThat(json).containsOnlyOnce("\n").doesNotContainPattern(HIDDEN);
    }
    assertThat(logged("said", null, Map.of())).endsWith(" WARN  a.b.C said\n");
  }

  private static LoggingEvent event(String message, Throwable thrown, Map<String, String> context) {
    LoggingEvent event =
        new LoggingEvent(
            "", new LoggerContext().getLogger("a.b.C"), Level.WARN, message, thrown, new Object[0]);
    event.setMDCPropertyMap(context);
    return event;
  }

  @Test
  void log_ofAnException_hasALineEachForItAndForItsFrames() {
    IllegalStateException cause = new IllegalStateException("c\n2026-01-01 ERROR forged\u001b[2J");
    RuntimeException thrown = new RuntimeException("t\r\n\tat forged", cause);
    thrown.addSuppressed(new IllegalArgumentException("s\nforged"));
    List<String> lines = logged("m", thrown, Map.of()).lines().toList();
    assertThat(lines.get(0)).endsWith(" m");
    assertThat(lines.get(1)).isEqualTo("java.lang.RuntimeException: t\\x0d\\n\\tat forged");
    assertThat(lines)
        .contains("Caused by: java.lang.IllegalStateException: c\\n2026-01-01 ERROR forged\\x1b[2J")
        .contains("\tSuppressed: java.lang.IllegalArgumentException: s\\nforged");
    assertThat(lines.subList(1, lines.size()))
        .allMatch(l -> l.matches("(\t?Suppressed: |Caused by: |java\\.).*|\t+(at |\\.\\.\\. ).*"));
  }
}
