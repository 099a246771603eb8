package dev.lanekeeper.client;

import dev.lanekeeper.authority.Grant;
import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.signature.Envelope;
import dev.lanekeeper.signature.Signed;
import dev.lanekeeper.signature.VerifyKey;
import dev.lanekeeper.workflow.EndStatement;
import dev.lanekeeper.workflow.LaneEnd;
import dev.lanekeeper.workflow.LaneOutcome;
import dev.lanekeeper.workflow.SealedPacket;
import io.temporal.api.common.v1.WorkflowExecution;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Optional;

/**
 * Traces an outcome to the owner: the owner's key signed the grant, the grant names the worker's
 * key, and that key signed the end of this very run. A server's word alone is anybody's who may
 * write to its namespace.
 */
final class OutcomeCheck {

  private OutcomeCheck() {}

  /**
   * Why an outcome is not proven; empty when it is.
   *
   * @param run the run as it was started
   * @param owner the thumbprint of the owner's key, from the owner
   */
  static Optional<String> problem(LaneOutcome outcome, WorkflowExecution run, Digest owner) {
    Optional<Signed<EndStatement>> read =
        outcome.packet().flatMap(SealedPacket::end).flatMap(EndStatement::read);
    if (read.isEmpty()) {
      return Optional.of("it carries no signed end");
    }
    EndStatement end = read.get().content();
    boolean ofRun =
        end.run().workflowId().equals(run.getWorkflowId())
            && end.run().runId().value().equals(run.getRunId());
    if (!end.lane().equals(outcome.lane())
        || end.end() != outcome.end()
        || !end.packetTree().equals(outcome.packet().orElseThrow().packetTree())
        || !end.stableTree().equals(outcome.packet().orElseThrow().stableTree())
        || !(outcome.alreadyApplied() || ofRun)) {
      return Optional.of("the signed end is another's");
    }
    try {
      return grantProblem(outcome, read.get(), owner);
    } catch (IOException | IllegalArgumentException e) {
      return Optional.of("it carries no grant that can be read");
    }
  }

  private static Optional<String> grantProblem(
      LaneOutcome outcome, Signed<EndStatement> read, Digest owner) throws IOException {
    EndStatement end = read.content();
    Optional<String> text = outcome.packet().flatMap(SealedPacket::grant);
    if (text.isEmpty() || end.ownerSpki().isEmpty()) {
      return Optional.of("it carries no grant by which the end can be traced to the owner");
    }
    byte[] bytes = text.get().getBytes(StandardCharsets.UTF_8);
    VerifyKey key = VerifyKey.ofSpki(Base64.getDecoder().decode(end.ownerSpki().get()));
    Envelope envelope = Envelope.readCanonical(bytes);
    if (!key.thumbprint().equals(owner) || envelope.signedBy(List.of(key)).isEmpty()) {
      return Optional.of("its grant is not signed by owner key " + owner);
    }
    Grant grant = Grant.in(envelope);
    Digest worker = end.end() == LaneEnd.APPLIED ? grant.reviewerKey() : grant.executorKey();
    boolean fits =
        end.grant().filter(Digest.of(bytes)::equals).isPresent()
            && end.planDigest().filter(grant.planDigest()::equals).isPresent()
            && outcome.planDigest().filter(grant.planDigest()::equals).isPresent()
            && end.kbId().equals(grant.kbId());
    return fits && read.key().thumbprint().equals(worker)
        ? Optional.empty()
        : Optional.of("its end is not signed by a worker whom the grant names");
  }
}
