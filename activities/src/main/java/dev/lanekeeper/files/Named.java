package dev.lanekeeper.files;

import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A file that a person names, by an argument, an option or a variable. It may be reached through
 * links, which are that person's own; it must be a regular file, so that no pipe or device keeps
 * the reader waiting.
 */
public final class Named {

  private Named() {}

  /** What is there, links followed. */
  public static Kind kind(Path file) throws IOException {
    return Root.look(file);
  }

  /** Whether a folder is there. */
  public static boolean isFolder(Path file) {
    return Files.isDirectory(file);
  }

  /** Whether anything is there. */
  public static boolean isThere(Path file) {
    return Files.exists(file);
  }

  /** Whether this process may read what is there. */
  public static boolean isReadable(Path file) {
    return Files.isReadable(file);
  }

  /** Whether this process may run what is there. */
  public static boolean isExecutable(Path file) {
    return Files.isExecutable(file);
  }

  /** Whether two folders are on one file system; one that is not there, as its parent. */
  public static boolean onOneVolume(Path one, Path other) throws IOException {
    return volume(one).equals(volume(other));
  }

  private static FileStore volume(Path folder) throws IOException {
    Path there = folder.toAbsolutePath().normalize();
    while (!Files.exists(there)) {
      there = there.getParent();
    }
    return Files.getFileStore(there);
  }

  /** Makes a folder for this user alone in the system's temporary one. */
  public static Path temporaryFolder(String name) throws IOException {
    return Files.createTempDirectory(name);
  }

  /**
   * Writes a file, whole or not at all, in the place of an older one.
   *
   * @throws WrongKindException when something else is there
   */
  public static void write(Path file, byte[] bytes) throws IOException {
    Path at = file.toAbsolutePath().normalize();
    if (Root.look(at) != Kind.ABSENT) {
      Root.require(at, Kind.FILE, Root.look(at));
      at = at.toRealPath();
    }
    Root.at(at.getParent(), Rights.UMASK).replace(at.getFileName().toString(), bytes);
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
