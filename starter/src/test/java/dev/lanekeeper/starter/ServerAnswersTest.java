package dev.lanekeeper.starter;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.canonical.Json;
import dev.lanekeeper.kb.LedgerEntry;
import dev.lanekeeper.lane.Stage;
import dev.lanekeeper.testkit.TestLane;
import dev.lanekeeper.verdict.RejectCode;
import dev.lanekeeper.verdict.Verdict;
import dev.lanekeeper.worker.Home;
import dev.lanekeeper.workflow.Hold;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the commands for a server answer, as far as it needs no server. */
class ServerAnswersTest {

  @TempDir private Path folder;

  private Home home() {
    return new Home(folder, Clock.systemUTC());
  }

  private static JsonNode json(Answer answer) throws IOException {
    return Json.parse(answer.text().getBytes(StandardCharsets.UTF_8));
  }

  private static String next(RejectCode code) {
    Verdict.Reject reject = Verdict.reject(code, "", "one thing", "another");
    return Remedies.onServer(new Common(), "RUN", new Hold(3, Stage.S5, reject, ""));
  }

  @ParameterizedTest
  @CsvSource({
    "APPROVAL_MISSING, approve RUN --key APPROVER.key",
    "APPROVAL_INVALID, approve RUN --key APPROVER.key",
    "APPROVAL_EXPIRED, approve RUN --key APPROVER.key",
    "GRANT_MISSING, resume RUN --hold 3",
    "GRANT_EXPIRED, resume RUN --hold 3",
    "GRANT_CONSUMED, resume RUN --hold 3",
    "FROZEN, unfreeze --resume",
    "DOCUMENT_PRESENT, resume RUN --hold 3",
    "CLAIM_HELD, resume RUN --hold 3"
  })
  void heldLane_isAnsweredByTheCommandThatRemovesTheCause(RejectCode code, String command) {
    assertThat(next(code)).isEqualTo("./lanekeeper " + command);
  }

  @Test
  void endedRun_isAnsweredWithWhatTheHomeHasOfIt() throws Exception {
    JsonNode run = Cli.run("run", TestLane.FIX7, "--home", folder, "--json").json();
    Digest plan = new Digest(run.path("planDigest").asText());
    LedgerEntry.RunEnded applied = home().reader().ledger().applied(plan).orElseThrow();
    Answer answer = new Answer("fix7-p0");
    LaneResult.ofRun(answer, home(), "APPLIED", plan, applied.packet());
    for (String field :
        new String[] {
          "planDigest",
          "statusToken",
          "ownerKey",
          "grantExpires",
          "packet",
          "packetTree",
          "report",
          "documents"
        }) {
      assertThat(json(answer).path(field)).as(field).isEqualTo(run.path(field));
    }
  }

  @Test
  void run_whosePlanOrHomeIsElsewhere_isAnsweredWithItsDigest() throws Exception {
    Digest plan = Digest.of("plan");
    Answer answer = new Answer("lane");
    LaneResult.ofRun(answer, home(), "HELD", plan, Optional.empty());
    assertThat(json(answer).path("planDigest").asText()).isEqualTo(plan.hex());
    assertThat(Cli.run("kb", "create", "--environment", "test", "--home", folder).exitCode())
        .isZero();
    LaneResult.ofRun(answer, home(), "HELD", plan, Optional.empty());
    assertThat(json(answer).path("statusToken").asText()).isEmpty();
  }
}
