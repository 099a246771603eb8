package dev.lanekeeper.starter;

import dev.lanekeeper.canonical.Json;
import dev.lanekeeper.kb.LedgerEntry;
import dev.lanekeeper.kb.LedgerState;
import dev.lanekeeper.worker.Home;
import dev.lanekeeper.workflow.LaneAttributes;
import dev.lanekeeper.workflow.LaneEnd;
import dev.lanekeeper.workflow.LaneStatus;
import dev.lanekeeper.workflow.Owner;
import io.temporal.client.WorkflowExecutionMetadata;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Lists lanes. */
@Command(name = "list", description = "List the lanes on the server, in its order.")
final class ListCommand extends ServerCommand {

  @Option(
      names = "--status",
      paramLabel = "STATUS",
      description =
          "Only these: RUNNING, HELD, APPLIED, REJECTED, ROLLED_BACK, ROLLBACK_FAILED, TERMINATED, …")
  private String status;

  @Option(names = "--limit", paramLabel = "N", description = "At most so many. Default: 50.")
  private int limit = 50;

  @Override
  String subject() {
    return "";
  }

  private static final String HELD = LaneStatus.Phase.HELD.name();

  private static final String COMPLETED = "COMPLETED";

  private static final Set<String> ENDS =
      Stream.of(LaneEnd.values()).map(LaneEnd::name).collect(Collectors.toUnmodifiableSet());

  private record Row(String lane, String status, String started, String workflowId, String runId) {}

  @Override
  int perform() throws CommandFailure, IOException {
    if (limit < 1) {
      throw invalid("--limit", "a number from 1", limit);
    }
    return super.perform();
  }

  @Override
  int perform(Connection connection) throws IOException {
    Home home = common().home();
    Optional<LedgerState> ledger =
        home.hasKnowledgeBase() ? Optional.of(home.reader().ledger()) : Optional.empty();
    List<Row> rows =
        connection
            .client()
            .listExecutions("WorkflowType IN ('Lane', 'LaneRollback')")
            .map(run -> row(run, ledger, connection))
            .filter(row -> status == null || row.status().equalsIgnoreCase(status))
            .limit(limit)
            .toList();
    if (common().json()) {
      print(Json.object().set("lanes", Json.tree(rows)));
      return 0;
    }
    say(String.format(Locale.ROOT, "%-16s  %-24s  %s", "STATUS", "STARTED", "WORKFLOW"));
    rows.forEach(
        r ->
            say(
                String.format(
                    Locale.ROOT, "%-16s  %-24s  %s", r.status(), r.started(), r.workflowId())));
    return 0;
  }

  private static Row row(
      WorkflowExecutionMetadata run, Optional<LedgerState> ledger, Connection connection) {
    Optional<String> lane =
        Optional.ofNullable(run.getTypedSearchAttributes().get(LaneAttributes.NAME));
    return new Row(
        lane.orElse(""),
        status(run, ledger, connection),
        run.getStartTime().toString(),
        run.getExecution().getWorkflowId(),
        run.getExecution().getRunId());
  }

  /** The state of a run: its end as the ledger has it, or what the server shows, said to be so. */
  private static String status(
      WorkflowExecutionMetadata run, Optional<LedgerState> ledger, Connection connection) {
    String shown = shown(run);
    if (!ENDS.contains(shown)) {
      // A lane that completes says its end; who completed this one is for nobody here to know.
      return shown.equals(COMPLETED) ? shown + " " + LedgerWord.UNVERIFIED : shown;
    }
    Optional<LedgerEntry.RunOpened> opened =
        ledger.flatMap(l -> RunOnServer.of(run).in(l, connection));
    if (opened.isEmpty()) {
      // A reset gave the run another id; a rollback is about a run that is not its own.
      return shown + " " + LedgerWord.UNVERIFIED;
    }
    Owner owner = opened.get().owner();
    return ledger
        .filter(l -> l.hasEnded(owner, LaneEnd.valueOf(shown)))
        .map(l -> LedgerWord.now(l, owner))
        .orElse(LedgerWord.UNVERIFIED);
  }

  /**
   * What the server shows of a run: the lane's own word while it may still be true, if it is a word
   * that lanes say, and Temporal's own else.
   */
  private static String shown(WorkflowExecutionMetadata run) {
    Optional<String> own =
        Optional.ofNullable(run.getTypedSearchAttributes().get(LaneAttributes.STATUS));
    String temporal = run.getStatus().name().replace("WORKFLOW_EXECUTION_STATUS_", "");
    boolean open = run.getCloseTime() == null;
    // What the server closed without asking the lane still shows what the lane said last.
    return own.filter(s -> open ? s.equals(HELD) : ENDS.contains(s)).orElse(temporal);
  }
}
