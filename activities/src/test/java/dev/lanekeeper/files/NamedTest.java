package dev.lanekeeper.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A file that a person names is written whole, where a file may stand and nowhere else. */
final class NamedTest {

  @TempDir private Path folder;

  private static final byte[] BYTES = "bytes".getBytes(StandardCharsets.UTF_8);

  @Test
  void file_isWrittenAnew_inThePlaceOfAnother_andThroughALink() throws Exception {
    Path file = folder.resolve("grant");
    Named.write(file, BYTES);
    assertThat(file).hasBinaryContent(BYTES);
    Files.writeString(file, "something longer than the bytes");
    Path link = Files.createSymbolicLink(folder.resolve("link"), file);
    Named.write(link, BYTES);
    assertThat(file).hasBinaryContent(BYTES);
    assertThat(link).isSymbolicLink();
    try (var files = Files.list(folder)) {
      assertThat(files).containsExactlyInAnyOrder(file, link);
    }
  }

  @Test
  void folder_orAFolderThatIsNotThere_isRefused() {
    assertThatThrownBy(() -> Named.write(folder, BYTES)).isInstanceOf(WrongKindException.class);
    assertThatThrownBy(() -> Named.write(folder.resolve("none/grant"), BYTES))
        .isInstanceOf(NoSuchFileException.class);
  }
}
