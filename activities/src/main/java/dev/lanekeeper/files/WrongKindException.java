package dev.lanekeeper.files;

import java.nio.file.FileSystemException;
import java.nio.file.Path;

/** On the way to a name, or at it, is something else than real folders and a regular file. */
public final class WrongKindException extends FileSystemException {

  private static final long serialVersionUID = 1L;

  WrongKindException(Path at, Kind wanted, Kind found) {
    super(at.toString(), null, "expected " + words(wanted) + ", found " + words(found));
  }

  private static String words(Kind kind) {
    return switch (kind) {
      case ABSENT -> "nothing";
      case FILE -> "a regular file";
      case FOLDER -> "a folder";
      case OTHER -> "a symbolic link or another kind of file";
    };
  }
}
