package dev.lanekeeper.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.grant.TrustRoot;
import dev.lanekeeper.kb.StoreLock;
import dev.lanekeeper.signature.SigningKey;
import dev.lanekeeper.signature.VerifyKey;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;
import java.util.stream.Stream;
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
  void defaultFolder_isInTheXdgDataFolder_elseInTheUsersHome() {
    assertThat(Home.defaultFolder(Map.of("XDG_DATA_HOME", "/data", "HOME", "/u")))
        .isEqualTo(Path.of("/data/lanekeeper"));
    assertThat(Home.defaultFolder(Map.of("XDG_DATA_HOME", "relative", "HOME", "/u")))
        .isEqualTo(Path.of("/u/.local/share/lanekeeper"));
    assertThat(Home.defaultFolder(Map.of("HOME", "/u")))
        .isEqualTo(Path.of("/u/.local/share/lanekeeper"));
    assertThat(Home.defaultFolder(Map.of()))
        .isEqualTo(Path.of(System.getProperty("user.home"), ".local/share/lanekeeper"));
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

  @Test
  void key_isHeld_onlyWithItsOwnPrivateHalf() throws Exception {
    LocalKeys keys = new LocalKeys(folder.resolve("keys"));
    Digest own = keys.create("owner").verifyKey().thumbprint();
    assertThat(keys.holds(own, "owner")).isTrue();
    assertThat(keys.holds(SigningKey.generate().verifyKey().thumbprint(), "owner")).isFalse();
    assertThat(keys.holds(own, "executor")).isFalse();
    Files.delete(folder.resolve("keys/owner.key"));
    assertThat(keys.holds(own, "owner")).isFalse();
  }

  /** Who works in both roles cannot say that the review was another's. */
  @Test
  void worker_ofBothRoles_saysSo_inEachOfThem() throws Exception {
    Home home = new Home(folder, Clock.systemUTC());
    home.createKnowledgeBase("no-production");
    Wiring wiring =
        new Wiring(home, null, "engine", owner -> false, name -> Optional.empty(), "me", "queue");
    assertThat(wiring.executor(Role.BOTH).bothRoles()).isTrue();
    assertThat(wiring.reviewer(Role.BOTH).bothRoles()).isTrue();
    assertThat(wiring.executor(Role.EXECUTOR).bothRoles()).isFalse();
    assertThat(wiring.reviewer(Role.REVIEWER).bothRoles()).isFalse();
  }

  /** Whether a task that another process keeps from a lock waits for it, and goes on then. */
  private static boolean waitsFor(Path lock, Callable<?> task) throws Exception {
    Files.createDirectories(lock.getParent());
    FutureTask<?> done = new FutureTask<>(task);
    Thread worker = new Thread(done);
    boolean waits = false;
    try (StoreLock other = StoreLock.take(lock)) {
      worker.start();
      while (worker.isAlive() && !waits) {
        List<String> at =
            Stream.of(worker.getStackTrace())
                .map(frame -> frame.getClassName() + "." + frame.getMethodName())
                .toList();
        waits =
            at.contains("java.lang.Thread.sleep")
                && at.contains(StoreLock.class.getName() + ".take");
      }
    }
    done.get();
    return waits;
  }

  @Test
  void keysAndTrustRoot_areWrittenByOneProcessAtATime() throws Exception {
    LocalKeys keys = new LocalKeys(folder.resolve("keys"));
    assertThat(waitsFor(folder.resolve("keys/lock"), () -> keys.findOrCreate("executor"))).isTrue();
    VerifyKey key = keys.find("executor").orElseThrow().verifyKey();
    Home home = new Home(folder, Clock.systemUTC());
    assertThat(
            waitsFor(
                folder.resolve("trust/lock"),
                () -> {
                  home.trust(TrustRoot.Role.EXECUTOR, "executor", key);
                  return key;
                }))
        .isTrue();
    assertThat(home.trustRoot().of(TrustRoot.Role.EXECUTOR)).hasSize(1);
  }

  private <T> List<T> atOnce(int times, IntFunction<Callable<T>> task) throws Exception {
    ExecutorService pool = Executors.newFixedThreadPool(times);
    try {
      CyclicBarrier start = new CyclicBarrier(times);
      List<Callable<T>> tasks = new ArrayList<>();
      for (int i = 0; i < times; i++) {
        Callable<T> one = task.apply(i);
        tasks.add(
            () -> {
              start.await();
              return one.call();
            });
      }
      List<T> results = new ArrayList<>();
      for (Future<T> done : pool.invokeAll(tasks)) {
        results.add(done.get());
      }
      return results;
    } finally {
      pool.shutdownNow();
    }
  }

  @Test
  void workersThatStartAtOnceInANewHome_shareOneKey_andTrustEachOther() throws Exception {
    List<Digest> same =
        atOnce(
            8,
            i ->
                () ->
                    new LocalKeys(folder.resolve("keys"))
                        .findOrCreate("executor")
                        .verifyKey()
                        .thumbprint());
    assertThat(Set.copyOf(same)).hasSize(1);
    List<Digest> own =
        atOnce(
            8,
            i ->
                () -> {
                  VerifyKey key = SigningKey.generate().verifyKey();
                  new Home(folder, Clock.systemUTC())
                      .trust(TrustRoot.Role.EXECUTOR, "worker-" + i, key);
                  return key.thumbprint();
                });
    assertThat(new Home(folder, Clock.systemUTC()).trustRoot().of(TrustRoot.Role.EXECUTOR))
        .extracting(VerifyKey::thumbprint)
        .containsExactlyInAnyOrderElementsOf(own);
  }
}
