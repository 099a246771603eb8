package dev.lanekeeper.report;

import dev.lanekeeper.text.MarkdownText;
import dev.lanekeeper.text.TerminalText;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Values in a template, marked until they are placed: what they mean to Markdown depends on where
 * the template puts them. The template is the lane's own Markdown; a value is never more than text.
 */
final class Slots {

  private static final char BEGIN = '\ue000';
  private static final char END = '\ue001';

  private final String filled;
  private final StringBuilder out = new StringBuilder();
  private int at;

  private Slots(String filled) {
    this.filled = filled;
  }

  /** A template as it may be filled: nothing in it is hidden, so nothing passes for a mark. */
  static String template(String text) {
    return TerminalText.of(text);
  }

  /** Marks every text in a value. */
  static Object marked(Object value) {
    if (value instanceof String text) {
      return mark(text);
    }
    if (value instanceof List<?> list) {
      List<Object> marked = new ArrayList<>();
      list.forEach(element -> marked.add(marked(element)));
      return marked;
    }
    if (value instanceof Map<?, ?> map) {
      Map<Object, Object> marked = new LinkedHashMap<>();
      map.forEach((name, field) -> marked.put(name, marked(field)));
      return marked;
    }
    return value;
  }

  /**
   * A line break is a space to Markdown. No value has a backtick: escaped or not, it would end code
   * that the template began.
   */
  static String mark(String text) {
    return BEGIN + TerminalText.line(text.strip().replace('\n', ' ').replace('`', '\'')) + END;
  }

  /** A filled template without its marks, as text and not as Markdown. */
  static String unmarked(String filled) {
    return filled.replace(String.valueOf(BEGIN), "").replace(String.valueOf(END), "");
  }

  /** The Markdown of a filled template. */
  static String placed(String filled) {
    return new Slots(filled).place();
  }

  private String place() {
    int closing = -1;
    String fence = "";
    while (at < filled.length()) {
      char c = filled.charAt(at);
      boolean code = closing >= 0 || !fence.isEmpty();
      if (c == BEGIN) {
        slot(code);
      } else if (c != '`' || (!code && escaped())) {
        out.append(c);
        at++;
      } else {
        int run = run(at);
        if (!fence.isEmpty()) {
          fence = beginsLine() && run >= fence.length() ? "" : fence;
        } else if (closing >= 0) {
          closing = at == closing ? -1 : closing;
        } else if (run >= 3 && beginsLine()) {
          fence = "`".repeat(run);
        } else {
          closing = closing(at + run, run);
        }
        out.append(filled, at, at + run);
        at += run;
      }
    }
    return out.toString();
  }

  private void slot(boolean code) {
    int end = filled.indexOf(END, at);
    String value = filled.substring(at + 1, end);
    if (code) {
      out.append(MarkdownText.insideCode(value));
    } else {
      // A link's target is the template's to say, not its scheme a value's.
      String before = out.toString().stripTrailing();
      boolean target = before.endsWith("](") || before.endsWith("<") || before.endsWith("]:");
      // A backslash of the template would take the value's first one for itself.
      out.append(escaped() ? "\\" : "");
      out.append(MarkdownText.value(target ? value.replace(":", "%3A") : value));
    }
    at = end + 1;
  }

  /** Whether what comes next is behind a backslash that escapes it. */
  private boolean escaped() {
    int backslashes = 0;
    for (int i = at - 1; i >= 0 && filled.charAt(i) == '\\'; i--) {
      backslashes++;
    }
    return backslashes % 2 == 1;
  }

  private boolean beginsLine() {
    int i = at - 1;
    while (i >= 0 && " \t>".indexOf(filled.charAt(i)) >= 0) {
      i--;
    }
    return i < 0 || filled.charAt(i) == '\n';
  }

  private int run(int from) {
    int i = from;
    while (i < filled.length() && filled.charAt(i) == '`') {
      i++;
    }
    return i - from;
  }

  /**
   * Where a run of so many backticks closes code in the same line and cell; -1 where none does, and
   * then what follows is taken for text, which escapes more.
   */
  private int closing(int from, int run) {
    int i = from;
    while (i < filled.length() && filled.charAt(i) != '\n' && filled.charAt(i) != '|') {
      char c = filled.charAt(i);
      int length = run(i);
      if (length == run) {
        return i;
      }
      i = c == BEGIN ? filled.indexOf(END, i) + 1 : i + Math.max(length, 1);
    }
    return -1;
  }
}
