package dev.lanekeeper.stage;

import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.evidence.EvidenceStore;
import dev.lanekeeper.grant.TrustRoot;
import dev.lanekeeper.kb.KbReader;
import dev.lanekeeper.kb.KnowledgeBase;
import dev.lanekeeper.signature.SigningKey;
import dev.lanekeeper.verdict.RejectCode;
import dev.lanekeeper.workflow.Owner;
import io.temporal.failure.ApplicationFailure;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * What a worker gives its stages.
 *
 * @param kb the knowledge base
 * @param freshReader opens a new read-only handle on it
 * @param evidence the evidence store
 * @param lanes knows lanes by name
 * @param trust the trust root as it is now
 * @param key the worker's key for this role
 * @param identity the worker's identity, the same for two roles in one process
 * @param bothRoles whether the worker's process both executes and reviews
 * @param clock the time
 * @param engine the Temporal service's name in owners
 * @param owners proves that other runs are closed
 * @param settled how long a run that owes a review may be silent
 * @param history reads workflow histories
 * @param workspaces where temporary workspaces are made
 * @param ownerKeyIsLocal whether an owner key's private half is on this machine
 * @param calls who calls
 */
public record StageEnvironment(
    KnowledgeBase kb,
    ReaderOpener freshReader,
    EvidenceStore evidence,
    LaneSource lanes,
    Supplier<TrustRoot> trust,
    SigningKey key,
    String identity,
    boolean bothRoles,
    Clock clock,
    String engine,
    KnowledgeBase.OwnerProof owners,
    Duration settled,
    WorkflowHistory history,
    Path workspaces,
    Predicate<Digest> ownerKeyIsLocal,
    Calls calls) {

  /** Opens a read-only handle that shares nothing with another. */
  public interface ReaderOpener {
    /** A new handle. */
    KbReader open() throws IOException;
  }

  /** The lane run that calls, as the service says. */
  public Owner owner() {
    Calls.Caller caller = calls.current();
    return new Owner(engine, caller.namespace(), caller.workflowId(), caller.originalRunId());
  }

  /**
   * Refuses to work for a lane of another knowledge base; a worker of that one may take it up.
   *
   * @param wanted the lane's knowledge base, as far as it is known
   * @throws ApplicationFailure of type KB_MISMATCH, to be retried
   */
  public void requireKb(Optional<String> wanted) {
    String served = kb.identity().id();
    if (wanted.isPresent() && !wanted.get().equals(served)) {
      throw ApplicationFailure.newFailure(
          "The lane is of knowledge base "
              + (wanted.get().matches("[A-Za-z0-9._-]{1,100}") ? wanted.get() : "(no id)")
              + ", and this worker serves "
              + served
              + ". Nothing was done. Remedy: "
              + RejectCode.KB_MISMATCH.remedy()
              + ".",
          RejectCode.KB_MISMATCH.name());
    }
  }
}
