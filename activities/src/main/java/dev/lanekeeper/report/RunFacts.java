package dev.lanekeeper.report;

import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.lane.Head;
import dev.lanekeeper.workflow.LaneEnd;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * What is known of a run at its end, by the ledger, its evidence and the documents as they are read
 * then.
 *
 * @param end how it ended
 * @param planKnown whether it worked under a grant; without, it had no plan and no documents
 * @param stop why it did not go on, if a stage refused
 * @param changes what became of each document of the plan, in the plan's order
 * @param steps what became of each stage, in their order
 * @param opened when the run began
 * @param written when its end was recorded
 * @param people who asked, allowed, approved, worked and reviewed
 * @param place where it ran, and on what
 */
public record RunFacts(
    LaneEnd end,
    boolean planKnown,
    Optional<Stop> stop,
    List<Change> changes,
    List<Step> steps,
    Instant opened,
    Instant written,
    People people,
    Place place) {

  /** Copies the lists. */
  public RunFacts {
    changes = List.copyOf(changes);
    steps = List.copyOf(steps);
  }

  /**
   * A refusal.
   *
   * @param stage the stage that refused, with its title
   * @param code the reject code, with its subject
   */
  public record Stop(String stage, String code, String expected, String actual, String remedy) {}

  /**
   * A document of the plan.
   *
   * @param before the head that stood before the publication; without one, the head that the plan
   *     wants there
   * @param replaced the packet's file with the bytes of that head, if it holds them
   * @param planned the digest of the bytes that the plan publishes
   * @param published the head as this run published it, if it did
   * @param outcome what the ledger says last of it; empty when it says nothing
   * @param now the head as it was read when the run ended; empty when it could not be read
   */
  public record Change(
      String id,
      String title,
      String path,
      Head before,
      Optional<String> replaced,
      Digest planned,
      Optional<Head> published,
      Optional<String> outcome,
      Optional<Head> now) {

    /** Whether the earlier state is back: the same bytes, or nothing again. */
    boolean restored() {
      return now.filter(before::sameBytes).isPresent();
    }

    /** Whether it stands as this run published it. */
    boolean stands() {
      return published.isPresent() && now.equals(published);
    }
  }

  /**
   * A stage.
   *
   * @param verdict its verdict, or NOT_RUN
   * @param started when its last attempt began
   * @param finished when that ended
   * @param worker which worker did it; the default identity of a worker is its process and host
   */
  public record Step(
      String stage,
      String title,
      String verdict,
      Optional<Instant> started,
      Optional<Instant> finished,
      String worker) {}

  /**
   * Who had to do with the run.
   *
   * @param requester who asked, as stated
   * @param delegation the grant; empty when none was verified
   * @param approvalAsked whether the lane asks for an approval
   * @param approver the key that approved, with its name in the trust root
   * @param review the review; empty when the run did not come to it
   * @param rollbackGrant under which grant an applied run was withdrawn
   */
  public record People(
      String requester,
      Optional<Delegation> delegation,
      boolean approvalAsked,
      Optional<String> approver,
      Optional<Review> review,
      Optional<String> rollbackGrant) {}

  /**
   * A grant.
   *
   * @param issued SELF_ISSUED or OWNER_ISSUED
   */
  public record Delegation(
      String name, String issuer, String subject, String chain, String ownerKey, String issued) {}

  /**
   * A review.
   *
   * @param independence REVIEW_INDEPENDENT or REVIEW_NOT_INDEPENDENT
   * @param verdict what it came to
   */
  public record Review(String reviewer, String key, String independence, String verdict) {}

  /**
   * Where.
   *
   * @param host the host that wrote this report
   * @param kb the knowledge base's id
   * @param environment its label
   * @param store what kind of store holds it
   * @param engine the Temporal service, with its namespace
   * @param workflow the workflow's id
   */
  public record Place(
      String host, String kb, String environment, String store, String engine, String workflow) {}
}
