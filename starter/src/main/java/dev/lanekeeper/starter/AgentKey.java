package dev.lanekeeper.starter;

import dev.lanekeeper.client.LaneClient;
import dev.lanekeeper.worker.LocalKeys;
import dev.lanekeeper.workflow.LaneRequest;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import picocli.CommandLine.Option;

/** The key of the agent that asks, which signs the request under a grant that names it. */
final class AgentKey {

  @Option(
      names = "--agent-key",
      paramLabel = "FILE",
      description = {
        "Your private key (NAME.key, NAME.pub beside it), when the grant names an agent's key:",
        "it signs the request. The key stays here."
      })
  private Path file;

  /** Whether an agent asks. */
  boolean given() {
    return file != null;
  }

  /** The request, signed when there is a key. */
  LaneRequest prove(LaneRequest request, String workflowId) throws IOException {
    if (file == null) {
      return request;
    }
    return LaneClient.prove(request, workflowId, LocalKeys.ofFile(file), Instant.now());
  }
}
