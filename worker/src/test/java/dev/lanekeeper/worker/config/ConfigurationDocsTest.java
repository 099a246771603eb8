package dev.lanekeeper.worker.config;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lanekeeper.testkit.TestLane;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the documentation says about the configuration is what the code does. */
class ConfigurationDocsTest {

  private static final Path DOCS = TestLane.ROOT.resolve("docs");

  @TempDir private Path folder;

  static String table() {
    return Settings.ALL.stream()
        .map(
            s ->
                String.format(
                    "| `%s` | `%s` | %s | %s | %s | %s |\n",
                    s.path(),
                    s.variable(),
                    s.option().map(o -> "`" + o + "`").orElse(""),
                    s.form().expected(),
                    s.computed() ? s.fallback() : "`" + s.fallback() + "`",
                    s.meaning()))
        .collect(Collectors.joining());
  }

  /** Every field with its meaning; those whose default depends on the process are commented out. */
  static String example() {
    StringBuilder out = new StringBuilder();
    String section = "";
    for (Setting<?> setting : Settings.ALL) {
      String[] path = setting.path().split("\\.");
      String indent = path.length == 2 ? "  " : "";
      if (path.length == 2 && !path[0].equals(section)) {
        section = path[0];
        out.append("\n").append(section).append(":\n");
      } else if (path.length == 1) {
        out.append("\n");
      }
      String value = setting.example();
      out.append(indent).append("# ").append(setting.meaning()).append("\n");
      out.append(indent).append("# Expected: ").append(setting.form().expected()).append(".\n");
      if (setting.computed()) {
        out.append(indent).append("# Default: ").append(setting.fallback()).append(".\n");
      }
      out.append(indent).append(setting.computed() ? "#" : "");
      out.append(path[path.length - 1]).append(": ").append(value).append("\n");
    }
    return out.toString();
  }

  @Test
  void table_isThatOfTheCode() throws Exception {
    assertThat(Files.readString(DOCS.resolve("worker.md"))).contains(table());
  }

  @Test
  void exampleFile_isThatOfTheCode() throws Exception {
    assertThat(Files.readString(DOCS.resolve("worker.example.yaml"))).endsWith(example());
  }

  @Test
  void exampleFile_saysTheDefaults() throws Exception {
    assertThat(read(Files.readString(DOCS.resolve("worker.example.yaml"))).configuration())
        .isEqualTo(read("").configuration());
  }

  @Test
  void exampleFile_withEveryFieldUsed_isRead() throws Exception {
    Path lanes = Files.createDirectories(folder.resolve("etc/lanekeeper/lanes"));
    String all =
        Files.readString(DOCS.resolve("worker.example.yaml"))
            .replaceAll("(?m)^( *)#([a-z]+: )", "$1$2")
            .replace("/etc/lanekeeper/lanes", lanes.toString());
    assertThat(read(all).lines()).allMatch(line -> line.origin() instanceof Origin.InFile);
  }

  private ConfigurationReader.Reading read(String yaml) throws Exception {
    Files.writeString(folder.resolve("worker.yaml"), yaml);
    return ConfigurationReader.read(
        Map.of("config", "worker.yaml"),
        Map.of(),
        new ConfigurationReader.Defaults(folder, folder.resolve("home"), "identity"));
  }
}
