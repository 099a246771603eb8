package dev.lanekeeper.kb;

import dev.lanekeeper.canonical.Json;
import dev.lanekeeper.canonical.PlainText;
import dev.lanekeeper.files.Kind;
import dev.lanekeeper.files.Root;
import dev.lanekeeper.text.CommandName;
import dev.lanekeeper.verdict.RejectCode;
import dev.lanekeeper.verdict.Verdict;
import java.io.IOException;
import java.util.Optional;

/**
 * The file in the documents' folder that says whose documents they are. Without it a volume that is
 * not mounted would pass for a knowledge base without documents.
 */
final class Marker {

  /** Its folder, in which no document can be. */
  static final String FOLDER = ".lanekeeper";

  static final String NAME = FOLDER + "/kb.json";

  /** In the ledger's folder: says that the marker was put there, so that it must be there. */
  private static final String PLACED = "marked";

  private static final long LIMIT = 64 << 10;
  private static final int MOST_SHOWN = 100;

  private final Root documents;
  private final Root state;
  private final KbIdentity identity;

  /**
   * The content.
   *
   * @param formatVersion 1
   * @param id of which knowledge base these are the documents
   */
  private record Content(int formatVersion, String id) {}

  Marker(Root documents, Root state, KbIdentity identity) {
    this.documents = documents;
    this.state = state;
    this.identity = identity;
  }

  /** Whether it was put there; an earlier release made knowledge bases without. */
  boolean placed() throws IOException {
    return state.kind(PLACED) == Kind.FILE;
  }

  /**
   * Says that these are the documents of this knowledge base, and of no other from now on.
   *
   * @throws RefusedException KB_UNREACHABLE when they are another's
   */
  void place() throws IOException {
    Optional<String> found = found();
    if (found.isPresent() && !found.get().equals(identity.id())) {
      throw another(found.get());
    }
    documents.folders(FOLDER);
    documents.replace(NAME, Json.pretty(Json.tree(new Content(1, identity.id()))));
    state.replace(PLACED, new byte[0]);
  }

  /** Whose documents the folder holds by its marker; empty where it has none. */
  private Optional<String> found() throws IOException {
    Optional<byte[]> bytes = documents.find(NAME, LIMIT);
    return bytes.isEmpty()
        ? Optional.empty()
        : Optional.of(Json.as(Json.parse(bytes.get()), Content.class).id());
  }

  /**
   * Makes sure that the folder is there and holds this knowledge base's documents.
   *
   * @throws RefusedException KB_UNREACHABLE; then nothing that is looked for there is known to be
   *     absent
   */
  void require() throws IOException {
    if (documents.kind() != Kind.FOLDER) {
      throw unreachable("no such folder");
    }
    if (placed()) {
      Optional<String> found = found();
      if (found.isEmpty()) {
        throw unreachable(
            "a folder without it: its volume is not mounted, or its content was replaced, which "
                + CommandName.KB_MARK.quoted()
                + " allows");
      }
      if (!found.get().equals(identity.id())) {
        throw another(found.get());
      }
    }
  }

  private RefusedException another(String id) {
    return unreachable("the documents of knowledge base " + PlainText.visible(id, MOST_SHOWN));
  }

  private RefusedException unreachable(String found) {
    return new RefusedException(
        Verdict.reject(
            RejectCode.KB_UNREACHABLE,
            NAME,
            "the folder with the documents of knowledge base " + identity.id(),
            found));
  }
}
