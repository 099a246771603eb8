package dev.lanekeeper.worker.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.lanekeeper.worker.Role;
import dev.lanekeeper.worker.config.ConfigurationReader.Line;
import dev.lanekeeper.worker.config.ConfigurationReader.Reading;
import dev.lanekeeper.workflow.Limits;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a worker is told, and what is refused. */
class ConfigurationReaderTest {

  @TempDir private Path folder;

  private ConfigurationReader.Defaults defaults() {
    return new ConfigurationReader.Defaults(folder, folder.resolve("default-home"), "4711@host-1");
  }

  private Reading read(Map<String, String> options, Map<String, String> environment)
      throws Exception {
    return ConfigurationReader.read(options, environment, defaults());
  }

  private Reading file(String yaml) throws Exception {
    Files.writeString(folder.resolve("worker.yaml"), yaml);
    return read(Map.of("config", "worker.yaml"), Map.of());
  }

  private ConfigurationProblem refusal(Map<String, String> options, Map<String, String> variables) {
    InvalidConfigurationException e =
        catchThrowableOfType(InvalidConfigurationException.class, () -> read(options, variables));
    assertThat(e).as("the refusal").isNotNull();
    return e.problems().get(0);
  }

  private ConfigurationProblem refusal(String yaml) {
    InvalidConfigurationException e =
        catchThrowableOfType(InvalidConfigurationException.class, () -> file(yaml));
    assertThat(e).as("the refusal").isNotNull();
    return e.problems().get(0);
  }

  private static Origin origin(Reading reading, String field) {
    return reading.lines().stream()
        .filter(line -> line.field().equals(field))
        .map(Line::origin)
        .findFirst()
        .orElseThrow();
  }

  @Test
  void nothing_givesTheDefaults() throws Exception {
    Reading reading = read(Map.of(), Map.of());
    assertThat(reading.configuration())
        .isEqualTo(
            WorkerConfiguration.of(
                Role.BOTH,
                "4711@host-1",
                folder.resolve("default-home"),
                folder.resolve("default-home/lanes")));
    assertThat(reading.lines()).allMatch(line -> line.origin() instanceof Origin.Default);
    assertThat(reading.lines()).hasSameSizeAs(Settings.ALL);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "\n\n", "# role: executor\n", "  # a\n#b"})
  void file_thatSaysNothing_givesTheDefaults(String yaml) throws Exception {
    assertThat(file(yaml).configuration()).isEqualTo(read(Map.of(), Map.of()).configuration());
  }

  @Test
  void file_saysEveryField() throws Exception {
    Files.createDirectories(folder.resolve("catalogue"));
    WorkerConfiguration read =
        file("""
                role: reviewer
                identity: reviewer-1
                home: state
                lanes: catalogue
                queue: lanekeeper-2
                concurrency: 3
                drain: PT90S
                settled: PT20M
                heartbeat: PT30S
                deadlock: PT20S
                health:
                  host: 0.0.0.0
                  port: 9464
                log:
                  format: json
                  output: console
                  level: warn
                """)
            .configuration();
    assertThat(read)
        .isEqualTo(
            new WorkerConfiguration(
                Role.REVIEWER,
                "reviewer-1",
                folder.resolve("state"),
                folder.resolve("catalogue"),
                "lanekeeper-2",
                3,
                Duration.ofSeconds(90),
                Duration.ofMinutes(20),
                new Limits(Duration.ofSeconds(30), Duration.ofSeconds(20)),
                Optional.of(new WorkerConfiguration.Health("0.0.0.0", 9464)),
                new WorkerConfiguration.Log(
                    WorkerConfiguration.Format.JSON,
                    WorkerConfiguration.Output.CONSOLE,
                    WorkerConfiguration.Level.WARN)));
  }

  @Test
  void option_countsBeforeVariable_beforeFile_beforeDefault() throws Exception {
    Files.writeString(
        folder.resolve("worker.yaml"),
        "identity: from-file\nrole: reviewer\nconcurrency: 7\nlog: {level: warn}\n");
    Reading reading =
        read(
            Map.of("config", "worker.yaml", "identity", "from-option"),
            Map.of(
                "LANEKEEPER_IDENTITY", "from-variable",
                "LANEKEEPER_ROLE", "executor",
                "LANEKEEPER_LOG_LEVEL", "debug"));
    assertThat(reading.configuration().identity()).isEqualTo("from-option");
    assertThat(reading.configuration().role()).isEqualTo(Role.EXECUTOR);
    assertThat(reading.configuration().concurrency()).isEqualTo(7);
    assertThat(reading.configuration().log().level()).isEqualTo(WorkerConfiguration.Level.DEBUG);
    assertThat(origin(reading, "identity").words()).isEqualTo("option --identity");
    assertThat(origin(reading, "role").words()).isEqualTo("environment LANEKEEPER_ROLE");
    assertThat(origin(reading, "concurrency").words()).isEqualTo("worker.yaml:3");
    assertThat(origin(reading, "log.level").words()).isEqualTo("environment LANEKEEPER_LOG_LEVEL");
    assertThat(origin(reading, "drain").words()).isEqualTo("default");
  }

  @Test
  void file_isNamedByTheVariable_andTheOptionCountsBeforeIt() throws Exception {
    Files.writeString(folder.resolve("a.yaml"), "role: reviewer");
    Files.writeString(folder.resolve("b.yaml"), "role: executor");
    Map<String, String> environment = Map.of("LANEKEEPER_CONFIG", "a.yaml");
    assertThat(read(Map.of(), environment).configuration().role()).isEqualTo(Role.REVIEWER);
    assertThat(read(Map.of("config", "b.yaml"), environment).configuration().role())
        .isEqualTo(Role.EXECUTOR);
  }

  @Test
  void relativePath_startsWhereItWasWrittenDown() throws Exception {
    Files.createDirectories(folder.resolve("etc/lanes"));
    Files.createDirectories(folder.resolve("lanes"));
    Files.writeString(folder.resolve("etc/worker.yaml"), "home: state\nlanes: lanes\n");
    Map<String, String> config = Map.of("config", "etc/worker.yaml");
    assertThat(read(config, Map.of()).configuration().lanes())
        .isEqualTo(folder.resolve("etc/lanes"));
    assertThat(read(config, Map.of()).configuration().home())
        .isEqualTo(folder.resolve("etc/state"));
    assertThat(read(config, Map.of("LANEKEEPER_LANES", "lanes")).configuration().lanes())
        .isEqualTo(folder.resolve("lanes"));
  }

  @Test
  void emptyVariable_saysNothing_butAnEmptyOptionIsRefused() throws Exception {
    assertThat(read(Map.of(), Map.of("LANEKEEPER_IDENTITY", "")).configuration().identity())
        .isEqualTo("4711@host-1");
    assertThat(refusal(Map.of("identity", ""), Map.of()).subject())
        .isEqualTo("option --identity: identity");
  }

  @Test
  void valueThatIsOverridden_isCheckedAllTheSame() {
    assertThat(refusal(Map.of("role", "executor"), Map.of("LANEKEEPER_ROLE", "king")).subject())
        .isEqualTo("environment LANEKEEPER_ROLE: role");
  }

  @Test
  void everyProblem_isNamed() throws Exception {
    Files.writeString(folder.resolve("w.yaml"), "role: king\ndrain: long\nhelth: {port: 1}\n");
    InvalidConfigurationException e =
        catchThrowableOfType(
            InvalidConfigurationException.class,
            () -> read(Map.of("config", "w.yaml"), Map.of("LANEKEEPER_CONCURRENCY", "0")));
    assertThat(e.problems())
        .extracting(ConfigurationProblem::subject)
        .containsExactlyInAnyOrder(
            "w.yaml:1: role",
            "w.yaml:2: drain",
            "w.yaml:3: helth",
            "environment LANEKEEPER_CONCURRENCY: concurrency");
  }

  @Test
  void variable_thatIsNoField_isNamed_withoutItsValue() throws Exception {
    Reading reading =
        read(Map.of(), Map.of("LANEKEEPER_HELTH_PORT", "hidden", "LANEKEEPER_HEALTH_PORT", "9"));
    assertThat(reading.unused()).containsExactly("LANEKEEPER_HELTH_PORT");
    assertThat(reading.toString()).doesNotContain("hidden");
  }

  @Test
  void port_canBeTurnedOffAgain() throws Exception {
    Files.writeString(folder.resolve("worker.yaml"), "health: {port: 9464}");
    Map<String, String> config = Map.of("config", "worker.yaml");
    assertThat(read(config, Map.of()).configuration().health()).isPresent();
    assertThat(read(config, Map.of("LANEKEEPER_HEALTH_PORT", "off")).configuration().health())
        .isEmpty();
  }

  static Stream<Arguments> wrongFiles() {
    return Stream.of(
        // What is wrong, the line and the field that are named, what is expected, what was found.
        Arguments.of("roles: both", 1, "roles", "one of ", "the unknown field 'roles'"),
        Arguments.of("health:\n  prot: 1", 2, "health.prot", "one of host, port", "'prot'"),
        Arguments.of("health.port: 1", 1, "health.port", "one of ", "unknown field"),
        Arguments.of("role: both\nrole: both", 2, "role", "each field once", "a second 'role'"),
        Arguments.of("log: &a {level: info}\nhealth: *a", 1, "log", "plain", "the anchor &a"),
        Arguments.of("role: !!str both", 1, "role", "the plain value", "the tag"),
        Arguments.of("role: both\n---\nrole: both", 3, "", "the end of the file", "more after"),
        Arguments.of("role: [both]", 1, "role", "executor, reviewer or both", "a list"),
        Arguments.of("role: BOTH", 1, "role", "executor, reviewer or both", "\"BOTH\""),
        Arguments.of("- role", 1, "", "a map of fields", "a list"),
        Arguments.of("health: 9464", 1, "health", "a map of fields", "9464"),
        Arguments.of("health:\n", 1, "health", "a map", "null"),
        Arguments.of("identity: ''", 1, "identity", "1 to 200 characters", "an empty text"),
        Arguments.of("identity: ' '", 1, "identity", "1 to 200 characters", "\" \""),
        Arguments.of("identity: \"a\\nb\"", 1, "identity", "control", "\"a\\nb\""),
        Arguments.of("home: 7", 1, "home", "the path of a folder", "7"),
        Arguments.of("health:\n  host: 7", 2, "health.host", "a host name or an IP", "7"),
        Arguments.of("identity: 7", 1, "identity", "1 to 200 characters", "7"),
        Arguments.of("concurrency: 0", 1, "concurrency", "an integer from 1", "0"),
        Arguments.of("concurrency: -1", 1, "concurrency", "an integer from 1", "-1"),
        Arguments.of("concurrency: 1001", 1, "concurrency", "an integer from 1", "1001"),
        Arguments.of("concurrency: '8'", 1, "concurrency", "an integer from 1", "\"8\""),
        Arguments.of("drain: 60", 1, "drain", "ISO 8601", "60"),
        Arguments.of("drain: 1m", 1, "drain", "ISO 8601", "\"1m\""),
        Arguments.of("drain: PT0S", 1, "drain", "ISO 8601", "\"PT0S\""),
        Arguments.of("drain: PT24H1S", 1, "drain", "ISO 8601", "\"PT24H1S\""),
        Arguments.of("health: {port: 65536}", 1, "health.port", "a port from 1", "65536"),
        Arguments.of("health: {port: -1}", 1, "health.port", "a port from 1", "-1"),
        Arguments.of("health: {port: '9464'}", 1, "health.port", "a port from 1", "\"9464\""),
        Arguments.of("health: {host: 'http://h'}", 1, "health.host", "a host name", "http://h"),
        Arguments.of("log: {format: xml}", 1, "log.format", "text or json", "\"xml\""),
        Arguments.of("log: {output: stderr}", 1, "log.output", "file or console", "\"stderr\""),
        Arguments.of("log: {level: fatal}", 1, "log.level", "error, warn, info", "\"fatal\""),
        Arguments.of("lanes: nowhere", 1, "lanes", "a folder that is there", "nowhere"),
        Arguments.of("home: ''", 1, "home", "the path of a folder", "an empty text"),
        Arguments.of("role: {", 1, "", "well-formed YAML", ""));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("wrongFiles")
  void file_thatIsWrong_isRefused_withLineAndField(
      String yaml, int line, String field, String expected, String found) {
    ConfigurationProblem problem = refusal(yaml);
    assertThat(problem.origin()).isEqualTo(new Origin.InFile("worker.yaml", line));
    assertThat(problem.field()).isEqualTo(field);
    assertThat(problem.expected()).contains(expected);
    assertThat(problem.found()).contains(found);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "role: both",
        "role: 'both'",
        "health: {host: 127.0.0.1, port: 0}",
        "health: {port: 65535}",
        "health: {host: '::1'}",
        "health: {port: 'off'}",
        "identity: '7'",
        "identity: two words",
        "concurrency: 1",
        "concurrency: 1000",
        "drain: PT1S",
        "drain: PT24H",
        "log: {format: json}",
        "lanes: .",
        "{\"role\": \"both\"}"
      })
  void nearMiss_isRead(String yaml) throws Exception {
    assertThat(file(yaml).lines()).hasSameSizeAs(Settings.ALL);
  }

  static Stream<Arguments> wrongVariables() {
    return Stream.of(
        Arguments.of("LANEKEEPER_ROLE", "Both"),
        Arguments.of("LANEKEEPER_HOME", "a\u0000b"),
        Arguments.of("LANEKEEPER_LANES", "nowhere"),
        Arguments.of("LANEKEEPER_IDENTITY", " x"),
        Arguments.of("LANEKEEPER_IDENTITY", "x".repeat(201)),
        Arguments.of("LANEKEEPER_CONCURRENCY", "+8"),
        Arguments.of("LANEKEEPER_CONCURRENCY", "1e2"),
        Arguments.of("LANEKEEPER_CONCURRENCY", "99999999999"),
        Arguments.of("LANEKEEPER_DRAIN", "1 minute"),
        Arguments.of("LANEKEEPER_HEALTH_PORT", "tcp://10.0.0.1:9464"),
        Arguments.of("LANEKEEPER_HEALTH_PORT", "09464"),
        Arguments.of("LANEKEEPER_LOG_FORMAT", "JSON"));
  }

  @ParameterizedTest(name = "{0}={1}")
  @MethodSource("wrongVariables")
  void variable_thatIsWrong_isRefused_byItsName(String name, String value) {
    assertThat(refusal(Map.of(), Map.of(name, value)).origin())
        .isEqualTo(new Origin.Variable(name));
  }

  @Test
  void file_thatCannotBeRead_isRefused() throws Exception {
    assertThat(refusal(Map.of("config", "none.yaml"), Map.of()))
        .satisfies(p -> assertThat(p.origin().words()).isEqualTo("option --config"))
        .satisfies(p -> assertThat(p.found()).contains("none.yaml"));
    assertThat(refusal(Map.of(), Map.of("LANEKEEPER_CONFIG", ".")).origin().words())
        .isEqualTo("environment LANEKEEPER_CONFIG");
    Files.write(folder.resolve("latin1.yaml"), new byte[] {'#', (byte) 0xe4});
    assertThat(refusal(Map.of("config", "latin1.yaml"), Map.of()).expected())
        .isEqualTo("UTF-8 text");
  }
}
