package dev.lanekeeper.kb;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.lane.Head;
import dev.lanekeeper.lane.IdRange;
import dev.lanekeeper.lane.KbPath;
import dev.lanekeeper.lane.LaneName;
import dev.lanekeeper.lane.Stage;
import dev.lanekeeper.scope.Effect;
import dev.lanekeeper.verdict.RejectCode;
import dev.lanekeeper.verdict.Verdict;
import dev.lanekeeper.workflow.LaneEnd;
import dev.lanekeeper.workflow.Owner;
import dev.lanekeeper.workflow.SealedPacket;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** A fact in the ledger. The ledger is append-only: a fact is never changed or removed. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "type")
@JsonSubTypes({
  @JsonSubTypes.Type(value = LedgerEntry.RunOpened.class, name = "RunOpened"),
  @JsonSubTypes.Type(value = LedgerEntry.AlreadyApplied.class, name = "AlreadyApplied"),
  @JsonSubTypes.Type(value = LedgerEntry.AttemptBegan.class, name = "AttemptBegan"),
  @JsonSubTypes.Type(value = LedgerEntry.StageRecorded.class, name = "StageRecorded"),
  @JsonSubTypes.Type(value = LedgerEntry.StageRefused.class, name = "StageRefused"),
  @JsonSubTypes.Type(value = LedgerEntry.EffectRecorded.class, name = "EffectRecorded"),
  @JsonSubTypes.Type(value = LedgerEntry.Claimed.class, name = "Claimed"),
  @JsonSubTypes.Type(value = LedgerEntry.FenceRaised.class, name = "FenceRaised"),
  @JsonSubTypes.Type(value = LedgerEntry.GrantConsumed.class, name = "GrantConsumed"),
  @JsonSubTypes.Type(value = LedgerEntry.IdsReserved.class, name = "IdsReserved"),
  @JsonSubTypes.Type(value = LedgerEntry.Intent.class, name = "Intent"),
  @JsonSubTypes.Type(value = LedgerEntry.Outcome.class, name = "Outcome"),
  @JsonSubTypes.Type(value = LedgerEntry.OwnerBarred.class, name = "OwnerBarred"),
  @JsonSubTypes.Type(value = LedgerEntry.ClaimClosed.class, name = "ClaimClosed"),
  @JsonSubTypes.Type(value = LedgerEntry.DocumentAdded.class, name = "DocumentAdded"),
  @JsonSubTypes.Type(value = LedgerEntry.ImportBegan.class, name = "ImportBegan"),
  @JsonSubTypes.Type(value = LedgerEntry.ImportEnded.class, name = "ImportEnded"),
  @JsonSubTypes.Type(value = LedgerEntry.Reopened.class, name = "Reopened"),
  @JsonSubTypes.Type(value = LedgerEntry.Approved.class, name = "Approved"),
  @JsonSubTypes.Type(value = LedgerEntry.ApprovalUsed.class, name = "ApprovalUsed"),
  @JsonSubTypes.Type(value = LedgerEntry.Frozen.class, name = "Frozen"),
  @JsonSubTypes.Type(value = LedgerEntry.Unfrozen.class, name = "Unfrozen"),
  @JsonSubTypes.Type(value = LedgerEntry.RunEnded.class, name = "RunEnded"),
  @JsonSubTypes.Type(value = LedgerEntry.GrantRevoked.class, name = "GrantRevoked"),
  @JsonSubTypes.Type(value = LedgerEntry.NamesIgnored.class, name = "NamesIgnored")
})
public sealed interface LedgerEntry {

  /** The run that did it, where a run did. */
  default Optional<Owner> of() {
    return Optional.empty();
  }

  /**
   * A lane run began a round of stages.
   *
   * @param requester who asked, as stated
   * @param proof the SHA-256 of the proof of possession that came with the request
   */
  record RunOpened(
      Owner owner,
      LaneName lane,
      Optional<Digest> planDigest,
      String requester,
      Optional<Digest> proof)
      implements LedgerEntry {
    @Override
    public Optional<Owner> of() {
      return Optional.of(owner);
    }

    /** A run whose request came without a proof. */
    public RunOpened(Owner owner, LaneName lane, Optional<Digest> planDigest, String requester) {
      this(owner, lane, planDigest, requester, Optional.empty());
    }
  }

  /**
   * A run found its plan applied, and is over without an end or a packet of its own.
   *
   * @param by the run that applied it
   */
  record AlreadyApplied(Owner owner, Owner by) implements LedgerEntry {
    @Override
    public Optional<Owner> of() {
      return Optional.of(owner);
    }
  }

  /**
   * An attempt of a stage of a run began.
   *
   * @param scheduled when the service scheduled it: the order of a run's attempts
   */
  record AttemptBegan(Owner owner, Instant scheduled) implements LedgerEntry {
    @Override
    public Optional<Owner> of() {
      return Optional.of(owner);
    }
  }

  /**
   * A stage returned a verdict.
   *
   * @param verdict PASS, REJECT or UNKNOWN
   * @param round how often the lane was resumed before
   * @param fragment the digest of the evidence
   * @param attestation the DSSE envelope over the in-toto statement, as text
   */
  record StageRecorded(
      Owner owner, Stage stage, int round, String verdict, Digest fragment, String attestation)
      implements LedgerEntry {
    @Override
    public Optional<Owner> of() {
      return Optional.of(owner);
    }

    /** The code for which the lane waits for a person after it, by its statement; none mostly. */
    Optional<String> holdsFor() {
      return verdict.equals("PASS")
          ? Optional.empty()
          : Attestation.rejectCode(attestation).filter(RejectCode::holds).map(RejectCode::name);
    }
  }

  /**
   * A stage of a run was refused before it could look at anything, so that there is no evidence.
   *
   * @param round how often the lane was resumed before
   * @param reject why, in texts of bounded length
   */
  record StageRefused(Owner owner, Stage stage, int round, Verdict.Reject reject)
      implements LedgerEntry {
    @Override
    public Optional<Owner> of() {
      return Optional.of(owner);
    }
  }

  /** An effect was admitted, before it happened, or refused. */
  record EffectRecorded(Owner owner, String stage, Effect effect, boolean admitted, String refusal)
      implements LedgerEntry {
    @Override
    public Optional<Owner> of() {
      return Optional.of(owner);
    }
  }

  /**
   * A claim over paths and ids.
   *
   * @param epoch unique, never goes back
   * @param adoptedFrom the epoch of the same plan that this one goes on from
   * @param expires when the grant ends under which it was taken
   */
  record Claimed(
      long epoch,
      Owner owner,
      LaneName lane,
      Digest planDigest,
      List<KbPath> paths,
      List<IdRange> ids,
      Optional<Long> adoptedFrom,
      Optional<Instant> expires)
      implements LedgerEntry {
    @Override
    public Optional<Owner> of() {
      return Optional.of(owner);
    }

    /** Whether it is over one of these paths, however spelled, or over one of these ids. */
    public boolean meets(List<KbPath> others, List<IdRange> ranges) {
      return paths.stream()
              .anyMatch(p -> others.stream().anyMatch(q -> q.folded().equals(p.folded())))
          || ids.stream().anyMatch(r -> ranges.stream().anyMatch(r::overlaps));
    }

    /** A claim that lasts until its run ends. */
    public Claimed(
        long epoch,
        Owner owner,
        LaneName lane,
        Digest planDigest,
        List<KbPath> paths,
        List<IdRange> ids,
        Optional<Long> adoptedFrom) {
      this(epoch, owner, lane, planDigest, paths, ids, adoptedFrom, Optional.empty());
    }
  }

  /** A fence was raised; {@code withdraws} bars publishing in that epoch for ever. */
  record FenceRaised(long epoch, long fence, boolean withdraws) implements LedgerEntry {}

  /** A grant was consumed by a claim. */
  record GrantConsumed(String grantId, Digest envelope, long epoch) implements LedgerEntry {}

  /**
   * Ids are about to be reserved by an addendum. They stay reserved against every other plan once
   * it was published, even if it is withdrawn later: somebody may have read them.
   *
   * @param changeId the addendum; an earlier release did not record it
   */
  record IdsReserved(IdRange range, Digest planDigest, Optional<String> changeId)
      implements LedgerEntry {}

  /**
   * A document is about to be published.
   *
   * @param before the head before
   * @param after the head to come
   * @param staged the file that will become the document, for the proof that this run published it
   * @param createdFolders folders that did not exist before
   */
  record Intent(
      long epoch,
      long fence,
      String changeId,
      KbPath path,
      Head before,
      Head after,
      String staged,
      List<KbPath> createdFolders)
      implements LedgerEntry {}

  /**
   * What became of an intent.
   *
   * @param outcome PUBLISHED, WITHDRAWN, ALREADY_WITHDRAWN, NEVER_PUBLISHED, BUILT_UPON or FAILED
   * @param head the head afterwards
   */
  record Outcome(long epoch, String changeId, KbPath path, String outcome, Head head)
      implements LedgerEntry {}

  /** The owner must not publish any more. */
  record OwnerBarred(Owner owner) implements LedgerEntry {}

  /** A claim ended: WITHDRAWN, or ABANDONED (it had no intent). */
  record ClaimClosed(long epoch, String end) implements LedgerEntry {}

  /** A document was added outside any lane. */
  record DocumentAdded(KbPath path, Head head) implements LedgerEntry {}

  /**
   * Documents are about to be added outside any lane, all or none.
   *
   * @param id unique
   * @param by who asked for it, as recorded
   * @param items what is to be put where
   */
  record ImportBegan(String id, String by, List<Item> items) implements LedgerEntry {

    /**
     * One document.
     *
     * @param path where
     * @param head the head to come
     * @param staged the file that will become the document, for the proof that this run published
     *     it
     * @param createdFolders folders that did not exist before
     */
    public record Item(KbPath path, Head head, String staged, List<KbPath> createdFolders) {}
  }

  /** What became of an import: IMPORTED, and each document was added, or UNDONE. */
  record ImportEnded(String id, String outcome) implements LedgerEntry {}

  /** The claim of an applied run is open again, only to be withdrawn under a grant of its own. */
  record Reopened(Owner owner, long epoch, Digest grant) implements LedgerEntry {}

  /**
   * A claim published under an approval, which serves no other run from then on.
   *
   * @param approvalId the approval, whose envelope was recorded before
   */
  record ApprovalUsed(String approvalId, long epoch) implements LedgerEntry {}

  /** An approver allowed a plan to be published; the envelope is verified whenever it is used. */
  record Approved(Digest planDigest, String envelope) implements LedgerEntry {}

  /** Nothing may be published until it is unfrozen; what is published may be withdrawn. */
  record Frozen(String reason, String by) implements LedgerEntry {}

  /** Lanes may publish again. */
  record Unfrozen(String by) implements LedgerEntry {}

  /** A grant, for a run or to withdraw one, is not to be used any more. */
  record GrantRevoked(String grantId, String by, String reason) implements LedgerEntry {}

  /** From now on these names are passed over, and no others. */
  record NamesIgnored(List<String> patterns, String by) implements LedgerEntry {}

  /** A lane run ended. */
  record RunEnded(
      Owner owner,
      LaneName lane,
      Optional<Digest> planDigest,
      LaneEnd end,
      Optional<SealedPacket> packet)
      implements LedgerEntry {
    @Override
    public Optional<Owner> of() {
      return Optional.of(owner);
    }
  }
}
