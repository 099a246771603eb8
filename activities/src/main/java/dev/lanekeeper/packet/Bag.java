package dev.lanekeeper.packet;

import dev.lanekeeper.canonical.Digest;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;

/** BagIt 1.0 (RFC 8493): the tag files of a bag, each in exactly one form. */
public final class Bag {

  /** RFC 8493 §2.1.1. */
  static final String DECLARATION = "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n";

  private Bag() {}

  /**
   * What bag-info.txt says beside the size; the sealing statement says the same and is signed.
   *
   * @param date the day of bagging, UTC, as yyyy-mm-dd
   * @param agent the software
   * @param identifier the lane's id
   */
  public record Info(String date, String agent, String identifier) {}

  /** Adds what a bag needs around its payload; RERUN.sh is there already. */
  public static Map<String, byte[]> close(Map<String, byte[]> files, Info info) {
    Map<String, byte[]> bag = new TreeMap<>(files);
    bag.put("bagit.txt", bytes(DECLARATION));
    bag.put("bag-info.txt", bytes(info(bag, info)));
    bag.put("manifest-sha256.txt", bytes(manifest(bag, true)));
    bag.put(PacketFiles.TAG_MANIFEST, bytes(manifest(bag, false)));
    return bag;
  }

  /** RFC 8493 §2.2.2, with the octets and the number of payload files. */
  static String info(Map<String, byte[]> files, Info info) {
    long octets = 0;
    int count = 0;
    for (Map.Entry<String, byte[]> file : files.entrySet()) {
      if (file.getKey().startsWith("data/")) {
        octets += file.getValue().length;
        count++;
      }
    }
    return "Bag-Software-Agent: "
        + info.agent()
        + "\nBagging-Date: "
        + info.date()
        + "\nExternal-Identifier: "
        + info.identifier()
        + "\nPayload-Oxum: "
        + octets
        + "."
        + count
        + "\n";
  }

  /** RFC 8493 §2.1.3 and §2.2.1: of the payload, or of the tag files. */
  static String manifest(Map<String, byte[]> files, boolean payload) {
    StringBuilder lines = new StringBuilder();
    new TreeMap<>(files)
        .forEach(
            (name, bytes) -> {
              boolean listed =
                  payload ? name.startsWith("data/") : PacketFiles.TAG_FILES.contains(name);
              if (listed) {
                lines.append(Digest.of(bytes)).append("  ").append(name).append('\n');
              }
            });
    return lines.toString();
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
