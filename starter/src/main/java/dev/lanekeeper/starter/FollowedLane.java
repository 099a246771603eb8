package dev.lanekeeper.starter;

import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.client.LaneException;
import dev.lanekeeper.client.LaneRun;
import dev.lanekeeper.client.RunEnd;
import dev.lanekeeper.text.CommandName;
import dev.lanekeeper.worker.Home;
import dev.lanekeeper.workflow.Hold;
import dev.lanekeeper.workflow.LaneAttributes;
import dev.lanekeeper.workflow.LaneEnd;
import dev.lanekeeper.workflow.LaneOutcome;
import dev.lanekeeper.workflow.LaneStatus;
import dev.lanekeeper.workflow.SealedPacket;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/** A lane on a server whose stages a command shows until it ends or holds. */
final class FollowedLane {

  private static final Duration LOOK = Duration.ofMillis(200);

  private final LaneCommand command;
  private final Connection connection;
  private final LaneRun lane;
  private final Answer answer;
  private Optional<LaneException.Code> unanswered = Optional.empty();

  /**
   * Prepares to follow a run.
   *
   * @param command for whom
   */
  FollowedLane(LaneCommand command, Connection connection, LaneRun lane) {
    this.command = command;
    this.connection = connection;
    this.lane = lane;
    this.answer =
        new Answer(lane.workflowId())
            .put("workflowId", lane.workflowId())
            .put("runId", lane.runId());
  }

  /** Follows it, whoever is away meanwhile; returns the command's exit code. */
  int toItsEnd() throws IOException {
    String watch = Shell.lanekeeper(CommandName.WATCH, lane.workflowId());
    try (Interruption interruption =
        new Interruption(
            command,
            () ->
                List.of(
                    "interrupted: the lane goes on without this command",
                    "  follow it " + watch))) {
      return follow();
    }
  }

  private int follow() throws IOException {
    boolean json = command.common().json();
    Display display = new Display(command.out(), Boolean.getBoolean("lanekeeper.terminal"), json);
    while (true) {
      Optional<RunEnd> end = answered(() -> lane.end(LOOK)).flatMap(known -> known);
      if (end.isPresent() && cutOffAs(end.get()).isPresent()) {
        return print(
            cutOffAs(end.get()).get(),
            ExitCode.FAULT,
            RunOnServerCommand.cutOff(command, lane.stub()));
      }
      Optional<LaneStatus> status = answered(lane::status);
      status.ifPresent(s -> display.update(s, System.currentTimeMillis()));
      if (end.isPresent()) {
        return ended(end.get());
      }
      Optional<Hold> hold = status.flatMap(LaneStatus::hold);
      if (hold.isPresent()) {
        return held(status.get(), hold.get());
      }
    }
  }

  /** How the server ended a run, of which no code ran any more; empty when it did not. */
  private static Optional<String> cutOffAs(RunEnd end) {
    if (end instanceof RunEnd.Terminated) {
      return Optional.of("TERMINATED");
    }
    return end instanceof RunEnd.TimedOut ? Optional.of("TIMED_OUT") : Optional.empty();
  }

  /** An answer; empty while nobody gives one, which a lane outlives, and which is said once. */
  private <T> Optional<T> answered(Supplier<T> call) {
    try {
      Optional<T> answer = Optional.of(call.get());
      unanswered = Optional.empty();
      return answer;
    } catch (LaneException.Unanswered e) {
      if (!unanswered.equals(Optional.of(e.code()))) {
        command.warn(
            e.code() == LaneException.Code.NO_WORKERS
                ? "no worker answers for the lane; waiting for one"
                : "the server does not answer; waiting for it");
      }
      unanswered = Optional.of(e.code());
      return Optional.empty();
    }
  }

  private int held(LaneStatus status, Hold hold) throws IOException {
    String next = Remedies.onServer(command.common(), lane.runId(), hold);
    answer.reject(hold.reject(), Optional.of(hold.stage().name())).hold(hold.number(), next);
    home(LaneStatus.Phase.HELD.name(), status.planDigest(), Optional.empty());
    return print("HELD", ExitCode.HELD, CommandFailure.of(hold.reject(), next).text());
  }

  private int ended(RunEnd end) throws IOException {
    if (end instanceof RunEnd.Ended own) {
      LaneOutcome outcome = own.outcome();
      return ended(outcome, outcome.end() == LaneEnd.APPLIED ? "" : outcome.sentence());
    }
    if (end instanceof RunEnd.NoOutcome none) {
      return print(none.code(), ExitCode.REJECTED, none.message());
    }
    return canceled(((RunEnd.Canceled) end).status());
  }

  private int ended(LaneOutcome outcome, String message) throws IOException {
    outcome.reject().ifPresent(r -> answer.reject(r, outcome.stage().map(Enum::name)));
    return ended(outcome.end(), outcome.alreadyApplied(), outcome.planDigest(), message);
  }

  /** An end counts when the ledger has it; what only the server shows is called unverified. */
  private int ended(LaneEnd end, boolean before, Optional<Digest> plan, String message)
      throws IOException {
    Home home = command.common().home();
    LedgerWord word =
        LedgerWord.of(
            home, connection, new RunOnServer(lane.workflowId(), lane.firstRunId()), end, before);
    if (!word.confirmed()) {
      command.err().println(LedgerWord.UNVERIFIED + ": " + word.words());
      return print(
          LedgerWord.UNVERIFIED, ExitCode.FAULT, "The server shows " + end + ". " + message);
    }
    home(word.now(), plan, word.packet());
    return word.now().equals(end.name())
        ? print(end.name(), ExitCode.of(end), message)
        : print(
            word.now(),
            word.now().equals(LedgerWord.ROLLING_BACK)
                ? ExitCode.FAULT
                : ExitCode.of(LaneEnd.valueOf(word.now())),
            message + " The ledger says: " + word.words() + ".");
  }

  /** A lane that was canceled ends so for Temporal, whatever it came to. */
  private int canceled(Optional<LaneStatus> status) throws IOException {
    Optional<LaneEnd> end = status.flatMap(LaneStatus::end);
    if (end.isEmpty()) {
      return print(
          LaneEnd.CANCELED.name(),
          ExitCode.FAULT,
          "The lane was canceled, and no worker says what it came to: see the ledger with status.");
    }
    String said =
        switch (end.get()) {
          case CANCELED -> "The lane was canceled.";
          case APPLIED -> "The cancellation came after the lane was applied, and changed nothing.";
          default -> "The lane was canceled, and ended " + end.get() + ": see its report.";
        };
    return ended(end.get(), false, status.get().planDigest(), said);
  }

  private void home(String status, Optional<Digest> plan, Optional<SealedPacket> packet)
      throws IOException {
    if (plan.isPresent()) {
      LaneResult.ofRun(answer, command.common().home(), status, plan.get(), packet);
    }
  }

  private int print(String status, int exitCode, String message) {
    command.print(answer.put("lane", name()).put("status", status).exit(exitCode));
    command.say("");
    command.say(status);
    if (!message.isEmpty()) {
      command.err().println(message);
    }
    return exitCode;
  }

  /** The lane's name, which it shows once it runs, or else the workflow's id. */
  private String name() {
    return Optional.ofNullable(
            lane.stub().describe().getTypedSearchAttributes().get(LaneAttributes.NAME))
        .orElse(lane.workflowId());
  }
}
