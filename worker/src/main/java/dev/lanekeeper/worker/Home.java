package dev.lanekeeper.worker;

import dev.lanekeeper.evidence.DirectoryEvidenceStore;
import dev.lanekeeper.evidence.EvidenceStore;
import dev.lanekeeper.grant.TrustRoot;
import dev.lanekeeper.kb.CommitChecks;
import dev.lanekeeper.kb.DirectoryKnowledgeBase;
import dev.lanekeeper.kb.DirectoryReader;
import dev.lanekeeper.kb.KbIdentity;
import dev.lanekeeper.kb.KbReader;
import dev.lanekeeper.kb.KnowledgeBase;
import dev.lanekeeper.kb.StoreLock;
import dev.lanekeeper.signature.VerifyKey;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.UnaryOperator;

/**
 * A home folder: {@code kb/} the documents, {@code ledger/} identity and ledger, {@code store/} and
 * {@code runs/} the evidence, {@code keys/}, {@code trust/}, {@code logs/}, {@code tmp/}.
 */
public final class Home {

  private final Path folder;
  private final Clock clock;

  /** A home that need not exist yet. */
  public Home(Path folder, Clock clock) {
    this.folder = folder.toAbsolutePath().normalize();
    this.clock = clock;
  }

  /**
   * Where a home stands when nobody says otherwise: in the XDG data folder (Source: XDG Base
   * Directory Specification 0.8). Java's own {@code user.home} is the user's entry in the password
   * file, whatever {@code HOME} says, and serves only where there is no {@code HOME}.
   *
   * @param environment the environment variables
   */
  public static Path defaultFolder(Map<String, String> environment) {
    String xdg = environment.getOrDefault("XDG_DATA_HOME", "");
    if (xdg.startsWith("/")) {
      return Path.of(xdg, "lanekeeper");
    }
    String home = environment.getOrDefault("HOME", "");
    return Path.of(home.startsWith("/") ? home : System.getProperty("user.home"))
        .resolve(Path.of(".local", "share", "lanekeeper"));
  }

  /** The folder. */
  public Path folder() {
    return folder;
  }

  /** The documents. */
  public Path documents() {
    return folder.resolve("kb");
  }

  /** The ledger's folder. */
  public Path ledger() {
    return folder.resolve("ledger");
  }

  /** Where temporary workspaces are made. */
  public Path workspaces() {
    return folder.resolve("tmp");
  }

  /** The log file. */
  public Path log() {
    return folder.resolve("logs").resolve("lanekeeper.log");
  }

  /** The log file for logs in JSON, one object a line. */
  public Path jsonLog() {
    return folder.resolve("logs").resolve("lanekeeper.jsonl");
  }

  /** The keys on this machine. */
  public LocalKeys keys() {
    return new LocalKeys(folder.resolve("keys"));
  }

  /** The evidence store. */
  public EvidenceStore evidence() throws IOException {
    return new DirectoryEvidenceStore(folder);
  }

  /** Whether there is a knowledge base. */
  public boolean hasKnowledgeBase() {
    return DirectoryKnowledgeBase.exists(ledger());
  }

  /** Creates the knowledge base with a new id. */
  public KbIdentity createKnowledgeBase(String environment) throws IOException {
    String id = "kb-" + UUID.randomUUID().toString().replace("-", "").substring(0, 12);
    KbIdentity identity = new KbIdentity(id, environment);
    DirectoryKnowledgeBase.create(documents(), ledger(), identity);
    return identity;
  }

  /** Opens the knowledge base with every commit check. */
  public KnowledgeBase knowledgeBase() throws IOException {
    return new DirectoryKnowledgeBase(
        documents(), ledger(), clock, CommitChecks.all(this::trustRoot));
  }

  /** Opens a read-only handle. */
  public KbReader reader() throws IOException {
    return new DirectoryReader(documents(), ledger(), clock);
  }

  /** The trust root as it is now; nobody is trusted before there is one. */
  public TrustRoot trustRoot() {
    try {
      Path file = trustFile();
      return Files.exists(file) ? TrustRoot.read(Files.readAllBytes(file)) : TrustRoot.empty();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Trusts a key in a role because somebody says so, even one that was removed. */
  public void trust(TrustRoot.Role role, String name, VerifyKey key) throws IOException {
    changeTrust(trust -> trust.with(role, name, key));
  }

  /**
   * Trusts a key of this machine in a role without being asked.
   *
   * @throws RemovedKeyException when somebody removed it
   */
  public void introduce(TrustRoot.Role role, String name, VerifyKey key) throws IOException {
    changeTrust(
        trust -> {
          if (trust.removed(role, key.thumbprint())) {
            throw new RemovedKeyException(role, key);
          }
          return trust.with(role, name, key);
        });
  }

  /** Changes the trust root, whatever other processes change in it meanwhile. */
  public void changeTrust(UnaryOperator<TrustRoot> change) throws IOException {
    Files.createDirectories(trustFile().getParent());
    try (StoreLock lock = StoreLock.take(trustFile().resolveSibling("lock"))) {
      TrustRoot trust = trustRoot();
      TrustRoot with = change.apply(trust);
      if (!with.equals(trust)) {
        writeTrustRoot(with);
      }
    }
  }

  /** Replaces the trust root. */
  public void writeTrustRoot(TrustRoot trust) throws IOException {
    Path file = trustFile();
    Files.createDirectories(file.getParent());
    Path fresh = file.resolveSibling("root.json.new");
    Files.write(fresh, trust.bytes());
    Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE);
  }

  private Path trustFile() {
    return folder.resolve("trust").resolve("root.json");
  }

  /**
   * Locks the home for the embedded engine. While it is held, no other process runs lanes here, so
   * every run of another process is proven closed. The system releases it when the process dies.
   *
   * @return the lock, or empty when another process holds it
   */
  public Optional<FileChannel> lock() throws IOException {
    return lock(false);
  }

  /**
   * Locks the home for a worker of a real server, together with other workers. While it is held, no
   * embedded engine runs here, so every run of one is proven closed.
   *
   * @return the lock, or empty when an embedded engine holds it
   */
  public Optional<FileChannel> lockShared() throws IOException {
    return lock(true);
  }

  private Optional<FileChannel> lock(boolean shared) throws IOException {
    Files.createDirectories(folder);
    FileChannel channel =
        FileChannel.open(
            folder.resolve("engine.lock"),
            StandardOpenOption.CREATE,
            StandardOpenOption.READ,
            StandardOpenOption.WRITE);
    FileLock lock = channel.tryLock(0, Long.MAX_VALUE, shared);
    if (lock == null) {
      channel.close();
      return Optional.empty();
    }
    return Optional.of(channel);
  }
}
