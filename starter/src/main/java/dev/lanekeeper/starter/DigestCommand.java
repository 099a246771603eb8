package dev.lanekeeper.starter;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.canonical.DirHash;
import dev.lanekeeper.canonical.Json;
import dev.lanekeeper.canonical.NormalizedText;
import dev.lanekeeper.evidence.FileTree;
import dev.lanekeeper.files.Named;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
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
    ObjectNode found = Json.object();
    ArrayNode digests = found.putArray("digests");
    for (Path path : paths) {
      if (Named.isFolder(path)) {
        tree(path, digests.addObject());
      } else {
        file(path, digests.addObject());
      }
    }
    if (common().json()) {
      print(found);
    }
    return 0;
  }

  private void tree(Path path, ObjectNode json) throws IOException {
    Digest tree = DirHash.ofBytes(FileTree.read(path));
    say("tree             " + tree + "  " + path);
    json.put("path", path.toString()).put("tree", tree.hex());
  }

  private void file(Path path, ObjectNode json) throws IOException, CommandFailure {
    if (!Named.isReadable(path)) {
      throw new CommandFailure(
          ExitCode.USAGE,
          CommandCode.FILE_MISSING,
          path.toString(),
          "a file or folder",
          "nothing that can be read",
          "name a file or folder that is there",
          again());
    }
    byte[] bytes = Named.read(path, FileTree.LIMIT);
    Digest raw = Digest.of(bytes);
    Optional<Digest> text = normalized(bytes);
    say("raw              " + raw + "  " + path);
    say(
        "normalized-text  "
            + text.map(Digest::hex).orElse("none, the file is not UTF-8")
            + "  "
            + path);
    json.put("path", path.toString()).put("raw", raw.hex());
    json.put("normalizedText", text.map(Digest::hex).orElse(null));
  }

  private static Optional<Digest> normalized(byte[] bytes) {
    try {
      return Optional.of(Digest.of(NormalizedText.normalize(bytes)));
    } catch (CharacterCodingException e) {
      return Optional.empty();
    }
  }
}
