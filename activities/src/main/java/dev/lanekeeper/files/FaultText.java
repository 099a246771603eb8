package dev.lanekeeper.files;

import com.fasterxml.jackson.core.JsonProcessingException;
import dev.lanekeeper.canonical.JsonProblem;
import dev.lanekeeper.text.TerminalText;
import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.NotLinkException;
import java.nio.file.Path;
import java.nio.file.ReadOnlyFileSystemException;
import java.util.List;
import java.util.Optional;

/**
 * A fault in words for people: what was found, and the file where the fault names one. No name of a
 * class, and nothing that a platform or a library says to programmers.
 */
public final class FaultText {

  private static final String OWN_FAULT = "an error in Lanekeeper itself";

  /** Whose messages are for whoever uses the program; those of other runtime exceptions are not. */
  private static final List<String> SPOKEN = List.of("dev.lanekeeper.", "io.grpc.", "io.temporal.");

  private FaultText() {}

  /** What a fault says was found, in one line. */
  public static String of(Throwable fault) {
    Throwable telling = telling(fault);
    String words = reason(telling) + file(telling).map(file -> " at " + file).orElse("");
    return TerminalText.line(words);
  }

  /** The same for evidence, which names no place of the machine that made it. */
  public static String withoutPlace(Throwable fault) {
    return TerminalText.line(reason(telling(fault)));
  }

  /** The file that a fault is about, where it names one. */
  public static Optional<Path> file(Throwable fault) {
    return telling(fault) instanceof FileSystemException named && named.getFile() != null
        ? Optional.of(Path.of(named.getFile()).toAbsolutePath().normalize())
        : Optional.empty();
  }

  /**
   * The one of a fault's causes that says most: what merely carries another says nothing of its
   * own.
   */
  public static Throwable telling(Throwable fault) {
    Throwable at = fault;
    while (at.getCause() != null && carries(at)) {
      at = at.getCause();
    }
    return at;
  }

  private static boolean carries(Throwable fault) {
    String message = fault.getMessage();
    return message == null
        || fault.getClass().getName().startsWith("io.temporal.")
        || message.equals(fault.getCause().toString())
        || message.equals(fault.getCause().getMessage());
  }

  private static String reason(Throwable fault) {
    if (fault instanceof FileSystemException file) {
      return ofFile(file);
    }
    if (fault instanceof JsonProcessingException json) {
      return JsonProblem.firstLine(json);
    }
    if (fault instanceof ReadOnlyFileSystemException) {
      return "a file system that can only be read";
    }
    if (fault instanceof ClosedChannelException) {
      return "a file or connection that was closed meanwhile";
    }
    if (fault instanceof OutOfMemoryError) {
      return "less memory than it takes";
    }
    String name = fault.getClass().getName();
    boolean says =
        SPOKEN.stream().anyMatch(name::startsWith)
            || fault instanceof IOException
            || fault instanceof IllegalArgumentException
            || fault instanceof IllegalStateException;
    Optional<String> said =
        Optional.ofNullable(fault.getMessage()).flatMap(message -> message.lines().findFirst());
    return says ? said.filter(line -> !line.isBlank()).orElse(OWN_FAULT) : OWN_FAULT;
  }

  private static String ofFile(FileSystemException fault) {
    if (fault instanceof NoSuchFileException) {
      return "nothing";
    }
    if (fault instanceof AccessDeniedException) {
      return "no right to read or write";
    }
    if (fault instanceof NotDirectoryException) {
      return "no folder";
    }
    if (fault instanceof FileAlreadyExistsException) {
      return "a file that is there already";
    }
    if (fault instanceof DirectoryNotEmptyException) {
      return "a folder that is not empty";
    }
    if (fault instanceof FileSystemLoopException || fault instanceof NotLinkException) {
      return "a symbolic link, or links in a circle,";
    }
    return Optional.ofNullable(fault.getReason()).orElse("a file that cannot be used");
  }
}
