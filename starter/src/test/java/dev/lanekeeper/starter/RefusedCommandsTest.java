package dev.lanekeeper.starter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.lanekeeper.testkit.TestLane;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Commands that cannot do what they were asked say what they found, and what to type instead. */
class RefusedCommandsTest {

  @TempDir private Path folder;

  private Path home() {
    return folder.resolve("home");
  }

  private Path nowhere() {
    return folder.resolve("nowhere");
  }

  private Cli here(Object... words) {
    List<Object> all = new ArrayList<>(List.of(words));
    all.addAll(List.of("--home", home()));
    return Cli.run(all.toArray());
  }

  private void knowledgeBase() {
    assertThat(here("kb", "create", "--environment", "no-production").exitCode()).isZero();
  }

  /** Every part of a refusal is there, and no word of Java's. */
  private static Cli refused(Cli command, int exitCode, String beginning) {
    assertThat(command.exitCode()).as(command.err()).isEqualTo(exitCode);
    assertThat(command.err())
        .startsWith(beginning)
        .contains("expected: ", "found: ", "remedy: ", "command:  ")
        .doesNotContain("Exception");
    return command;
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "../x", "\u001b[2J", "a b", "\u0430"})
  void knowledgeBase_forAnEnvironmentThatIsNoId_isNotMade(String environment) {
    refused(
        here("kb", "create", "--environment", environment),
        ExitCode.USAGE,
        "OPTION_INVALID --environment");
    assertThat(home()).doesNotExist();
  }

  @Test
  void import_ofWhatIsNoFolder_namesIt() throws Exception {
    knowledgeBase();
    refused(here("kb", "import", nowhere()), ExitCode.USAGE, "FILE_MISSING " + nowhere());
    Path file = Files.writeString(folder.resolve("file"), "x");
    Cli refused = refused(here("kb", "import", file), ExitCode.USAGE, "FILE_MISSING " + file);
    assertThat(refused.err()).contains("found:    a file").contains("kb import --help");
  }

  @Test
  void import_ofALink_namesTheLink_andNotTheHome() throws Exception {
    knowledgeBase();
    Path documents = Files.createDirectories(folder.resolve("documents"));
    Path link = Files.createSymbolicLink(documents.resolve("link.md"), folder.resolve("file"));
    assertThat(refused(here("kb", "import", documents), ExitCode.FAULT, "FILE_FAULT " + link).err())
        .contains("found:    a symbolic link or another kind of file at " + link);
    Path lane = TestLane.copy(folder.resolve("lane"));
    Path first = Files.createSymbolicLink(lane.resolve("kb/link.md"), folder.resolve("file"));
    Path fresh = folder.resolve("new-home");
    refused(Cli.run("run", lane, "--home", fresh), ExitCode.FAULT, "FILE_FAULT " + first);
    assertThat(fresh).as("nothing is made for a lane that cannot begin").doesNotExist();
  }

  @Test
  void import_ofAnotherDocumentThanStands_comparesThem() throws Exception {
    knowledgeBase();
    Path documents = Files.createDirectories(folder.resolve("documents"));
    Path document = Files.writeString(documents.resolve("a.md"), "one");
    assertThat(here("kb", "import", documents).exitCode()).isZero();
    Files.writeString(document, "another");
    Cli again =
        refused(here("kb", "import", documents), ExitCode.REJECTED, "DOCUMENT_PRESENT a.md");
    assertThat(again.err())
        .contains("command:  diff " + home().resolve("kb/a.md") + " " + document)
        .doesNotContain("then resume");
  }

  @Test
  void grant_writtenWhereNothingIs_namesThatFile() {
    Path out = nowhere().resolve("x");
    Cli issued = here("grant", "issue", TestLane.FIX7, "--out", out);
    assertThat(refused(issued, ExitCode.FAULT, "FILE_FAULT " + out).err())
        .contains("found:    nothing at " + out);
  }

  @Test
  void key_withANameThatIsAPath_isNotMade() throws Exception {
    Cli refused = here("key", "new", "../owner", "--dir", folder.resolve("keys"));
    refused(refused, ExitCode.USAGE, "KEY_NAME_INVALID ../owner");
    assertThat(folder.resolve("owner.key")).doesNotExist();
  }

  @ParameterizedTest
  @ValueSource(strings = {"PT9999999999999H", "P365241780471D", "P36501D", "PT0S", "-PT1H", "4h"})
  void validity_thatIsNone_orThatNoClockCounts_isRefused(String validity) {
    refused(
        here("grant", "issue", TestLane.FIX7, "--valid=" + validity),
        ExitCode.USAGE,
        "DURATION_INVALID " + validity);
  }

  @Test
  void validity_ofAHundredYears_isAllowed() {
    assertThat(here("grant", "issue", TestLane.FIX7, "--valid", "P36500D").exitCode()).isZero();
  }

  @ParameterizedTest
  @CsvSource({
    "dev --port 70000, --port, 70000",
    "dev --ui-port 0, --ui-port, 0",
    "list --limit -1, --limit, -1",
    "list --limit 0, --limit, 0"
  })
  void number_outOfRange_isRefused(String command, String option, String number) {
    Cli refused = here((Object[]) command.split(" "));
    refused(refused, ExitCode.USAGE, "OPTION_INVALID " + option);
    assertThat(refused.err())
        .contains("found:    " + number)
        .contains(command.substring(0, command.indexOf(' ')) + " --help");
    assertThat(home()).doesNotExist();
  }

  @Test
  void freeze_withoutAReason_isRefused() {
    knowledgeBase();
    refused(here("freeze", "--reason", " "), ExitCode.USAGE, "OPTION_INVALID --reason");
    assertThat(here("freeze", "--reason", "audit").out()).startsWith("frozen ");
  }

  @ParameterizedTest
  @ValueSource(strings = {".key", ".pub"})
  void key_ofWhichEitherHalfIsThere_isNotOverwritten(String half) throws Exception {
    Path there = Files.writeString(folder.resolve("alice" + half), "precious");
    Cli made = Cli.run("key", "new", "alice", "--dir", folder);
    assertThat(refused(made, ExitCode.USAGE, "KEY_EXISTS alice").err()).contains(there.toString());
    assertThat(there).hasContent("precious");
  }

  @Test
  void verify_ofNoFolder_isIncomplete() {
    Cli verify = Cli.run("verify", nowhere(), "--key", "0".repeat(64));
    refused(verify, 13, "INCOMPLETE " + nowhere());
    assertThat(verify.err()).contains("found:    nothing").contains("verify --help");
  }

  @Test
  void verify_ofMoreThanAPacketHolds_readsNoneOfIt() throws Exception {
    Path packet = Files.createDirectories(folder.resolve("packet"));
    try (RandomAccessFile huge = new RandomAccessFile(packet.resolve("huge").toFile(), "rw")) {
      huge.setLength((256L << 20) + 1);
    }
    Cli verify = Cli.run("verify", packet, "--key", "0".repeat(64));
    assertThat(verify.exitCode()).as("a check that could not be made").isEqualTo(13);
    assertThat(verify.err()).contains("expected at most 268435456 bytes in all");
  }

  @Test
  void certificate_thatIsMissing_isNamedWithItsVariable() {
    Map<String, String> environment =
        Map.of(
            "TEMPORAL_ADDRESS",
            "127.0.0.1:1",
            "TEMPORAL_TLS_CLIENT_CERT_PATH",
            nowhere().toString(),
            "TEMPORAL_TLS_CLIENT_KEY_PATH",
            folder.resolve("key").toString(),
            Connection.NO_FILE,
            "true");
    CommandFailure failure =
        catchThrowableOfType(
            CommandFailure.class, () -> Connection.server(environment, "test", "again"));
    assertThat(failure.code()).isEqualTo("TEMPORAL_CONFIGURATION");
    assertThat(failure.subject()).isEqualTo("TEMPORAL_TLS_CLIENT_CERT_PATH");
    assertThat(failure.actual()).contains(nowhere().toString());
  }

  @Test
  void knowledgeBase_thatIsMissing_isCreatedForTheLanesEnvironment_whereTheLaneIsKnown() {
    assertThat(refused(here("freeze", "--reason", "x"), ExitCode.USAGE, "KB_MISSING").err())
        .contains("kb create --help");
    Cli approve = here("approve", TestLane.FIX7, "--key", nowhere());
    assertThat(refused(approve, ExitCode.USAGE, "KB_MISSING").err())
        .contains("kb create --environment no-production --home " + home());
  }

  @Test
  void grantFile_thatIsMissing_isAskedForAnew() {
    knowledgeBase();
    assertThat(here("kb", "import", TestLane.FIX7.resolve("kb")).exitCode()).isZero();
    Cli run = here("run", TestLane.FIX7, "--grant", nowhere());
    assertThat(refused(run, ExitCode.USAGE, "GRANT_MISSING " + nowhere()).err())
        .contains("run " + TestLane.FIX7 + " --grant GRANT_FILE --home " + home());
    assertThat(here("run", TestLane.FIX7).exitCode()).isZero();
    Cli rollback = here("rollback", "fix7-p0", "--grant", nowhere());
    assertThat(refused(rollback, ExitCode.REJECTED, "GRANT_MALFORMED").err())
        .contains("remedy:   present the grant that 'lanekeeper grant rollback' wrote")
        .contains("found:    nothing at " + nowhere())
        .contains("grant rollback fix7-p0");
    Cli inspect = Cli.run("grant", "inspect", nowhere());
    refused(inspect, ExitCode.USAGE, "GRANT_MALFORMED " + nowhere());
  }
}
