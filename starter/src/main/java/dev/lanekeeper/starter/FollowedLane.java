package dev.lanekeeper.starter;

import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.client.LaneClient;
import dev.lanekeeper.client.LaneException;
import dev.lanekeeper.files.FaultText;
import dev.lanekeeper.text.CommandName;
import dev.lanekeeper.worker.Home;
import dev.lanekeeper.workflow.Hold;
import dev.lanekeeper.workflow.LaneAttributes;
import dev.lanekeeper.workflow.LaneEnd;
import dev.lanekeeper.workflow.LaneOutcome;
import dev.lanekeeper.workflow.LaneStatus;
import dev.lanekeeper.workflow.SealedPacket;
import io.temporal.client.WorkflowStub;
import io.temporal.failure.ApplicationFailure;
import io.temporal.failure.CanceledFailure;
import io.temporal.failure.TerminatedFailure;
import io.temporal.failure.TimeoutFailure;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** A lane on a server whose stages a command shows until it ends or holds. */
final class FollowedLane {

  private final LaneCommand command;
  private final Connection connection;
  private final WorkflowStub lane;
  private final Optional<Path> folder;
  private final LaneClient client;
  private final Answer answer;
  private boolean alone;

  /**
   * Prepares to follow a run.
   *
   * @param command for whom
   * @param folder the lane's folder, if it is known
   */
  FollowedLane(
      LaneCommand command, Connection connection, WorkflowStub lane, Optional<Path> folder) {
    this.command = command;
    this.connection = connection;
    this.lane = lane;
    this.folder = folder;
    this.client = new LaneClient(connection.client());
    this.answer =
        new Answer(lane.getExecution().getWorkflowId())
            .put("workflowId", lane.getExecution().getWorkflowId())
            .put("runId", lane.getExecution().getRunId());
  }

  /** Follows it; returns the command's exit code. */
  int toItsEnd() throws IOException {
    String watch = Shell.lanekeeper(CommandName.WATCH, lane.getExecution().getWorkflowId());
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
    Optional<String> cutOff = RunOnServerCommand.cutOffAs(lane);
    if (cutOff.isPresent()) {
      return cutOff(cutOff.get());
    }
    boolean json = command.common().json();
    Display display = new Display(command.out(), Boolean.getBoolean("lanekeeper.terminal"), json);
    CompletableFuture<LaneOutcome> result = lane.getResultAsync(LaneOutcome.class);
    while (true) {
      try {
        LaneOutcome outcome = result.get(200, TimeUnit.MILLISECONDS);
        display.update(client.status(lane), System.currentTimeMillis());
        return ended(outcome, "");
      } catch (TimeoutException stillRunning) {
        Optional<LaneStatus> status = answered();
        status.ifPresent(s -> display.update(s, System.currentTimeMillis()));
        Optional<Hold> hold = status.flatMap(LaneStatus::hold);
        if (hold.isPresent() && !result.isDone()) {
          return held(status.get(), hold.get());
        }
      } catch (ExecutionException | CompletionException e) {
        return failed(e.getCause());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return ExitCode.FAULT;
      }
    }
  }

  /** What the lane is doing; empty while no worker answers, which a lane outlives. */
  private Optional<LaneStatus> answered() {
    try {
      Optional<LaneStatus> status = Optional.of(client.status(lane));
      alone = false;
      return status;
    } catch (LaneException.Unanswered e) {
      if (!alone) {
        command.err().println("no worker answers for the lane; waiting for one");
      }
      alone = true;
      return Optional.empty();
    }
  }

  private int held(LaneStatus status, Hold hold) throws IOException {
    String run = lane.getExecution().getRunId();
    String next = Remedies.onServer(command.common(), run, hold);
    answer.reject(hold.reject(), Optional.of(hold.stage().name())).hold(hold.number(), next);
    home(LaneStatus.Phase.HELD.name(), status.planDigest(), Optional.empty());
    return print("HELD", ExitCode.HELD, CommandFailure.of(hold.reject(), next).text());
  }

  private int failed(Throwable failure) throws IOException {
    Throwable cause = failure.getCause();
    Optional<LaneOutcome> outcome = LaneClient.outcome(failure);
    if (cause instanceof ApplicationFailure application) {
      return outcome.isPresent()
          ? ended(outcome.get(), application.getOriginalMessage())
          : print(application.getType(), ExitCode.REJECTED, application.getOriginalMessage());
    }
    if (cause instanceof CanceledFailure) {
      return canceled(cause.getMessage());
    }
    if (cause instanceof TerminatedFailure || cause instanceof TimeoutFailure) {
      // A reset ends a run that goes on as another.
      WorkflowStub newest = RunOnServerCommand.newest(connection, lane);
      return newest.getExecution().getRunId().equals(lane.getExecution().getRunId())
          ? cutOff(cause instanceof TerminatedFailure ? "TERMINATED" : "TIMED_OUT")
          : new FollowedLane(command, connection, newest, folder).toItsEnd();
    }
    return print("FAULT", ExitCode.FAULT, FaultText.of(failure));
  }

  private int ended(LaneOutcome outcome, String message) throws IOException {
    outcome.reject().ifPresent(r -> answer.reject(r, outcome.stage().map(Enum::name)));
    return ended(outcome.end(), outcome.alreadyApplied(), outcome.planDigest(), message);
  }

  /** An end counts when the ledger has it; what only the server shows is called unverified. */
  private int ended(LaneEnd end, boolean before, Optional<Digest> plan, String message)
      throws IOException {
    Home home = command.common().home();
    LedgerWord word = LedgerWord.of(home, connection, RunOnServer.of(lane), end, before);
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

  private int cutOff(String word) {
    return print(word, ExitCode.FAULT, RunOnServerCommand.cutOff(command, lane));
  }

  /** A lane that was canceled ends so for Temporal, whatever it came to. */
  private int canceled(String message) throws IOException {
    LaneStatus status = client.status(lane);
    LaneEnd end = status.end().orElse(LaneEnd.CANCELED);
    String said =
        switch (end) {
          case CANCELED -> message;
          case APPLIED -> "The cancellation came after the lane was applied, and changed nothing.";
          default -> "The lane was canceled, and ended " + end + ": see its report.";
        };
    return ended(end, false, status.planDigest(), said);
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
    return Optional.ofNullable(lane.describe().getTypedSearchAttributes().get(LaneAttributes.NAME))
        .orElse(lane.getExecution().getWorkflowId());
  }
}
