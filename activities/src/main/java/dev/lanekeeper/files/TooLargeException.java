package dev.lanekeeper.files;

import java.nio.file.FileSystemException;
import java.nio.file.Path;

/** A file, or a folder's files together, hold more than the reader takes. */
public final class TooLargeException extends FileSystemException {

  private static final long serialVersionUID = 1L;

  TooLargeException(Path at, String limit) {
    super(at.toString(), null, "expected at most " + limit + ", found more");
  }
}
