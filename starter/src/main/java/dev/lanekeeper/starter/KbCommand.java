package dev.lanekeeper.starter;

import dev.lanekeeper.canonical.PlainText;
import dev.lanekeeper.files.Named;
import dev.lanekeeper.kb.IgnoredNames;
import dev.lanekeeper.kb.KbReader;
import dev.lanekeeper.kb.LedgerEntry;
import dev.lanekeeper.kb.RefusedException;
import dev.lanekeeper.lane.Head;
import dev.lanekeeper.lane.Id;
import dev.lanekeeper.lane.KbPath;
import dev.lanekeeper.text.CommandName;
import dev.lanekeeper.verdict.RejectCode;
import dev.lanekeeper.verdict.Verdict;
import dev.lanekeeper.worker.Home;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The knowledge base outside any lane. */
@Command(
    name = "kb",
    description = "Work on the knowledge base outside any lane.",
    subcommands = {
      KbCommand.Create.class,
      KbCommand.Import.class,
      KbCommand.Ignore.class,
      KbCommand.Mark.class
    })
final class KbCommand {

  /** Creates an empty knowledge base. */
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
      try {
        var unused = new Id(environment);
      } catch (IllegalArgumentException e) {
        throw invalid(
            "--environment",
            "an id, as in lanes and grants: at most 100 letters, digits, '.', '-' and '_'",
            PlainText.visible(environment, 100));
      }
      Home home = common().home();
      try (FileChannel lock = common().lockShared(home, again())) {
        if (home.hasKnowledgeBase()) {
          throw new CommandFailure(
              ExitCode.REJECTED,
              CommandCode.KB_PRESENT,
              home.folder().toString(),
              "a home without a knowledge base",
              "one with " + home.reader().identity().id(),
              "use it, or name another home",
              Shell.lanekeeper(common().with(CommandName.KB_CREATE, "--help")));
        }
        say("knowledge base " + home.createKnowledgeBase(environment).id());
      }
      return 0;
    }
  }

  /** Adds documents. */
  @Command(
      name = "import",
      description = {
        "Add documents where there is none, all of them or none; never change one that is there.",
        "Hidden files are passed over."
      })
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
      if (!Named.isFolder(folder)) {
        throw new CommandFailure(
            ExitCode.USAGE,
            CommandCode.FILE_MISSING,
            folder.toString(),
            "a folder with each document at its path in the knowledge base",
            Named.isThere(folder) ? "a file" : "nothing",
            "name such a folder",
            help());
      }
      InitialDocuments found = InitialDocuments.in(folder, again());
      try (FileChannel lock = common().lockShared(home, again())) {
        int added = home.knowledgeBase().importDocuments(found.documents(), Common.operator());
        say("added " + added + " documents");
        if (!found.hidden().isEmpty()) {
          say(found.passedOver());
        }
      } catch (RefusedException e) {
        if (e.reject().code() == RejectCode.DOCUMENT_PRESENT) {
          throw present(home, e.reject());
        }
        if (e.reject().code() == RejectCode.FROZEN) {
          throw CommandFailure.of(
              e.reject(), Shell.lanekeeper(common().with(CommandName.UNFREEZE)) + " && " + again());
        }
        throw e;
      }
      return 0;
    }

    /** What is there is never changed; which of the two is right, only a person can say. */
    private CommandFailure present(Home home, Verdict.Reject reject) {
      Path standing = home.documents().resolve(reject.subject());
      return CommandFailure.of(
          reject,
          "compare the two, and take the one that is not wanted out of its folder",
          Shell.line(
              List.of("diff", standing.toString(), folder.resolve(reject.subject()).toString())));
    }
  }

  /** Names that are no documents. */
  @Command(
      name = "ignore",
      description = {
        "Show the names that are passed over in the documents' folder, or change them.",
        "A name is a file's or a folder's, at any depth; '*' is any text, '?' any character."
      })
  static final class Ignore extends LaneCommand {

    @Parameters(arity = "0..*", paramLabel = "NAME", description = "Names to ignore from now on.")
    private List<String> names = List.of();

    @Option(names = "--remove", description = "Ignore these names no longer.")
    private boolean remove;

    @Override
    String subject() {
      return String.join(" ", names);
    }

    @Override
    int perform() throws CommandFailure, IOException {
      Home home = common().homeWithKnowledgeBase();
      IgnoredNames now = home.reader().ledger().ignoredNames();
      if (!names.isEmpty()) {
        IgnoredNames wanted = changed(now);
        refuseDocuments(home, wanted);
        home.knowledgeBase()
            .record(new LedgerEntry.NamesIgnored(wanted.patterns(), Common.operator()));
        now = wanted;
      }
      say(now.patterns().isEmpty() ? "no name is ignored" : "ignored names:");
      now.patterns().forEach(pattern -> say("  " + pattern));
      return 0;
    }

    private IgnoredNames changed(IgnoredNames now) throws CommandFailure {
      List<String> patterns = new ArrayList<>(now.patterns());
      for (String name : names) {
        if (remove && !patterns.contains(name)) {
          throw invalid("NAME", "one of the ignored names " + patterns, name);
        }
      }
      if (remove) {
        patterns.removeAll(names);
      } else {
        patterns.addAll(names);
      }
      try {
        return new IgnoredNames(patterns);
      } catch (IllegalArgumentException e) {
        throw invalid("NAME", e.getMessage(), String.join(" ", names));
      }
    }

    /** A document that is ignored would be gone for every lane, and still be there. */
    private void refuseDocuments(Home home, IgnoredNames wanted)
        throws CommandFailure, IOException {
      for (Map.Entry<KbPath, Head> known : home.reader().ledger().recordedHeads().entrySet()) {
        if (known.getValue().present() && wanted.cover(known.getKey().value())) {
          throw invalid("NAME", "names that no document has", known.getKey().value());
        }
      }
    }
  }

  /** Says whose the documents' folder is. */
  @Command(
      name = "mark",
      description = {
        "Say that the documents' folder is this knowledge base's, after its content was replaced.",
        "Not for a volume that is not mounted: mount it instead."
      })
  static final class Mark extends LaneCommand {

    @Override
    String subject() {
      return "kb";
    }

    @Override
    int perform() throws CommandFailure, IOException {
      Home home = common().homeWithKnowledgeBase();
      home.markDocuments();
      KbReader kb = home.reader();
      int missing = 0;
      int known = 0;
      for (Map.Entry<KbPath, Head> recorded : kb.ledger().recordedHeads().entrySet()) {
        if (recorded.getValue().present()) {
          known++;
          missing += Looked.at(kb, recorded.getKey()).is(Head.absent()) ? 1 : 0;
        }
      }
      say(home.documents() + " holds the documents of " + kb.identity().id());
      say(missing + " of the " + known + " documents that the ledger knows are not there");
      return 0;
    }
  }
}
