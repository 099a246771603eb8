package dev.lanekeeper.kb;

import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.lane.Head;
import dev.lanekeeper.lane.KbPath;
import dev.lanekeeper.lane.Lane;
import dev.lanekeeper.lane.Plan;
import dev.lanekeeper.workflow.Owner;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A knowledge base that lanes change. Every method is atomic against every other, in all processes;
 * a reader sees the old head or the new one, never a part.
 *
 * <p>{@link IOException} is a fault and may be retried; {@link RefusedException} is a rejection.
 */
public interface KnowledgeBase extends KbReader {

  /** Appends a fact that changes no document, also where the documents cannot be reached. */
  void record(LedgerEntry entry) throws IOException;

  /**
   * Notes that an attempt of one of the run's stages begins. From then on an attempt that was
   * scheduled before it, and slept or hung meanwhile, can neither raise a fence nor append
   * anything.
   *
   * @param scheduled when the service scheduled the attempt
   * @throws RefusedException STALE_FENCE when a later attempt has begun; LANE_CLOSED when the run
   *     was withdrawn or has ended
   */
  void begin(Owner owner, Instant scheduled) throws IOException;

  /**
   * Appends what an attempt found, or that its run is applied.
   *
   * @throws RefusedException as {@link #begin}
   */
  void appendIfCurrent(Owner owner, Instant scheduled, LedgerEntry fact) throws IOException;

  /**
   * Does something outside the knowledge base while no other attempt of the run can begin or
   * append, so that one that slept cannot do it after another has.
   *
   * @throws RefusedException as {@link #begin}; then it is not done
   */
  <T> T whileNewest(Owner owner, Instant scheduled, Act<T> act) throws IOException;

  /**
   * Ends a run: appends the end that an act makes, while nobody else can end it. An end that is in
   * force already, and after which nothing happened, is left as it is; then the act is not done.
   *
   * @param known how many facts the caller had read when it judged the run
   * @return the end that is in force
   * @throws IOException also when something became of the run since
   */
  LedgerEntry.RunEnded end(Owner owner, int known, Act<LedgerEntry.RunEnded> act)
      throws IOException;

  /**
   * Something that is done while others wait; it must not call the knowledge base's own writing
   * methods.
   *
   * @param <T> what it makes
   */
  interface Act<T> {
    /** Acts, and returns what it made. */
    T perform() throws IOException;
  }

  /**
   * Takes one claim over all paths and ids of a plan, or returns the one that the owner has, or
   * adopts the one of an owner proven closed that ran the same plan.
   *
   * @param expires when the grant ends under which it is taken; a claim under which nothing was
   *     announced ends then
   * @throws RefusedException CLAIM_HELD, LANE_CLOSED or ID_IN_USE
   */
  LedgerEntry.Claimed claim(Owner owner, Plan plan, Optional<Instant> expires, OwnerProof proof)
      throws IOException;

  /** The same without an end. */
  default LedgerEntry.Claimed claim(Owner owner, Plan plan, OwnerProof proof) throws IOException {
    return claim(owner, plan, Optional.empty(), proof);
  }

  /**
   * Raises the fence of a claim; every earlier fence is stale from now on.
   *
   * @param scheduled when the service scheduled the attempt that raises it
   * @return the new fence
   * @throws RefusedException LANE_CLOSED when the claim is withdrawing or closed; STALE_FENCE when
   *     a later attempt of the owner has begun
   */
  long raiseFence(long epoch, Instant scheduled) throws IOException;

  /** The same for the newest attempt. */
  default long raiseFence(long epoch) throws IOException {
    return raiseFence(epoch, Instant.MAX);
  }

  /**
   * Publishes one document if every commit check holds, inside the same transaction.
   *
   * @return the head published, or the one that this very plan had published before
   * @throws RefusedException with the code of the check that does not hold
   */
  Published publish(Publication publication) throws IOException;

  /**
   * Bars the owner from publishing for ever, withdraws what is published under its claim in reverse
   * order and verifies it from a fresh read. A document that somebody else changed is left alone
   * and named.
   *
   * @throws RefusedException with ALREADY_APPLIED for a run that is applied
   */
  Withdrawal withdraw(Owner owner) throws IOException;

  /**
   * Opens the claim of an applied run again, so that {@link #withdraw} can undo it, if every
   * document that it published is as it published it; otherwise changes nothing.
   *
   * @param grantId the grant under which that happens, consumed by it
   * @param grant the digest of its envelope
   * @throws RefusedException BUILT_UPON when a document was changed since, CLAIM_HELD when another
   *     lane works on one, GRANT_CONSUMED, or LANE_CLOSED when the run is not applied
   */
  void reopen(Owner owner, String grantId, Digest grant) throws IOException;

  /**
   * Adds documents outside any lane, all of them or none; only where there is none, but bytes that
   * are there already are left as they are. What a process that died has added is removed by the
   * next that writes.
   *
   * @param by who asks for it, as recorded and not trusted
   * @return how many were added, at revision 1
   * @throws RefusedException FROZEN; DOCUMENT_PRESENT when other bytes are at one of the paths;
   *     PATH_COLLISION, PATH_UNSAFE
   */
  int importDocuments(Map<KbPath, byte[]> documents, String by) throws IOException;

  /**
   * A publication: the KB derives everything else from the plan's and the grant's own bytes.
   *
   * @param owner who publishes
   * @param plan the plan
   * @param grant the grant's envelope
   * @param epoch the claim
   * @param fence the fence that this attempt raised
   * @param change which change
   * @param bytes the document, read once
   */
  @SuppressWarnings("ArrayRecordComponent") // compared by nobody
  record Publication(
      Owner owner,
      Plan plan,
      byte[] grant,
      long epoch,
      long fence,
      Lane.Change change,
      byte[] bytes) {}

  /**
   * What was published.
   *
   * @param head the head
   * @param adopted whether an earlier attempt or run of this very plan had published it
   */
  record Published(Head.Revision head, boolean adopted) {}

  /**
   * What was withdrawn.
   *
   * @param complete whether nothing of the lane is left
   * @param steps one a document, in the order done
   */
  record Withdrawal(boolean complete, List<Step> steps) {}

  /**
   * One document's withdrawal.
   *
   * @param changeId the change
   * @param path the document
   * @param outcome WITHDRAWN, ALREADY_WITHDRAWN, NEVER_PUBLISHED, BUILT_UPON or FAILED
   * @param detail expected and found, in words
   */
  record Step(String changeId, KbPath path, String outcome, String detail) {}

  /** Tells whether another lane run can no longer act. */
  interface OwnerProof {
    /** Whether it is proven; unreachable or unknown is not. */
    boolean provenClosed(Owner owner);
  }
}
