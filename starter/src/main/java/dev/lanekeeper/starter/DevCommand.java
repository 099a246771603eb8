package dev.lanekeeper.starter;

import dev.lanekeeper.authority.Grant;
import dev.lanekeeper.evidence.Bundle;
import dev.lanekeeper.files.Rights;
import dev.lanekeeper.files.Root;
import dev.lanekeeper.lane.Plan;
import dev.lanekeeper.signature.SigningKey;
import dev.lanekeeper.text.CommandName;
import dev.lanekeeper.verdict.RejectCode;
import dev.lanekeeper.worker.Catalogue;
import dev.lanekeeper.worker.Home;
import dev.lanekeeper.worker.Role;
import dev.lanekeeper.worker.config.WorkerConfiguration;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** A server with a Web UI and a worker, from nothing. */
@Command(
    name = "dev",
    description = {
      "Start a local Temporal server with its Web UI and a worker; Ctrl-C stops both.",
      "Lanes go on where they were when it is started again."
    })
final class DevCommand extends LaneCommand {

  /** For whose first documents it makes a knowledge base: no lane's name begins so. */
  private static final String OWES = "-dev";

  @Option(
      names = "--lanes",
      paramLabel = "DIR",
      description = "The catalogue: a folder with a folder for each lane. Default: the examples.")
  private Path lanes = Path.of(System.getProperty("lanekeeper.examples", "examples"));

  /** Where commands look for a server that nothing names. */
  private static final int USUAL_PORT = 7233;

  @Option(names = "--port", paramLabel = "N", description = "The server's port. Default: 7233.")
  private int port = USUAL_PORT;

  @Option(names = "--ui-port", paramLabel = "N", description = "The UI's port. Default: 8233.")
  private int uiPort = 8233;

  private final String identity = WorkerProcess.identity();

  @Override
  String subject() {
    return "dev";
  }

  @Override
  int perform() throws CommandFailure, IOException {
    port("--port", port);
    port("--ui-port", uiPort);
    Path cli = DevServer.cli(System.getenv()).orElseThrow(this::noCli);
    Home home = common().home();
    FileChannel lock = common().lockShared(home, again());
    FileChannel alone = alone(home);
    for (int wanted : new int[] {port, uiPort}) {
      if (DevServer.taken(wanted)) {
        throw portTaken(wanted);
      }
    }
    List<Plan> plans = prepare(home);
    Stopping stopping = new Stopping();
    stopping.add(alone);
    DevServer server =
        stopping.add(DevServer.start(cli, home.folder().resolve("temporal"), port, uiPort));
    try {
      Connection connection = connect(server);
      server.served();
      WorkerProcess.register(connection);
      stopping.add(
          WorkerProcess.start(
              WorkerConfiguration.of(Role.BOTH, identity, home.folder(), lanes),
              home,
              lock,
              connection,
              Optional.empty(),
              again()));
    } catch (CommandFailure | IOException | RuntimeException e) {
      server.close();
      throw e;
    }
    welcome(plans);
    stopping.await();
    return 0;
  }

  private void port(String option, int number) throws CommandFailure {
    if (number < 1 || number > 65_535) {
      throw invalid(option, "a port from 1 to 65535", number);
    }
  }

  /** One dev server at a time on a home's database; the server itself would take a second one. */
  private FileChannel alone(Home home) throws CommandFailure, IOException {
    Path folder = home.ownFolder("temporal");
    FileChannel channel = Root.at(folder, Rights.OWN).lockFile("dev.lock");
    if (channel.tryLock() == null) {
      channel.close();
      throw new CommandFailure(
          ExitCode.FAULT,
          CommandCode.HOME_IN_USE,
          home.folder().toString(),
          "no other " + CommandName.DEV.quoted() + " in this home",
          "one that holds " + folder.resolve("dev.lock"),
          "use the one that runs, or another home",
          Shell.lanekeeper(CommandName.DEV, "--home", "DIR"));
    }
    return channel;
  }

  private void welcome(List<Plan> plans) {
    String ui = "http://" + DevServer.HOST + ":" + uiPort;
    String address = DevServer.HOST + ":" + port;
    say("Temporal server on " + address + ", worker " + identity);
    if (port != USUAL_PORT) {
      say("other commands need  export TEMPORAL_ADDRESS=" + address);
    }
    say("Web UI        " + ui);
    say(
        "start a lane  "
            + ui
            + "/namespaces/default/workflows/start-workflow?taskQueue=lanekeeper&workflowType=Lane");
    plans.forEach(p -> say("  input       {\"lane\": \"" + p.lane().metadata().name() + "\"}"));
    say("Ctrl-C stops both; the same command goes on with the lanes that it had");
  }

  private CommandFailure noCli() {
    return new CommandFailure(
        ExitCode.FAULT,
        CommandCode.TEMPORAL_CLI_MISSING,
        "dev",
        "the Temporal CLI on PATH or named by TEMPORAL_CLI",
        "none",
        "install a release of temporalio/cli, or build it from this repository, with Go",
        "TEMPORAL_CLI=$(.ci/temporal) " + again());
  }

  private CommandFailure portTaken(int wanted) throws IOException {
    String option = wanted == port ? "--port" : "--ui-port";
    return new CommandFailure(
        ExitCode.FAULT,
        CommandCode.PORT_TAKEN,
        String.valueOf(wanted),
        "a free port",
        "one that another process listens on",
        "stop that process, or choose another port",
        Shell.lanekeeper(
            common().with(CommandName.DEV, option, String.valueOf(DevServer.freePort()))));
  }

  /** A knowledge base, its first documents, and grants by the local owner. */
  private List<Plan> prepare(Home home) throws CommandFailure, IOException {
    List<String> problems = new ArrayList<>();
    Catalogue catalogue = new Catalogue(lanes, home.evidence());
    List<Bundle> bundles = catalogue.lanes(problems);
    problems.forEach(problem -> warn("not in the catalogue: " + problem));
    if (bundles.isEmpty()) {
      throw new CommandFailure(
          ExitCode.USAGE,
          RejectCode.BUNDLE_MISSING,
          lanes.toString(),
          "a folder with at least one lane",
          "none",
          "name the folder that holds the lanes' folders",
          Shell.lanekeeper(common().with(CommandName.DEV, "--lanes", "DIR")));
    }
    String environment =
        home.hasKnowledgeBase()
            ? home.reader().identity().environment()
            : bundles.get(0).plan().spec().environment();
    List<Plan> plans =
        bundles.stream()
            .map(Bundle::plan)
            .filter(p -> p.spec().environment().equals(environment))
            .toList();
    bundles.stream()
        .map(Bundle::plan)
        .filter(p -> !plans.contains(p))
        .forEach(
            p ->
                say(
                    "no grant for "
                        + p.lane().metadata().name()
                        + ": it is for the environment "
                        + p.spec().environment()
                        + ", this knowledge base is "
                        + environment));
    List<Path> folders =
        plans.stream().map(p -> lanes.resolve(p.lane().metadata().name().value())).toList();
    NewKnowledgeBase.forLanes(this, home, OWES, environment, folders).create();
    grants(home, plans);
    return plans;
  }

  private void grants(Home home, List<Plan> plans) throws IOException {
    Authority authority = new Authority(home);
    authority.becomeOwnerIfNobodyIs();
    Optional<SigningKey> owner = authority.localOwner();
    for (Plan plan : plans) {
      boolean spent = home.reader().ledger().applied(plan.digest()).isPresent();
      if (owner.isPresent() && !spent && !authority.newest(plan, home.reader()).holds()) {
        var grant =
            authority.issue(plan, home.reader().identity(), owner.get(), Authority.VALIDITY);
        home.evidence().putGrant(grant.bytes());
        say(
            "signed a grant for "
                + plan.lane().metadata().name()
                + " with the local owner key (SELF_ISSUED), valid until "
                + Grant.in(grant).expiresAt());
      }
    }
  }

  private Connection connect(DevServer server) throws CommandFailure {
    Map<String, String> environment =
        Map.of("TEMPORAL_ADDRESS", DevServer.HOST + ":" + port, Connection.NO_FILE, "true");
    long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
    while (true) {
      try {
        return Connection.server(environment, identity, again());
      } catch (CommandFailure notYet) {
        if (!server.alive() || System.nanoTime() > until) {
          server.close();
          throw new CommandFailure(
              ExitCode.FAULT,
              CommandCode.TEMPORAL_SERVER,
              "dev",
              "a dev server that answers",
              server.alive() ? notYet.actual() : "one that has ended; see " + server.log(),
              "read its log",
              Shell.line(List.of("tail", server.log().toString())));
        }
      }
    }
  }
}
