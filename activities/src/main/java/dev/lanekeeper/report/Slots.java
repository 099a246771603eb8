package dev.lanekeeper.report;

import dev.lanekeeper.text.MarkdownText;
import dev.lanekeeper.text.TerminalText;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Values in a template, marked until they are placed: what they mean to Markdown depends on where
 * the template puts them. The template is the lane's own Markdown; a value is never more than text.
 */
final class Slots {

  private static final char BEGIN = '\ue000';
  private static final char END = '\ue001';

  /** Between the parts of a value's source, and between source and value. */
  private static final char PART = '\ue002';

  private static final Pattern MARKED =
      Pattern.compile("\ue000([A-Z]+)\ue002([^\ue002]*)\ue002([^\ue002]*)\ue002([^\ue001]*)\ue001");

  /** Stands for the value where there is only a source. */
  private static final String NO_VALUE = "\ue003";

  private static final Pattern VALUELESS = Pattern.compile("\ue000[^\ue001]*\ue002\ue003\ue001");

  private final String filled;
  private final StringBuilder out = new StringBuilder();
  private int at;

  private Slots(String filled) {
    this.filled = filled;
  }

  /** A template as it may be filled: nothing in it is hidden, so nothing passes for a mark. */
  static String template(String text) {
    return Marks.without(TerminalText.of(text));
  }

  /**
   * A value with its source. A line break is a space to Markdown. No value has a backtick: escaped
   * or not, it would end code that the template began.
   */
  static String mark(String text, Source source) {
    return BEGIN
        + source.kind().name()
        + PART
        + plain(source.by())
        + PART
        + plain(source.what())
        + PART
        + plain(text)
        + END;
  }

  /** A source without a value, for what is no text itself. */
  static String source(Source source) {
    String empty = mark("", source);
    return empty.substring(0, empty.length() - 1) + NO_VALUE + END;
  }

  private static String plain(String text) {
    return Marks.without(TerminalText.line(text.strip().replace('\n', ' ').replace('`', '\'')));
  }

  /** Where the values of a filled template are from. */
  static Set<Source> sources(String filled) {
    Set<Source> sources = new LinkedHashSet<>();
    Matcher marked = MARKED.matcher(filled);
    while (marked.find()) {
      sources.add(
          new Source(Source.Kind.valueOf(marked.group(1)), marked.group(2), marked.group(3)));
    }
    return sources;
  }

  /** A digest's beginning and end; what is no digest is left as it is. */
  static String brief(String filled) {
    Matcher marked = MARKED.matcher(VALUELESS.matcher(filled).replaceAll(""));
    return marked.matches() && marked.group(4).length() >= 20
        ? marked.group().substring(0, marked.start(4)) + brief8and4(marked.group(4)) + END
        : filled;
  }

  private static String brief8and4(String hex) {
    return hex.substring(0, 8) + "…" + hex.substring(hex.length() - 4);
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
    String value = filled.substring(filled.lastIndexOf(PART, end) + 1, end);
    if (value.equals(NO_VALUE)) {
      at = end + 1;
      return;
    }
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
