package dev.lanekeeper.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lanekeeper.grant.SigningKey;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The home's lock among processes, and keys in files. */
class HomeTest {

  @TempDir private Path folder;

  /** Holds the lock until its standard input ends. */
  static final class Holder {
    private Holder() {}

    public static void main(String[] args) throws Exception {
      try (FileChannel lock = new Home(Path.of(args[0]), Clock.systemUTC()).lock().orElseThrow()) {
        System.out.println(lock.isOpen());
        while (System.in.read() >= 0) {
          // waits
        }
      }
    }
  }

  @Test
  void lock_heldByAnotherProcess_isRefused_andFreeAfterItsDeath() throws Exception {
    Home home = new Home(folder, Clock.systemUTC());
    Process holder =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                Holder.class.getName(),
                folder.toString())
            .redirectErrorStream(true)
            .start();
    assertThat(holder.getInputStream().read()).as("it has the lock").isEqualTo('t');
    assertThat(home.lock()).isEmpty();
    holder.destroyForcibly().waitFor(10, TimeUnit.SECONDS);
    try (FileChannel mine = home.lock().orElseThrow()) {
      assertThat(mine.isOpen()).isTrue();
    }
  }

  @Test
  void key_isReadableByItsOwnerOnly_andNeverOverwritten() throws Exception {
    LocalKeys keys = new LocalKeys(folder.resolve("keys"));
    SigningKey key = keys.create("owner");
    Path file = folder.resolve("keys/owner.key");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-------");
    assertThatThrownBy(() -> keys.create("owner")).isInstanceOf(FileAlreadyExistsException.class);
    assertThat(keys.find("owner").orElseThrow().verifyKey().thumbprint())
        .isEqualTo(key.verifyKey().thumbprint());
    Files.delete(folder.resolve("keys/owner.pub"));
    assertThat(keys.find("owner")).as("half a pair is none").isEmpty();
    assertThat(keys.findOrCreate("owner").verifyKey().thumbprint())
        .isNotEqualTo(key.verifyKey().thumbprint());
  }
}
