package dev.lanekeeper.starter;

import dev.lanekeeper.files.Kind;
import dev.lanekeeper.files.Rights;
import dev.lanekeeper.files.Root;
import dev.lanekeeper.lane.KbPath;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Documents in a folder that are to be in a knowledge base before any lane, read and named as a
 * whole before anything is done with them.
 *
 * @param documents the bytes by their path
 * @param hidden files that were passed over: no document's name begins with a dot
 */
record InitialDocuments(Map<KbPath, byte[]> documents, List<String> hidden) {

  /** How many documents one import takes. */
  private static final int FILES = 100_000;

  /** How many bytes they may hold in all. */
  private static final long LIMIT = 1L << 30;

  /**
   * Reads a folder.
   *
   * @param again the command to type when the folder was put right
   * @throws CommandFailure when one of its files cannot be a document
   */
  static InitialDocuments in(Path folder, String again) throws CommandFailure, IOException {
    Root root = Root.at(folder, Rights.UMASK);
    Map<KbPath, byte[]> documents = new TreeMap<>();
    List<String> hidden = new ArrayList<>();
    long left = LIMIT;
    for (Map.Entry<String, Kind> found : root.walk(FILES).entrySet()) {
      String name = found.getKey();
      if (Arrays.stream(name.split("/")).anyMatch(segment -> segment.startsWith("."))) {
        hidden.add(name);
      } else if (found.getValue() != Kind.FILE) {
        throw new FileSystemException(
            root.path(name).toString(), null, "a symbolic link or another kind of file");
      } else {
        byte[] bytes = root.read(name, left);
        left -= bytes.length;
        documents.put(path(name, again), bytes);
      }
    }
    return new InitialDocuments(documents, hidden);
  }

  private static KbPath path(String name, String again) throws CommandFailure {
    try {
      return new KbPath(name);
    } catch (IllegalArgumentException e) {
      throw new CommandFailure(
          ExitCode.USAGE,
          "NAME_INVALID",
          name,
          "a document's name: ASCII letters, digits, '.', '-' and '_', with '/' between folders",
          "another name; none of the documents was added",
          "rename the file, or take it out of the folder",
          again);
    }
  }

  /** What was passed over, in words; empty when nothing was. */
  String passedOver() {
    return hidden.isEmpty()
        ? ""
        : "passed over "
            + hidden.size()
            + " hidden "
            + (hidden.size() == 1 ? "file" : "files")
            + ", such as "
            + hidden.get(0);
  }
}
