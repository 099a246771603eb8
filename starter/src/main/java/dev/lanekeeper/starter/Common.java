package dev.lanekeeper.starter;

import dev.lanekeeper.files.FaultText;
import dev.lanekeeper.lane.Plan;
import dev.lanekeeper.text.CommandName;
import dev.lanekeeper.text.TerminalText;
import dev.lanekeeper.worker.Home;
import dev.lanekeeper.worker.HomeException;
import dev.lanekeeper.worker.config.WorkerConfiguration.Format;
import dev.lanekeeper.worker.config.WorkerConfiguration.Log;
import dev.lanekeeper.worker.config.WorkerConfiguration.Output;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Stream;
import picocli.CommandLine.Option;

/** Options that several commands share. */
final class Common {

  @Option(
      names = "--home",
      paramLabel = "DIR",
      description =
          "The home folder: knowledge base, ledger, evidence, keys. Default: $LANEKEEPER_HOME, else"
              + " lanekeeper in the XDG data folder.")
  private Path home;

  @Option(names = "--json", description = "Print one JSON object on standard output, nothing else.")
  private boolean json;

  @Option(names = "-v", description = "Print logs, and the causes of faults, on standard error.")
  private boolean verbose;

  private Optional<Home> locked = Optional.empty();

  boolean json() {
    return json;
  }

  boolean verbose() {
    return verbose;
  }

  /**
   * The home folder, which need not exist.
   *
   * @throws HomeException when the option names none, or nothing says where it is
   */
  Path homeFolder() throws HomeException {
    if (home != null) {
      if (home.toString().isEmpty()) {
        throw HomeException.unnamed("--home");
      }
      return home.toAbsolutePath().normalize();
    }
    String fromEnvironment = System.getenv("LANEKEEPER_HOME");
    if (fromEnvironment != null && !fromEnvironment.isEmpty()) {
      return Path.of(fromEnvironment).toAbsolutePath();
    }
    return Home.defaultFolder(System.getenv()).orElseThrow(HomeException::unknown);
  }

  /** The home as the command line names it. */
  Optional<Path> homeOption() {
    return Optional.ofNullable(home);
  }

  /** The home for reading. */
  Home home() throws HomeException {
    return new Home(homeFolder(), Clock.systemUTC());
  }

  /**
   * The home, whose knowledge base the command needs.
   *
   * @throws CommandFailure when it has none
   */
  Home homeWithKnowledgeBase() throws CommandFailure, HomeException {
    return homeWithKnowledgeBase(CommandName.KB_CREATE.with("--help"));
  }

  /** The same for a lane, whose environment a new knowledge base would have. */
  Home homeWithKnowledgeBase(Plan plan) throws CommandFailure, HomeException {
    return homeWithKnowledgeBase(
        with(CommandName.KB_CREATE, "--environment", plan.spec().environment()));
  }

  private Home homeWithKnowledgeBase(String... create) throws CommandFailure, HomeException {
    Home home = home();
    if (!home.hasKnowledgeBase()) {
      throw kbMissing(home, create);
    }
    return home;
  }

  /** Who runs the command, as recorded and not trusted. */
  static String operator() {
    return TerminalText.line(
        TerminalText.cut(System.getProperty("user.name", "unknown"), LaneCommand.NAME));
  }

  /** The words of another command in the same home. */
  String[] with(CommandName name, String... more) {
    Stream<String> last = home == null ? Stream.of() : Stream.of("--home", home.toString());
    return name.with(Stream.concat(Arrays.stream(more), last).toArray(String[]::new));
  }

  /**
   * Makes sure that a folder is a home or may become one; writes nothing.
   *
   * @throws CommandFailure when it is another folder, or cannot be looked into
   */
  void requireUsable(Home of, String again) throws CommandFailure {
    try {
      of.requireUsable();
    } catch (HomeException e) {
      throw noHome(e, again);
    } catch (IOException e) {
      throw unwritable(of, e, again);
    }
  }

  /**
   * Locks the home for writing and sends the logs there.
   *
   * @param besideWorkers what does the same while workers of a server work in the home
   * @throws CommandFailure when it cannot be written to, or another process works in it
   */
  FileChannel lock(Home of, String again, String besideWorkers) throws CommandFailure {
    return lock(of, Optional.of(besideWorkers), Log.DEFAULT, again);
  }

  /** The same together with workers of a real server: no embedded engine runs here meanwhile. */
  FileChannel lockShared(Home of, String again) throws CommandFailure {
    return lockShared(of, Log.DEFAULT, again);
  }

  /** The same with other than the usual logs. */
  FileChannel lockShared(Home of, Log log, String again) throws CommandFailure {
    return lock(of, Optional.empty(), log, again);
  }

  private FileChannel lock(Home of, Optional<String> alone, Log log, String again)
      throws CommandFailure {
    locked = Optional.of(of);
    try {
      Optional<FileChannel> lock = alone.isEmpty() ? of.lockShared() : of.lock();
      if (lock.isEmpty()) {
        throw inUse(of, alone.filter(command -> holdsForWorkers(of)), again);
      }
      if (log.output() == Output.FILE) {
        of.ownLog(log.format() == Format.JSON ? of.jsonLog() : of.log());
        Logs.toFile(of, log);
      }
      return lock.get();
    } catch (HomeException e) {
      throw noHome(e, again);
    } catch (IOException e) {
      throw unwritable(of, e, again);
    }
  }

  /** Whether whoever holds the home's lock shares it, as the workers of a server do. */
  private static boolean holdsForWorkers(Home of) {
    try (FileChannel shared = of.lockShared().orElse(null)) {
      return shared != null;
    } catch (IOException e) {
      return false;
    }
  }

  private static CommandFailure inUse(Home of, Optional<String> besideWorkers, String again) {
    return new CommandFailure(
        ExitCode.FAULT,
        CommandCode.HOME_IN_USE,
        of.folder().toString(),
        "no other lanekeeper process in this home",
        (besideWorkers.isPresent() ? "workers of a server, which hold " : "one that holds ")
            + of.folder().resolve("engine.lock"),
        besideWorkers.isPresent()
            ? "let the workers do it, on their server"
            : "wait until it has ended, or use another home",
        besideWorkers.orElse(again));
  }

  /**
   * A fault of files: of one that is named and is not the home's, or else of the home once it was
   * locked.
   */
  CommandFailure fault(IOException e, String subject, String again) {
    if (e instanceof HomeException none) {
      return noHome(none, again);
    }
    Optional<Path> file = FaultText.file(e);
    boolean elsewhere =
        locked.isEmpty() || file.filter(f -> !f.startsWith(locked.get().folder())).isPresent();
    return elsewhere
        ? new CommandFailure(
            ExitCode.FAULT,
            CommandCode.FILE_FAULT,
            file.map(Path::toString).orElse(subject),
            "a regular file or folder that can be read, or written where the command writes it",
            FaultText.of(e),
            "put the file right, or name another one",
            again)
        : unwritable(locked.get(), e, again);
  }

  /** A home that is named elsewhere than on the command line has no knowledge base. */
  static CommandFailure kbMissing(Home of) {
    return kbMissing(of, CommandName.KB_CREATE.with("--help"));
  }

  private static CommandFailure kbMissing(Home of, String... create) {
    return new CommandFailure(
        ExitCode.USAGE,
        CommandCode.KB_MISSING,
        of.folder().toString(),
        "a home with a knowledge base",
        "none",
        "create one with the environment that its lanes name, or name another home",
        Shell.lanekeeper(create));
  }

  private static CommandFailure noHome(HomeException e, String again) {
    return new CommandFailure(
        ExitCode.USAGE,
        e.code() == HomeException.Code.HOME_UNKNOWN
            ? CommandCode.HOME_UNKNOWN
            : CommandCode.HOME_INVALID,
        e.subject(),
        e.expected(),
        e.found(),
        "name a folder with --home or LANEKEEPER_HOME that is a home, is empty, or is not there"
            + " yet",
        e.code() == HomeException.Code.HOME_UNKNOWN
            ? again + " --home DIR"
            : Shell.lanekeeper(CommandName.KB_CREATE, "--environment", "LABEL", "--home", "DIR"));
  }

  static CommandFailure unwritable(Home of, IOException e, String again) {
    return new CommandFailure(
        ExitCode.FAULT,
        CommandCode.HOME_UNWRITABLE,
        of.folder().toString(),
        "a home folder that can be written to",
        FaultText.of(e),
        "make room and give yourself the right to write there, or use another home",
        again);
  }
}
