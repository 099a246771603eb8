package dev.lanekeeper.starter;

import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.client.LaneClient;
import dev.lanekeeper.client.LaneRun;
import dev.lanekeeper.client.RunEnd;
import dev.lanekeeper.files.FaultText;
import dev.lanekeeper.files.Named;
import dev.lanekeeper.grant.RollbackGrant;
import dev.lanekeeper.kb.LedgerEntry;
import dev.lanekeeper.kb.LedgerState;
import dev.lanekeeper.lane.LaneName;
import dev.lanekeeper.signature.Envelope;
import dev.lanekeeper.text.CommandName;
import dev.lanekeeper.verdict.RejectCode;
import dev.lanekeeper.worker.Home;
import dev.lanekeeper.workflow.Hold;
import dev.lanekeeper.workflow.LaneEnd;
import dev.lanekeeper.workflow.LaneOutcome;
import dev.lanekeeper.workflow.Owner;
import dev.lanekeeper.workflow.RollbackRequest;
import dev.lanekeeper.workflow.SealedPacket;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Predicate;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Withdraws what an interrupted or held run published, and only that. */
@Command(
    name = "rollback",
    description = {
      "Withdraw what an interrupted or held run published, and only that.",
      "A run of a server: on the server that Temporal's environment configuration names."
    })
final class RollbackCommand extends LaneCommand {

  /** How long to wait for the end before the worker is asked whether it is there. */
  private static final Duration LOOK = Duration.ofSeconds(2);

  @Parameters(paramLabel = "LANE|RUN_ID", description = "The lane's name, or a run's id.")
  private String which;

  @Option(
      names = "--grant",
      paramLabel = "FILE",
      description =
          "For an applied lane: the owner's authorization, from 'lanekeeper grant rollback'. Default: the"
              + " newest stored one.")
  private Path grantFile;

  @Override
  String subject() {
    return which;
  }

  /**
   * The engine that ran it can judge it: a server, or an embedded one, whose runs a server that is
   * named withdraws as well, because its workers keep the home from an embedded engine.
   */
  @Override
  int perform() throws CommandFailure, IOException {
    Home home = common().homeWithKnowledgeBase();
    LedgerState ledger = home.reader().ledger();
    Optional<LedgerEntry.RunOpened> run = choose(home, ledger, none -> false);
    if (run.isPresent()) {
      boolean ranHere = Connection.embedded(run.get().owner());
      return ranHere && !Connection.named(System.getenv()) ? embedded(home) : onServer(home);
    }
    // A server may have one that is held, and of which the ledger knows nothing to withdraw.
    boolean serverKnowsMore =
        named(ledger)
            .map(LedgerEntry.RunOpened::owner)
            .anyMatch(o -> !Connection.embedded(o) && ledger.effectiveEnd(o).isEmpty());
    return serverKnowsMore ? onServer(home) : nothing(ledger);
  }

  private int embedded(Home home) throws CommandFailure, IOException {
    FileChannel lock = common().lock(home, again(), "env TEMPORAL_ADDRESS=HOST:PORT " + again());
    try {
      LedgerState ledger = home.reader().ledger();
      Optional<LedgerEntry.RunOpened> opened = choose(home, ledger, none -> false);
      if (opened.isEmpty()) {
        return nothing(ledger);
      }
      String unfinished = "interrupted: the rollback of " + which + " may be unfinished";
      try (Session session = Session.start(home, lock);
          Interruption interruption =
              new Interruption(this, () -> List.of(unfinished, "  go on     " + again()))) {
        Optional<Digest> grant = grant(home);
        LaneOutcome outcome =
            rollBack(
                this, session.client(), home, opened.get().lane(), opened.get().owner(), grant);
        return report(home, opened.get(), outcome);
      }
    } finally {
      lock.close();
    }
  }

  /**
   * A run that the server still has open is asked to roll itself back, which it does only when
   * held; one that is closed there is withdrawn by a workflow of its own.
   */
  private int onServer(Home home) throws CommandFailure, IOException {
    try (FileChannel lock = common().lockShared(home, again());
        Connection connection =
            Connection.server(System.getenv(), WorkerProcess.identity(), again())) {
      LedgerState ledger = home.reader().ledger();
      Optional<LedgerEntry.RunOpened> opened =
          choose(home, ledger, run -> connection.mayGoOn(ledger, run));
      if (opened.isEmpty()) {
        return nothing(ledger);
      }
      Owner owner = opened.get().owner();
      LaneClient client = connection.lanes();
      LaneName lane = opened.get().lane();
      LaneOutcome outcome =
          connection.provenClosed(owner)
              ? rollBack(this, client, home, lane, owner, grant(home))
              : askItself(connection, client, owner);
      if (outcome.end() == LaneEnd.APPLIED) {
        // It was applied, and held because nobody heard of it; now it has ended.
        outcome = rollBack(this, client, home, lane, owner, grant(home));
      }
      return report(home, opened.get(), outcome);
    }
  }

  private LaneOutcome askItself(Connection connection, LaneClient client, Owner owner)
      throws CommandFailure {
    if (!connection.knows(owner)) {
      throw new CommandFailure(
          ExitCode.REJECTED,
          CommandCode.ANOTHER_ENGINE,
          owner.runId().value(),
          "a run of namespace " + connection.namespace() + " at " + connection.address(),
          "one of namespace "
              + owner.namespace()
              + " of "
              + owner.engine()
              + ", which this command cannot ask whether it is closed",
          "roll back from the server and namespace that ran it",
          again());
    }
    LaneRun lane = client.run(owner.workflowId(), owner.runId().value());
    Optional<Hold> hold = lane.status().hold();
    if (hold.isEmpty()) {
      throw new CommandFailure(
          ExitCode.REJECTED,
          CommandCode.NOT_HELD,
          owner.workflowId(),
          "a run that is held or closed",
          "one that is running",
          "wait until it ends or holds; to stop it now, cancel it in the Web UI",
          Shell.lanekeeper(CommandName.WATCH, owner.workflowId()));
    }
    lane.rollback(hold.get().number(), UUID.randomUUID().toString());
    return awaited(this, lane);
  }

  /**
   * The one run that there is to withdraw: the applied one that a given grant names, or else one
   * that was interrupted or is held, or an applied one that a stored grant names.
   *
   * @param goesOn whether a server has a run under way
   * @throws CommandFailure when no such run is known, or when there are several
   */
  private Optional<LedgerEntry.RunOpened> choose(
      Home home, LedgerState ledger, Predicate<Owner> goesOn) throws CommandFailure, IOException {
    List<LedgerEntry.RunOpened> named = named(ledger).toList();
    if (named.isEmpty()) {
      throw unknown("a lane or run that ran in this home", "none of that name");
    }
    if (grantFile != null) {
      return Optional.of(granted(named));
    }
    Set<LedgerEntry.RunOpened> found = new LinkedHashSet<>(interrupted(named, ledger, goesOn));
    for (LedgerEntry.RunOpened run : named) {
      boolean authorized =
          ledger.isApplied(run.owner()) && new Authority(home).mayWithdraw(run.owner());
      if (authorized) {
        found.add(run);
      }
    }
    List<String> ids = found.stream().map(run -> run.owner().runId().value()).distinct().toList();
    if (ids.size() > 1) {
      throw new CommandFailure(
          ExitCode.USAGE,
          CommandCode.RUN_AMBIGUOUS,
          which,
          "one run that there is to withdraw",
          ids.size() + " of them: " + String.join(", ", ids),
          "name the run",
          Shell.lanekeeper(common().with(CommandName.ROLLBACK, ids.get(0))));
    }
    return found.stream().findFirst();
  }

  private Stream<LedgerEntry.RunOpened> named(LedgerState ledger) {
    return ledger
        .all(LedgerEntry.RunOpened.class)
        .filter(r -> r.lane().value().equals(which) || r.owner().runId().value().equals(which));
  }

  /** The runs with an open claim, or else those under way, or else the newest if it never ended. */
  private static List<LedgerEntry.RunOpened> interrupted(
      List<LedgerEntry.RunOpened> named, LedgerState ledger, Predicate<Owner> goesOn) {
    List<LedgerEntry.RunOpened> claimed =
        named.stream().filter(r -> ledger.openClaim(r.owner()).isPresent()).toList();
    if (!claimed.isEmpty()) {
      return claimed;
    }
    List<LedgerEntry.RunOpened> open = named.stream().filter(r -> goesOn.test(r.owner())).toList();
    LedgerEntry.RunOpened newest = named.get(named.size() - 1);
    return open.isEmpty() && ledger.unfinished(newest.owner()) ? List.of(newest) : open;
  }

  /** The run that the grant names; whether the grant holds is for the worker to say. */
  private LedgerEntry.RunOpened granted(List<LedgerEntry.RunOpened> named)
      throws CommandFailure, IOException {
    Owner granted;
    try {
      granted = RollbackGrant.in(Envelope.read(Named.read(grantFile, Authority.GRANT_LIMIT))).run();
    } catch (IOException | IllegalArgumentException e) {
      throw new CommandFailure(
          ExitCode.REJECTED,
          RejectCode.GRANT_MALFORMED,
          grantFile.toString(),
          "a grant to withdraw an applied run, as "
              + CommandName.GRANT_ROLLBACK.quoted()
              + " writes it",
          FaultText.of(e),
          "present the grant that " + CommandName.GRANT_ROLLBACK.quoted() + " wrote",
          Shell.lanekeeper(common().with(CommandName.GRANT_ROLLBACK, which)));
    }
    return named.stream()
        .filter(run -> run.owner().equals(granted))
        .findFirst()
        .orElseThrow(
            () -> unknown("a grant of a run of " + which, "one of run " + granted.runId()));
  }

  /** The grant that the command names, stored where the worker finds it. */
  private Optional<Digest> grant(Home home) throws IOException {
    return grantFile == null
        ? Optional.empty()
        : Optional.of(home.evidence().putGrant(Named.read(grantFile, Authority.GRANT_LIMIT)));
  }

  /** The newest run of that name, if it is applied. */
  static Optional<LedgerEntry.RunOpened> applied(LedgerState ledger, String which) {
    return ledger
        .all(LedgerEntry.RunOpened.class)
        .filter(r -> r.lane().value().equals(which) || r.owner().runId().value().equals(which))
        .filter(r -> ledger.isApplied(r.owner()))
        .reduce((first, second) -> second);
  }

  private CommandFailure unknown(String expected, String actual) {
    return new CommandFailure(
        ExitCode.USAGE,
        RejectCode.RUN_UNKNOWN,
        which,
        expected,
        actual,
        "name a lane or a run id as "
            + CommandName.RUN.quoted()
            + " printed it, and the home it ran in",
        Shell.lanekeeper(CommandName.ROLLBACK, "--help"));
  }

  private int nothing(LedgerState ledger) throws CommandFailure {
    Optional<LedgerEntry.RunOpened> applied = applied(ledger, which);
    if (applied.isPresent()) {
      throw new CommandFailure(
          ExitCode.REJECTED,
          RejectCode.ROLLBACK_NEEDS_GRANT,
          which,
          "a grant to withdraw the applied run " + applied.get().owner().runId(),
          "none",
          RejectCode.ROLLBACK_NEEDS_GRANT.remedy(),
          Shell.lanekeeper(common().with(CommandName.GRANT_ROLLBACK, which)) + " && " + again());
    }
    say("nothing to withdraw: no interrupted or held run of " + which);
    if (common().json()) {
      out().println(new Answer(which).put("status", "NOTHING_TO_WITHDRAW").exit(0).text());
    }
    return 0;
  }

  private int report(Home home, LedgerEntry.RunOpened run, LaneOutcome outcome)
      throws CommandFailure, IOException {
    if (outcome.end() == LaneEnd.REJECTED) {
      throw CommandFailure.of(outcome.reject().orElseThrow(), again());
    }
    boolean done = outcome.end() == LaneEnd.ROLLED_BACK;
    Optional<LedgerEntry.RunEnded> recorded =
        home.reader().ledger().effectiveEnd(run.owner()).filter(e -> e.end() == outcome.end());
    if (done && recorded.isEmpty()) {
      throw unverified(run);
    }
    Optional<SealedPacket> packet = recorded.flatMap(LedgerEntry.RunEnded::packet);
    Answer answer =
        new Answer(run.lane().value())
            .put("status", outcome.end().name())
            .put("statusToken", outcome.end().name())
            .put("workflowId", run.owner().workflowId())
            .put("runId", run.owner().runId().value())
            .exit(done ? 0 : ExitCode.ROLLBACK_FAILED);
    run.planDigest().ifPresent(d -> answer.put("planDigest", d.hex()));
    if (packet.isPresent()) {
      LaneResult.packet(answer, home, home.evidence(), packet.get());
    }
    say("run        " + run.owner().runId());
    outcome.withdrawn().forEach(line -> say("withdrawn  " + line));
    if (done && outcome.withdrawn().isEmpty()) {
      say("withdrawn  nothing: this run has published nothing");
    }
    say(outcome.end().name());
    applied(home.reader().ledger(), run.lane().value())
        .ifPresent(
            other ->
                say(
                    "note: run "
                        + other.owner().runId()
                        + " of this lane is applied, and its documents stay; to withdraw them: "
                        + Shell.lanekeeper(
                            common()
                                .with(CommandName.GRANT_ROLLBACK, other.owner().runId().value()))));
    if (packet.isPresent()) {
      say("packet     " + answer.value("packet"));
      say("report     " + answer.value("report"));
    }
    if (!done) {
      answer.reject(
          RejectCode.ROLLBACK_STEP_FAILED.name(),
          run.lane().value(),
          Optional.empty(),
          "every document withdrawn",
          String.join("; ", outcome.withdrawn()),
          RejectCode.ROLLBACK_STEP_FAILED.remedy());
      err()
          .println(
              new CommandFailure(
                      ExitCode.ROLLBACK_FAILED,
                      RejectCode.ROLLBACK_STEP_FAILED,
                      run.lane().value(),
                      "every document withdrawn",
                      String.join("; ", outcome.withdrawn()),
                      RejectCode.ROLLBACK_STEP_FAILED.remedy(),
                      again())
                  .text());
    }
    return print(answer);
  }

  /** Whoever may write to the namespace may complete a workflow with any outcome. */
  private CommandFailure unverified(LedgerEntry.RunOpened run) {
    return new CommandFailure(
        ExitCode.ROLLBACK_FAILED,
        CommandCode.UNVERIFIED,
        run.lane().value(),
        "the end of run " + run.owner().runId() + " in the ledger of this home",
        "none; only the server shows one",
        "see that a worker of this home runs, and that nobody else polls its queue",
        again());
  }

  /**
   * Runs the rollback of a run as a workflow of its own.
   *
   * @param command for whom
   */
  static LaneOutcome rollBack(
      LaneCommand command,
      LaneClient client,
      Home home,
      LaneName lane,
      Owner run,
      Optional<Digest> grant)
      throws CommandFailure, IOException {
    String kbId = home.reader().identity().id();
    RollbackRequest request = new RollbackRequest(lane, run, grant, Optional.of(kbId));
    return awaited(command, client.startRollback(request));
  }

  /**
   * How a run ends. While workers work on it, however long; when none answers, the call fails, and
   * the run goes on once there is one.
   */
  private static LaneOutcome awaited(LaneCommand command, LaneRun run) throws CommandFailure {
    while (true) {
      Optional<RunEnd> end = run.end(LOOK);
      if (end.isEmpty()) {
        var unused = run.status();
      } else if (end.get() instanceof RunEnd.Ended own) {
        return own.outcome();
      } else {
        throw new CommandFailure(
            ExitCode.FAULT,
            CommandCode.FAULT,
            run.workflowId(),
            "a run that comes to an end of its own",
            words(end.get()),
            "see who ended it, then roll back again",
            command.again());
      }
    }
  }

  private static String words(RunEnd end) {
    if (end instanceof RunEnd.NoOutcome none) {
      return none.code() + ": " + none.message();
    }
    if (end instanceof RunEnd.Canceled) {
      return "one that was canceled";
    }
    return end instanceof RunEnd.TimedOut ? "one that timed out" : "one that was terminated";
  }
}
