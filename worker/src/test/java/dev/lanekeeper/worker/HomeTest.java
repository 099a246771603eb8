package dev.lanekeeper.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.evidence.FileTree;
import dev.lanekeeper.files.Rights;
import dev.lanekeeper.files.Root;
import dev.lanekeeper.grant.TrustRoot;
import dev.lanekeeper.kb.StoreLock;
import dev.lanekeeper.signature.SigningKey;
import dev.lanekeeper.signature.VerifyKey;
import dev.lanekeeper.stage.Workspace;
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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

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
        .contains(Path.of("/data/lanekeeper"));
    assertThat(Home.defaultFolder(Map.of("XDG_DATA_HOME", "relative", "HOME", "/u")))
        .contains(Path.of("/u/.local/share/lanekeeper"));
    assertThat(Home.defaultFolder(Map.of("HOME", "/u")))
        .contains(Path.of("/u/.local/share/lanekeeper"));
    assertThat(Home.defaultFolder(Map.of()))
        .contains(Path.of(System.getProperty("user.home"), ".local/share/lanekeeper"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"?", "", "relative"})
  void defaultFolder_ofAUserWithoutAnEntry_isNone(String userHome) {
    assertThat(Home.defaultFolder(Map.of(), userHome)).isEmpty();
    assertThat(Home.defaultFolder(Map.of("HOME", "", "XDG_DATA_HOME", ""), userHome)).isEmpty();
  }

  private Home home(String name) {
    return new Home(folder.resolve(name), Clock.systemUTC());
  }

  private String marker(String name) throws Exception {
    return Files.readString(folder.resolve(name).resolve("lanekeeper-home.json"));
  }

  @Test
  void folder_thatIsAbsentOrEmpty_becomesAHome_andStaysTheSameOne() throws Exception {
    Files.createDirectories(folder.resolve("empty"));
    for (String name : List.of("absent/deep", "empty")) {
      home(name).createKnowledgeBase("test");
      String marker = marker(name);
      assertThat(marker).contains("\"formatVersion\"").contains("\"id\"");
      home(name).settle();
      assertThat(marker(name)).isEqualTo(marker);
    }
    assertThat(marker("empty")).isNotEqualTo(marker("absent/deep"));
  }

  @Test
  void folder_thatHoldsSomethingElse_isNoHome_andNothingIsWrittenIntoIt() throws Exception {
    Path notes = folder.resolve("project/tmp/notes.txt");
    Files.createDirectories(notes.getParent());
    Files.writeString(notes, "precious");
    Home home = home("project");
    SigningKey key = SigningKey.generate();
    for (Callable<?> write :
        List.<Callable<?>>of(
            () -> home.createKnowledgeBase("test"),
            home::evidence,
            home::lock,
            home::lockShared,
            () -> home.keys().create("owner"),
            () -> home.keys().findOrCreate("owner"),
            () -> home.ownFolder("temporal"),
            () -> {
              home.trust(TrustRoot.Role.OWNER, "owner", key.verifyKey());
              return null;
            },
            () -> {
              home.cleanWorkspaces();
              return null;
            })) {
      assertThatThrownBy(write::call)
          .isInstanceOfSatisfying(
              HomeException.class,
              e -> assertThat(e.code()).isEqualTo(HomeException.Code.HOME_INVALID));
    }
    assertThat(FileTree.read(folder.resolve("project"))).containsOnlyKeys("tmp/notes.txt");
    Files.writeString(folder.resolve("project/lanekeeper-home.json"), "{}");
    assertThatThrownBy(home::settle).as("another's marker").isInstanceOf(HomeException.class);
  }

  @Test
  void folder_ofAnEarlierBuild_isTakenOver() throws Exception {
    home("full").createKnowledgeBase("test");
    Files.delete(folder.resolve("full/lanekeeper-home.json"));
    Files.createDirectories(folder.resolve("full/tmp"));
    home("full").settle();
    assertThat(marker("full")).contains("home-");
    new LocalKeys(folder.resolve("keys-only/keys")).create("owner");
    home("keys-only").settle();
    assertThat(marker("keys-only")).contains("home-");
    Files.createDirectories(folder.resolve("other/keys"));
    Files.writeString(folder.resolve("other/keys/house.txt"), "x");
    assertThatThrownBy(() -> home("other").settle()).isInstanceOf(HomeException.class);
  }

  @Test
  void workspaces_thatOurCodeLeft_areRemoved_andNothingElse() throws Exception {
    Home home = home("home");
    home.createKnowledgeBase("test");
    Path left = Workspace.under(home.workspaces(), "staging").folder();
    Path earlier = home.workspaces().resolve("seal-1234567890123456789");
    Files.createDirectories(left.resolve("kb"));
    Files.createDirectories(earlier);
    for (String other : List.of("notes.txt", "staging-notes", "review-2026")) {
      Files.createDirectories(home.workspaces().resolve(other));
    }
    Files.createSymbolicLink(
        home.workspaces().resolve("staging-00000000000000000000"), home.documents());
    home.cleanWorkspaces();
    assertThat(left).doesNotExist();
    assertThat(earlier).doesNotExist();
    assertThat(home.documents()).exists();
    assertThat(home.workspaces().toFile().list())
        .containsExactlyInAnyOrder(
            "notes.txt", "staging-notes", "review-2026", "staging-00000000000000000000");
  }

  @Test
  void home_isForItsOwner_butForItsDocumentsAndRuns() throws Exception {
    Home home = home("home");
    home.createKnowledgeBase("test");
    home.evidence().putGrant(new byte[] {1});
    home.trust(TrustRoot.Role.OWNER, "owner", home.keys().create("owner").verifyKey());
    home.ownLog(home.log());
    home.lock().orElseThrow().close();
    Workspace.under(home.workspaces(), "review").close();
    // As an earlier build had left it.
    Files.setPosixFilePermissions(home.ledger(), PosixFilePermissions.fromString("rwxr-xr-x"));
    home.settle();
    for (String name : List.of("ledger", "store", "keys", "trust", "tmp", "logs")) {
      Path top = home.folder().resolve(name);
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(top)))
          .as(name)
          .isEqualTo("rwx------");
      for (String file : FileTree.read(top).keySet()) {
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(top.resolve(file))))
            .as(name + "/" + file)
            .isEqualTo("rw-------");
      }
    }
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
        new Wiring(
            home,
            null,
            "engine",
            owner -> false,
            name -> Optional.empty(),
            "me",
            "queue",
            java.time.Duration.ofMinutes(15));
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
    try (StoreLock other =
        StoreLock.take(Root.at(lock.getParent(), Rights.OWN), lock.getFileName().toString())) {
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
