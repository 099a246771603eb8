package dev.lanekeeper.starter;

import dev.lanekeeper.kb.KnowledgeBase;
import dev.lanekeeper.worker.Home;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The knowledge base outside any lane. */
@Command(
    name = "kb",
    description = "Work on the knowledge base outside any lane.",
    subcommands = {KbCommand.Create.class, KbCommand.Import.class})
final class KbCommand {

  /** Creates one. */
  @Command(name = "create", description = "Create an empty knowledge base in the home.")
  static final class Create extends LaneCommand {

    @Option(
        names = "--environment",
        required = true,
        paramLabel = "LABEL",
        description = "The environment that lanes and grants must name.")
    private String environment;

    @Override
    String subject() {
      return environment;
    }

    @Override
    int perform() throws CommandFailure, IOException {
      Home home = common().home();
      try (FileChannel lock = common().lockShared(home, again())) {
        if (home.hasKnowledgeBase()) {
          throw new CommandFailure(
              ExitCode.REJECTED,
              "KB_PRESENT",
              home.folder().toString(),
              "a home without a knowledge base",
              "one with " + home.reader().identity().id(),
              "use it, or name another home",
              Shell.lanekeeper(common().with("kb", "create", "--help")));
        }
        say("knowledge base " + home.createKnowledgeBase(environment).id());
      }
      return 0;
    }
  }

  /** Adds documents. */
  @Command(
      name = "import",
      description = "Add documents where nothing stands; never change one that is there.")
  static final class Import extends LaneCommand {

    @Parameters(paramLabel = "DIR", description = "A folder with each document at its KB path.")
    private Path folder;

    @Override
    String subject() {
      return folder.toString();
    }

    @Override
    int perform() throws CommandFailure, IOException {
      Home home = common().homeWithKnowledgeBase();
      try (FileChannel lock = common().lockShared(home, again())) {
        KnowledgeBase kb = home.knowledgeBase();
        int added = InitialDocuments.add(kb, folder);
        say("added " + added + " documents");
      }
      return 0;
    }
  }
}
