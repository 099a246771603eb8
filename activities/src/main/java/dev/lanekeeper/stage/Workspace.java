package dev.lanekeeper.stage;

import dev.lanekeeper.evidence.FileTree;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A temporary folder that is removed when its work is done. */
public final class Workspace implements AutoCloseable {

  private final Path folder;

  private Workspace(Path folder) {
    this.folder = folder;
  }

  /** Makes one. */
  public static Workspace under(Path parent, String purpose) throws IOException {
    Files.createDirectories(parent);
    return new Workspace(Files.createTempDirectory(parent, purpose + "-"));
  }

  /** The folder. */
  public Path folder() {
    return folder;
  }

  @Override
  public void close() throws IOException {
    FileTree.delete(folder);
  }
}
