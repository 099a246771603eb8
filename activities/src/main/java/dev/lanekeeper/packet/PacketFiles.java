package dev.lanekeeper.packet;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lanekeeper.canonical.CanonicalJson;
import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.canonical.DirHash;
import dev.lanekeeper.canonical.Json;
import dev.lanekeeper.lane.EvidenceFiles;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** The names of a packet's files, and the two digests over them. */
public final class PacketFiles {

  /** Where documents are. */
  public static final String DOCUMENTS = "data/documents/";

  /** Where the bytes are that updates replace. */
  public static final String BEFORE = "data/before/";

  /** The plan; its SHA-256 is the plan digest. */
  public static final String LANE = "data/lane.json";

  /** The grant. */
  public static final String GRANT = "data/grant.dsse.json";

  /** The keys. */
  public static final String LOCK = "data/delegation-and-authority-lock.json";

  /** The signed statements. */
  public static final String ATTESTATIONS = "data/attestations.intoto.jsonl";

  /** The files beside {@code data/}. */
  public static final List<String> TAG_FILES =
      List.of("RERUN.sh", "bag-info.txt", "bagit.txt", "manifest-sha256.txt");

  /** The manifest of the tag files. */
  public static final String TAG_MANIFEST = "tagmanifest-sha256.txt";

  /** What no statement names as a subject: it is bound in other ways. */
  static final Set<String> NOT_SUBJECTS =
      Set.of(ATTESTATIONS, "bag-info.txt", "manifest-sha256.txt", TAG_MANIFEST);

  /** What varies from run to run as a whole. */
  private static final Set<String> WHOLLY_VOLATILE =
      Set.of(GRANT, ATTESTATIONS, "bag-info.txt", "manifest-sha256.txt", TAG_MANIFEST);

  private PacketFiles() {}

  /** The digest of all files (dirhash h1). */
  public static Digest packetTree(Map<String, byte[]> files) {
    return DirHash.ofBytes(files);
  }

  /**
   * The digest without what varies from run to run: equal inputs give equal digests.
   *
   * @throws IOException when an evidence file is not JSON
   */
  public static Digest stableTree(Map<String, byte[]> files) throws IOException {
    Map<String, Digest> stable = new TreeMap<>();
    for (Map.Entry<String, byte[]> file : files.entrySet()) {
      String name = file.getKey();
      if (WHOLLY_VOLATILE.contains(name)) {
        continue;
      }
      if (name.startsWith("data/") && EvidenceFiles.ALL.contains(name.substring(5))) {
        ObjectNode json = (ObjectNode) Json.parse(file.getValue());
        json.remove("volatile");
        stable.put(name, CanonicalJson.digest(json));
      } else {
        stable.put(name, Digest.of(file.getValue()));
      }
    }
    return DirHash.h1(stable);
  }

  /** The subjects of the sealing statement: every file but those bound in other ways. */
  public static Map<String, Digest> subjects(Map<String, byte[]> files) {
    Map<String, Digest> subjects = new TreeMap<>();
    files.forEach(
        (name, bytes) -> {
          if (!NOT_SUBJECTS.contains(name)) {
            subjects.put(name, Digest.of(bytes));
          }
        });
    return subjects;
  }
}
