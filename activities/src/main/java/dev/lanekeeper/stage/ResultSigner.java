package dev.lanekeeper.stage;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lanekeeper.workflow.PreflightResult;
import dev.lanekeeper.workflow.ResultStatement;
import dev.lanekeeper.workflow.StageResult;
import dev.lanekeeper.workflow.WithdrawResult;

/** Signs what an activity returns, for the run that called it by the service's word. */
public final class ResultSigner {

  private final StageEnvironment environment;

  /** A signer with the worker's key. */
  public ResultSigner(StageEnvironment environment) {
    this.environment = environment;
  }

  /** A stage's result. */
  public StageResult sign(StageResult result, int round) {
    return result.signed(statement(round, result.core()));
  }

  /** S0's result. */
  public PreflightResult sign(PreflightResult result, int round) {
    return result.signed(statement(round, result.core()));
  }

  /** What {@code Rollback} did. */
  public WithdrawResult sign(WithdrawResult result) {
    return result.signed(statement(0, result.core()));
  }

  private String statement(int round, ObjectNode core) {
    Calls.Caller caller = environment.calls().current();
    return new ResultStatement(
            environment.owner(),
            environment.kb().identity().id(),
            caller.activityType(),
            round,
            caller.attempt(),
            core)
        .sign(environment.key());
  }
}
