package dev.lanekeeper.canonical;

import java.util.Map;
import java.util.TreeMap;

/**
 * The digest of a tree of files: Go's dirhash {@code h1}, written as hexadecimal digits.
 *
 * <p>SHA-256 over one line a file, {@code "<sha256 hex> <name>\n"}, sorted by name (Source: the Go
 * module golang.org/x/mod, sumdb/dirhash, Hash1). Names are relative and use {@code /}.
 */
public final class DirHash {

  private DirHash() {}

  /**
   * The digest of a tree.
   *
   * @param files each file's digest by its name
   * @throws IllegalArgumentException when a name holds a line feed
   */
  public static Digest h1(Map<String, Digest> files) {
    StringBuilder lines = new StringBuilder();
    new TreeMap<>(files)
        .forEach(
            (name, digest) -> {
              if (name.indexOf('\n') >= 0) {
                throw new IllegalArgumentException("a file name holds a line feed: " + name);
              }
              lines.append(digest.hex()).append("  ").append(name).append('\n');
            });
    return Digest.of(lines.toString());
  }

  /** The digest of a tree from its bytes. */
  public static Digest ofBytes(Map<String, byte[]> files) {
    Map<String, Digest> digests = new TreeMap<>();
    files.forEach((name, bytes) -> digests.put(name, Digest.of(bytes)));
    return h1(digests);
  }
}
