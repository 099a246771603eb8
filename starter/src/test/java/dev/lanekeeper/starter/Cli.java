package dev.lanekeeper.starter;

import com.fasterxml.jackson.databind.JsonNode;
import dev.lanekeeper.canonical.Json;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;

/** Runs the command inside this JVM and keeps what it prints. */
public record Cli(int exitCode, String out, String err) {

  /** Runs it with these words. */
  public static Cli run(Object... words) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    String[] args = new String[words.length];
    for (int i = 0; i < words.length; i++) {
      args[i] = words[i].toString();
    }
    int code = Main.execute(new PrintWriter(out, true), new PrintWriter(err, true), args);
    return new Cli(code, out.toString(), err.toString());
  }

  /** What it printed, as one JSON value. */
  public JsonNode json() {
    try {
      return Json.parse(out.getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new AssertionError("not one JSON value: " + out + err, e);
    }
  }
}
