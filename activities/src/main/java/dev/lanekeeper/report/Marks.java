package dev.lanekeeper.report;

import dev.lanekeeper.text.MarkdownText;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Puts behind each paragraph, list item and table of a filled template from where it has what it
 * says: {@code ⟦found: …⟧}, {@code ⟦signed by …⟧} or {@code ⟦said by …⟧}. No template and no value
 * can write such a mark itself.
 */
final class Marks {

  /** What begins and ends a mark, and stands nowhere else in a report. */
  static final String BEGIN = "⟦";

  static final String END = "⟧";

  private static final int MOST_PLACES = 3;

  private final boolean laneFile;
  private final StringBuilder out = new StringBuilder();
  private final List<String> block = new ArrayList<>();
  private String fence = "";

  private Marks(boolean laneFile) {
    this.laneFile = laneFile;
  }

  /** A text in which nothing passes for a mark. */
  static String without(String text) {
    return text.replace(BEGIN, "[").replace(END, "]");
  }

  /**
   * A filled template with its marks.
   *
   * @param laneFile whether the lane file wrote it: then what holds no value was said by it
   */
  static String added(String filled, boolean laneFile) {
    Marks marks = new Marks(laneFile);
    filled.lines().forEach(marks::line);
    marks.end();
    return marks.out.toString();
  }

  private void line(String line) {
    String text = line.strip();
    if (!fence.isEmpty()) {
      block.add(line);
      if (text.startsWith(fence)) {
        fence = "";
        end();
      }
    } else if (text.isEmpty() || text.matches("#{1,6}( .*)?")) {
      end();
      out.append(line).append('\n');
    } else {
      boolean code = text.startsWith("```") || text.startsWith("~~~");
      if (code || text.matches("([-*+]|[0-9]{1,9}[.)]) .*")) {
        end();
      }
      fence = code ? text.replaceFirst("[^`~].*", "") : "";
      block.add(line);
    }
  }

  private void end() {
    if (block.isEmpty()) {
      return;
    }
    String first = block.get(0);
    String text = String.join("\n", block);
    String last = block.get(block.size() - 1).strip();
    block.clear();
    String mark = mark(Slots.sources(text));
    if (mark.isEmpty() || last.matches("=+|-+|\\*{3,}|\\[[^]]+]:.*")) {
      out.append(text).append('\n');
    } else if (first.matches("(?s)( {4}|\\s*[|<>]|\\s*```|\\s*~~~).*")) {
      out.append(text).append("\n\n").append(mark).append("\n\n");
    } else {
      out.append(text.stripTrailing()).append(' ').append(mark).append('\n');
    }
  }

  private String mark(Set<Source> sources) {
    if (sources.isEmpty()) {
      return laneFile ? BEGIN + "said by " + Source.LANE_FILE + END : "";
    }
    return of(sources);
  }

  /** The mark of these sources. */
  static String of(Collection<Source> sources) {
    List<String> parts = new ArrayList<>();
    Map<Source.Kind, Map<String, Set<String>>> grouped = new TreeMap<>();
    for (Source source : sources) {
      grouped
          .computeIfAbsent(source.kind(), k -> new TreeMap<>())
          .computeIfAbsent(source.by(), b -> new TreeSet<>())
          .add(source.what());
    }
    grouped.forEach(
        (kind, whats) ->
            whats.forEach(
                (by, what) -> {
                  String name =
                      switch (kind) {
                        case FOUND -> "found";
                        case SIGNED -> "signed by " + by;
                        case SAID -> "said by " + by;
                      };
                  String where = String.join(", ", places(what));
                  parts.add(where.isEmpty() ? name : name + ": " + where);
                }));
    return BEGIN + MarkdownText.value(String.join(" · ", parts)) + END;
  }

  /** Few places that cover all of them: several of one list are named by the list. */
  private static List<String> places(Set<String> whats) {
    Map<String, List<String>> byFile = new TreeMap<>();
    for (String what : whats) {
      int hash = what.indexOf('#');
      byFile
          .computeIfAbsent(hash < 0 ? what : what.substring(0, hash), f -> new ArrayList<>())
          .add(hash < 0 ? "" : what.substring(hash + 1));
    }
    List<String> out = new ArrayList<>();
    byFile.forEach(
        (file, pointers) -> {
          Set<String> fewer = new TreeSet<>();
          Map<String, List<String>> byField = new TreeMap<>();
          pointers.forEach(p -> byField.computeIfAbsent(field(p), f -> new ArrayList<>()).add(p));
          byField.values().forEach(list -> fewer.add(common(list)));
          if (fewer.size() > MOST_PLACES || fewer.contains("")) {
            out.add(file);
          } else {
            fewer.forEach(pointer -> out.add(file + "#" + pointer));
          }
        });
    return out;
  }

  private static String field(String pointer) {
    int end = pointer.indexOf('/', 1);
    return end < 0 ? pointer : pointer.substring(0, end);
  }

  private static String common(List<String> pointers) {
    String common = pointers.get(0);
    for (String pointer : pointers) {
      while (!pointer.equals(common) && !pointer.startsWith(common + "/")) {
        common = common.substring(0, common.lastIndexOf('/'));
      }
    }
    return common;
  }
}
