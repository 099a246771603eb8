package dev.lanekeeper.stage;

import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.evidence.EvidenceStore;
import dev.lanekeeper.grant.TrustRoot;
import dev.lanekeeper.kb.KbReader;
import dev.lanekeeper.kb.KnowledgeBase;
import dev.lanekeeper.signature.SigningKey;
import dev.lanekeeper.workflow.Owner;
import dev.lanekeeper.workflow.RunId;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
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
    WorkflowHistory history,
    Path workspaces,
    Predicate<Digest> ownerKeyIsLocal,
    Calls calls) {

  /** Opens a read-only handle that shares nothing with another. */
  public interface ReaderOpener {
    /** A new handle. */
    KbReader open() throws IOException;
  }

  /** The owner of claims of the calling workflow's run. */
  public Owner owner(String originalRunId) {
    Calls.Caller caller = calls.current();
    return new Owner(engine, caller.namespace(), caller.workflowId(), new RunId(originalRunId));
  }

  /** The same for another role in the same process. */
  public StageEnvironment with(SigningKey otherKey) {
    return new StageEnvironment(
        kb,
        freshReader,
        evidence,
        lanes,
        trust,
        otherKey,
        identity,
        bothRoles,
        clock,
        engine,
        owners,
        history,
        workspaces,
        ownerKeyIsLocal,
        calls);
  }
}
