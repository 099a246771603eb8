package dev.lanekeeper.starter;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lanekeeper.evidence.FileTree;
import dev.lanekeeper.testkit.CutLedger;
import dev.lanekeeper.testkit.EditedLane;
import dev.lanekeeper.testkit.TestLane;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The plan says beforehand where a run stops, and changes nothing. */
@Execution(ExecutionMode.CONCURRENT) // each has a home of its own, and waits much of its time
class PlanCommandTest {

  private static final String M1 =
      "governance/fix7/fix7-p0-operative-birth-blueprint-2026-06-12.md";

  @TempDir private Path folder;

  private Path home() {
    return folder.resolve("home");
  }

  private Path lane() {
    return folder.resolve("lane");
  }

  private EditedLane edited() throws Exception {
    return EditedLane.copyOf(TestLane.FIX7, lane());
  }

  private static Cli done(Object... words) {
    Cli command = Cli.run(words);
    assertThat(command.exitCode()).as(command.out() + command.err()).isZero();
    return command;
  }

  private void knowledgeBase(String environment) {
    done("kb", "create", "--environment", environment, "--home", home());
    done("kb", "import", TestLane.FIX7.resolve("kb"), "--home", home());
  }

  private String plan(Path lane) {
    return done("plan", lane, "--home", home()).out();
  }

  /** The plan names what a run stops at, and in JSON too. */
  private String refused(Path lane, String code) {
    String plan = plan(lane);
    assertThat(plan).contains("NO  ").contains(code).doesNotContain("nothing stands in the way");
    assertThat(done("plan", lane, "--home", home(), "--json").json().at("/reject/code").asText())
        .isEqualTo(code);
    Cli run = Cli.run("run", lane, "--home", home(), "--json");
    assertThat(run.json().at("/reject/code").asText()).as("what a run says").isEqualTo(code);
    return plan;
  }

  @Test
  void plan_ofAFrozenKnowledgeBase_saysSo_andHowToGoOn() {
    knowledgeBase("no-production");
    done("freeze", "--reason", "audit", "--home", home());
    assertThat(refused(TestLane.FIX7, "FROZEN"))
        .contains("1 refusal: ")
        .contains("next: ")
        .contains("unfreeze --home " + home());
  }

  @Test
  void plan_forAnotherEnvironment_saysSo() {
    knowledgeBase("elsewhere");
    refused(TestLane.FIX7, "ENVIRONMENT_MISMATCH");
  }

  @Test
  void plan_ofALaneThatAsksForAnApproval_tellsWhetherThereIsOne() throws Exception {
    edited().edit("\n  next:\n", "\n  approval: {question: May it stand.}\n\n  next:\n");
    knowledgeBase("no-production");
    assertThat(plan(lane())).contains("APPROVAL_MISSING").contains("approve " + lane());
    done("key", "new", "approver", "--home", home());
    done(
        "trust",
        "add",
        home().resolve("keys/approver.pub"),
        "--role",
        "approver",
        "--home",
        home());
    Path key = home().resolve("keys/approver.key");
    done("approve", lane(), "--key", key, "--valid", "PT0.001S", "--home", home());
    refused(lane(), "APPROVAL_EXPIRED");
    done("approve", lane(), "--key", key, "--home", home());
    assertThat(plan(lane())).contains("ok  approval").contains("nothing stands in the way");
    done("run", lane(), "--home", home());
  }

  @Test
  void plan_ofAPathThatDiffersByCaseOnly_saysSo() throws Exception {
    knowledgeBase("no-production");
    Path other = home().resolve("kb").resolve(M1.replace("fix7-p0-operative", "FIX7-P0-operative"));
    Files.createDirectories(other.getParent());
    Files.writeString(other, "x");
    refused(TestLane.FIX7, "PATH_COLLISION");
  }

  @Test
  void plan_ofAForeignDocumentWithTheSameBytes_saysThatItIsForeign() throws Exception {
    knowledgeBase("no-production");
    Path there = home().resolve("kb").resolve(M1);
    Files.createDirectories(there.getParent());
    Files.copy(TestLane.FIX7.resolve("documents/M-1.md"), there);
    refused(TestLane.FIX7, "DOCUMENT_PRESENT");
  }

  @Test
  void plan_ofAReservation_looksAtItsCeilingAndItsAddendum() throws Exception {
    edited().edit("ceiling: 441", "ceiling: 440");
    refused(lane(), "CEILING_MISMATCH");
    FileTree.delete(lane());
    Path addendum = lane().resolve("documents/M-2.md");
    edited();
    Files.writeString(addendum, Files.readString(addendum).replace("APPLY_NOW=NO", "LATER"));
    refused(lane(), "RESERVATION_NOT_CARRIED");
  }

  @Test
  void plan_ofIdsAtTheCeiling_orInUse_saysSo() throws Exception {
    edited().edit("from: 442", "from: 441");
    Path file = lane().resolve("lane.yaml");
    Files.writeString(file, Files.readString(file).replace("442..461", "441..461"));
    refused(lane(), "ID_AT_OR_BELOW_CEILING");
    done("kb", "import", TestLane.FIX7.resolve("kb"), "--home", home());
    Path use = home().resolve("kb/notes/use.md");
    Files.createDirectories(use.getParent());
    Files.writeString(use, "see TKT-OBJ-450\n");
    refused(TestLane.FIX7, "ID_IN_USE");
  }

  @Test
  void plan_ofIdsThatAnEarlierPlanReserved_saysSo() throws Exception {
    done("run", TestLane.FIX7, "--home", home());
    done("grant", "rollback", "fix7-p0", "--home", home());
    done("rollback", "fix7-p0", "--home", home());
    another();
    refused(lane(), "ID_IN_USE");
  }

  @Test
  void plan_besideAnotherPlansClaim_saysSo() throws Exception {
    done("run", TestLane.FIX7, "--home", home());
    CutLedger.afterTheLast("Intent", home().resolve("ledger"));
    another();
    assertThat(plan(lane())).containsPattern("NO  claim\n *CLAIM_HELD");
  }

  /** The same changes under another plan digest. */
  private void another() throws Exception {
    edited().edit("title: \"FIX7 P0: No-Production", "title: \"FIX7 P0 again: No-Production");
  }

  @Test
  void plan_ofAnInputThatIsNotWhatTheLaneSays_saysSo() throws Exception {
    edited().file("inputs/canonical-fold/owner-note.md", "other");
    refused(lane(), "INPUT_DIGEST_MISMATCH");
  }

  @Test
  void plan_ofAChangeThatTheLaneDoesNotAllow_saysSo() throws Exception {
    String allowed = "- kind: kb.document.create\n        target: \"kb:";
    edited().edit(allowed + M1, allowed + "governance/fix7/another.md");
    refused(lane(), "SURFACE_UNKNOWN");
  }

  @Test
  void plan_ofAReservationThatTheLaneDoesNotAllow_saysSo() throws Exception {
    edited().edit("- kind: governance.id.reserve", "- kind: governance.id.release");
    refused(lane(), "SURFACE_UNKNOWN");
  }

  @Test
  void plan_besideAStrayFile_saysSo_andIgnoringItHelps() throws Exception {
    knowledgeBase("no-production");
    Path stray = home().resolve("kb/governance/.00-index.md.swp");
    Files.writeString(stray, "x");
    assertThat(refused(TestLane.FIX7, "FOREIGN_FILE")).contains("next: mkdir -p ").contains(" mv ");
    String named = "ignored names:\n  .*.swp\n  lost+found\n";
    assertThat(done("kb", "ignore", ".*.swp", "--home", home()).out()).isEqualTo(named);
    assertThat(done("kb", "ignore", "--home", home()).out()).isEqualTo(named);
    done("run", TestLane.FIX7, "--home", home());
    assertThat(stray).exists();
    assertThat(done("kb", "ignore", "--remove", ".*.swp", "--home", home()).out())
        .isEqualTo("ignored names:\n  lost+found\n");
    for (Object bad : new Object[] {"a/b", "*", "fix7"}) {
      Cli refused = Cli.run("kb", "ignore", bad, "--home", home());
      assertThat(refused.exitCode()).as(bad + "").isEqualTo(ExitCode.USAGE);
    }
    assertThat(Cli.run("kb", "ignore", "--remove", "x", "--home", home()).exitCode())
        .isEqualTo(ExitCode.USAGE);
  }

  @Test
  void plan_whoseVolumeIsNotMounted_saysSo_andMarkingHelpsWhereItIsMeant() throws Exception {
    done("run", TestLane.FIX7, "--home", home());
    Path documents = home().resolve("kb");
    Files.move(documents, folder.resolve("volume"));
    Files.createDirectory(documents);
    another();
    assertThat(refused(lane(), "KB_UNREACHABLE")).contains("its volume is not mounted");
    assertThat(done("kb", "mark", "--home", home()).out())
        .contains("6 of the 6 documents that the ledger knows are not there");
    assertThat(plan(lane())).contains("PIN_MISSING");
  }

  @Test
  void plan_ofANewHome_namesThePinThatItsFirstDocumentsBreak() throws Exception {
    edited();
    Path index = lane().resolve("kb/governance/00-index.md");
    Files.writeString(index, Files.readString(index) + "changed\n");
    done("validate", lane());
    refused(lane(), "PIN_CHANGED");
  }

  @Test
  void plan_afterARollbackThatDied_saysThatARunFinishesIt() throws Exception {
    done("run", TestLane.FIX7, "--home", home());
    done("grant", "rollback", "fix7-p0", "--home", home());
    done("rollback", "fix7-p0", "--home", home());
    CutLedger.afterTheLast("FenceRaised", home().resolve("ledger"));
    assertThat(plan(TestLane.FIX7))
        .contains("ok  rollback of run ")
        .contains("which a run finishes first")
        .contains("nothing stands in the way")
        .doesNotContain("NO  ");
    assertThat(done("run", TestLane.FIX7, "--home", home()).out()).contains("finishing that first");
  }

  @Test
  void plan_tellsHowItStandsWithAGrant() {
    assertThat(plan(TestLane.FIX7)).contains("grant, which a run signs with an owner key that it");
    assertThat(home()).doesNotExist();
    done("key", "new", "boss", "--dir", folder);
    done("trust", "add", folder.resolve("boss.pub"), "--role", "owner", "--home", home());
    knowledgeBase("no-production");
    assertThat(refused(TestLane.FIX7, "GRANT_MISSING")).contains("--grant GRANT_FILE");
    done("grant", "issue", TestLane.FIX7, "--key", folder.resolve("boss.key"), "--home", home());
    assertThat(plan(TestLane.FIX7)).contains("ok  grant, a stored one that is valid until ");
    done("run", TestLane.FIX7, "--home", home());
  }

  @Test
  void plan_ofAFolderThatIsNoHome_saysSo() throws Exception {
    Files.createDirectories(home().resolve("tmp"));
    Cli plan = Cli.run("plan", TestLane.FIX7, "--home", home());
    assertThat(plan.exitCode()).isEqualTo(ExitCode.USAGE);
    assertThat(plan.err()).contains("HOME_INVALID").contains("command:  ");
  }

  /** Each is in the lane file, and shows only when stages have run. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          SURFACE_FORBIDDEN:real-run               | SURFACE_FORBIDDEN:cutover        | PROBE_WRONG_CODE
          preflight.json#/result/verdict         | preflight.json#/result/verdicts   | SELF_CHECK_FAILED
          post-execution-review.json#/checksPassed | post-execution-review.json#/x   | SELF_CHECK_FAILED
          {{delegation-and-authority-lock.environment}} | {{preflight.nothing}}      | REVIEW_CHECK_FAILED
          """)
  void plan_ofALaneThatItsOwnStagesRefuse_saysSo(String from, String to, String code)
      throws Exception {
    edited();
    Path file = lane().resolve("lane.yaml");
    Files.writeString(
        file,
        Files.readString(file).replaceFirst(Pattern.quote(from), Matcher.quoteReplacement(to)));
    knowledgeBase("no-production");
    refused(lane(), code);
  }
}
