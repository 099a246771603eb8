package dev.lanekeeper.evidence;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Map;
import java.util.TreeMap;

/** Reads and removes folders of files. */
public final class FileTree {

  private FileTree() {}

  /**
   * Every file under a folder, by its relative name with {@code /}.
   *
   * @throws IOException also when anything but folders and regular files stands there
   */
  public static Map<String, byte[]> read(Path folder) throws IOException {
    return read(folder, Long.MAX_VALUE);
  }

  /**
   * The same of a folder that somebody else filled.
   *
   * @param limit the bytes that it may hold in all
   * @throws IOException also when it holds more
   */
  public static Map<String, byte[]> read(Path folder, long limit) throws IOException {
    Map<String, byte[]> files = new TreeMap<>();
    long[] left = {limit};
    Files.walkFileTree(
        folder,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            if (!attributes.isRegularFile()) {
              throw new FileSystemException(
                  file.toString(), null, "a symbolic link or another kind of file");
            }
            left[0] -= attributes.size();
            if (left[0] < 0) {
              throw new IOException("expected at most " + limit + " bytes in all, found more");
            }
            files.put(folder.relativize(file).toString(), Files.readAllBytes(file));
            return FileVisitResult.CONTINUE;
          }
        });
    return files;
  }

  /** Removes a folder with all it holds; links are removed, not followed. */
  public static void delete(Path folder) throws IOException {
    if (!Files.exists(folder)) {
      return;
    }
    Files.walkFileTree(
        folder,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            Files.delete(file);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult postVisitDirectory(Path dir, IOException e) throws IOException {
            if (e != null) {
              throw e;
            }
            Files.delete(dir);
            return FileVisitResult.CONTINUE;
          }
        });
  }
}
