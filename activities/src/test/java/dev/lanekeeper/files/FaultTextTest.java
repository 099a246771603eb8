package dev.lanekeeper.files;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lanekeeper.canonical.Json;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.ClosedChannelException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.ReadOnlyFileSystemException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.Test;

/** What a fault of each kind is called. */
final class FaultTextTest {

  private static Throwable unreadable() {
    try {
      Json.parse(new byte[] {'{'});
    } catch (IOException e) {
      return e;
    }
    throw new AssertionError("it was read");
  }

  @Test
  void fault_isSaidInWords_withTheFileThatItNames() {
    Map<Throwable, String> words = new LinkedHashMap<>();
    words.put(new NoSuchFileException("/a/b"), "nothing at /a/b");
    words.put(new AccessDeniedException("/a/../b"), "no right to read or write at /b");
    words.put(new NotDirectoryException("/a"), "no folder at /a");
    words.put(new FileAlreadyExistsException("/a"), "a file that is there already at /a");
    words.put(new DirectoryNotEmptyException("/a"), "a folder that is not empty at /a");
    words.put(new FileSystemLoopException("/a"), "a symbolic link, or links in a circle, at /a");
    words.put(
        new FileSystemException("/a", null, "No space left on device"),
        "No space left on device at /a");
    words.put(new FileSystemException("/a"), "a file that cannot be used at /a");
    words.put(new FileSystemException(null, null, "Too many open files"), "Too many open files");
    words.put(new ReadOnlyFileSystemException(), "a file system that can only be read");
    words.put(new ClosedChannelException(), "a file or connection that was closed meanwhile");
    words.put(new OutOfMemoryError("Required array size too large"), "less memory than it takes");
    words.put(new IOException("expected a, found b\n at line 2"), "expected a, found b");
    words.put(new IllegalArgumentException("expected a path"), "expected a path");
    words.put(new FileNotFoundException("/a (Permission denied)"), "/a (Permission denied)");
    words.forEach((fault, expected) -> assertThat(FaultText.of(fault)).isEqualTo(expected));
    assertThat(FaultText.of(unreadable()))
        .contains("an end too early")
        .doesNotContain("Unexpected");
  }

  @Test
  void fault_forEvidence_namesNoPlaceOfTheMachine() {
    assertThat(FaultText.withoutPlace(new AccessDeniedException("/a/b")))
        .isEqualTo("no right to read or write");
    assertThat(FaultText.withoutPlace(new FileSystemException("/a", null, "No space left")))
        .isEqualTo("No space left");
    assertThat(FaultText.withoutPlace(new IOException("the kept bytes of x are missing")))
        .isEqualTo("the kept bytes of x are missing");
  }

  @Test
  void fault_ofTheProgramItself_isCalledThat_withNoWordForProgrammers() {
    for (Throwable fault :
        new Throwable[] {
          new NullPointerException("Cannot invoke \"dev.lanekeeper.A.b()\" because \"c\" is null"),
          new NoSuchElementException("No value present"),
          new ClassCastException("class java.lang.String cannot be cast to class x"),
          new IOException(),
          new IllegalStateException("  "),
          new StackOverflowError()
        }) {
      assertThat(FaultText.of(fault)).isEqualTo("an error in Lanekeeper itself");
    }
  }

  @Test
  void fault_thatOnlyCarriesAnother_isPassedThrough() {
    NoSuchFileException inner = new NoSuchFileException("/a");
    for (Throwable outer :
        new Throwable[] {
          new UncheckedIOException(inner),
          new ExecutionException(inner),
          new RuntimeException(null, inner),
          new IOException(inner.getMessage(), inner)
        }) {
      assertThat(FaultText.of(outer)).isEqualTo("nothing at /a");
      assertThat(FaultText.file(outer)).contains(Path.of("/a"));
    }
    assertThat(FaultText.of(new IOException("more than the cause", inner)))
        .isEqualTo("more than the cause");
    assertThat(FaultText.file(new IOException("x"))).isEmpty();
  }

  @Test
  void fault_isOneLine_thatActsOnNoTerminal() {
    assertThat(FaultText.of(new NoSuchFileException("/a\u001b[2J\nb")))
        .isEqualTo("nothing at /a\\x1b[2J\\nb");
  }
}
