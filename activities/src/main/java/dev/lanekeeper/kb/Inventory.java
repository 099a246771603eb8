package dev.lanekeeper.kb;

import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.canonical.DirHash;
import dev.lanekeeper.lane.Head;
import dev.lanekeeper.lane.KbPath;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Every document of a knowledge base.
 *
 * @param heads the heads by path
 * @param large the largest document, where it is one of {@link #LARGE} bytes or more; hashing it is
 *     what then takes the time
 */
public record Inventory(NavigableMap<KbPath, Head.Revision> heads, Optional<Large> large) {

  /** From how many bytes on a document is worth telling of. */
  static final long LARGE = 256L << 20;

  /**
   * A large document.
   *
   * @param path where it is
   * @param bytes how many it holds
   */
  public record Large(KbPath path, long bytes) {
    @Override
    public String toString() {
      return path + " of " + (bytes >> 20) + " MiB";
    }
  }

  /** One without large documents. */
  public Inventory(NavigableMap<KbPath, Head.Revision> heads) {
    this(heads, Optional.empty());
  }

  /** The digest of the whole tree (dirhash h1). */
  public Digest tree() {
    Map<String, Digest> files = new TreeMap<>();
    heads.forEach((path, head) -> files.put(path.value(), head.sha256()));
    return DirHash.h1(files);
  }
}
