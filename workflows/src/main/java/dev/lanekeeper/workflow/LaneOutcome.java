package dev.lanekeeper.workflow;

import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.lane.LaneName;
import dev.lanekeeper.lane.Stage;
import dev.lanekeeper.verdict.RejectCode;
import dev.lanekeeper.verdict.Verdict;
import java.util.List;
import java.util.Optional;

/**
 * How a lane run ended: the workflow's result, or the details of its failure.
 *
 * @param lane the lane's name
 * @param end how it ended
 * @param alreadyApplied whether an earlier run had applied the plan, so that this one did nothing
 * @param planDigest the plan, if one was found
 * @param stage where it stopped, if in a stage
 * @param reject why, if it was a rejection
 * @param withdrawn what the rollback did, one line a document
 * @param packet the evidence packet, unless none could be written
 */
public record LaneOutcome(
    LaneName lane,
    LaneEnd end,
    boolean alreadyApplied,
    Optional<Digest> planDigest,
    Optional<Stage> stage,
    Optional<Verdict.Reject> reject,
    List<String> withdrawn,
    Optional<SealedPacket> packet) {

  /**
   * The run that the signed end in the packet is about: with {@link #alreadyApplied} the earlier
   * run that applied the plan. Empty when there is no packet, or nobody signed its end; whether the
   * signature counts is for {@code LaneClient.unverified}.
   */
  public Optional<Owner> endOf() {
    return packet
        .flatMap(SealedPacket::end)
        .flatMap(EndStatement::read)
        .map(end -> end.content().run());
  }

  /** The outcome as a sentence. */
  public String sentence() {
    String why = reject.map(r -> ": " + r.sentence()).orElse("");
    String next = remedy().map(r -> ". Remedy: " + r).orElse("");
    String where = stage.map(s -> " in " + s + " " + s.title()).orElse("");
    return "Lane " + lane + " ended " + end + where + why + next + ".";
  }

  /** What to do about it now; nothing about a lane that a person ended. */
  Optional<String> remedy() {
    return switch (end) {
      case REJECTED -> reject.map(r -> r.code().remedy());
      case ROLLBACK_FAILED -> Optional.of(RejectCode.ROLLBACK_STEP_FAILED.remedy());
      case APPLIED, ROLLED_BACK, ABORTED, CANCELED -> Optional.empty();
    };
  }
}
