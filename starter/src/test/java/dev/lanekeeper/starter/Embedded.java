package dev.lanekeeper.starter;

import com.google.protobuf.ByteString;
import dev.lanekeeper.client.LaneClient;
import dev.lanekeeper.evidence.EvidenceStore;
import dev.lanekeeper.kb.Leases;
import dev.lanekeeper.worker.Catalogue;
import dev.lanekeeper.worker.Home;
import dev.lanekeeper.worker.LaneWorker;
import dev.lanekeeper.worker.Wiring;
import dev.lanekeeper.workflow.LaneOutcome;
import dev.lanekeeper.workflow.LaneStatus;
import dev.lanekeeper.workflow.LaneWorkflow;
import dev.lanekeeper.workflow.TaskQueues;
import io.temporal.api.common.v1.Payload;
import io.temporal.client.WorkflowFailedException;
import io.temporal.client.WorkflowOptions;
import io.temporal.client.WorkflowStub;
import io.temporal.common.converter.RawValue;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** A home, a folder of lanes and the embedded engine, for requests as anybody may write them. */
public final class Embedded implements AutoCloseable {

  private final FileChannel lock;
  private final Connection connection;
  private final LaneWorker worker;

  /** Starts engine and worker. */
  public Embedded(Path folder, Path lanes) throws Exception {
    Home home = new Home(folder, Clock.systemUTC());
    lock = home.lock().orElseThrow();
    EvidenceStore evidence = home.evidence();
    connection = Connection.embedded();
    worker =
        LaneWorker.start(
            new Wiring(
                home,
                connection.client(),
                connection.engine(),
                connection,
                new Catalogue(lanes, evidence),
                "embedded",
                TaskQueues.EXECUTOR,
                Leases.SETTLED));
  }

  /** A text as the input of a workflow or an update, whatever it says. */
  public static RawValue input(String json) {
    return new RawValue(
        Payload.newBuilder()
            .putMetadata("encoding", ByteString.copyFromUtf8("json/plain"))
            .setData(ByteString.copyFrom(json.getBytes(StandardCharsets.UTF_8)))
            .build());
  }

  /** Starts a lane with this input. */
  public WorkflowStub start(String json) {
    WorkflowStub lane =
        connection
            .client()
            .newUntypedWorkflowStub(
                LaneWorkflow.TYPE,
                WorkflowOptions.newBuilder()
                    .setWorkflowId("hostile-" + UUID.randomUUID())
                    .setTaskQueue(TaskQueues.EXECUTOR)
                    .build());
    lane.start(input(json));
    return lane;
  }

  /** What a lane came to: its result, why it failed, or what holds it. */
  public String end(WorkflowStub lane) throws Exception {
    while (true) {
      try {
        LaneOutcome outcome =
            lane.getResult(50, TimeUnit.MILLISECONDS, LaneOutcome.class, LaneOutcome.class);
        return outcome.end() + ": " + outcome.reject();
      } catch (WorkflowFailedException e) {
        return String.valueOf(e.getCause() == null ? e : e.getCause().getMessage());
      } catch (TimeoutException running) {
        LaneStatus status = new LaneClient(connection.client()).status(lane);
        if (status.hold().isPresent()) {
          return "HELD " + status.hold().get().reject();
        }
      }
    }
  }

  /** The number of what holds a lane; 0 when nothing does. */
  public int hold(WorkflowStub lane) {
    return new LaneClient(connection.client()).status(lane).hold().map(h -> h.number()).orElse(0);
  }

  /** The history of a lane as text. */
  public String history(WorkflowStub lane) {
    return connection
        .client()
        .fetchHistory(lane.getExecution().getWorkflowId())
        .getHistory()
        .toString();
  }

  @Override
  public void close() throws Exception {
    worker.close();
    connection.close();
    lock.close();
  }
}
