package dev.lanekeeper.starter;

import dev.lanekeeper.authority.Grant;
import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.client.LaneClient;
import dev.lanekeeper.evidence.Bundle;
import dev.lanekeeper.files.FaultText;
import dev.lanekeeper.kb.LedgerEntry;
import dev.lanekeeper.kb.LedgerState;
import dev.lanekeeper.lane.LaneName;
import dev.lanekeeper.lane.Plan;
import dev.lanekeeper.lane.Stage;
import dev.lanekeeper.signature.Envelope;
import dev.lanekeeper.signature.SigningKey;
import dev.lanekeeper.text.CommandName;
import dev.lanekeeper.verdict.RejectCode;
import dev.lanekeeper.worker.Home;
import dev.lanekeeper.workflow.Hold;
import dev.lanekeeper.workflow.LaneEnd;
import dev.lanekeeper.workflow.LaneOutcome;
import dev.lanekeeper.workflow.LaneRequest;
import dev.lanekeeper.workflow.LaneStatus;
import io.temporal.client.WorkflowStub;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Runs a lane on the embedded engine. */
@Command(
    name = "run",
    description = "Run a lane S0 to S7 on the embedded engine.",
    footer = {
      "",
      "Exit codes: 0 applied or already applied, 1 fault, 2 usage or invalid lane file,",
      "3 rejected, 4 held, 5 rolled back, 6 rollback failed, 7 canceled or aborted."
    })
final class RunCommand extends LaneCommand {

  @Parameters(paramLabel = "LANE_DIR", description = "The lane's folder.")
  private Path folder;

  @Option(names = "--grant", paramLabel = "FILE", description = "A grant that the owner signed.")
  private Path grantFile;

  @Mixin private AgentKey agentKey;

  private Home home;
  private Plan plan;
  private Answer answer;
  private volatile Optional<Display> display = Optional.empty();

  @Override
  String subject() {
    return plan == null ? folder.toString() : name().value();
  }

  private LaneName name() {
    return plan.lane().metadata().name();
  }

  private Remedies remedies() {
    return new Remedies(
        common(), home, folder, name().value(), grantFile == null && !agentKey.given());
  }

  @Override
  int perform() throws CommandFailure, IOException {
    Bundle bundle = bundle(folder);
    plan = bundle.plan();
    home = common().home();
    answer = new Answer(name().value()).put("planDigest", plan.digest().hex());
    common().requireUsable(home, again());
    if (grantFile != null) {
      // A grant names the knowledge base that it is for.
      var unused = common().homeWithKnowledgeBase(plan);
    }
    NewKnowledgeBase first = NewKnowledgeBase.forLane(this, home, plan, folder);
    FileChannel lock =
        common()
            .lock(
                home,
                again(),
                Shell.lanekeeper(common().with(CommandName.START, folder.toString())));
    try {
      first.create();
      home.evidence().putBundle(bundle);
      Optional<Digest> grant = grant();
      Optional<LedgerEntry.RunEnded> applied = home.reader().ledger().applied(plan.digest());
      if (applied.isPresent()) {
        return alreadyApplied(applied.get());
      }
      return run(lock, grant);
    } finally {
      lock.close();
    }
  }

  /** The grant that the caller gave, or one signed here when the operator is the owner. */
  private Optional<Digest> grant() throws CommandFailure, IOException {
    Authority authority = new Authority(home);
    if (grantFile != null) {
      return Optional.of(
          authority.store(
              grantFile,
              common().with(CommandName.RUN, folder.toString(), "--grant", "GRANT_FILE")));
    }
    if (authority.becomeOwnerIfNobodyIs()) {
      say(
          "made local keys (owner, executor, reviewer; readable by you only) in "
              + home.folder().resolve("keys"));
    }
    Optional<SigningKey> owner = authority.localOwner();
    boolean spent = home.reader().ledger().applied(plan.digest()).isPresent();
    if (owner.isPresent() && !spent && !authority.newest(plan, home.reader()).holds()) {
      Envelope issued =
          authority.issue(plan, home.reader().identity(), owner.get(), Authority.VALIDITY);
      home.evidence().putGrant(issued.bytes());
      say(
          "signed a grant for this plan with the local owner key (SELF_ISSUED), valid until "
              + Grant.in(issued).expiresAt());
    }
    return Optional.empty();
  }

  private int alreadyApplied(LedgerEntry.RunEnded applied) throws IOException {
    LaneResult.Documents documents = LaneResult.applied(answer, home, plan, applied);
    say("already applied by run " + applied.owner().runId() + "; nothing was changed");
    if (documents.changed() > 0) {
      say(
          "note: "
              + documents.changed()
              + " of its documents are no longer as published; somebody changed them since");
    }
    documents.cannotTell().stream()
        .distinct()
        .forEach(why -> say("note: whether all its documents are there cannot be told: " + why));
    applied.packet().ifPresent(p -> say("packet    " + home.folder().resolve(p.location())));
    return print(answer);
  }

  private int run(FileChannel lock, Optional<Digest> grant) throws CommandFailure, IOException {
    try (Session session = Session.start(home, lock);
        Interruption interruption = new Interruption(this, this::left)) {
      Optional<Integer> stopped = finishRollback(session);
      if (stopped.isPresent()) {
        return stopped.get();
      }
      LaneRequest request =
          new LaneRequest(
              name(),
              Optional.of(plan.digest()),
              Optional.of(plan.digest()),
              Optional.of(session.kb().identity().id()),
              grant,
              Optional.of(Common.operator()),
              Optional.empty(),
              Optional.empty());
      LaneClient client = session.client();
      String workflowId =
          LaneClient.workflowId(name(), session.kb().identity().id(), plan.digest());
      WorkflowStub lane = client.start(workflowId, agentKey.prove(request, workflowId)).stub();
      answer.put("workflowId", workflowId).put("runId", lane.getExecution().getRunId());
      return follow(session, client, lane);
    }
  }

  /** What a run leaves that is interrupted: a count of what is there, and how to go on from it. */
  private List<String> left() {
    display.ifPresent(Display::close);
    List<String> lines = new ArrayList<>();
    try {
      LaneResult.Documents found = LaneResult.documents(new Answer(subject()), home, plan);
      int all = plan.spec().changes().size();
      int standing = all - found.changed() - found.cannotTell().size();
      lines.add(
          "interrupted: lane "
              + name()
              + "; at that moment "
              + standing
              + " of its "
              + all
              + " documents stood");
      found.cannotTell().forEach(why -> lines.add("  cannot tell of one: " + why));
    } catch (IOException | RuntimeException e) {
      lines.add("interrupted: lane " + name() + "; cannot tell what stands: " + FaultText.of(e));
    }
    lines.add("  go on     " + again());
    lines.add("  undo it   " + remedies().rollback());
    return lines;
  }

  /** An earlier run that died while it withdrew: that comes first. */
  private Optional<Integer> finishRollback(Session session) throws CommandFailure, IOException {
    LedgerState ledger = session.kb().ledger();
    Optional<LedgerEntry.Claimed> open = ledger.openClaim(plan.digest());
    if (open.isEmpty() || !ledger.withdrawing(open.get().epoch())) {
      return Optional.empty();
    }
    if (ledger.effectiveEnd(open.get().owner()).isPresent()) {
      throw new CommandFailure(
          ExitCode.ROLLBACK_FAILED,
          RejectCode.ROLLBACK_PENDING,
          name().value(),
          "no failed rollback of this plan",
          "run " + open.get().owner().runId() + " could not be withdrawn",
          "put right what its report names, then roll back",
          remedies().rollback());
    }
    say("an earlier run was being withdrawn when it stopped; finishing that first");
    LaneOutcome outcome =
        RollbackCommand.rollBack(
            this, session.client(), home, name(), open.get().owner(), Optional.empty());
    outcome.withdrawn().forEach(line -> say("  " + line));
    if (outcome.end() == LaneEnd.ROLLBACK_FAILED) {
      return Optional.of(ended(session, outcome));
    }
    if (grantFile == null) {
      grant();
    }
    return Optional.empty();
  }

  private int follow(Session session, LaneClient client, WorkflowStub lane)
      throws CommandFailure, IOException {
    Display display =
        new Display(out(), Boolean.getBoolean("lanekeeper.terminal"), common().json());
    this.display = Optional.of(display);
    CompletableFuture<LaneOutcome> result = lane.getResultAsync(LaneOutcome.class);
    while (true) {
      try {
        LaneOutcome outcome = result.get(50, TimeUnit.MILLISECONDS);
        display.update(client.status(lane), System.currentTimeMillis());
        return ended(session, outcome);
      } catch (TimeoutException stillRunning) {
        LaneStatus status = client.status(lane);
        display.update(status, System.currentTimeMillis());
        if (status.phase() == LaneStatus.Phase.HELD) {
          return held(status.hold().orElseThrow());
        }
      } catch (ExecutionException | CompletionException e) {
        display.update(client.status(lane), System.currentTimeMillis());
        return ended(session, outcomeOf(e.getCause()));
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw fault(e);
      }
    }
  }

  private CommandFailure fault(Throwable cause) {
    return new CommandFailure(
        ExitCode.FAULT,
        CommandCode.FAULT,
        name().value(),
        "the lane to end",
        FaultText.of(cause),
        "read " + home.log() + ", then run it again",
        again());
  }

  /** A lane that did not apply carries its outcome in the failure. */
  private LaneOutcome outcomeOf(Throwable failure) throws CommandFailure {
    Optional<LaneOutcome> carried = LaneClient.outcome(failure);
    if (carried.isPresent()) {
      return carried.get();
    }
    throw fault(failure);
  }

  private int ended(Session session, LaneOutcome outcome) throws IOException {
    answer.put("status", outcome.end().name()).put("statusToken", token(outcome.end()));
    answer.exit(ExitCode.of(outcome.end()));
    outcome.reject().ifPresent(r -> answer.reject(r, outcome.stage().map(Enum::name)));
    LaneResult.documents(answer, home, plan);
    if (outcome.packet().isPresent()) {
      LaneResult.packet(answer, home, session.evidence(), outcome.packet().get());
    }
    say("");
    say(token(outcome.end()));
    outcome.withdrawn().forEach(line -> say("withdrawn  " + line));
    if (outcome.end() == LaneEnd.APPLIED) {
      plan.spec()
          .changes()
          .forEach(c -> say("document   " + home.documents().resolve(c.path().value())));
    }
    outcome
        .packet()
        .ifPresent(
            p -> {
              Path packet = home.folder().resolve(p.location());
              say("packet     " + packet);
              say("report     " + packet.resolveSibling("report.md"));
              if (!answer.value("ownerKey").isEmpty()) {
                say("check it   " + check(packet));
              }
            });
    outcome
        .reject()
        .ifPresent(
            reject ->
                err()
                    .println(
                        CommandFailure.of(reject, remedies().next(reject, report(outcome)))
                            .text()));
    return print(answer);
  }

  /** The report of a lane that stopped where no plan looks. */
  private Optional<Path> report(LaneOutcome outcome) {
    return outcome.stage().filter(stage -> stage != Stage.S0).isPresent()
        ? outcome.packet().map(p -> home.folder().resolve(p.location()).resolveSibling("report.md"))
        : Optional.empty();
  }

  /** By the program and the key of this home: what is checked says neither. */
  private String check(Path packet) {
    return Shell.lanekeeper(
        "verify", packet.getParent().toString(), "--key", answer.value("ownerKey"));
  }

  private int held(Hold hold) throws IOException {
    String token = LaneResult.token(plan, "HELD");
    answer.put("status", "HELD").put("statusToken", token);
    answer.exit(ExitCode.HELD);
    answer.reject(hold.reject(), Optional.of(hold.stage().name()));
    String next = remedies().next(hold.reject());
    answer.hold(hold.number(), next);
    LaneResult.documents(answer, home, plan);
    Authority.tell(new Authority(home).newest(plan, home.reader()), answer);
    say("");
    say(token);
    err().println(CommandFailure.of(hold.reject(), next).text());
    return print(answer);
  }

  private String token(LaneEnd end) {
    return LaneResult.token(plan, end.name());
  }
}
