package dev.lanekeeper.starter;

import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.canonical.Json;
import dev.lanekeeper.evidence.Bundle;
import dev.lanekeeper.files.Named;
import dev.lanekeeper.grant.Approvals;
import dev.lanekeeper.grant.TrustRoot;
import dev.lanekeeper.kb.LedgerEntry;
import dev.lanekeeper.kb.LedgerState;
import dev.lanekeeper.lane.Plan;
import dev.lanekeeper.signature.Envelope;
import dev.lanekeeper.signature.SigningKey;
import dev.lanekeeper.text.CommandName;
import dev.lanekeeper.verdict.Verdict;
import dev.lanekeeper.worker.Home;
import dev.lanekeeper.worker.LocalKeys;
import dev.lanekeeper.workflow.Approval;
import dev.lanekeeper.workflow.ApproveRequest;
import dev.lanekeeper.workflow.RunId;
import io.temporal.client.WorkflowStub;
import java.io.Console;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Allows the publication that a held lane asks for. */
@Command(
    name = "approve",
    description = {
      "Sign an approval of the plan that a held lane wants to publish, and send it to the lane.",
      "For a lane's folder: record it in the home, for the next run of the lane there.",
      "The key must be trusted as an approver where the lane runs: 'lanekeeper trust add FILE.pub"
          + " --role approver'."
    })
final class ApproveCommand extends RunOnServerCommand {

  @Option(
      names = "--key",
      required = true,
      paramLabel = "FILE",
      description = "The approver's private key (NAME.key, NAME.pub beside it).")
  private Path key;

  @Option(
      names = "--kb",
      paramLabel = "ID",
      description = "The knowledge base's id. Default: that of the home.")
  private String kb;

  @Option(
      names = "--valid",
      paramLabel = "DURATION",
      description = "How long, as in ISO 8601. Default: PT1H.")
  private String validity = "PT1H";

  @Option(
      names = "--out",
      paramLabel = "FILE",
      description = "Write the update's input there, for the Web UI, and send nothing.")
  private Path file;

  /**
   * A lane's folder is approved in the home, for the next run there; everything else is a run that
   * the ledger shows as held.
   */
  @Override
  int perform() throws CommandFailure, IOException {
    Path folder = Path.of(which());
    if (!Named.isFolder(folder)) {
      return super.perform();
    }
    if (file != null) {
      throw new CommandFailure(
          ExitCode.USAGE,
          CommandCode.OPTION_NEEDS_A_WAITING_LANE,
          "--out",
          "a lane that waits on the server, by its workflow id",
          "the folder " + folder,
          "leave --out away: the approval goes into the home, for the next run there",
          again());
    }
    Bundle bundle = bundle(folder);
    Plan plan = bundle.plan();
    Home home = common().homeWithKnowledgeBase(plan);
    requireNoLaneToo(home);
    SigningKey approver = LocalKeys.ofFile(key);
    show(plan, home, digest -> bytes(bundle, digest), "for the next run of this plan");
    Approval approval = approval(plan.digest(), home, Optional.empty());
    Envelope envelope = sign(approval, plan, home, approver);
    try (FileChannel lock = common().lockShared(home, again())) {
      String text = new String(envelope.bytes(), StandardCharsets.UTF_8);
      home.knowledgeBase().record(new LedgerEntry.Approved(plan.digest(), text));
    }
    say(said(approval));
    return 0;
  }

  /** A bare word may be a lane's name as well; which of them was meant is not guessed. */
  private void requireNoLaneToo(Home home) throws CommandFailure, IOException {
    Optional<LedgerEntry.RunOpened> run =
        which().contains("/")
            ? Optional.empty()
            : named(home.reader().ledger()).reduce((first, second) -> second);
    if (run.isPresent()) {
      throw new CommandFailure(
          ExitCode.USAGE,
          CommandCode.LANE_AMBIGUOUS,
          which(),
          "the name of a lane or of a folder",
          "both: the folder " + which() + ", and run " + run.get().owner().runId(),
          "name the folder as ./" + which() + ", or the run by its id",
          Shell.lanekeeper(
              common().with(CommandName.APPROVE, "./" + which(), "--key", key.toString())));
    }
  }

  private static byte[] bytes(Bundle bundle, Digest digest) throws IOException {
    return bundle.files().values().stream()
        .filter(file -> Digest.of(file).equals(digest))
        .findFirst()
        .orElseThrow(
            () -> new IOException("the lane's folder holds no file with sha256 " + digest));
  }

  /** Shows what would be signed, and wants a yes where somebody can say it. */
  private void show(Plan plan, Home home, PlanView.Bytes bytes, String who)
      throws CommandFailure, IOException {
    PlanView.lines(plan, home.reader(), bytes).forEach(this::say);
    say("approval   " + who);
    // A newer JDK has a console without a terminal, too; the launcher knows whether there is one.
    Optional<Console> console =
        Optional.ofNullable(System.console())
            .filter(c -> Boolean.getBoolean("lanekeeper.terminal") && !common().json());
    if (console.isEmpty()) {
      return;
    }
    out().print("Sign an approval of exactly this? Type yes: ");
    out().flush();
    String said = String.valueOf(console.get().readLine());
    if (!said.strip().equals("yes")) {
      throw new CommandFailure(
          ExitCode.REJECTED,
          CommandCode.NOT_APPROVED,
          plan.lane().metadata().name().value(),
          "yes",
          said.strip(),
          "nothing was signed; ask again when it is right",
          again());
    }
  }

  /**
   * Signs an approval that a commit would take: what nobody trusts must not take the place of one
   * that holds, nor be said to have been sent.
   */
  private Envelope sign(Approval approval, Plan plan, Home home, SigningKey approver)
      throws CommandFailure, IOException {
    Envelope envelope = Approvals.sign(approval, approver);
    Optional<Verdict.Reject> refusal =
        new Authority(home)
            .judge(
                Optional.of(new String(envelope.bytes(), StandardCharsets.UTF_8)),
                plan,
                home.reader(),
                run -> approval.runId().filter(run::equals).isPresent(),
                approval.expiresAt().minusNanos(1))
            .rejection();
    if (refusal.isPresent()) {
      throw refused(refusal.get(), home, approver);
    }
    return envelope;
  }

  private CommandFailure refused(Verdict.Reject refusal, Home home, SigningKey approver) {
    Digest signer = approver.verifyKey().thumbprint();
    boolean known =
        home.trustRoot().of(TrustRoot.Role.APPROVER).stream()
            .anyMatch(trusted -> trusted.thumbprint().equals(signer));
    return known
        ? CommandFailure.of(
            refusal,
            "let an approver sign who neither acts in the lane nor signed its grant, for this"
                + " knowledge base",
            Shell.lanekeeper(common().with(CommandName.APPROVE, which(), "--key", "APPROVER.key")))
        : CommandFailure.of(
            refusal,
            "use an approver's key, or trust this one as an approver's",
            Shell.lanekeeper(
                common()
                    .with(
                        CommandName.TRUST_ADD,
                        LocalKeys.publicHalf(key).toString(),
                        "--role",
                        "approver")));
  }

  @Override
  int perform(Connection connection) throws CommandFailure, IOException {
    Home home = common().homeWithKnowledgeBase();
    LedgerState ledger = home.reader().ledger();
    SigningKey approver = LocalKeys.ofFile(key);
    LedgerEntry.RunOpened run = held(home, ledger, connection);
    Plan plan = Plan.read(home.evidence().get(run.planDigest().orElseThrow()));
    WorkflowStub lane = newest(connection, run.owner());
    int hold = holdOf(connection, lane);
    show(
        plan,
        home,
        home.evidence()::get,
        "for run " + run.owner().runId() + ", requested by " + run.requester() + " (as stated)");
    Approval approval = approval(plan.digest(), home, Optional.of(run.owner().runId()));
    Envelope envelope = sign(approval, plan, home, approver);
    ApproveRequest request = new ApproveRequest(hold, Json.parse(envelope.bytes()));
    say(said(approval));
    if (file != null) {
      Named.write(file, (Json.tree(request) + "\n").getBytes(StandardCharsets.UTF_8));
      say("input of the update approve: " + file);
      return 0;
    }
    send(lane, hold, () -> connection.lanes().approve(lane, request));
    return 0;
  }

  /**
   * The one run of that name that the ledger shows as waiting for an approval. A workflow's id
   * alone is only a name that somebody chose.
   */
  private LedgerEntry.RunOpened held(Home home, LedgerState ledger, Connection connection)
      throws CommandFailure {
    List<LedgerEntry.RunOpened> waiting =
        named(ledger)
            .filter(run -> connection.knows(run.owner()))
            .filter(
                run ->
                    ledger
                        .held(run.owner())
                        .filter(code -> code.startsWith("APPROVAL_"))
                        .isPresent())
            .filter(run -> !connection.provenClosed(run.owner()))
            .collect(
                Collectors.toMap(
                    LedgerEntry.RunOpened::owner, run -> run, (a, b) -> b, LinkedHashMap::new))
            .values()
            .stream()
            .toList();
    if (waiting.size() == 1) {
      return waiting.get(0);
    }
    List<String> runs = waiting.stream().map(run -> run.owner().runId().value()).toList();
    throw new CommandFailure(
        ExitCode.REJECTED,
        waiting.isEmpty() ? CommandCode.NOT_HELD : CommandCode.LANE_AMBIGUOUS,
        which(),
        "one run that the ledger of " + home.folder() + " shows as held for an approval",
        waiting.isEmpty() ? "none" : runs.size() + " of them: " + String.join(", ", runs),
        waiting.isEmpty() ? "look which lanes wait" : "name the run",
        waiting.isEmpty()
            ? Shell.lanekeeper(common().with(CommandName.LIST, "--status", "HELD"))
            : Shell.lanekeeper(
                common().with(CommandName.APPROVE, runs.get(0), "--key", key.toString())));
  }

  private Approval approval(Digest plan, Home home, Optional<RunId> run)
      throws CommandFailure, IOException {
    return new Approval(
        1,
        "approval-" + UUID.randomUUID(),
        plan,
        kb == null ? home.reader().identity().id() : kb,
        run,
        Clock.systemUTC().instant().plus(Durations.positive(validity, help())));
  }

  private static String said(Approval approval) {
    return "approves   plan "
        + approval.planDigest()
        + " on "
        + approval.kbId()
        + " until "
        + approval.expiresAt();
  }
}
