package dev.lanekeeper.starter;

import dev.lanekeeper.client.LaneException;
import dev.lanekeeper.kb.LedgerEntry;
import dev.lanekeeper.kb.LedgerState;
import dev.lanekeeper.text.CommandName;
import dev.lanekeeper.verdict.RejectCode;
import dev.lanekeeper.worker.Home;
import dev.lanekeeper.workflow.LaneStatus;
import dev.lanekeeper.workflow.Owner;
import io.temporal.api.common.v1.WorkflowExecution;
import io.temporal.client.WorkflowExecutionDescription;
import io.temporal.client.WorkflowExecutionMetadata;
import io.temporal.client.WorkflowStub;
import io.temporal.client.WorkflowTargetOptions;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import picocli.CommandLine.Parameters;

/** A command about one lane run on a real server. */
abstract class RunOnServerCommand extends ServerCommand {

  @Parameters(
      paramLabel = "LANE|WORKFLOW_ID|RUN_ID",
      description = "The lane's name, the workflow's id or the run's.")
  private String which;

  /** The lane or workflow id, as typed. */
  final String which() {
    return which;
  }

  @Override
  final String subject() {
    return which;
  }

  /** The runs that the word names in a ledger, oldest first. */
  final Stream<LedgerEntry.RunOpened> named(LedgerState ledger) {
    return ledger
        .all(LedgerEntry.RunOpened.class)
        .filter(
            run ->
                run.lane().value().equals(which)
                    || run.owner().workflowId().equals(which)
                    || run.owner().runId().value().equals(which));
  }

  /**
   * The newest run that the word means, open ones first: one of the ledger, or, where that knows
   * none, one that the server shows, which is then said.
   *
   * @throws CommandFailure when there is none, or when a lane's name means several open ones
   */
  final WorkflowStub lane(Connection connection) throws CommandFailure, IOException {
    Home home = common().home();
    if (home.hasKnowledgeBase()) {
      LedgerState ledger = home.reader().ledger();
      List<Owner> known =
          named(ledger)
              .map(LedgerEntry.RunOpened::owner)
              .filter(connection::knows)
              .distinct()
              .toList();
      List<Owner> open = known.stream().filter(owner -> connection.mayGoOn(ledger, owner)).toList();
      if (open.size() > 1) {
        throw ambiguous(open.stream().map(owner -> owner.runId().value()).toList());
      }
      Optional<Owner> chosen =
          open.isEmpty() ? known.stream().reduce((a, b) -> b) : Optional.of(open.get(0));
      if (chosen.filter(connection::has).isPresent()) {
        return newest(connection, chosen.get());
      }
    }
    return shownByServer(connection);
  }

  private WorkflowStub shownByServer(Connection connection) throws CommandFailure {
    String name = which.replaceAll("['\\\\]", "");
    // A rollback is named by its ids only: it is a run about another run of the lane.
    String query =
        "WorkflowType IN ('Lane', 'LaneRollback') AND (WorkflowId = '"
            + name
            + "' OR RunId = '"
            + name
            + "' OR (WorkflowType = 'Lane' AND (WorkflowId STARTS_WITH '"
            + name
            + ":' OR LaneName = '"
            + name
            + "')))";
    List<WorkflowExecutionMetadata> found =
        connection.client().listExecutions(query).limit(1000).toList();
    List<WorkflowExecutionMetadata> open =
        found.stream().filter(e -> e.getCloseTime() == null).toList();
    List<WorkflowExecutionMetadata> exact =
        open.stream().filter(e -> e.getExecution().getWorkflowId().equals(name)).toList();
    if (open.size() > 1 && exact.isEmpty()) {
      throw ambiguous(open.stream().map(e -> e.getExecution().getWorkflowId()).toList());
    }
    WorkflowExecutionMetadata chosen =
        Stream.of(exact, open, found)
            .flatMap(List::stream)
            .findFirst()
            .orElseThrow(() -> unknown(connection));
    return newest(connection, run(connection, chosen.getExecution()));
  }

  private static WorkflowStub run(Connection connection, WorkflowExecution run) {
    return connection
        .client()
        .newUntypedWorkflowStub(
            WorkflowTargetOptions.newBuilder()
                .setWorkflowId(run.getWorkflowId())
                .setRunId(run.getRunId())
                .build(),
            Optional.empty());
  }

  /** A run of the ledger, or what a reset made of it. */
  static WorkflowStub newest(Connection connection, Owner owner) {
    WorkflowExecution execution =
        WorkflowExecution.newBuilder()
            .setWorkflowId(owner.workflowId())
            .setRunId(owner.runId().value())
            .build();
    return newest(connection, run(connection, execution));
  }

  /** The run, or what a reset made of it. */
  static WorkflowStub newest(Connection connection, WorkflowStub run) {
    WorkflowExecutionDescription latest =
        connection.client().newUntypedWorkflowStub(run.getExecution().getWorkflowId()).describe();
    return firstRun(latest).equals(firstRun(run.describe()))
        ? run(connection, latest.getExecution())
        : run;
  }

  private static String firstRun(WorkflowExecutionDescription run) {
    return run.getWorkflowExecutionInfo().getFirstRunId();
  }

  private CommandFailure ambiguous(List<String> ids) {
    return new CommandFailure(
        ExitCode.USAGE,
        CommandCode.LANE_AMBIGUOUS,
        which,
        "one lane that is under way",
        ids.size() + " of them: " + String.join(", ", ids),
        "name one of them",
        Shell.lanekeeper(ownName(), ids.get(0)));
  }

  /**
   * How the server ended a run, of which no code ran any more; empty when it did not. A worker may
   * be unable to say where such a run stood.
   */
  static Optional<String> cutOffAs(WorkflowStub lane) {
    return switch (lane.describe().getStatus()) {
      case WORKFLOW_EXECUTION_STATUS_TERMINATED -> Optional.of("TERMINATED");
      case WORKFLOW_EXECUTION_STATUS_TIMED_OUT -> Optional.of("TIMED_OUT");
      default -> Optional.empty();
    };
  }

  /** What is to do about such a run. */
  static String cutOff(LaneCommand command, WorkflowStub lane) {
    String run = firstRun(lane.describe());
    return "The server ended the lane, and no code of it ran any more. To withdraw what it may have"
        + " published:\n  "
        + Shell.lanekeeper(command.common().with(CommandName.ROLLBACK, run));
  }

  private CommandFailure unknown(Connection connection) {
    return new CommandFailure(
        ExitCode.USAGE,
        RejectCode.RUN_UNKNOWN,
        which,
        "a lane or workflow id that ran in namespace " + connection.namespace(),
        "none of that name",
        "name one that the list shows",
        Shell.lanekeeper(CommandName.LIST));
  }

  /** The hold that a lane waits at. */
  final int holdOf(Connection connection, WorkflowStub lane) throws CommandFailure {
    Optional<String> cutOff = cutOffAs(lane);
    if (cutOff.isPresent()) {
      throw notHeld(lane, cutOff.get());
    }
    LaneStatus status = connection.lanes().status(lane);
    return status.hold().orElseThrow(() -> notHeld(lane, status.phase().name())).number();
  }

  private static CommandFailure notHeld(WorkflowStub lane, String found) {
    return new CommandFailure(
        ExitCode.REJECTED,
        CommandCode.NOT_HELD,
        lane.getExecution().getWorkflowId(),
        "a lane that is held",
        "a lane that is " + found,
        "look at it",
        Shell.lanekeeper(CommandName.STATUS, lane.getExecution().getWorkflowId()));
  }

  /** Sends an update; a lane that refuses it is named with its reason. */
  final void send(WorkflowStub lane, int hold, Runnable update) throws CommandFailure {
    String id = lane.getExecution().getWorkflowId();
    try {
      update.run();
    } catch (LaneException.Refused e) {
      throw refused(id, hold, e.found());
    }
    say("sent " + ownName() + " for hold " + hold + " of " + id);
    say("follow it  " + Shell.lanekeeper(CommandName.WATCH, id));
  }

  private CommandFailure refused(String id, int hold, String actual) {
    return new CommandFailure(
        ExitCode.REJECTED,
        CommandCode.UPDATE_REFUSED,
        id,
        "a lane that can " + ownName() + " hold " + hold,
        actual,
        "look at the lane",
        Shell.lanekeeper(CommandName.STATUS, id));
  }
}
