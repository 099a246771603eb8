package dev.lanekeeper.starter;

import dev.lanekeeper.kb.KnowledgeBase;
import dev.lanekeeper.worker.Home;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** The knowledge base outside any lane. */
@Command(
    name = "kb",
    description = "Work on the knowledge base outside any lane.",
    subcommands = KbCommand.Import.class)
final class KbCommand {

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
    String again() {
      return Shell.lanekeeper(common().with("kb", "import", folder.toString()));
    }

    @Override
    int perform() throws CommandFailure, IOException {
      Home home = common().home();
      if (!home.hasKnowledgeBase()) {
        throw new CommandFailure(
            ExitCode.USAGE,
            "KB_MISSING",
            home.folder().toString(),
            "a home with a knowledge base",
            "none",
            "run a lane there first: the first run creates it",
            Shell.lanekeeper(common().with("run", folder.resolveSibling(".").normalize() + "")));
      }
      try (FileChannel lock = common().lock(home, again())) {
        KnowledgeBase kb = home.knowledgeBase();
        int added = InitialDocuments.add(kb, folder);
        say("added " + added + " documents");
      }
      return 0;
    }
  }
}
