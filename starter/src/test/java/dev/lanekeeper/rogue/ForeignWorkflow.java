package dev.lanekeeper.rogue;

import dev.lanekeeper.workflow.Limits;
import io.temporal.activity.ActivityOptions;
import io.temporal.client.WorkflowClient;
import io.temporal.client.WorkflowOptions;
import io.temporal.client.WorkflowStub;
import io.temporal.common.RetryOptions;
import io.temporal.common.SearchAttributes;
import io.temporal.common.converter.EncodedValues;
import io.temporal.common.converter.RawValue;
import io.temporal.failure.ActivityFailure;
import io.temporal.failure.ApplicationFailure;
import io.temporal.worker.Worker;
import io.temporal.worker.WorkerFactory;
import io.temporal.workflow.DynamicWorkflow;
import io.temporal.workflow.Workflow;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * A workflow that calls itself what it likes, on a queue and a worker of its own, and schedules the
 * product's activities on the product's queues with whatever it likes as their arguments.
 */
public final class ForeignWorkflow implements AutoCloseable {

  /** Its own queue. */
  public static final String QUEUE = "rogue";

  private final WorkflowClient client;
  private final WorkerFactory factory;

  /** One call. */
  public record Call(String queue, String activity, List<String> arguments) {}

  /** What came of one. */
  public record Said(String activity, List<String> arguments, String answer) {}

  /** Makes the calls one after another, whatever comes of them. */
  public static final class Body implements DynamicWorkflow {
    @Override
    public Object execute(EncodedValues input) {
      List<String> said = new ArrayList<>();
      for (Call call : input.get(0, Call[].class)) {
        String answer = answer(call);
        said.add(answer.substring(0, Math.min(answer.length(), 50_000)));
      }
      return said;
    }

    private static String answer(Call call) {
      try {
        RawValue answer =
            Workflow.newUntypedActivityStub(
                    ActivityOptions.newBuilder()
                        .setTaskQueue(call.queue())
                        .setStartToCloseTimeout(Duration.ofSeconds(60))
                        .setRetryOptions(RetryOptions.newBuilder().setMaximumAttempts(1).build())
                        .build())
                .execute(
                    call.activity(),
                    RawValue.class,
                    call.arguments().stream().map(RawJson::of).toArray());
        return "answered " + answer.getPayload().getData().toStringUtf8();
      } catch (ActivityFailure failure) {
        return "failed "
            + (failure.getCause() instanceof ApplicationFailure why
                ? why.getType() + ": " + why.getOriginalMessage()
                : String.valueOf(failure.getCause()));
      }
    }
  }

  /** Starts its worker. */
  public ForeignWorkflow(WorkflowClient client) {
    this.client = client;
    this.factory = WorkerFactory.newInstance(client);
    Worker worker = factory.newWorker(QUEUE, Limits.DEFAULT.worker().build());
    worker.registerWorkflowImplementationTypes(Body.class);
    factory.start();
  }

  /** Starts one under this type and id, and with these search attributes. */
  public WorkflowStub start(String type, String id, SearchAttributes attributes, List<Call> calls) {
    WorkflowStub stub =
        client.newUntypedWorkflowStub(
            type,
            WorkflowOptions.newBuilder()
                .setWorkflowId(id)
                .setTaskQueue(QUEUE)
                .setTypedSearchAttributes(attributes)
                .build());
    stub.start((Object) calls);
    return stub;
  }

  /** Makes the calls as a workflow of this type, to its end. */
  public List<Said> call(String type, String id, List<Call> calls) {
    String[] answers = start(type, id, SearchAttributes.EMPTY, calls).getResult(String[].class);
    List<Said> said = new ArrayList<>();
    for (int i = 0; i < answers.length; i++) {
      said.add(new Said(calls.get(i).activity(), calls.get(i).arguments(), answers[i]));
    }
    return said;
  }

  @Override
  public void close() {
    factory.shutdownNow();
  }
}
