package dev.lanekeeper.starter;

import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.canonical.Json;
import dev.lanekeeper.client.LaneClient;
import dev.lanekeeper.grant.Approvals;
import dev.lanekeeper.grant.TrustRoot;
import dev.lanekeeper.kb.LedgerEntry;
import dev.lanekeeper.lane.Plan;
import dev.lanekeeper.signature.Envelope;
import dev.lanekeeper.signature.SigningKey;
import dev.lanekeeper.verdict.RejectCode;
import dev.lanekeeper.worker.Home;
import dev.lanekeeper.worker.LocalKeys;
import dev.lanekeeper.workflow.Approval;
import dev.lanekeeper.workflow.ApproveRequest;
import dev.lanekeeper.workflow.LaneStatus;
import io.temporal.client.WorkflowStub;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.UUID;
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

  @Override
  String word() {
    return "approve";
  }

  /**
   * A lane's folder is approved in the home, for the next run there; everything else is a lane that
   * waits on the server.
   */
  @Override
  int perform() throws CommandFailure, IOException {
    Path folder = Path.of(which());
    if (!Files.isDirectory(folder)) {
      return super.perform();
    }
    if (file != null) {
      throw new CommandFailure(
          ExitCode.USAGE,
          "OPTION_NEEDS_A_WAITING_LANE",
          "--out",
          "a lane that waits on the server, by its workflow id",
          "the folder " + folder,
          "leave --out away: the approval goes into the home, for the next run there",
          again());
    }
    Plan plan = bundle(folder).plan();
    Home home = common().homeWithKnowledgeBase(plan);
    Approval approval = approval(plan.digest());
    Envelope envelope = sign(approval);
    requireApprover(envelope, home);
    try (FileChannel lock = common().lockShared(home, again())) {
      String text = new String(envelope.bytes(), StandardCharsets.UTF_8);
      home.knowledgeBase().record(new LedgerEntry.Approved(plan.digest(), text));
    }
    say(said(approval));
    return 0;
  }

  /** What nobody trusts must not take the place of an approval that holds. */
  private void requireApprover(Envelope envelope, Home home) throws CommandFailure, IOException {
    if (envelope.signedBy(home.trustRoot().of(TrustRoot.Role.APPROVER)).isEmpty()) {
      String publicKey = key.toString().replaceFirst("\\.key$", "") + ".pub";
      throw new CommandFailure(
          ExitCode.REJECTED,
          RejectCode.APPROVAL_INVALID.name(),
          key.toString(),
          "the key of an approver whom " + home.folder() + " trusts",
          "another",
          "use an approver's key, or trust this one as an approver's",
          Shell.lanekeeper(common().with("trust", "add", publicKey, "--role", "approver")));
    }
  }

  @Override
  int perform(Connection connection) throws CommandFailure, IOException {
    WorkflowStub lane = lane(connection);
    LaneClient client = new LaneClient(connection.client());
    int hold = holdOf(connection, lane);
    LaneStatus status = client.status(lane);
    Approval approval = approval(status.planDigest().orElseThrow());
    ApproveRequest request = new ApproveRequest(hold, Json.parse(sign(approval).bytes()));
    say(said(approval));
    if (file != null) {
      Files.writeString(file, Json.tree(request).toString() + "\n", StandardCharsets.UTF_8);
      say("input of the update approve: " + file);
      return 0;
    }
    send(lane, hold, () -> client.approve(lane, request));
    return 0;
  }

  private Approval approval(Digest plan) throws CommandFailure, IOException {
    return new Approval(
        1,
        "approval-" + UUID.randomUUID(),
        plan,
        kbId(),
        Clock.systemUTC().instant().plus(Durations.positive(validity, help())));
  }

  private Envelope sign(Approval approval) throws CommandFailure, IOException {
    return Approvals.sign(approval, signer());
  }

  private static String said(Approval approval) {
    return "approves   plan "
        + approval.planDigest()
        + " on "
        + approval.kbId()
        + " until "
        + approval.expiresAt();
  }

  private String kbId() throws CommandFailure, IOException {
    if (kb != null) {
      return kb;
    }
    Home home = common().homeWithKnowledgeBase();
    return home.reader().identity().id();
  }

  private SigningKey signer() throws CommandFailure, IOException {
    return LocalKeys.ofFile(key)
        .orElseThrow(
            () ->
                new CommandFailure(
                    ExitCode.USAGE,
                    "KEY_MISSING",
                    key.toString(),
                    "a key pair NAME.key and NAME.pub",
                    "none",
                    "make one, and have its public half trusted as an approver",
                    Shell.lanekeeper(common().with("key", "new", "approver"))));
  }
}
