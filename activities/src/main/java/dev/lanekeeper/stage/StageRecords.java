package dev.lanekeeper.stage;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lanekeeper.canonical.Json;
import dev.lanekeeper.evidence.EvidenceStore;
import dev.lanekeeper.kb.LedgerEntry;
import dev.lanekeeper.verdict.RejectCode;
import dev.lanekeeper.verdict.Verdict;
import java.io.IOException;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;

/** Reads the evidence fragments that stage records name. */
public final class StageRecords {

  private StageRecords() {}

  /** Why a record's stage refused; empty when it passed. */
  public static Optional<Verdict.Reject> refusal(
      EvidenceStore evidence, LedgerEntry.StageRecorded record) throws IOException {
    JsonNode verdict = Json.parse(evidence.get(record.fragment())).path("verdict");
    if (verdict.path("verdict").asText().equals("PASS")) {
      return Optional.empty();
    }
    String code = verdict.path("code").asText();
    String rendered = verdict.path("reject").asText();
    return Optional.of(
        Verdict.reject(
            RejectCode.valueOf(code),
            rendered.length() > code.length() ? rendered.substring(code.length() + 1) : "",
            verdict.path("expected").asText(),
            verdict.path("actual").asText()));
  }

  /** The files of a record's fragment. */
  public static NavigableMap<String, ObjectNode> files(
      EvidenceStore evidence, LedgerEntry.StageRecorded record) throws IOException {
    JsonNode fragment = Json.parse(evidence.get(record.fragment()));
    NavigableMap<String, ObjectNode> files = new TreeMap<>();
    fragment
        .path("files")
        .properties()
        .forEach(file -> files.put(file.getKey(), (ObjectNode) file.getValue()));
    return files;
  }

  /** One file of a record's fragment. */
  public static ObjectNode file(
      EvidenceStore evidence, LedgerEntry.StageRecorded record, String name) throws IOException {
    ObjectNode file = files(evidence, record).get(name);
    if (file == null) {
      throw new IOException("the record of " + record.stage() + " holds no " + name);
    }
    return file;
  }
}
