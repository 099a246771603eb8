package dev.lanekeeper.kb;

import dev.lanekeeper.canonical.PlainText;
import dev.lanekeeper.files.Kind;
import dev.lanekeeper.files.Root;
import dev.lanekeeper.lane.Id;
import dev.lanekeeper.text.CommandName;
import dev.lanekeeper.verdict.RejectCode;
import dev.lanekeeper.verdict.Verdict;
import java.io.IOException;

/**
 * An empty folder beside the documents, whose name is the id of the knowledge base that they belong
 * to. Without it a volume that is not mounted would pass for a knowledge base without documents.
 */
final class Marker {

  /** Its folder, in which no document can be. */
  static final String FOLDER = ".lanekeeper";

  /** In the ledger's folder: says that the marker was put there, so that it must be there. */
  private static final String PLACED = "marked";

  private static final int MOST_SHOWN = 100;

  private final Root documents;
  private final Root state;
  private final KbIdentity identity;

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
    refuseAnother();
    documents.folders(name());
    documents.syncParent(name());
    documents.syncParent(FOLDER);
    state.replace(PLACED, new byte[0]);
  }

  private String name() {
    return FOLDER + "/" + identity.id();
  }

  /**
   * The folder's name is what says it. Files in there, and folders whose names are no ids, are what
   * file managers and file services leave.
   *
   * @throws RefusedException KB_UNREACHABLE when the documents are another's
   */
  void refuseAnother() throws IOException {
    if (documents.kind(FOLDER) == Kind.ABSENT) {
      return;
    }
    for (String found : documents.list(FOLDER)) {
      if (Id.is(found)
          && !found.equals(identity.id())
          && documents.kind(FOLDER + "/" + found) == Kind.FOLDER) {
        throw unreachable(
            "the documents of knowledge base " + PlainText.visible(found, MOST_SHOWN));
      }
    }
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
      refuseAnother();
      if (documents.kind(name()) != Kind.FOLDER) {
        throw unreachable(
            "a folder without it: its volume is not mounted, or its content was replaced, which "
                + CommandName.KB_MARK.quoted()
                + " allows");
      }
    }
  }

  private RefusedException unreachable(String found) {
    return new RefusedException(
        Verdict.reject(
            RejectCode.KB_UNREACHABLE,
            FOLDER,
            "the folder with the documents of knowledge base " + identity.id(),
            found));
  }
}
