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
      Home home = new Home(Path.of(args[0]), Clock.systemUTC());
      boolean shared = args[1].equals("shared");
      try (FileChannel lock = (shared ? home.lockShared() : home.lock()).orElseThrow()) {
        System.out.println(lock.isOpen());
        while (System.in.read() >= 0) {
          // waits
        }
      }
    }
  }

  private Process holder(String how) throws Exception {
    Process holder =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                Holder.class.getName(),
                folder.toString(),
                how)
            .redirectErrorStream(true)
            .start();
    assertThat(holder.getInputStream().read()).as("it has the lock").isEqualTo('t');
    return holder;
  }

  @Test
  void lock_heldByAnotherProcess_isRefused_andFreeAfterItsDeath() throws Exception {
    Home home = new Home(folder, Clock.systemUTC());
    Process holder = holder("alone");
    assertThat(home.lock()).isEmpty();
    assertThat(home.lockShared()).as("nor together with it").isEmpty();
    holder.destroyForcibly().waitFor(10, TimeUnit.SECONDS);
    try (FileChannel mine = home.lock().orElseThrow()) {
      assertThat(mine.isOpen()).isTrue();
    }
  }

  @Test
  void lock_sharedByAWorker_keepsEmbeddedEnginesOut_andLetsOtherWorkersIn() throws Exception {
    Home home = new Home(folder, Clock.systemUTC());
    Process holder = holder("shared");
    assertThat(home.lock()).isEmpty();
    try (FileChannel mine = home.lockShared().orElseThrow()) {
      assertThat(mine.isOpen()).isTrue();
    }
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
