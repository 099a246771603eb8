package dev.lanekeeper.kb;

import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.files.Access;
import dev.lanekeeper.lane.Head;
import dev.lanekeeper.lane.KbPath;
import dev.lanekeeper.verdict.Verdict;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/** A read-only handle; each handle reads afresh and caches no document. */
public interface KbReader {

  /** Who the knowledge base is. */
  KbIdentity identity();

  /**
   * The document at a path, read once.
   *
   * @throws RefusedException KB_UNREACHABLE when the documents' folder is not there, or not theirs;
   *     PATH_UNSAFE when a link or special file is on the path; PATH_IGNORED
   */
  Optional<Document> read(KbPath path) throws IOException;

  /**
   * The document as it was before this very plan changed it: where the plan's own open claim has
   * published the present revision, the one that it replaced; otherwise the present one.
   *
   * @throws IOException also when the replaced bytes are missing or have changed
   */
  default Optional<Document> readBefore(KbPath path, Digest planDigest) throws IOException {
    return read(path);
  }

  /**
   * The bytes that an update replaced, from where an undo would take them.
   *
   * @throws IOException when they are missing, or are not those bytes any more
   */
  default byte[] kept(Head.Revision before) throws IOException {
    throw new IOException("the kept bytes of " + before + " are missing");
  }

  /** Who may do what with the document at a path; empty where documents have no such rights. */
  default Optional<Access> access(KbPath path) throws IOException {
    return Optional.empty();
  }

  /** The head at a path. */
  default Head head(KbPath path) throws IOException {
    return read(path).<Head>map(Document::head).orElse(Head.absent());
  }

  /**
   * What is in the knowledge base at a name that differs from the path, or from a folder above it,
   * by letter case only.
   */
  Optional<String> collision(KbPath path) throws IOException;

  /**
   * Every document.
   *
   * @throws RefusedException KB_UNREACHABLE as {@link #read}; FOREIGN_FILE when the tree holds what
   *     is no document and is not {@link LedgerState#ignoredNames ignored}
   */
  Inventory inventory() throws IOException;

  /**
   * Whether documents can be put there as a rehearsal in a folder puts them.
   *
   * @param workspaces where S2 rehearses; it need not exist
   * @return VOLUMES_DIFFER when documents, ledger and that folder are not on one file system
   */
  default Verdict onOneVolume(Path workspaces) throws IOException {
    return Verdict.pass();
  }

  /** What the ledger says now. */
  LedgerState ledger() throws IOException;
}
