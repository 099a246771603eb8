package dev.lanekeeper.evidence;

import dev.lanekeeper.files.Kind;
import dev.lanekeeper.files.Rights;
import dev.lanekeeper.files.Root;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;

/** Reads and removes folders of files. */
public final class FileTree {

  /** How many bytes a folder may hold in all unless the reader says otherwise. */
  public static final long LIMIT = 256L << 20;

  /** How many files a folder may hold. */
  public static final int FILES = 10_000;

  /** Something else than a folder or a regular file is there. */
  public static final class OtherKindException extends FileSystemException {
    private static final long serialVersionUID = 1L;

    OtherKindException(Path file) {
      super(file.toString(), null, "a symbolic link or another kind of file");
    }
  }

  private FileTree() {}

  /**
   * Every file under a folder, by its relative name with {@code /}.
   *
   * @throws IOException also when anything but folders and regular files is there, or when it holds
   *     more than {@link #LIMIT} bytes or {@link #FILES} files
   */
  public static Map<String, byte[]> read(Path folder) throws IOException {
    return read(folder, LIMIT);
  }

  /**
   * The same with another limit.
   *
   * @param limit the bytes that it may hold in all
   */
  public static Map<String, byte[]> read(Path folder, long limit) throws IOException {
    return read(Root.at(folder, Rights.UMASK), limit);
  }

  static Map<String, byte[]> read(Root folder) throws IOException {
    return read(folder, LIMIT);
  }

  private static Map<String, byte[]> read(Root folder, long limit) throws IOException {
    Map<String, byte[]> files = new TreeMap<>();
    Map<String, Kind> found = folder.walk(FILES);
    for (Map.Entry<String, Kind> one : found.entrySet()) {
      if (one.getValue() != Kind.FILE) {
        throw new OtherKindException(folder.path(one.getKey()));
      }
    }
    long left = limit;
    for (String name : found.keySet()) {
      left -= folder.size(name);
      if (left < 0) {
        throw new IOException("expected at most " + limit + " bytes in all, found more");
      }
      files.put(name, folder.read(name, limit));
    }
    return files;
  }

  /** Removes a folder with all it holds; links are removed, not followed. */
  public static void delete(Path folder) throws IOException {
    Path whole = folder.toAbsolutePath().normalize();
    Root.at(whole.getParent(), Rights.UMASK).deleteAll(whole.getFileName().toString());
  }
}
