package dev.lanekeeper.starter;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lanekeeper.canonical.Json;
import dev.lanekeeper.lane.Head;
import dev.lanekeeper.lane.Lane;
import dev.lanekeeper.verdict.Verdict;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** The one JSON object that a command prints with {@code --json}. Every field is always there. */
final class Answer {

  private final ObjectNode json = Json.object();

  Answer(String lane) {
    json.put("formatVersion", 1).put("lane", lane).put("status", "FAULT").put("statusToken", "");
    json.put("exitCode", ExitCode.FAULT);
    for (String name :
        new String[] {
          "planDigest",
          "workflowId",
          "runId",
          "ownerKey",
          "grantExpires",
          "packet",
          "packetTree",
          "stableTree",
          "report"
        }) {
      json.putNull(name);
    }
    json.putArray("documents");
    json.putNull("reject");
    json.putNull("hold");
  }

  Answer put(String name, String value) {
    json.put(name, value);
    return this;
  }

  Answer exit(int code) {
    json.put("exitCode", code);
    return this;
  }

  /** Adds a document that a change leaves. */
  Answer document(Lane.Change change, Head.Revision head) {
    ((ArrayNode) json.get("documents"))
        .addObject()
        .put("id", change.id())
        .put("path", change.path().value())
        .put("revision", head.number())
        .put("sha256", head.sha256().hex());
    return this;
  }

  Answer reject(Verdict.Reject reject, Optional<String> stage) {
    return reject(
        reject.code().name(),
        reject.subject(),
        stage,
        reject.expected(),
        reject.actual(),
        reject.code().remedy());
  }

  Answer reject(
      String code,
      String subject,
      Optional<String> stage,
      String expected,
      String actual,
      String remedy) {
    ObjectNode out = json.putObject("reject").put("code", code).put("subject", subject);
    out.put("stage", stage.orElse(null));
    out.put("expected", expected).put("actual", actual).put("remedy", remedy);
    return this;
  }

  Answer hold(int number, String nextCommand) {
    json.putObject("hold").put("number", number).put("nextCommand", nextCommand);
    return this;
  }

  Answer failure(CommandFailure failure) {
    json.put("status", failure.exitCode() == ExitCode.REJECTED ? "REJECTED" : "REFUSED");
    return exit(failure.exitCode())
        .reject(
            failure.code(),
            failure.subject(),
            Optional.empty(),
            failure.expected(),
            failure.actual(),
            failure.remedy());
  }

  String text() {
    return new String(Json.pretty(json), StandardCharsets.UTF_8).stripTrailing();
  }

  /** A text field; empty when it is null. */
  String value(String name) {
    return json.get(name).isNull() ? "" : json.get(name).asText();
  }

  int exitCode() {
    return json.get("exitCode").asInt();
  }
}
