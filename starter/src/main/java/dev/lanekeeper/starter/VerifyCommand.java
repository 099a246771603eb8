package dev.lanekeeper.starter;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lanekeeper.evidence.FileTree;
import dev.lanekeeper.files.Named;
import dev.lanekeeper.packet.PacketVerifier;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Checks a packet as RERUN.sh does. */
@Command(
    name = "verify",
    description =
        "Check an evidence packet as its RERUN.sh does: 0 PASS, 10 integrity, 11 signature, 12"
            + " re-execution differs, 13 a check could not be made.")
final class VerifyCommand extends LaneCommand {

  /** More than any packet holds, and less than memory. */
  private static final long LIMIT = 256L << 20;

  @Parameters(paramLabel = "PACKET_DIR", description = "The packet.")
  private Path folder;

  @Option(
      names = "--key",
      paramLabel = "SHA256",
      description = "The owner key's thumbprint, from the owner and not from the packet.")
  private String key;

  @Override
  String subject() {
    return folder.toString();
  }

  @Override
  int perform() throws CommandFailure, IOException {
    if (!Named.isFolder(folder)) {
      throw new CommandFailure(
          PacketVerifier.Answer.INCOMPLETE.exitCode(),
          PacketVerifier.Answer.INCOMPLETE,
          folder.toString(),
          "the folder of a packet",
          Named.isThere(folder) ? "a file" : "nothing",
          "name the folder 'packet' of a run, as the run printed it",
          help());
    }
    PacketVerifier.Finding finding = verify();
    if (common().json()) {
      ObjectNode out = PacketVerifier.json(finding);
      out.put("packet", folder.toAbsolutePath().toString());
      out.put("end", finding.end().orElse(null));
      print(out);
    } else {
      finding.checks().forEach(check -> say("ok  " + check));
      if (finding.answer() == PacketVerifier.Answer.PASS) {
        out().println("PASS packet of a lane that ended " + finding.end().orElse("unknown"));
      }
    }
    if (finding.answer() != PacketVerifier.Answer.PASS) {
      warn(finding.answer() + ": " + finding.problem().orElse(""));
      String again = key == null ? again() + " --key OWNER_SHA256" : again();
      err().println("  command:  " + again);
    }
    return finding.answer().exitCode();
  }

  private PacketVerifier.Finding verify() throws IOException {
    Map<String, byte[]> files;
    try {
      files = FileTree.read(folder.toRealPath(), LIMIT);
    } catch (IOException e) {
      return new PacketVerifier.Finding(
          // What could not be read says nothing about the packet.
          e instanceof FileTree.OtherKindException
              ? PacketVerifier.Answer.INTEGRITY
              : PacketVerifier.Answer.INCOMPLETE,
          List.of(),
          Optional.of(Faults.words(e)),
          Optional.empty());
    }
    Path workspace = Named.temporaryFolder("lanekeeper-verify");
    try {
      return new PacketVerifier(files, Optional.ofNullable(key))
          .verify(workspace.resolve("re-execution"));
    } finally {
      FileTree.delete(workspace);
    }
  }
}
