package dev.lanekeeper.starter;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.lanekeeper.signature.VerifyKey;
import dev.lanekeeper.testkit.TestLane;
import dev.lanekeeper.worker.Home;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Grants are revoked one by one, and keys are trusted no longer. */
@Execution(ExecutionMode.CONCURRENT) // each has a home of its own, and waits much of its time
class RevokeCommandsTest {

  @TempDir private Path folder;

  private Cli here(Object... words) {
    List<Object> all = new ArrayList<>(List.of(words));
    all.addAll(List.of("--home", folder.resolve("home")));
    return Cli.run(all.toArray());
  }

  private Cli done(Object... words) {
    Cli command = here(words);
    assertThat(command.exitCode()).as(command.err()).isZero();
    return command;
  }

  private Cli refused(String code, Object... words) {
    Cli command = here(words);
    assertThat(command.exitCode()).isEqualTo(ExitCode.USAGE);
    assertThat(command.err()).startsWith(code).contains("expected: ", "found: ", "command:  ");
    return command;
  }

  @BeforeEach
  void issue() {
    done("grant", "issue", TestLane.FIX7);
  }

  private JsonNode grants() {
    return done("grant", "list", "--json").json().path("grants");
  }

  private String thumbprint(String name) throws Exception {
    return VerifyKey.ofPem(Files.readString(folder.resolve("home/keys/" + name + ".pub")))
        .thumbprint()
        .hex();
  }

  @Test
  void list_showsEveryGrantNewestFirst_andHowItStands() throws Exception {
    JsonNode first = grants().path(0);
    assertThat(first.path("state").asText()).isEqualTo("valid");
    assertThat(first.path("kind").asText()).isEqualTo("run");
    assertThat(first.path("lane").isNull()).isTrue();
    assertThat(first.path("signedBy").asText()).isEqualTo("owner " + thumbprint("owner"));
    assertThat(first.path("consumedBy").isNull()).isTrue();
    JsonNode run = done("run", TestLane.FIX7, "--json").json();
    done("grant", "rollback", "fix7-p0");
    JsonNode both = grants();
    assertThat(both).hasSize(2);
    assertThat(both.at("/0/kind").asText()).isEqualTo("rollback");
    assertThat(both.at("/0/run").asText()).isEqualTo(run.path("runId").asText());
    assertThat(both.at("/0/lane").asText()).isEqualTo("fix7-p0");
    assertThat(both.at("/1/id").asText()).isEqualTo(first.path("id").asText());
    assertThat(both.at("/1/lane").asText()).isEqualTo("fix7-p0");
    assertThat(both.at("/1/plan").asText()).isEqualTo(run.path("planDigest").asText());
    assertThat(both.at("/1/state").asText()).isEqualTo("consumed");
    assertThat(both.at("/1/consumedBy").asText()).isEqualTo(run.path("runId").asText());
    assertThat(done("grant", "list").out())
        .contains(first.path("id").asText(), "state    consumed, by run ", "state    valid");
  }

  @Test
  void grant_thatIsRevoked_servesNoRun_andIsShownAsRevoked() throws Exception {
    Path file = folder.resolve("grant.json");
    done("grant", "issue", TestLane.FIX7, "--out", file);
    String id = grants().at("/0/id").asText();
    assertThat(done("grant", "revoke", id, "--reason", "lost").out())
        .contains("revoked " + id)
        .doesNotContain("note:");
    assertThat(grants().at("/0/state").asText()).isEqualTo("revoked");
    assertThat(grants().at("/1/state").asText()).isEqualTo("valid");
    assertThat(done("grant", "revoke", id).out()).contains("revoked already");
    Cli run = here("run", TestLane.FIX7, "--grant", file);
    assertThat(run.exitCode()).isEqualTo(ExitCode.REJECTED);
    assertThat(run.err()).startsWith("GRANT_REVOKED " + id);
    assertThat(folder.resolve("home/kb/governance/fix7/fix7-p0-operative.md")).doesNotExist();
    done("run", TestLane.FIX7);
  }

  @Test
  void grant_toWithdraw_thatIsRevoked_withdrawsNothing() throws Exception {
    done("run", TestLane.FIX7);
    Path file = folder.resolve("leave.json");
    done("grant", "rollback", "fix7-p0", "--out", file);
    done("grant", "revoke", grants().at("/0/id").asText());
    Cli refused = here("rollback", "fix7-p0", "--grant", file);
    assertThat(refused.exitCode()).isEqualTo(ExitCode.REJECTED);
    assertThat(refused.err()).startsWith("GRANT_REVOKED");
    done("grant", "rollback", "fix7-p0");
    done("rollback", "fix7-p0");
  }

  @Test
  void grant_thatIsNotHereYet_isRevokedAllTheSame() {
    assertThat(done("grant", "revoke", "grant-elsewhere").out()).contains("note: this home has");
  }

  @Test
  void keys_areListed_withRoleNameThumbprintAndState() throws Exception {
    JsonNode keys = done("trust", "list", "--json").json().path("keys");
    assertThat(keys).hasSize(3);
    assertThat(keys.at("/0/role").asText()).isEqualTo("owner");
    assertThat(keys.at("/0/name").asText()).isEqualTo("owner");
    assertThat(keys.at("/0/thumbprint").asText()).isEqualTo(thumbprint("owner"));
    assertThat(keys.at("/0/state").asText()).isEqualTo("trusted");
    assertThat(done("trust", "list").out())
        .contains("executor  trusted  " + thumbprint("executor"));
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void worker_whoseKeyWasRemoved_isNotTrustedAgainUnlessSomebodySaysSo(boolean byName)
      throws Exception {
    String key = thumbprint("executor");
    done("trust", "remove", byName ? "executor" : key, "--role", "executor");
    assertThat(done("trust", "list").out()).contains("executor  removed  " + key);
    assertThat(done("trust", "remove", key).out()).contains("removed already");
    assertThat(refused("KEY_REMOVED " + key, "grant", "issue", TestLane.FIX7).err())
        .contains("trust add " + folder.resolve("home/keys/executor.pub") + " --role executor");
    refused("KEY_REMOVED " + key, "run", TestLane.FIX7);
    done("trust", "add", folder.resolve("home/keys/executor.pub"), "--role", "executor");
    done("run", TestLane.FIX7);
  }

  @Test
  void owner_whoIsTheLast_isRemovedOnPurposeOnly_andHasNoSilentHeir() throws Exception {
    refused("LAST_OWNER owner", "trust", "remove", "owner");
    done("trust", "remove", "owner", "--force");
    assertThat(grants().at("/0/state").asText()).isEqualTo("not trusted");
    refused("KEY_MISSING", "grant", "issue", TestLane.FIX7);
    Files.delete(folder.resolve("home/keys/owner.key"));
    Files.delete(folder.resolve("home/keys/owner.pub"));
    refused("KEY_MISSING", "grant", "issue", TestLane.FIX7);
    assertThat(folder.resolve("home/keys/owner.key")).doesNotExist();
  }

  @Test
  void key_thatNobodyTrusts_orWhoseNameTwoHave_isNotRemoved() throws Exception {
    refused("KEY_UNKNOWN nobody", "trust", "remove", "nobody");
    refused("KEY_UNKNOWN owner", "trust", "remove", "owner", "--role", "approver");
    refused("ROLE_INVALID --role", "trust", "remove", "owner", "--role", "king");
    assertThat(Cli.run("key", "new", "owner", "--dir", folder).exitCode()).isZero();
    done("trust", "add", folder.resolve("owner.pub"), "--role", "owner");
    refused("KEY_AMBIGUOUS owner", "trust", "remove", "owner");
    done("trust", "remove", thumbprint("owner"));
  }

  @Test
  void words_thatAreKept_areBounded_andAreSeen() throws Exception {
    String longest = "\u00e9".repeat(200);
    for (String bad : new String[] {longest + "x", "a\u001b[2Jb", "a\nb", "a\u202eb", " "}) {
      refused("OPTION_INVALID --reason", "freeze", "--reason", bad);
      refused("OPTION_INVALID --reason", "grant", "revoke", "x", "--reason", bad);
      refused("OPTION_INVALID ID", "grant", "revoke", bad);
    }
    assertThat(refused("OPTION_INVALID", "freeze", "--reason", longest + "x").err())
        .contains("expected: at most 200 characters", "found:    201 characters");
    Path named =
        Files.copy(folder.resolve("home/keys/owner.pub"), folder.resolve("a\u001b[2Jb.pub"));
    refused("OPTION_INVALID FILE", "trust", "add", named, "--role", "approver");
    done("freeze", "--reason", longest);
  }

  @Test
  void freeze_whileALaneRunsInTheHome_isRecordedAtOnce() throws Exception {
    Home home = new Home(folder.resolve("home"), Clock.systemUTC());
    try (FileChannel unused = home.lock().orElseThrow()) {
      assertThat(done("freeze", "--reason", "stop everything").out()).contains("frozen kb-");
      assertThat(home.reader().ledger().frozen()).isPresent();
    }
  }
}
