package dev.lanekeeper.packet;

import com.fasterxml.jackson.databind.JsonNode;
import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.canonical.Json;
import dev.lanekeeper.canonical.Utf8;
import dev.lanekeeper.signature.Envelope;
import dev.lanekeeper.signature.VerifyKey;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Checks what is beside a packet that passes: the summary is signed by the key that sealed the
 * packet, names its trees and its end, and names both reports.
 */
public final class BesidePacket {

  /** The signed summary. */
  public static final String SUMMARY = "summary.dsse.json";

  /** The reports, and the summary's field with the digest of each. */
  private static final Map<String, String> REPORTS =
      Map.of("report.md", "report", "report.html", "reportHtml");

  private BesidePacket() {}

  /** The names of the files that are read. */
  public static List<String> names() {
    return List.of(SUMMARY, "report.md", "report.html");
  }

  /**
   * What does not fit; empty when all does.
   *
   * @param beside the files beside the packet by name; one that is absent is missing
   * @param packet the files of a packet that passes
   */
  public static Optional<String> problem(Map<String, byte[]> beside, Map<String, byte[]> packet) {
    for (String name : names()) {
      if (!beside.containsKey(name)) {
        return Optional.of(name + ": expected the file beside the packet, found nothing");
      }
    }
    try {
      return compared(beside, packet);
    } catch (IOException | IllegalArgumentException e) {
      return Optional.of(SUMMARY + ": unreadable: " + e.getMessage());
    }
  }

  private static Optional<String> compared(Map<String, byte[]> beside, Map<String, byte[]> packet)
      throws IOException {
    List<String> statements = Utf8.decode(packet.get(PacketFiles.ATTESTATIONS)).lines().toList();
    byte[] last = statements.get(statements.size() - 1).getBytes(StandardCharsets.UTF_8);
    JsonNode seal = Json.parse(Envelope.read(last).payload()).path("predicate");
    String role = seal.path("stage").asText().equals("S7") ? "reviewer" : "executor";
    JsonNode keys = Json.parse(packet.get(PacketFiles.LOCK)).path("volatile");
    Envelope envelope = Envelope.readCanonical(beside.get(SUMMARY));
    if (!envelope.payloadType().equals(Publishing.SUMMARY_TYPE)
        || !envelope.isBy(VerifyKey.ofPem(keys.path(role + "Pem").asText()))) {
      return Optional.of(SUMMARY + ": expected the signature of the " + role + ", found another");
    }
    JsonNode summary = Json.parse(envelope.payload());
    Optional<String> other =
        other(summary, "packetTree", PacketFiles.packetTree(packet).hex())
            .or(() -> other(summary, "status", seal.path("end").asText()));
    if (other.isEmpty()) {
      other = other(summary, "stableTree", PacketFiles.stableTree(packet).hex());
    }
    for (Map.Entry<String, String> report : REPORTS.entrySet()) {
      String found = Digest.of(beside.get(report.getKey())).hex();
      if (other.isEmpty() && !summary.path(report.getValue()).asText().equals(found)) {
        other = Optional.of(report.getKey() + ": expected what the summary signs, found another");
      }
    }
    return other;
  }

  private static Optional<String> other(JsonNode summary, String field, String wanted) {
    String found = summary.path(field).asText();
    return found.equals(wanted)
        ? Optional.empty()
        : Optional.of(SUMMARY + ", " + field + ": expected the packet's, found another");
  }
}
