package dev.lanekeeper.starter;

import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** The command line: picks a subcommand, turns failures into messages and exit codes. */
@Command(
    name = "lanekeeper",
    description = "Runs governed changes as durable lanes.",
    subcommands = {
      RunCommand.class,
      RollbackCommand.class,
      DevCommand.class,
      WorkerCommand.class,
      StartCommand.class,
      StatusCommand.class,
      ListCommand.class,
      WatchCommand.class,
      AnswerCommand.Resume.class,
      ApproveCommand.class,
      AnswerCommand.Abort.class,
      FreezeCommand.class,
      UnfreezeCommand.class,
      JanitorCommand.class,
      VerifyCommand.class,
      ValidateCommand.class,
      PlanCommand.class,
      KeyCommand.class,
      GrantCommand.class,
      TrustCommand.class,
      KbCommand.class,
      DigestCommand.class,
      ReexecuteCommand.class
    })
public final class Main implements Runnable {

  @Spec private CommandSpec spec;

  /** Runs the command and ends the process with its exit code. */
  public static void main(String[] args) {
    PrintWriter out = new PrintWriter(System.out, true, StandardCharsets.UTF_8);
    PrintWriter err = new PrintWriter(System.err, true, StandardCharsets.UTF_8);
    System.exit(execute(out, err, args));
  }

  static int execute(PrintWriter rawOut, PrintWriter rawErr, String... args) {
    Terminal out = new Terminal(rawOut);
    Terminal err = new Terminal(rawErr);
    CommandLine line = new CommandLine(new Main());
    // Its colours would be shown as what they are.
    line.setColorScheme(CommandLine.Help.defaultColorScheme(CommandLine.Help.Ansi.OFF));
    // A word that begins with @ is that word, not the name of a file with more of them.
    line.setExpandAtFiles(false);
    line.setOut(out);
    line.setErr(err);
    line.setParameterExceptionHandler(
        (problem, words) -> {
          err.println(
              problem
                  .getMessage()
                  .strip()
                  .lines()
                  .collect(Collectors.joining("\n" + " ".repeat(12))));
          String command = problem.getCommandLine().getCommandSpec().qualifiedName();
          err.println(
              "  command:  " + command.replaceFirst("^lanekeeper", Shell.lanekeeper()) + " --help");
          return ExitCode.USAGE;
        });
    addHelp(line);
    int code = line.execute(args);
    out.flush();
    err.flush();
    // An answer that nobody got is not given: on a full disk nothing else would say so.
    return code == 0 && rawOut.checkError() ? ExitCode.FAULT : code;
  }

  private static void addHelp(CommandLine command) {
    command
        .getCommandSpec()
        .addOption(
            CommandLine.Model.OptionSpec.builder("-h", "--help")
                .usageHelp(true)
                .description("Show this help.")
                .build());
    command.getSubcommands().values().forEach(Main::addHelp);
  }

  @Override
  public void run() {
    spec.commandLine().usage(spec.commandLine().getOut());
  }
}
