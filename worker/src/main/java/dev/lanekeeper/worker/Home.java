package dev.lanekeeper.worker;

import dev.lanekeeper.canonical.Json;
import dev.lanekeeper.evidence.DirectoryEvidenceStore;
import dev.lanekeeper.evidence.EvidenceStore;
import dev.lanekeeper.files.Kind;
import dev.lanekeeper.files.Rights;
import dev.lanekeeper.files.Root;
import dev.lanekeeper.grant.TrustRoot;
import dev.lanekeeper.kb.CommitChecks;
import dev.lanekeeper.kb.DirectoryKnowledgeBase;
import dev.lanekeeper.kb.DirectoryReader;
import dev.lanekeeper.kb.KbIdentity;
import dev.lanekeeper.kb.KbReader;
import dev.lanekeeper.kb.KnowledgeBase;
import dev.lanekeeper.kb.LedgerEntry;
import dev.lanekeeper.kb.StoreLock;
import dev.lanekeeper.signature.VerifyKey;
import dev.lanekeeper.stage.Workspace;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.UnaryOperator;

/**
 * A home folder: {@code kb/} the documents, {@code ledger/} identity and ledger, {@code store/} and
 * {@code runs/} the evidence, {@code keys/}, {@code trust/}, {@code logs/}, {@code tmp/}. It is one
 * by its marker: nothing is written into a folder that holds something else. Documents and runs are
 * for whom the process's umask leaves them to; all else is this user's alone.
 */
public final class Home {

  /** The file that makes a folder a home. */
  static final String MARKER = "lanekeeper-home.json";

  private static final String TRUST = "trust/root.json";
  private static final long SMALL = 1 << 20;

  /** Says for whose first documents the knowledge base was made, until they are there. */
  private static final String FIRST = "first-documents";

  /** What a home holds that is nobody's but its user's. */
  private static final List<String> OWN =
      List.of("ledger", "store", "keys", "trust", "tmp", "logs", "temporal");

  /** What commands of an earlier build put into a home that had no knowledge base yet. */
  private static final Set<String> EARLIER = Set.of("keys", "trust", "logs", "engine.lock");

  private final Path folder;
  private final Root root;
  private final Clock clock;

  /**
   * The marker.
   *
   * @param formatVersion 1
   * @param id which home it is, at random
   */
  private record Marker(int formatVersion, String id) {}

  /** A home that need not exist yet. */
  public Home(Path folder, Clock clock) {
    this.folder = folder.toAbsolutePath().normalize();
    this.root = Root.at(this.folder, Rights.UMASK);
    this.clock = clock;
  }

  /**
   * Where a home is when nobody says otherwise: in the XDG data folder (Source: XDG Base Directory
   * Specification 0.8). Java's own {@code user.home} is the user's entry in the password file,
   * whatever {@code HOME} says, and serves only where there is no {@code HOME}.
   *
   * @param environment the environment variables
   * @return nothing where none of them names an absolute folder
   */
  public static Optional<Path> defaultFolder(Map<String, String> environment) {
    return defaultFolder(environment, System.getProperty("user.home", ""));
  }

  static Optional<Path> defaultFolder(Map<String, String> environment, String userHome) {
    String xdg = environment.getOrDefault("XDG_DATA_HOME", "");
    if (xdg.startsWith("/")) {
      return Optional.of(Path.of(xdg, "lanekeeper"));
    }
    String home = environment.getOrDefault("HOME", "");
    String base = home.startsWith("/") ? home : userHome;
    // A user without an entry has the home "?" in Java.
    return base.startsWith("/")
        ? Optional.of(Path.of(base).resolve(Path.of(".local", "share", "lanekeeper")))
        : Optional.empty();
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
    return new LocalKeys(root.sub("keys", Rights.OWN), this::settle);
  }

  /** The evidence store. */
  public EvidenceStore evidence() throws IOException {
    settle();
    return new DirectoryEvidenceStore(folder);
  }

  /**
   * Makes the folder a home, if it is absent or empty, or an earlier build's. What is in a home and
   * is this user's alone is kept to its owner.
   *
   * @throws HomeException when it is another folder; then nothing is written
   */
  public void settle() throws IOException {
    requireUsable();
    if (root.kind(MARKER) == Kind.ABSENT) {
      root.make();
      mark();
    }
    readMarker();
    for (String name : OWN) {
      if (root.kind(name) == Kind.FOLDER) {
        root.sub(name).keepToOwner();
      }
    }
  }

  /**
   * Makes sure that the folder is a home or may become one; writes nothing.
   *
   * @throws HomeException when it is another folder
   */
  public void requireUsable() throws IOException {
    // Another process may have made it a home meanwhile: it writes the marker first.
    if (root.kind(MARKER) == Kind.ABSENT && !mayBecomeOne() && root.kind(MARKER) == Kind.ABSENT) {
      throw HomeException.invalid(folder, "a folder with other things in it");
    }
  }

  private boolean mayBecomeOne() throws IOException {
    if (root.kind() == Kind.ABSENT) {
      return true;
    }
    if (root.kind() != Kind.FOLDER) {
      return false;
    }
    if (root.kind("ledger/identity.json") == Kind.FILE) {
      return true;
    }
    List<String> names = new ArrayList<>(root.list());
    // A volume of its own has lost+found; another process may be writing the marker just now.
    names.removeIf(name -> name.equals("lost+found") || name.startsWith(MARKER));
    return names.isEmpty()
        || (EARLIER.containsAll(names)
            && only("keys", "lock|.+\\.(key|pub)(\\.new-.+)?")
            && only("trust", "lock|root\\.json(\\.new)?")
            && only("logs", "lanekeeper\\.(log|jsonl)"));
  }

  private boolean only(String name, String pattern) throws IOException {
    Kind kind = root.kind(name);
    return kind == Kind.ABSENT
        || (kind == Kind.FOLDER
            && root.list(name).stream().allMatch(found -> found.matches(pattern)));
  }

  private void mark() throws IOException {
    byte[] marker = Json.pretty(Json.tree(new Marker(1, "home-" + UUID.randomUUID())));
    String fresh = MARKER + ".new-" + UUID.randomUUID();
    root.create(fresh, marker);
    try {
      root.link(MARKER, root, fresh);
      root.syncParent(MARKER);
    } catch (FileAlreadyExistsException anotherMadeIt) {
      // One home has one marker.
    } finally {
      root.delete(fresh);
    }
  }

  private void readMarker() throws IOException {
    try {
      Marker marker = Json.as(Json.parse(root.read(MARKER, SMALL)), Marker.class);
      if (marker.formatVersion() == 1) {
        return;
      }
    } catch (com.fasterxml.jackson.core.JsonProcessingException | IllegalArgumentException e) {
      // Said below.
    }
    throw HomeException.invalid(folder, "a " + MARKER + " that is not of this release");
  }

  /** Removes the workspaces that killed processes left, and nothing else. */
  public void cleanWorkspaces() throws IOException {
    settle();
    Workspace.clean(workspaces());
  }

  /**
   * Makes a folder of this user's alone in the home.
   *
   * @param name one of those that a home has
   */
  public Path ownFolder(String name) throws IOException {
    settle();
    root.sub(name, Rights.OWN).make();
    return root.path(name);
  }

  /** Makes an empty log file of this user's alone, for the logger to open. */
  public Path ownLog(Path file) throws IOException {
    ownFolder("logs");
    root.sub("logs", Rights.OWN).lockFile(file.getFileName().toString()).close();
    return file;
  }

  /** Whether there is a knowledge base. */
  public boolean hasKnowledgeBase() {
    try {
      return DirectoryKnowledgeBase.exists(ledger());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Creates the knowledge base with a new id. */
  public KbIdentity createKnowledgeBase(String environment) throws IOException {
    settle();
    String id = "kb-" + UUID.randomUUID().toString().replace("-", "").substring(0, 12);
    KbIdentity identity = new KbIdentity(id, environment);
    DirectoryKnowledgeBase.create(documents(), ledger(), identity);
    return identity;
  }

  /**
   * Creates a knowledge base that is to begin with documents, which the caller then adds. If it
   * does not come to that, the same caller is to add them later.
   *
   * @param whose which documents: a lane's name, or the command that adds those of several
   * @see #owesFirstDocuments
   */
  public KbIdentity createKnowledgeBaseFor(String whose, String environment) throws IOException {
    settle();
    root.replace(FIRST, whose.getBytes(StandardCharsets.UTF_8));
    return createKnowledgeBase(environment);
  }

  /** Whether a knowledge base was created for these documents, which are not all there yet. */
  public boolean owesFirstDocuments(String whose) throws IOException {
    Optional<byte[]> owed = root.find(FIRST, SMALL);
    return hasKnowledgeBase()
        && owed.filter(o -> new String(o, StandardCharsets.UTF_8).equals(whose)).isPresent()
        && reader().ledger().all(LedgerEntry.RunOpened.class).findAny().isEmpty();
  }

  /** They are there, or nobody is to add them any more. */
  public void firstDocumentsStand() throws IOException {
    if (root.kind(FIRST) == Kind.FILE) {
      root.delete(FIRST);
    }
  }

  /** Opens the knowledge base with every commit check. */
  public KnowledgeBase knowledgeBase() throws IOException {
    return new DirectoryKnowledgeBase(
        documents(), ledger(), clock, CommitChecks.all(this::trustRoot));
  }

  /** Says that the documents' folder is the knowledge base's, whatever is in it. */
  public void markDocuments() throws IOException {
    DirectoryKnowledgeBase.mark(documents(), ledger());
  }

  /** Opens a read-only handle. */
  public KbReader reader() throws IOException {
    return new DirectoryReader(documents(), ledger(), clock);
  }

  /** The trust root as it is now; nobody is trusted before there is one. */
  public TrustRoot trustRoot() {
    try {
      Optional<byte[]> bytes = root.find(TRUST, SMALL);
      return bytes.isPresent() ? TrustRoot.read(bytes.get()) : TrustRoot.empty();
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
    ownFolder("trust");
    try (StoreLock lock = StoreLock.take(root.sub("trust", Rights.OWN), "lock")) {
      TrustRoot trust = trustRoot();
      TrustRoot with = change.apply(trust);
      if (!with.equals(trust)) {
        writeTrustRoot(with);
      }
    }
  }

  /** Replaces the trust root. */
  public void writeTrustRoot(TrustRoot trust) throws IOException {
    ownFolder("trust");
    root.sub("trust", Rights.OWN).replace("root.json", trust.bytes());
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
    settle();
    FileChannel channel = Root.at(folder, Rights.OWN).lockFile("engine.lock");
    FileLock lock = channel.tryLock(0, Long.MAX_VALUE, shared);
    if (lock == null) {
      channel.close();
      return Optional.empty();
    }
    return Optional.of(channel);
  }
}
