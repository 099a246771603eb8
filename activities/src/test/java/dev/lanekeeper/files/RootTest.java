package dev.lanekeeper.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** No name leaves a folder, no link is followed, and nothing but a regular file is opened. */
final class RootTest {

  private static final byte[] BYTES = "bytes".getBytes(StandardCharsets.UTF_8);

  @TempDir private Path folder;
  private Path inside;
  private Root root;

  @BeforeEach
  void make() throws Exception {
    inside = Files.createDirectories(folder.resolve("inside"));
    Files.createDirectories(folder.resolve("outside"));
    Files.writeString(folder.resolve("outside/secret"), "secret");
    root = Root.at(inside, Rights.UMASK);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        ".",
        "..",
        "../outside/secret",
        "a/../../outside/secret",
        "/etc/passwd",
        "a//b",
        "a/",
        "a/./b",
        "nul\0name"
      })
  void name_thatIsNone_isRefused_byEveryOperation(String name) throws Exception {
    for (Operation operation : operations(name)) {
      assertThatThrownBy(operation::perform).as(name).isInstanceOf(IllegalArgumentException.class);
    }
    assertThat(folder.resolve("outside/secret")).hasContent("secret");
    assertThat(inside).isEmptyDirectory();
  }

  private interface Operation {
    void perform() throws Exception;
  }

  private List<Operation> operations(String name) {
    return List.of(
        () -> root.kind(name),
        () -> root.read(name, 10),
        () -> root.find(name, 10),
        () -> root.digest(name),
        () -> root.list(name),
        () -> root.sub(name).make(),
        () -> root.folders(name),
        () -> root.create(name, BYTES),
        () -> root.replace(name, BYTES),
        () -> root.link(name, root, "a"),
        () -> root.move(name, root, "a"),
        () -> root.moveOver(name, root, "a"),
        () -> root.delete(name),
        () -> root.deleteAll(name),
        () -> root.file(name),
        () -> root.lockFile(name).close());
  }

  @Test
  void mode_isReadAsItIsWritten() throws Exception {
    for (String mode : new String[] {"0000", "0644", "0640", "0751", "0777", "0421"}) {
      assertThat(Access.ofMode(mode).mode()).isEqualTo(mode);
    }
    for (String other : new String[] {"", "644", "0648", "1644", "rw-r--r--"}) {
      assertThatThrownBy(() -> Access.ofMode(other)).isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void link_isFollowedByNoOperation_asAFolderOrAsAFile() throws Exception {
    Files.createSymbolicLink(inside.resolve("folder"), folder.resolve("outside"));
    Files.createSymbolicLink(inside.resolve("file"), folder.resolve("outside/secret"));
    assertThat(root.kind("folder")).isEqualTo(Kind.OTHER);
    assertThat(root.kind("file")).isEqualTo(Kind.OTHER);
    for (String name : List.of("folder/secret", "folder/new")) {
      for (Operation operation : operations(name)) {
        assertThatThrownBy(operation::perform).isInstanceOf(WrongKindException.class);
      }
    }
    assertThatThrownBy(() -> root.read("file", 10)).isInstanceOf(WrongKindException.class);
    assertThatThrownBy(() -> root.file("file")).isInstanceOf(WrongKindException.class);
    assertThatThrownBy(() -> root.lockFile("file")).isInstanceOf(WrongKindException.class);
    assertThatThrownBy(() -> root.create("file", BYTES))
        .isInstanceOf(FileAlreadyExistsException.class);
    root.replace("file", BYTES);
    assertThat(folder.resolve("outside/secret")).as("the link was replaced").hasContent("secret");
    root.deleteAll("folder");
    assertThat(folder.resolve("outside/secret")).as("the link was removed").exists();
    assertThat(folder.resolve("outside").toFile().list()).hasSize(1);
  }

  @Test
  void pipe_andASparseFile_keepNobodyWaiting() throws Exception {
    new ProcessBuilder("mkfifo", inside.resolve("pipe").toString()).start().waitFor();
    new ProcessBuilder("truncate", "-s", "10G", inside.resolve("sparse").toString())
        .start()
        .waitFor();
    Assertions.assertTimeoutPreemptively(
        Duration.ofMinutes(1),
        () -> {
          assertThat(root.kind("pipe")).isEqualTo(Kind.OTHER);
          for (Operation operation :
              List.<Operation>of(
                  () -> root.read("pipe", 10),
                  () -> root.digest("pipe"),
                  () -> root.lockFile("pipe"),
                  () -> Named.read(inside.resolve("pipe"), 10))) {
            assertThatThrownBy(operation::perform).isInstanceOf(WrongKindException.class);
          }
          assertThatThrownBy(() -> root.read("sparse", 1 << 20))
              .isInstanceOf(TooLargeException.class)
              .hasMessageContaining("at most 1048576 bytes");
          assertThatThrownBy(() -> Named.read(inside.resolve("sparse"), 1 << 20))
              .isInstanceOf(TooLargeException.class);
        });
  }

  @Test
  void read_upToItsLimit_isWhole() throws Exception {
    root.create("a", BYTES);
    assertThat(root.read("a", BYTES.length)).isEqualTo(BYTES);
    assertThatThrownBy(() -> root.read("a", BYTES.length - 1))
        .isInstanceOf(TooLargeException.class);
    assertThatThrownBy(() -> root.read("b", 1)).isInstanceOf(NoSuchFileException.class);
    assertThat(root.find("no/b", 1)).isEmpty();
    assertThat(root.digest("a")).isEqualTo(dev.lanekeeper.canonical.Digest.of(BYTES));
  }

  @Test
  void fileThatAPersonNames_mayBeReachedThroughALink_butIsNoFolderAndNoDevice() throws Exception {
    Path link = Files.createSymbolicLink(inside.resolve("link"), folder.resolve("outside/secret"));
    assertThat(Named.read(link, 10)).asString(StandardCharsets.UTF_8).isEqualTo("secret");
    for (Path other : List.of(folder, Path.of("/dev/zero"))) {
      assertThatThrownBy(() -> Named.read(other, 10)).isInstanceOf(WrongKindException.class);
    }
    assertThatThrownBy(() -> Named.read(folder.resolve("none"), 10))
        .isInstanceOf(NoSuchFileException.class);
  }

  @Test
  void walk_namesWhatIsNoFile_andStopsAtItsLimit() throws Exception {
    root.folders("a/b");
    root.create("a/b/one", BYTES);
    root.create("two", BYTES);
    Files.createSymbolicLink(inside.resolve("a/out"), folder.resolve("outside"));
    assertThat(root.walk(3))
        .isEqualTo(Map.of("a/b/one", Kind.FILE, "a/out", Kind.OTHER, "two", Kind.FILE));
    assertThatThrownBy(() -> root.walk(2)).isInstanceOf(TooLargeException.class);
  }

  @Test
  void create_link_andMove_replaceNothing() throws Exception {
    root.create("a", BYTES);
    root.create("b", new byte[0]);
    for (Operation operation :
        List.<Operation>of(
            () -> root.create("b", BYTES),
            () -> root.link("b", root, "a"),
            () -> root.move("a", root, "b"))) {
      assertThatThrownBy(operation::perform).isInstanceOf(FileAlreadyExistsException.class);
    }
    assertThat(inside.resolve("b")).isEmptyFile();
    root.moveOver("a", root, "b");
    assertThat(inside.resolve("b")).hasBinaryContent(BYTES);
  }

  /** Run under umasks that are all and nothing. */
  static final class Maker {
    private Maker() {}

    public static void main(String[] args) throws Exception {
      Root own = Root.at(Path.of(args[0]), Rights.OWN);
      own.folders("a/b");
      own.create("a/b/file", BYTES);
      own.replace("a/replaced", BYTES);
      own.lockFile("lock").close();
      Root shared = Root.at(Path.of(args[1]), Rights.UMASK);
      shared.folders("a");
      shared.create("a/file", BYTES);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"000", "077"})
  void ownFolder_isItsUsersAlone_whateverTheUmask_andAnotherIsAsTheUmaskLeavesIt(String umask)
      throws Exception {
    Path own = folder.resolve("own");
    Path shared = folder.resolve("shared");
    Process maker =
        new ProcessBuilder(
                "sh",
                "-c",
                "umask " + umask + " && exec \"$0\" \"$@\"",
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                Maker.class.getName(),
                own.toString(),
                shared.toString())
            .inheritIO()
            .start();
    assertThat(maker.waitFor()).isZero();
    for (String name : List.of("", "a", "a/b")) {
      assertThat(mode(own.resolve(name))).isEqualTo("rwx------");
    }
    for (String name : List.of("a/b/file", "a/replaced", "lock")) {
      assertThat(mode(own.resolve(name))).isEqualTo("rw-------");
    }
    assertThat(mode(shared.resolve("a/file")))
        .isEqualTo(umask.equals("000") ? "rw-rw-rw-" : "rw-------");
  }

  private static String mode(Path path) throws Exception {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
  }
}
