package dev.lanekeeper.s7review;

import dev.lanekeeper.canonical.Json;
import dev.lanekeeper.kb.LedgerEntry;
import dev.lanekeeper.lane.Stage;
import dev.lanekeeper.packet.PacketBuilder;
import dev.lanekeeper.signature.Envelope;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/** Reads single fields of stored statements. */
final class StatementReader {

  private StatementReader() {}

  /** Whether the worker of this identity executed a stage that it is to review. */
  static boolean executed(PacketBuilder packet, String identity) {
    return packet.records().values().stream()
        .filter(record -> record.stage() != Stage.S7)
        .map(LedgerEntry.StageRecorded::attestation)
        .map(StatementReader::worker)
        .anyMatch(identity::equals);
  }

  /** The identity of the worker that made a statement; empty when it cannot be read. */
  private static String worker(String attestation) {
    try {
      byte[] payload = Envelope.read(attestation.getBytes(StandardCharsets.UTF_8)).payload();
      return Json.parse(payload).at("/predicate/worker").asText();
    } catch (IOException e) {
      return "";
    }
  }
}
