package dev.lanekeeper.starter;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.Optional;

/** Faults of files and connections in words for people. */
final class Faults {

  private Faults() {}

  /** The file that a fault is about, where the fault names it. */
  static Optional<Path> file(IOException e) {
    return e instanceof FileSystemException fault && fault.getFile() != null
        ? Optional.of(Path.of(fault.getFile()).toAbsolutePath().normalize())
        : Optional.empty();
  }

  /** What is wrong, with the file where the fault names one. */
  static String words(IOException e) {
    return file(e).map(file -> reason(e) + " at " + file).orElseGet(() -> reason(e));
  }

  /** The same for a fault of any kind: of what it says, the first line. */
  static String words(Exception e) {
    String said = e instanceof IOException fault ? words(fault) : String.valueOf(e.getMessage());
    return said.lines().findFirst().orElse("");
  }

  private static String reason(IOException e) {
    if (e instanceof NoSuchFileException) {
      return "nothing";
    }
    if (e instanceof AccessDeniedException) {
      return "no right to read or write";
    }
    if (e instanceof NotDirectoryException) {
      return "no folder";
    }
    if (e instanceof FileAlreadyExistsException) {
      return "a file that is there already";
    }
    if (e instanceof DirectoryNotEmptyException) {
      return "a folder that is not empty";
    }
    boolean said = e instanceof FileSystemException fault && fault.getReason() != null;
    return said ? ((FileSystemException) e).getReason() : String.valueOf(e.getMessage());
  }

  /** The first line of what the innermost cause says, which is the most telling one. */
  static Optional<String> innermost(Throwable fault) {
    Throwable root = fault;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    return root == fault || root.getMessage() == null
        ? Optional.empty()
        : root.getMessage().lines().findFirst();
  }
}
