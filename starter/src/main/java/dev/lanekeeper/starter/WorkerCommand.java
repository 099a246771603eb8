package dev.lanekeeper.starter;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.uber.m3.tally.NoopScope;
import com.uber.m3.tally.Scope;
import dev.lanekeeper.canonical.Json;
import dev.lanekeeper.files.FaultText;
import dev.lanekeeper.worker.Home;
import dev.lanekeeper.worker.HomeException;
import dev.lanekeeper.worker.config.ConfigurationProblem;
import dev.lanekeeper.worker.config.ConfigurationReader;
import dev.lanekeeper.worker.config.InvalidConfigurationException;
import dev.lanekeeper.worker.config.Origin;
import dev.lanekeeper.worker.config.WorkerConfiguration;
import dev.lanekeeper.worker.config.WorkerConfiguration.Format;
import dev.lanekeeper.worker.config.WorkerConfiguration.Output;
import dev.lanekeeper.worker.health.Health;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Stream;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Runs a worker. */
@Command(
    name = "worker",
    description = {
      "Run lanes that are started on a Temporal server.",
      "The file, its fields and their environment variables: docs/worker.md."
    })
final class WorkerCommand extends LaneCommand {

  /** The default of the home where nothing says where it is. */
  private static final Path NOWHERE = Path.of("/nonexistent/lanekeeper");

  @Option(
      names = "--config",
      paramLabel = "FILE",
      description = "The configuration, in YAML. Default: $LANEKEEPER_CONFIG, else none.")
  private Optional<String> config;

  @Option(
      names = "--role",
      paramLabel = "ROLE",
      description =
          "executor (workflows, S0 to S6, Rollback, Seal), reviewer (S7) or both. Default: both;"
              + " a review by the executor's process is not independent, and evidence says so.")
  private Optional<String> role;

  @Option(
      names = "--lanes",
      paramLabel = "DIR",
      description = "The catalogue: a folder with a folder for each lane. Default: lanes in HOME.")
  private Optional<String> lanes;

  @Option(
      names = "--identity",
      paramLabel = "NAME",
      description =
          "What server and evidence show as this worker. Default: process, host and a random end.")
  private Optional<String> identity;

  @Option(names = "--check", description = "Print the configuration and start nothing.")
  private boolean check;

  private final String newIdentity = WorkerProcess.identity();

  @Override
  String subject() {
    return "worker";
  }

  /** The same command without one of its options. */
  private String leavingOut(String without) {
    List<String> words = new ArrayList<>(List.of("worker"));
    options()
        .forEach(
            (name, value) -> {
              if (!name.equals(without)) {
                words.addAll(List.of("--" + name, value));
              }
            });
    return Shell.lanekeeper(words.toArray(new String[0]));
  }

  private Map<String, String> options() {
    Map<String, String> given = new LinkedHashMap<>();
    config.ifPresent(v -> given.put("config", v));
    role.ifPresent(v -> given.put("role", v));
    identity.ifPresent(v -> given.put("identity", v));
    common().homeOption().ifPresent(v -> given.put("home", v.toString()));
    lanes.ifPresent(v -> given.put("lanes", v));
    return given;
  }

  @Override
  int perform() throws CommandFailure, IOException {
    ConfigurationReader.Reading read = read();
    if (check) {
      table(read).forEach(this::say);
      if (common().json()) {
        print(json(read));
      }
      return 0;
    }
    WorkerConfiguration configuration = read.configuration();
    Consumer<String> announce = announcer(configuration.log());
    (jsonConsole(configuration.log()) ? sentences(read) : table(read)).forEach(announce);
    if (configuration.home().equals(NOWHERE)) {
      throw HomeException.unknown();
    }
    Home home = new Home(configuration.home(), Clock.systemUTC());
    if (!home.hasKnowledgeBase()) {
      throw Common.kbMissing(home);
    }
    Optional<Health> health = serve(configuration);
    Stopping stopping = new Stopping();
    try {
      WorkerProcess worker = stopping.add(start(configuration, home, health));
      announce.accept(ready(configuration, worker));
      health.ifPresent(h -> announce.accept(served(configuration, h)));
      stopping.await();
      return 0;
    } catch (CommandFailure | IOException | RuntimeException e) {
      health.ifPresent(Health::close);
      throw e;
    }
  }

  private WorkerProcess start(WorkerConfiguration configuration, Home home, Optional<Health> health)
      throws CommandFailure, IOException {
    FileChannel lock = common().lockShared(home, configuration.log(), again());
    Scope scope = health.map(Health::scope).orElseGet(NoopScope::new);
    Connection connection =
        Connection.server(System.getenv(), configuration.identity(), scope, again());
    try {
      WorkerProcess.register(connection);
    } catch (CommandFailure e) {
      connection.close();
      throw e;
    }
    return WorkerProcess.start(configuration, home, lock, connection, health, again());
  }

  private ConfigurationReader.Reading read() throws CommandFailure {
    Path here = Path.of("").toAbsolutePath();
    try {
      return ConfigurationReader.read(
          options(),
          System.getenv(),
          new ConfigurationReader.Defaults(
              here, Home.defaultFolder(System.getenv()).orElse(NOWHERE), newIdentity));
    } catch (InvalidConfigurationException e) {
      throw invalid(e.problems());
    }
  }

  private CommandFailure invalid(List<ConfigurationProblem> problems) {
    ConfigurationProblem first = problems.get(0);
    StringBuilder found = new StringBuilder(first.found());
    for (ConfigurationProblem more : problems.subList(1, problems.size())) {
      found
          .append("\nCONFIGURATION_INVALID ")
          .append(more.subject())
          .append(": expected ")
          .append(more.expected())
          .append(", found ")
          .append(more.found());
    }
    String remedy = "correct the file, then check it";
    String command = again() + " --check";
    if (first.origin() instanceof Origin.Variable variable) {
      remedy = "correct the variable, or unset it";
      command = "env -u " + variable.name() + " " + again();
    } else if (first.origin() instanceof Origin.Option option) {
      remedy = "correct the option, or leave it out";
      command = leavingOut(option.name().substring(2));
    }
    return new CommandFailure(
        ExitCode.USAGE,
        CommandCode.CONFIGURATION_INVALID,
        first.subject(),
        first.expected(),
        found.toString(),
        remedy,
        command);
  }

  /** On a console of JSON lines, what the command says is such a line too. */
  private Consumer<String> announcer(WorkerConfiguration.Log log) {
    if (log.output() != Output.CONSOLE) {
      return this::say;
    }
    Logs.toStandardOutput(log);
    return jsonConsole(log) ? LoggerFactory.getLogger(WorkerCommand.class)::info : this::say;
  }

  private static boolean jsonConsole(WorkerConfiguration.Log log) {
    return log.output() == Output.CONSOLE && log.format() == Format.JSON;
  }

  private static List<String> table(ConfigurationReader.Reading read) {
    int fields = read.lines().stream().mapToInt(l -> l.field().length()).max().orElse(0);
    int values = read.lines().stream().mapToInt(l -> l.value().length()).max().orElse(0);
    String row = "%-" + fields + "s  %-" + values + "s  %s";
    return rows(
        read, l -> String.format(Locale.ROOT, row, l.field(), l.value(), l.origin().words()));
  }

  private static ObjectNode json(ConfigurationReader.Reading read) {
    ObjectNode out = Json.object();
    ArrayNode lines = out.putArray("configuration");
    read.lines()
        .forEach(
            l ->
                lines
                    .addObject()
                    .put("field", l.field())
                    .put("value", l.value())
                    .put("origin", l.origin().words()));
    out.set("notUsed", Json.tree(read.unused()));
    return out;
  }

  private static List<String> sentences(ConfigurationReader.Reading read) {
    return rows(
        read,
        l -> "configuration " + l.field() + " = " + l.value() + " (" + l.origin().words() + ")");
  }

  private static List<String> rows(
      ConfigurationReader.Reading read, Function<ConfigurationReader.Line, String> row) {
    return Stream.concat(
            read.lines().stream().map(row),
            read.unused().stream().map(name -> "not a field, not used: " + name))
        .toList();
  }

  private Optional<Health> serve(WorkerConfiguration configuration)
      throws CommandFailure, IOException {
    if (configuration.health().isEmpty()) {
      return Optional.empty();
    }
    WorkerConfiguration.Health wanted = configuration.health().get();
    try {
      return Optional.of(Health.serve(wanted.host(), wanted.port()));
    } catch (IOException e) {
      String why = FaultText.of(e);
      boolean taken = why.contains("in use");
      String other =
          taken
              ? "LANEKEEPER_HEALTH_PORT=" + DevServer.freePort()
              : "LANEKEEPER_HEALTH_HOST=" + DevServer.HOST;
      throw new CommandFailure(
          ExitCode.FAULT,
          taken ? CommandCode.PORT_TAKEN : CommandCode.ADDRESS_UNUSABLE,
          wanted.host() + ":" + wanted.port(),
          "an address and a port for health.host and health.port that can be listened on",
          why,
          taken ? "stop what listens there, or choose another port" : "choose another address",
          "env " + other + " " + again());
    }
  }

  private static String ready(WorkerConfiguration configuration, WorkerProcess worker) {
    return "worker "
        + configuration.identity()
        + " ("
        + configuration.role().name().toLowerCase(Locale.ROOT)
        + ") ready on "
        + worker.server()
        + ", home "
        + configuration.home();
  }

  private static String served(WorkerConfiguration configuration, Health health) {
    String host = configuration.health().orElseThrow().host();
    String address = host.contains(":") ? "[" + host + "]" : host;
    return "health http://" + address + ":" + health.port() + "/healthz, /readyz, /metrics";
  }
}
