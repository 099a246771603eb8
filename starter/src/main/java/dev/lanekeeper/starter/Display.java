package dev.lanekeeper.starter;

import dev.lanekeeper.lane.Stage;
import dev.lanekeeper.text.TerminalText;
import dev.lanekeeper.workflow.LaneStatus;
import java.io.PrintWriter;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;

/**
 * Shows the stages as they go: a table that renews itself on a terminal, a line a stage elsewhere.
 */
final class Display implements AutoCloseable {

  private final PrintWriter out;
  private final boolean terminal;
  private final boolean silent;
  private final int columns;
  private final Map<Stage, LaneStatus.StageLine> printed = new EnumMap<>(Stage.class);
  private boolean drawn;
  private boolean closed;

  Display(PrintWriter out, boolean terminal, boolean silent) {
    this(out, terminal, silent, Integer.getInteger("lanekeeper.columns", 80));
  }

  /** The same on a terminal of so many columns. */
  Display(PrintWriter out, boolean terminal, boolean silent, int columns) {
    this.columns = columns;
    this.out = out;
    this.terminal = terminal && out instanceof Terminal;
    this.silent = silent;
  }

  /** Shows nothing more, so that what is said next is not drawn over. */
  @Override
  public synchronized void close() {
    closed = true;
  }

  synchronized void update(LaneStatus status, long nowMillis) {
    if (silent || closed) {
      return;
    }
    if (terminal) {
      table(status, nowMillis);
    } else {
      lines(status);
    }
  }

  private void lines(LaneStatus status) {
    for (LaneStatus.StageLine line : status.stages()) {
      boolean done = !line.verdict().equals("RUNNING");
      if (done && !line.equals(printed.get(line.stage()))) {
        printed.put(line.stage(), line);
        out.println(row(line, line.millis()));
      }
    }
  }

  private void table(LaneStatus status, long nowMillis) {
    Map<Stage, LaneStatus.StageLine> lines = new EnumMap<>(Stage.class);
    status.stages().forEach(line -> lines.put(line.stage(), line));
    StringBuilder text = new StringBuilder();
    for (Stage stage : Stage.values()) {
      LaneStatus.StageLine line = lines.get(stage);
      if (line == null) {
        text.append(cut(String.format(Locale.ROOT, "%s  %-22s  %7s  ·", stage, stage.title(), "")));
      } else {
        boolean running = line.verdict().equals("RUNNING");
        text.append(cut(row(line, running ? nowMillis - line.startedMillis() : line.millis())));
      }
      text.append('\n');
    }
    draw((Terminal) out, text.toString());
  }

  /** Clears from where the table began, and draws it again. */
  private void draw(Terminal out, String table) {
    if (drawn) {
      out.control("\u001b[" + Stage.values().length + "A\u001b[0J");
    }
    out.print(table);
    out.flush();
    drawn = true;
  }

  /** A line that the terminal would wrap would break the table's redrawing. */
  private String cut(String row) {
    return row.length() < columns ? row : row.substring(0, Math.max(columns - 2, 1)) + "…";
  }

  private static String row(LaneStatus.StageLine line, long millis) {
    return String.format(
            Locale.ROOT,
            "%s  %-22s  %6.2fs  %-4s  %s",
            line.stage(),
            line.stage().title(),
            Math.max(millis, 0) / 1000.0,
            TerminalText.line(line.verdict()),
            TerminalText.line(line.note()))
        .stripTrailing();
  }
}
