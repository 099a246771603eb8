package dev.lanekeeper.starter;

import dev.lanekeeper.text.CommandName;
import dev.lanekeeper.text.ShellText;
import java.util.ArrayList;
import java.util.List;

/** Commands as a person can copy them. */
final class Shell {

  private Shell() {}

  /** A command of this program. */
  static String lanekeeper(String... words) {
    String self = System.getProperty("lanekeeper.command", "./lanekeeper");
    List<String> all = new ArrayList<>();
    all.add(self);
    all.addAll(List.of(words));
    return line(all);
  }

  /** A command of this program, by its name. */
  static String lanekeeper(CommandName name, String... more) {
    return lanekeeper(name.with(more));
  }

  static String line(List<String> words) {
    return ShellText.line(words);
  }
}
