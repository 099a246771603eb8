package dev.lanekeeper.files;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A file that a person names on the command line. It may be reached through links, which are that
 * person's own; it must be a regular file, so that no pipe or device keeps the reader waiting.
 */
public final class Named {

  private Named() {}

  /** What is there, links followed. */
  public static Kind kind(Path file) throws IOException {
    return Root.look(file);
  }

  /**
   * The bytes of a file.
   *
   * @param limit how many it may be
   * @throws WrongKindException when it is no regular file
   * @throws TooLargeException when it is larger
   */
  public static byte[] read(Path file, long limit) throws IOException {
    Root.require(file, Kind.FILE, Root.look(file));
    return Root.read(Files.newByteChannel(file), file, limit);
  }
}
