package dev.lanekeeper.starter;

import dev.lanekeeper.evidence.FileTree;
import dev.lanekeeper.files.Named;
import dev.lanekeeper.packet.PacketVerifier;
import dev.lanekeeper.packet.Reexecution;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** What RERUN.sh calls: S2 to S4 again. */
@Command(
    name = "re-execute",
    hidden = true,
    description =
        "Check that a packet is one whole story and execute S2 to S4 again from its bytes:"
            + " 0 the same, 12 differs.")
final class ReexecuteCommand extends LaneCommand {

  @Parameters(paramLabel = "PACKET_DIR", description = "The packet.")
  private Path folder;

  @Override
  String subject() {
    return folder.toString();
  }

  @Override
  int perform() throws IOException {
    Path workspace = Named.temporaryFolder("lanekeeper-re-execute");
    try {
      Reexecution again = new Reexecution(FileTree.read(folder), workspace.resolve("re-execution"));
      List<String> differences = again.differences();
      if (differences.isEmpty()) {
        out().println("ok  " + again.summary());
      }
      differences.forEach(d -> warn("differs: " + d));
      return differences.isEmpty() ? 0 : PacketVerifier.Answer.REEXECUTION.exitCode();
    } finally {
      FileTree.delete(workspace);
    }
  }
}
