package dev.lanekeeper.workflow;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lanekeeper.canonical.CanonicalJson;
import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.lane.Stage;
import dev.lanekeeper.signature.Signed;
import dev.lanekeeper.verdict.RejectCode;
import dev.lanekeeper.verdict.Verdict;
import io.temporal.common.converter.DataConverterException;
import io.temporal.workflow.Workflow;
import io.temporal.workflow.WorkflowInfo;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/**
 * Tells results that a trusted worker signed for the calling run from those that somebody else put
 * into its history: whoever may write to the namespace can complete an activity. Which keys are
 * trusted is asked of the worker and kept in the history, so that a replay decides the same.
 */
final class ResultCheck {

  private record Asked(TrustedKeys.Role role, Digest key) {}

  private final TrustedKeys keys;
  private final Set<Asked> trusted = new HashSet<>();
  private Optional<String> kbId = Optional.empty();

  ResultCheck(TrustedKeys keys) {
    this.keys = keys;
  }

  /** The knowledge base that the run's first verified result came from. */
  Optional<String> kbId() {
    return kbId;
  }

  /**
   * An activity's result; empty when somebody put something in its place that is none, which must
   * neither end the lane nor keep its turn failing.
   */
  static <R> Optional<R> readable(Supplier<R> activity) {
    try {
      return Optional.ofNullable(activity.get());
    } catch (DataConverterException e) {
      return Optional.empty();
    }
  }

  /** The refusal of what is no result at all. */
  static Verdict.Reject unreadable(String subject) {
    return unverified(subject, "something that is no result");
  }

  /** Why a stage's result is not one to believe; empty when it is. */
  Optional<Verdict.Reject> refuse(Stage stage, StageResult result, int round) {
    TrustedKeys.Role role =
        stage == Stage.S7 ? TrustedKeys.Role.REVIEWER : TrustedKeys.Role.EXECUTOR;
    return problem(role, stage.activityType(), round, result.core(), result.signed())
        .map(why -> unverified(stage.name(), why));
  }

  /** The same of S0's. */
  Optional<Verdict.Reject> refuse(PreflightResult result, int round) {
    return problem(
            TrustedKeys.Role.EXECUTOR,
            Stage.S0.activityType(),
            round,
            result.core(),
            result.signed())
        .map(why -> unverified(Stage.S0.name(), why));
  }

  /** The same of what {@code Rollback} says. */
  Optional<String> problem(WithdrawResult result) {
    return problem(
        TrustedKeys.Role.EXECUTOR, Activities.ROLLBACK, 0, result.core(), result.signed());
  }

  private static Verdict.Reject unverified(String subject, String why) {
    return Verdict.reject(
        RejectCode.RESULT_UNVERIFIED,
        subject,
        "a result of this run, signed by a worker that the trust root names",
        why);
  }

  private Optional<String> problem(
      TrustedKeys.Role role, String activity, int round, ObjectNode core, Optional<String> by) {
    Optional<Signed<ResultStatement>> read = ResultStatement.read(by);
    if (read.isEmpty()) {
      return Optional.of("a result without a worker's signature");
    }
    ResultStatement statement = read.get().content();
    Digest key = read.get().key().thumbprint();
    if (!ofThisRun(statement.caller())
        || !statement.activity().equals(activity)
        || statement.round() != round) {
      return Optional.of("a signed result of another run, stage or round");
    }
    if (!statement.result().equals(CanonicalJson.digest(core))) {
      return Optional.of("another result than the one that was signed");
    }
    if (!trusts(role, key)) {
      return Optional.of("a signature by key " + key.brief() + ", trusted by nobody");
    }
    if (kbId.isPresent() && !kbId.get().equals(statement.kbId())) {
      return Optional.of("a result of knowledge base " + statement.kbId() + ", not " + kbId.get());
    }
    kbId = Optional.of(statement.kbId());
    return Optional.empty();
  }

  /**
   * The end that a packet carries; empty when no trusted worker signed one of this run.
   *
   * @param run whose end it must be, when it is not the calling run's
   */
  Optional<EndStatement> end(Optional<SealedPacket> packet, Optional<Owner> run) {
    Optional<Signed<EndStatement>> read =
        packet.flatMap(SealedPacket::end).flatMap(EndStatement::read);
    if (read.isEmpty()) {
      return Optional.empty();
    }
    EndStatement end = read.get().content();
    boolean its = run.map(end.run()::equals).orElseGet(() -> ofThisRun(end.run()));
    boolean ofPacket =
        end.location().equals(packet.get().location())
            && end.packetTree().equals(packet.get().packetTree())
            && end.stableTree().equals(packet.get().stableTree());
    boolean here = kbId.isEmpty() || kbId.get().equals(end.kbId());
    TrustedKeys.Role role =
        end.end() == LaneEnd.APPLIED ? TrustedKeys.Role.REVIEWER : TrustedKeys.Role.EXECUTOR;
    return its && ofPacket && here && trusts(role, read.get().key().thumbprint())
        ? Optional.of(end)
        : Optional.empty();
  }

  /** A yes is kept; a no may have been the answer of another installation's worker. */
  private boolean trusts(TrustedKeys.Role role, Digest key) {
    Asked asked = new Asked(role, key);
    if (!trusted.contains(asked)
        && Workflow.sideEffect(Boolean.class, () -> keys.trusts(role, key))) {
      trusted.add(asked);
    }
    return trusted.contains(asked);
  }

  private static boolean ofThisRun(Owner owner) {
    WorkflowInfo info = Workflow.getInfo();
    return owner.workflowId().equals(info.getWorkflowId())
        && owner.namespace().equals(info.getNamespace())
        && owner.runId().value().equals(info.getOriginalExecutionRunId());
  }
}
