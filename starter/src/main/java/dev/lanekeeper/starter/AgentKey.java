package dev.lanekeeper.starter;

import dev.lanekeeper.client.LaneClient;
import dev.lanekeeper.signature.SigningKey;
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

  /** The request, signed when there is a key. */
  LaneRequest prove(LaneRequest request, String workflowId, String again)
      throws CommandFailure, IOException {
    if (file == null) {
      return request;
    }
    SigningKey key =
        LocalKeys.ofFile(file)
            .orElseThrow(
                () ->
                    new CommandFailure(
                        ExitCode.USAGE,
                        CommandCode.KEY_MISSING,
                        "--agent-key",
                        "a key pair at " + file,
                        "none",
                        "give the private key of which the owner has the public half",
                        again));
    return LaneClient.prove(request, workflowId, key, Instant.now());
  }
}
