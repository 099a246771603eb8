package dev.lanekeeper.testkit;

import dev.lanekeeper.workflow.RunId;
import java.nio.charset.StandardCharsets;
import java.util.UUID;

/** Run ids that tests know by a word. */
public final class RunIds {

  private RunIds() {}

  /** The same id for the same word, always. */
  public static RunId of(String word) {
    return new RunId(UUID.nameUUIDFromBytes(word.getBytes(StandardCharsets.UTF_8)).toString());
  }
}
