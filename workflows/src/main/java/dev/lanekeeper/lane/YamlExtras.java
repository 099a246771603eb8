package dev.lanekeeper.lane;

import java.io.StringReader;
import java.util.Optional;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.events.AliasEvent;
import org.yaml.snakeyaml.events.CollectionStartEvent;
import org.yaml.snakeyaml.events.Event;
import org.yaml.snakeyaml.events.NodeEvent;
import org.yaml.snakeyaml.events.ScalarEvent;

/**
 * What YAML can do beyond JSON, and a lane file must not: aliases, anchors, tags. Read from the
 * events of the parser that Jackson's YAML stands on, since Jackson does not show all of them.
 *
 * @param line where, from 1
 * @param what it is
 */
record YamlExtras(int line, String what) {

  /**
   * The first one in a text; a text that is no YAML has none, the reader will say what is wrong.
   */
  static Optional<YamlExtras> find(String text) {
    try {
      for (Event event : new Yaml().parse(new StringReader(text))) {
        String what = what(event);
        if (!what.isEmpty()) {
          return Optional.of(new YamlExtras(event.getStartMark().getLine() + 1, what));
        }
      }
      return Optional.empty();
    } catch (YAMLException noYaml) {
      return Optional.empty();
    }
  }

  private static String what(Event event) {
    if (event instanceof AliasEvent alias) {
      return "the alias *" + alias.getAnchor();
    }
    if (event instanceof NodeEvent node && node.getAnchor() != null) {
      return "the anchor &" + node.getAnchor();
    }
    if (event instanceof ScalarEvent scalar && scalar.getTag() != null) {
      return "the tag " + scalar.getTag();
    }
    if (event instanceof CollectionStartEvent collection && collection.getTag() != null) {
      return "the tag " + collection.getTag();
    }
    return "";
  }
}
