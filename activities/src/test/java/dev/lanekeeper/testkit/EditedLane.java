package dev.lanekeeper.testkit;

import dev.lanekeeper.evidence.Bundle;
import dev.lanekeeper.evidence.FileTree;
import dev.lanekeeper.evidence.LaneFolder;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** A copy of an example, with something in it changed. */
public final class EditedLane {

  private final Path folder;

  private EditedLane(Path folder) {
    this.folder = folder;
  }

  /** Copies an example to a folder. */
  public static EditedLane copyOf(Path example, Path folder) throws IOException {
    EditedLane lane = new EditedLane(folder);
    for (Map.Entry<String, byte[]> file : FileTree.read(example).entrySet()) {
      lane.file(file.getKey(), file.getValue());
    }
    return lane;
  }

  /** Replaces or adds a file. */
  public EditedLane file(String name, byte[] bytes) throws IOException {
    Path target = folder.resolve(name);
    Files.createDirectories(target.getParent());
    Files.write(target, bytes);
    return this;
  }

  /** Replaces or adds a file. */
  public EditedLane file(String name, String text) throws IOException {
    return file(name, text.getBytes(StandardCharsets.UTF_8));
  }

  /** Replaces text of the lane file that stands there exactly once. */
  public EditedLane edit(String from, String to) throws IOException {
    Path file = folder.resolve("lane.yaml");
    String before = Files.readString(file);
    int at = before.indexOf(from);
    if (at < 0 || before.indexOf(from, at + 1) >= 0) {
      throw new IllegalArgumentException("not exactly once in the lane file: " + from);
    }
    Files.writeString(file, before.replace(from, to));
    return this;
  }

  /** The bundle as it now is. */
  public Bundle bundle() throws Exception {
    return LaneFolder.read(folder);
  }
}
