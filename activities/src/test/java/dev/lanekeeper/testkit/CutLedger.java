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
    keep(folder, last(type, folder) + 1);
  }

  /**
   * Forgets the last fact of a type and all that came after it.
   *
   * @param folder the ledger's folder
   */
  public static void beforeTheLast(String type, Path folder) throws IOException {
    keep(folder, last(type, folder));
  }

  private static int last(String type, Path folder) throws IOException {
    List<String> lines = Files.readAllLines(folder.resolve("ledger.jsonl"));
    int last = -1;
    for (int i = 0; i < lines.size(); i++) {
      last = lines.get(i).contains("\"type\":\"" + type + "\"") ? i : last;
    }
    return last;
  }

  private static void keep(Path folder, int lines) throws IOException {
    Path file = folder.resolve("ledger.jsonl");
    Files.write(file, Files.readAllLines(file).subList(0, lines));
  }
}
