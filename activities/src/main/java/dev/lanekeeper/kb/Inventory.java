package dev.lanekeeper.kb;

import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.canonical.DirHash;
import dev.lanekeeper.lane.Head;
import dev.lanekeeper.lane.KbPath;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;

/**
 * Every document of a knowledge base.
 *
 * @param heads the heads by path
 */
public record Inventory(NavigableMap<KbPath, Head.Revision> heads) {

  /** The digest of the whole tree (dirhash h1). */
  public Digest tree() {
    Map<String, Digest> files = new TreeMap<>();
    heads.forEach((path, head) -> files.put(path.value(), head.sha256()));
    return DirHash.h1(files);
  }
}
