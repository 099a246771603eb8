package dev.lanekeeper.evidence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A folder that somebody else filled is read as far as it may go, and no link is followed. */
final class FileTreeTest {

  @TempDir private Path folder;

  @BeforeEach
  void fill() throws Exception {
    Files.createDirectories(folder.resolve("more"));
    Files.writeString(folder.resolve("a"), "12345");
    Files.writeString(folder.resolve("more/b"), "678");
  }

  @Test
  void folder_withMoreThanTheLimitInAll_isRefused() throws Exception {
    assertThatThrownBy(() -> FileTree.read(folder, 7))
        .isInstanceOf(IOException.class)
        .hasMessage("expected at most 7 bytes in all, found more");
    assertThat(FileTree.read(folder, 8)).containsOnlyKeys("a", "more/b");
  }

  @Test
  void link_isRefused_evenToAFileBesideIt() throws Exception {
    Files.createSymbolicLink(folder.resolve("more/c"), Path.of("b"));
    assertThatThrownBy(() -> FileTree.read(folder))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("more/c: a symbolic link or another kind of file");
  }
}
