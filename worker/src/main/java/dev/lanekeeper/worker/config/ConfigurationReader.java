package dev.lanekeeper.worker.config;

import com.fasterxml.jackson.databind.JsonNode;
import dev.lanekeeper.canonical.Json;
import dev.lanekeeper.canonical.Utf8;
import dev.lanekeeper.files.FaultText;
import dev.lanekeeper.files.Kind;
import dev.lanekeeper.files.Named;
import dev.lanekeeper.lane.InvalidLaneException;
import dev.lanekeeper.lane.SourceTree;
import dev.lanekeeper.workflow.Limits;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * Reads a worker's configuration: an option counts before an environment variable, that before the
 * file, and that before the default. Each value that was given is checked, also one that another
 * overrides. An environment variable that is empty says nothing.
 */
public final class ConfigurationReader {

  /** The environment variable that names the file. */
  public static final String FILE_VARIABLE = Setting.PREFIX + "CONFIG";

  private static final String FILE_OPTION = "--config";

  /**
   * What is known before anything is read.
   *
   * @param workingFolder where relative paths of options and variables start from
   * @param home the default of the home folder
   * @param identity the default of the identity
   */
  public record Defaults(Path workingFolder, Path home, String identity) {}

  /**
   * One field as it counts.
   *
   * @param field its name
   * @param value its value
   * @param origin where that came from
   */
  public record Line(String field, String value, Origin origin) {}

  /**
   * What was read.
   *
   * @param configuration the whole
   * @param lines each field with its origin, in the order of the documentation
   * @param unused variables that look like fields and are none; their values are not kept
   */
  public record Reading(WorkerConfiguration configuration, List<Line> lines, List<String> unused) {}

  private final Map<String, String> options;
  private final Map<String, String> environment;

  /** How many bytes a configuration file may hold. */
  private static final long LIMIT = 1 << 20;

  private final Defaults defaults;
  private final List<ConfigurationProblem> problems = new ArrayList<>();
  private final List<Line> lines = new ArrayList<>();
  private Optional<SourceTree> tree = Optional.empty();
  private String fileName = "";
  private Path fileFolder;

  private ConfigurationReader(
      Map<String, String> options, Map<String, String> environment, Defaults defaults) {
    this.options = options;
    this.environment = environment;
    this.defaults = defaults;
    this.fileFolder = defaults.workingFolder();
  }

  /**
   * Reads.
   *
   * @param options the values of the command's options by field, such as {@code role}, and the file
   *     under {@code config}
   * @param environment the environment variables
   * @throws InvalidConfigurationException when anything in it is wrong
   */
  public static Reading read(
      Map<String, String> options, Map<String, String> environment, Defaults defaults)
      throws InvalidConfigurationException {
    return new ConfigurationReader(options, environment, defaults).read();
  }

  private Reading read() throws InvalidConfigurationException {
    readFile();
    var role = choose(Settings.ROLE, Optional.empty());
    String identity = choose(Settings.IDENTITY, Optional.of(defaults.identity()));
    Path home = choose(Settings.HOME, Optional.of(defaults.home()));
    Path lanes = choose(Settings.LANES, Optional.of(home.resolve("lanes")));
    requireFolder(Settings.LANES, lanes);
    String queue = choose(Settings.QUEUE, Optional.empty());
    int concurrency = choose(Settings.CONCURRENCY, Optional.empty());
    var drain = choose(Settings.DRAIN, Optional.empty());
    var settled = choose(Settings.SETTLED, Optional.empty());
    var limits =
        new Limits(
            choose(Settings.HEARTBEAT, Optional.empty()),
            choose(Settings.DEADLOCK, Optional.empty()));
    String host = choose(Settings.HEALTH_HOST, Optional.empty());
    Optional<Integer> port = choose(Settings.HEALTH_PORT, Optional.of(Optional.empty()));
    var log =
        new WorkerConfiguration.Log(
            choose(Settings.LOG_FORMAT, Optional.empty()),
            choose(Settings.LOG_OUTPUT, Optional.empty()),
            choose(Settings.LOG_LEVEL, Optional.empty()));
    if (!problems.isEmpty()) {
      throw new InvalidConfigurationException(problems);
    }
    return new Reading(
        new WorkerConfiguration(
            role,
            identity,
            home,
            lanes,
            queue,
            concurrency,
            drain,
            settled,
            limits,
            port.map(p -> new WorkerConfiguration.Health(host, p)),
            log),
        List.copyOf(lines),
        unused());
  }

  private void readFile() throws InvalidConfigurationException {
    Origin named;
    if (options.containsKey("config")) {
      named = new Origin.Option(FILE_OPTION);
      fileName = options.get("config");
    } else if (!environment.getOrDefault(FILE_VARIABLE, "").isEmpty()) {
      named = new Origin.Variable(FILE_VARIABLE);
      fileName = environment.get(FILE_VARIABLE);
    } else {
      return;
    }
    byte[] bytes;
    try {
      Path file = defaults.workingFolder().resolve(fileName).normalize();
      fileFolder = Optional.ofNullable(file.getParent()).orElse(fileFolder);
      bytes = Named.read(file, LIMIT);
    } catch (IOException | IllegalArgumentException e) {
      throw invalid(named, "", "a file that can be read", FaultText.of(e));
    }
    if (nothingSaid(bytes)) {
      return;
    }
    try {
      SourceTree read = SourceTree.read(fileName, bytes, "configuration");
      requireMap("", read.root(), read);
      tree = Optional.of(read);
      known("", read.root(), read);
    } catch (InvalidLaneException e) {
      throw new InvalidConfigurationException(
          e.problems().stream()
              .map(
                  p ->
                      new ConfigurationProblem(
                          new Origin.InFile(p.file(), p.line()),
                          p.field(),
                          p.expected(),
                          p.found()))
              .toList());
    }
  }

  /** A file whose every line is a comment means the same as none. */
  private static boolean nothingSaid(byte[] bytes) {
    try {
      return Utf8.decode(bytes)
          .lines()
          .map(String::strip)
          .allMatch(line -> line.isEmpty() || line.startsWith("#"));
    } catch (CharacterCodingException e) {
      return false;
    }
  }

  private void requireMap(String field, JsonNode node, SourceTree in)
      throws InvalidConfigurationException {
    if (!node.isObject()) {
      throw invalid(inFile(in, field), field, "a map of fields", words(node));
    }
  }

  /** Refuses what is no field. */
  private void known(String section, JsonNode map, SourceTree in)
      throws InvalidConfigurationException {
    for (Map.Entry<String, JsonNode> entry : map.properties()) {
      String path = section.isEmpty() ? entry.getKey() : section + "." + entry.getKey();
      if (isSection(path)) {
        requireMap(path, entry.getValue(), in);
        known(path, entry.getValue(), in);
      } else if (entry.getKey().contains(".")
          || Settings.ALL.stream().noneMatch(s -> s.path().equals(path))) {
        problems.add(
            new ConfigurationProblem(
                inFile(in, path),
                path,
                "one of " + String.join(", ", fields(section)),
                "the unknown field '" + entry.getKey() + "'"));
      }
    }
  }

  private static boolean isSection(String path) {
    return Settings.ALL.stream().anyMatch(s -> s.path().startsWith(path + "."));
  }

  private static Set<String> fields(String section) {
    String start = section.isEmpty() ? "" : section + ".";
    return Settings.ALL.stream()
        .map(Setting::path)
        .filter(path -> path.startsWith(start))
        .map(path -> path.substring(start.length()).replaceFirst("\\..*", ""))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  /**
   * The value that counts.
   *
   * @param computed the default, if it is not the field's own
   */
  private <T> T choose(Setting<T> setting, Optional<T> computed) {
    T value =
        computed.orElseGet(
            () -> setting.form().reader().apply(setting.fallback(), defaults.workingFolder()));
    Origin origin = new Origin.Default();
    Optional<JsonNode> node = node(setting);
    if (node.isPresent()) {
      Origin here = inFile(tree.orElseThrow(), setting.path());
      Optional<T> read = fromFile(setting, node.get(), here);
      value = read.orElse(value);
      origin = here;
    }
    String variable = environment.getOrDefault(setting.variable(), "");
    if (!variable.isEmpty()) {
      Origin here = new Origin.Variable(setting.variable());
      value = parse(setting, variable, defaults.workingFolder(), here).orElse(value);
      origin = here;
    }
    if (setting.option().isPresent() && options.containsKey(setting.path())) {
      Origin here = new Origin.Option(setting.option().get());
      String option = options.get(setting.path());
      value = parse(setting, option, defaults.workingFolder(), here).orElse(value);
      origin = here;
    }
    lines.add(new Line(setting.path(), setting.form().writer().apply(value), origin));
    return value;
  }

  private Optional<JsonNode> node(Setting<?> setting) {
    return tree.map(t -> t.root().at("/" + setting.path().replace('.', '/')))
        .filter(node -> !node.isMissingNode());
  }

  private <T> Optional<T> fromFile(Setting<T> setting, JsonNode node, Origin here) {
    if (!setting.form().node().test(node)) {
      problems.add(
          new ConfigurationProblem(here, setting.path(), setting.form().expected(), words(node)));
      return Optional.empty();
    }
    return parse(setting, node.asText(), fileFolder, here);
  }

  private <T> Optional<T> parse(Setting<T> setting, String text, Path base, Origin here) {
    try {
      return Optional.of(setting.form().reader().apply(text, base));
    } catch (IllegalArgumentException e) {
      problems.add(
          new ConfigurationProblem(
              here,
              setting.path(),
              setting.form().expected(),
              words(Json.object().textNode(text))));
      return Optional.empty();
    }
  }

  /** The folder of a path that somebody named must be there. */
  private void requireFolder(Setting<Path> setting, Path folder) {
    Origin origin = lines.get(lines.size() - 1).origin();
    if (!(origin instanceof Origin.Default) && !isFolder(folder)) {
      problems.add(
          new ConfigurationProblem(origin, setting.path(), "a folder that is there", "" + folder));
    }
  }

  private static boolean isFolder(Path folder) {
    try {
      return Named.kind(folder) == Kind.FOLDER;
    } catch (IOException cannotTell) {
      return false;
    }
  }

  private List<String> unused() {
    return environment.keySet().stream()
        .filter(name -> name.startsWith(Setting.PREFIX) && !name.equals(FILE_VARIABLE))
        .filter(name -> Settings.ALL.stream().noneMatch(s -> s.variable().equals(name)))
        .sorted()
        .toList();
  }

  private static Origin inFile(SourceTree in, String field) {
    return new Origin.InFile(in.file(), in.lineOf(field));
  }

  /** What was found, as JSON shows it: no control character reaches a terminal. */
  private static String words(JsonNode node) {
    if (node.isContainerNode()) {
      return node.isArray() ? "a list" : "a map";
    }
    return node.isTextual() && node.asText().isEmpty() ? "an empty text" : node.toString();
  }

  private static InvalidConfigurationException invalid(
      Origin origin, String field, String expected, String found) {
    return new InvalidConfigurationException(
        List.of(new ConfigurationProblem(origin, field, expected, found)));
  }
}
