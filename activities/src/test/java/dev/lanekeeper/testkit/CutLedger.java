package dev.lanekeeper.testkit;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** A ledger as a process left it that died between two facts. */
public final class CutLedger {

  private CutLedger() {}

  /**
   * Forgets all that came after the last fact of a type.
   *
   * @param folder the ledger's folder
   */
  public static void afterTheLast(String type, Path folder) throws IOException {
    Path file = folder.resolve("ledger.jsonl");
    List<String> lines = Files.readAllLines(file);
    int last = -1;
    for (int i = 0; i < lines.size(); i++) {
      last = lines.get(i).contains("\"type\":\"" + type + "\"") ? i : last;
    }
    Files.write(file, lines.subList(0, last + 1));
  }
}
