package dev.lanekeeper.starter;

import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.canonical.DirHash;
import dev.lanekeeper.canonical.NormalizedText;
import dev.lanekeeper.evidence.FileTree;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Prints digests as lane files want them. */
@Command(
    name = "digest",
    description = "Print the digests of files and folders as a lane file pins them.")
final class DigestCommand extends LaneCommand {

  @Parameters(arity = "1..*", paramLabel = "PATH", description = "Files or folders.")
  private List<Path> paths;

  @Override
  String subject() {
    return paths.toString();
  }

  @Override
  int perform() throws IOException, CommandFailure {
    for (Path path : paths) {
      if (Files.isDirectory(path)) {
        out().println("tree             " + DirHash.ofBytes(FileTree.read(path)) + "  " + path);
        continue;
      }
      if (!Files.isReadable(path)) {
        throw new CommandFailure(
            ExitCode.USAGE,
            "FILE_MISSING",
            path.toString(),
            "a file or folder",
            "nothing that can be read",
            "name a file or folder that is there",
            again());
      }
      byte[] bytes = Files.readAllBytes(path);
      out().println("raw              " + Digest.of(bytes) + "  " + path);
      out().println("normalized-text  " + normalized(bytes) + "  " + path);
    }
    return 0;
  }

  private static String normalized(byte[] bytes) {
    try {
      return Digest.of(NormalizedText.normalize(bytes)).hex();
    } catch (CharacterCodingException e) {
      return "none, the file is not UTF-8";
    }
  }
}
