package dev.lanekeeper.stage;

import dev.lanekeeper.files.Kind;
import dev.lanekeeper.files.Rights;
import dev.lanekeeper.files.Root;
import java.io.IOException;
import java.nio.file.Path;
import java.util.UUID;
import java.util.regex.Pattern;

/**
 * A temporary folder that is removed when its work is done. Its name is of our own making, and by
 * it one that a killed process left is known.
 */
public final class Workspace implements AutoCloseable {

  private static final Pattern PURPOSE = Pattern.compile("preflight|staging|review|seal");

  // The platform's own temporary names, which earlier builds used, are of digits.
  private static final Pattern OURS = Pattern.compile("(" + PURPOSE + ")-[0-9a-f]{16,32}");

  private final Root parent;
  private final String name;

  private Workspace(Root parent, String name) {
    this.parent = parent;
    this.name = name;
  }

  /**
   * Makes one.
   *
   * @param purpose which stage's work it is for; never text from a lane
   */
  public static Workspace under(Path parent, String purpose) throws IOException {
    if (!PURPOSE.matcher(purpose).matches()) {
      throw new IllegalArgumentException("expected " + PURPOSE + ", found " + purpose);
    }
    String name = purpose + "-" + UUID.randomUUID().toString().replace("-", "");
    Root workspaces = Root.at(parent, Rights.OWN);
    workspaces.folders(name);
    return new Workspace(workspaces, name);
  }

  /** The folder. */
  public Path folder() {
    return parent.path(name);
  }

  @Override
  public void close() throws IOException {
    parent.deleteAll(name);
  }

  /** Removes what killed processes left, and nothing that has another name than workspaces have. */
  public static void clean(Path parent) throws IOException {
    Root workspaces = Root.at(parent, Rights.OWN);
    if (workspaces.kind() == Kind.FOLDER) {
      for (String name : workspaces.list()) {
        if (OURS.matcher(name).matches() && workspaces.kind(name) == Kind.FOLDER) {
          workspaces.deleteAll(name);
        }
      }
    }
  }
}
