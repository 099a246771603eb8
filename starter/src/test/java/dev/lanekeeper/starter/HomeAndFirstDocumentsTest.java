package dev.lanekeeper.starter;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lanekeeper.evidence.FileTree;
import dev.lanekeeper.kb.LedgerEntry;
import dev.lanekeeper.testkit.TestLane;
import dev.lanekeeper.worker.Home;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** Nothing enters a folder that is no home, or a knowledge base but by a lane or an import. */
@Execution(ExecutionMode.CONCURRENT) // each has a home of its own, and waits much of its time
class HomeAndFirstDocumentsTest {

  @TempDir private Path folder;

  private Path home() {
    return folder.resolve("home");
  }

  private static Cli refused(Cli command, String code) {
    assertThat(command.exitCode()).as(command.out() + command.err()).isEqualTo(ExitCode.USAGE);
    assertThat(command.err()).startsWith(code).contains("remedy:  ", "command:  ");
    return command;
  }

  private static void done(Cli command) {
    assertThat(command.exitCode()).as(command.out() + command.err()).isZero();
  }

  @Test
  void folder_ofSomebodysOwn_isRefusedByEveryCommandThatWrites_andLeftAsItIs() throws Exception {
    Path project = Files.createDirectories(folder.resolve("project/tmp"));
    Files.writeString(project.resolve("notes.txt"), "precious");
    Path own = folder.resolve("project");
    done(Cli.run("key", "new", "owner", "--dir", folder));
    for (Cli command :
        List.of(
            Cli.run("run", TestLane.FIX7, "--home", own),
            Cli.run("plan", TestLane.FIX7, "--home", own),
            Cli.run("kb", "create", "--environment", "test", "--home", own),
            Cli.run("key", "new", "owner", "--home", own),
            Cli.run(
                "trust", "add", folder.resolve("owner.pub"), "--role", "owner", "--home", own))) {
      refused(command, "HOME_INVALID " + own);
    }
    assertThat(FileTree.read(own)).containsOnlyKeys("tmp/notes.txt");
  }

  @Test
  void home_withoutAName_isRefused() {
    refused(Cli.run("run", TestLane.FIX7, "--home", ""), "HOME_INVALID --home");
    refused(Cli.run("kb", "create", "--environment", "x", "--home", ""), "HOME_INVALID --home");
  }

  /** A crash, or a full disk, between a knowledge base and its first documents. */
  @Test
  void documentsThatAKnowledgeBaseWasMadeFor_areAddedByTheSameCommandAgain() throws Exception {
    Home made = new Home(home(), Clock.systemUTC());
    made.createKnowledgeBaseFor("fix7-p0", "no-production");
    done(Cli.run("run", TestLane.FIX7, "--home", home()));
    assertThat(made.owesFirstDocuments("fix7-p0")).isFalse();

    Path another = folder.resolve("another");
    new Home(another, Clock.systemUTC()).createKnowledgeBaseFor("handbook", "no-production");
    Cli held = Cli.run("run", TestLane.FIX7, "--home", another, "--json");
    assertThat(held.json().at("/reject/code").asText()).isEqualTo("PIN_MISSING");
    assertThat(new Home(another, Clock.systemUTC()).owesFirstDocuments("handbook"))
        .as("a run was opened since")
        .isFalse();
  }

  @Test
  void documentsOfALane_enterNoKnowledgeBaseThatExists() throws Exception {
    done(Cli.run("kb", "create", "--environment", "elsewhere", "--home", home()));
    Cli run = Cli.run("run", TestLane.FIX7, "--home", home(), "--json");
    assertThat(run.json().at("/reject/code").asText()).isEqualTo("ENVIRONMENT_MISMATCH");
    assertThat(FileTree.read(home().resolve("kb"))).isEmpty();
    Path right = folder.resolve("right");
    done(Cli.run("kb", "create", "--environment", "no-production", "--home", right));
    Cli held = Cli.run("run", TestLane.FIX7, "--home", right, "--json");
    assertThat(held.json().at("/reject/code").asText()).isEqualTo("PIN_MISSING");
    assertThat(held.err()).contains("kb import " + TestLane.FIX7.resolve("kb"));
    assertThat(FileTree.read(right.resolve("kb"))).isEmpty();
    done(Cli.run("kb", "import", TestLane.FIX7.resolve("kb"), "--home", right));
    done(Cli.run("run", TestLane.FIX7, "--home", right));
  }

  @Test
  void grant_withoutTheKnowledgeBaseThatItNames_isRefused_beforeAnythingIsMade() throws Exception {
    Path grant = Files.writeString(folder.resolve("grant.json"), "{}");
    Cli run = Cli.run("run", TestLane.FIX7, "--grant", grant, "--home", home());
    assertThat(refused(run, "KB_MISSING").err()).contains("kb create --environment no-production");
    assertThat(home()).doesNotExist();
  }

  @Test
  void run_inANewHome_isOneCommand_andPassesOverHiddenFiles() throws Exception {
    Path lane = TestLane.copy(folder.resolve("lane"));
    Files.writeString(lane.resolve("kb/.DS_Store"), "x");
    Cli run = Cli.run("run", lane, "--home", home());
    done(run);
    assertThat(run.out())
        .contains("added its first 4 documents")
        .contains("passed over 1 hidden file, such as .DS_Store");
    assertThat(
            new Home(home(), Clock.systemUTC())
                .reader()
                .ledger()
                .all(LedgerEntry.ImportBegan.class)
                .map(LedgerEntry.ImportBegan::by))
        .containsExactly(Common.operator());
  }

  @Test
  void import_withANameThatIsNotAllowed_isRefusedWhole() throws Exception {
    done(Cli.run("kb", "create", "--environment", "test", "--home", home()));
    Path documents = Files.createDirectories(folder.resolve("documents"));
    for (String name : List.of("a.md", "b c.md", "d.md")) {
      Files.writeString(documents.resolve(name), "x");
    }
    Cli refused =
        refused(Cli.run("kb", "import", documents, "--home", home()), "NAME_INVALID b c.md");
    assertThat(refused.err()).contains("none of the documents was added");
    assertThat(FileTree.read(home().resolve("kb"))).isEmpty();
    Files.delete(documents.resolve("b c.md"));
    done(Cli.run("freeze", "--reason", "audit", "--home", home()));
    Cli frozen = Cli.run("kb", "import", documents, "--home", home());
    assertThat(frozen.exitCode()).isEqualTo(ExitCode.REJECTED);
    assertThat(frozen.err()).startsWith("FROZEN").contains("unfreeze --home " + home());
    assertThat(FileTree.read(home().resolve("kb"))).isEmpty();
    done(Cli.run("unfreeze", "--home", home()));
    done(Cli.run("kb", "import", documents, "--home", home()));
    assertThat(FileTree.read(home().resolve("kb"))).containsOnlyKeys("a.md", "d.md");
  }
}
