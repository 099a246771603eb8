package dev.lanekeeper.hostile;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** What can be put where a file or a folder is expected. */
final class Puts {

  static final String SECRET = "a key's bytes";
  static final String SPARSE = "sparse 10 GB";

  /** Puts something in the place of a file or a folder that was removed. */
  interface Put {
    void at(Path place) throws Exception;
  }

  private Puts() {}

  private static void program(String... words) throws Exception {
    assertThat(new ProcessBuilder(words).inheritIO().start().waitFor()).isZero();
  }

  private static void sparse(Path file, long bytes) throws IOException {
    try (RandomAccessFile sparse = new RandomAccessFile(file.toFile(), "rw")) {
      sparse.setLength(bytes);
    }
  }

  /**
   * All of them, by kind.
   *
   * @param key a private key
   * @param secret another file that nobody names
   */
  static Map<String, Put> all(Path key, Path secret) {
    Map<String, Put> puts = new LinkedHashMap<>();
    puts.put("link to a key", at -> Files.createSymbolicLink(at, key));
    puts.put("link to a secret", at -> Files.createSymbolicLink(at, secret));
    puts.put(
        "relative link", at -> Files.createSymbolicLink(at, at.getParent().relativize(secret)));
    puts.put("link to a folder outside", at -> Files.createSymbolicLink(at, secret.getParent()));
    puts.put("link to nothing", at -> Files.createSymbolicLink(at, Path.of("/nowhere/at/all")));
    puts.put("link to itself", at -> Files.createSymbolicLink(at, at.getFileName()));
    puts.put("link to zeros", at -> Files.createSymbolicLink(at, Path.of("/dev/zero")));
    puts.put(
        "link to the process", at -> Files.createSymbolicLink(at, Path.of("/proc/self/environ")));
    puts.put("pipe", at -> program("mkfifo", at.toString()));
    puts.put(SPARSE, at -> sparse(at, 10_000_000_000L));
    puts.put("folder", Files::createDirectory);
    puts.put("nothing", at -> {});
    puts.put(SECRET, at -> Files.copy(key, at));
    puts.put(
        "other bytes",
        at -> Files.write(at, new byte[] {(byte) 0xff, (byte) 0xfe, 0, 27, 91, 50, 74}));
    puts.put("empty", Files::createFile);
    if (Files.isWritable(Path.of("/dev"))) {
      puts.put("device", at -> program("mknod", at.toString(), "c", "1", "5"));
    }
    if (!"root".equals(System.getProperty("user.name"))) {
      puts.put("unreadable", at -> Files.createFile(at).toFile().setReadable(false));
    }
    return puts;
  }
}
