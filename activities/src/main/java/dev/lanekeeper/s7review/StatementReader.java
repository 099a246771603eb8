package dev.lanekeeper.s7review;

import dev.lanekeeper.canonical.Json;
import dev.lanekeeper.grant.Envelope;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/** Reads single fields of stored statements. */
final class StatementReader {

  private StatementReader() {}

  /** The identity of the worker that made a statement; empty when it cannot be read. */
  static String worker(String attestation) {
    try {
      byte[] payload = Envelope.read(attestation.getBytes(StandardCharsets.UTF_8)).payload();
      return Json.parse(payload).at("/predicate/worker").asText();
    } catch (IOException e) {
      return "";
    }
  }
}
