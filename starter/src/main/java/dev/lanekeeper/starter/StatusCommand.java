package dev.lanekeeper.starter;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lanekeeper.canonical.Json;
import dev.lanekeeper.verdict.RejectCode;
import dev.lanekeeper.workflow.Hold;
import dev.lanekeeper.workflow.LaneEnd;
import dev.lanekeeper.workflow.LaneStatus;
import io.temporal.client.WorkflowStub;
import java.io.IOException;
import java.util.Optional;
import picocli.CommandLine.Command;

/** Shows what a lane is doing. */
@Command(name = "status", description = "Show the state of a lane on the server, and why it waits.")
final class StatusCommand extends RunOnServerCommand {

  @Override
  int perform(Connection connection) throws CommandFailure, IOException {
    WorkflowStub lane = lane(connection);
    Optional<String> cutOff = cutOffAs(lane);
    if (common().json()) {
      print(json(connection, lane, cutOff));
      return 0;
    }
    say("workflow  " + lane.getExecution().getWorkflowId());
    say("run       " + lane.getExecution().getRunId());
    if (cutOff.isPresent()) {
      say("phase     " + cutOff.get());
      sayLines(cutOff(this, lane));
      return 0;
    }
    LaneStatus status = status(connection, lane);
    Optional<LedgerWord> word = word(connection, lane, status);
    boolean contradicted =
        word.filter(w -> !w.confirmed()).isPresent() && common().home().hasKnowledgeBase();
    String end = status.end().map(e -> end(e, word, contradicted)).orElse("");
    say("phase     " + status.phase() + end);
    word.ifPresent(
        w -> say("ledger    " + (w.confirmed() ? "" : LedgerWord.UNVERIFIED + ": ") + w.words()));
    new Display(out(), false, false).update(status, System.currentTimeMillis());
    status.hold().ifPresent(hold -> sayLines(held(lane, hold)));
    return 0;
  }

  private static String end(LaneEnd shown, Optional<LedgerWord> word, boolean contradicted) {
    if (contradicted) {
      return " " + LedgerWord.UNVERIFIED + ", shown as " + shown;
    }
    Optional<String> since =
        word.filter(LedgerWord::confirmed)
            .map(LedgerWord::now)
            .filter(now -> !now.equals(shown.name()));
    return since.map(now -> " " + now + ", after " + shown).orElse(" " + shown);
  }

  private ObjectNode json(Connection connection, WorkflowStub lane, Optional<String> cutOff)
      throws IOException {
    if (cutOff.isPresent()) {
      return Json.object().put("cutOff", cutOff.get()).put("verified", false);
    }
    LaneStatus status = status(connection, lane);
    Optional<LedgerWord> word = word(connection, lane, status);
    ObjectNode json = (ObjectNode) Json.tree(status);
    json.remove("packet");
    json.putNull("cutOff");
    json.put("verified", word.map(LedgerWord::confirmed).orElse(false));
    json.put("endNow", word.map(LedgerWord::now).orElse(null));
    return json.put("ledger", word.map(LedgerWord::words).orElse(null));
  }

  /** What the ledger says of an end that the server shows. */
  private Optional<LedgerWord> word(Connection connection, WorkflowStub lane, LaneStatus status)
      throws IOException {
    return status.end().isEmpty()
        ? Optional.empty()
        : Optional.of(
            LedgerWord.of(
                common().home(),
                connection,
                RunOnServer.of(lane),
                status.end().get(),
                alreadyApplied(status)));
  }

  /** Whether the lane ended in S0 because an earlier run had applied its plan. */
  private static boolean alreadyApplied(LaneStatus status) {
    return status.stages().size() == 1
        && status.stages().get(0).verdict().startsWith(RejectCode.ALREADY_APPLIED.name());
  }

  private static LaneStatus status(Connection connection, WorkflowStub lane) {
    return connection.lanes().status(lane);
  }

  /** Why a lane waits, and the command that answers it. */
  private String held(WorkflowStub lane, Hold hold) {
    String run = lane.getExecution().getRunId();
    String next = Remedies.onServer(common(), run, hold);
    return CommandFailure.of(hold.reject(), next).text();
  }
}
