package dev.lanekeeper.kb;

import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.lane.Head;
import dev.lanekeeper.lane.KbPath;
import java.io.IOException;
import java.util.Optional;

/** A read-only handle; each handle reads afresh and caches no document. */
public interface KbReader {

  /** Who the knowledge base is. */
  KbIdentity identity();

  /**
   * The document at a path, read once.
   *
   * @throws RefusedException PATH_UNSAFE when a link or special file is on the path
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

  /** The head at a path. */
  default Head head(KbPath path) throws IOException {
    return read(path).<Head>map(Document::head).orElse(Head.absent());
  }

  /** A name in the knowledge base that differs from the path's by letter case only. */
  Optional<String> collision(KbPath path) throws IOException;

  /**
   * Every document.
   *
   * @throws RefusedException PATH_UNSAFE when the tree holds a link or a special file
   */
  Inventory inventory() throws IOException;

  /** What the ledger says now. */
  LedgerState ledger() throws IOException;
}
