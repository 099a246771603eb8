package dev.lanekeeper.lane;

import java.io.StringReader;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.error.Mark;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.events.AliasEvent;
import org.yaml.snakeyaml.events.CollectionEndEvent;
import org.yaml.snakeyaml.events.CollectionStartEvent;
import org.yaml.snakeyaml.events.Event;
import org.yaml.snakeyaml.events.NodeEvent;
import org.yaml.snakeyaml.events.ScalarEvent;

/**
 * What YAML can say beyond JSON, and a lane file must not: aliases, anchors, tags, words such as
 * {@code no} that become truth values, numbers such as {@code 010} that become other numbers. Read
 * from the events of the parser that Jackson's YAML uses, since Jackson does not show all of them.
 *
 * @param line where, from 1
 * @param column where, from 1
 * @param what it is
 * @param malformed whether the text is no YAML at all
 */
record YamlExtras(int line, int column, String what, boolean malformed) {

  private static final Set<String> TRUTH_WORDS =
      Set.of("yes", "no", "on", "off", "y", "n", "true", "false");

  /** The first one in a text. */
  static Optional<YamlExtras> find(String text) {
    try {
      int depth = 0;
      for (Event event : new Yaml(limits()).parse(new StringReader(text))) {
        depth += event instanceof CollectionStartEvent ? 1 : 0;
        depth -= event instanceof CollectionEndEvent ? 1 : 0;
        if (depth > SourceTree.MOST_LEVELS) {
          return Optional.of(at(event.getStartMark(), SourceTree.TOO_DEEP, true));
        }
        String what = what(event);
        if (!what.isEmpty()) {
          return Optional.of(at(event.getStartMark(), what, false));
        }
      }
      return Optional.empty();
    } catch (MarkedYAMLException e) {
      return Optional.of(at(e.getProblemMark(), "other text", true));
    } catch (YAMLException e) {
      return Optional.of(new YamlExtras(1, 1, "characters that YAML does not have", true));
    }
  }

  /** What the parser takes at most; it builds no nodes here, so nesting is counted above. */
  static LoaderOptions limits() {
    LoaderOptions limits = new LoaderOptions();
    limits.setCodePointLimit(SourceTree.MOST_BYTES);
    limits.setNestingDepthLimit(SourceTree.MOST_LEVELS);
    limits.setMaxAliasesForCollections(0);
    return limits;
  }

  private static YamlExtras at(Mark mark, String what, boolean malformed) {
    return new YamlExtras(mark.getLine() + 1, mark.getColumn() + 1, what, malformed);
  }

  private static String what(Event event) {
    if (event instanceof AliasEvent alias) {
      return "the alias *" + alias.getAnchor();
    }
    if (event instanceof NodeEvent node && node.getAnchor() != null) {
      return "the anchor &" + node.getAnchor();
    }
    if (event instanceof CollectionStartEvent collection && collection.getTag() != null) {
      return "the tag " + collection.getTag();
    }
    return event instanceof ScalarEvent scalar ? scalar(scalar) : "";
  }

  private static String scalar(ScalarEvent scalar) {
    if (scalar.getTag() != null) {
      return "the tag " + scalar.getTag();
    }
    String value = scalar.getValue();
    if (!scalar.isPlain() || value.equals("true") || value.equals("false")) {
      return "";
    }
    if (TRUTH_WORDS.contains(value.toLowerCase(Locale.ROOT))) {
      return "the word " + value + ", which YAML may read as a truth value: quote it";
    }
    boolean number = value.matches("[-+]?(0x[0-9a-fA-F_]+|0o?[0-7_]+|0b[01_]+|[0-9][0-9_]*)");
    return number && !value.matches("-?(0|[1-9][0-9]*)")
        ? "the number " + value + " in another than the plain decimal form"
        : "";
  }
}
