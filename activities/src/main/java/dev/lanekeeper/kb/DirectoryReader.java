package dev.lanekeeper.kb;

import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.canonical.Json;
import dev.lanekeeper.canonical.PlainText;
import dev.lanekeeper.files.Access;
import dev.lanekeeper.files.Kind;
import dev.lanekeeper.files.Named;
import dev.lanekeeper.files.Rights;
import dev.lanekeeper.files.Root;
import dev.lanekeeper.files.WrongKindException;
import dev.lanekeeper.lane.Head;
import dev.lanekeeper.lane.KbPath;
import dev.lanekeeper.verdict.RejectCode;
import dev.lanekeeper.verdict.Verdict;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Predicate;

/** A read-only handle on a directory knowledge base. */
public class DirectoryReader implements KbReader {

  /** How many bytes of one document are read; of a larger one only the head is known. */
  static final long DOCUMENT_LIMIT = 256L << 20;

  private static final long IDENTITY_LIMIT = 64 << 10;

  /** How much of a foreign file's name is shown. */
  private static final int MOST_SHOWN = 300;

  private final Root documents;
  private final Root state;
  private final KbIdentity identity;
  private final Ledger ledger;
  private final Marker marker;

  /**
   * Opens a knowledge base that exists.
   *
   * @param documents the folder with each document at its path
   * @param state the folder with identity, ledger and staged files
   */
  public DirectoryReader(Path documents, Path state, Clock clock) throws IOException {
    this.documents = documents(documents);
    this.state = state(state);
    this.identity = identity(this.state);
    this.ledger = new Ledger(this.state, clock);
    this.marker = new Marker(this.documents, this.state, identity);
  }

  private static KbIdentity identity(Root state) throws IOException {
    String name = "identity.json";
    byte[] bytes = state.read(name, IDENTITY_LIMIT);
    try {
      return Json.whole(Json.parse(bytes), KbIdentity.class);
    } catch (IOException e) {
      throw new FileSystemException(state.path(name).toString(), null, e.getMessage());
    }
  }

  /** Documents get the rights that the process's umask leaves. */
  static Root documents(Path folder) {
    return Root.at(folder, Rights.UMASK);
  }

  /** Identity, ledger and kept bytes are this user's alone. */
  static Root state(Path folder) {
    return Root.at(folder, Rights.OWN);
  }

  Root documents() {
    return documents;
  }

  Root state() {
    return state;
  }

  Marker marker() {
    return marker;
  }

  Ledger ledgerFile() {
    return ledger;
  }

  @Override
  public KbIdentity identity() {
    return identity;
  }

  @Override
  public LedgerState ledger() throws IOException {
    return ledger.state();
  }

  @Override
  public Optional<Document> read(KbPath path) throws IOException {
    LedgerState ledgerNow = ledger();
    Optional<byte[]> bytes =
        safely(path, ledgerNow, () -> documents.find(path.value(), DOCUMENT_LIMIT));
    return bytes.map(b -> new Document(revision(Digest.of(b), ledgerNow.recordedHead(path)), b));
  }

  @Override
  public Head head(KbPath path) throws IOException {
    LedgerState ledgerNow = ledger();
    try {
      return safely(
          path,
          ledgerNow,
          () -> revision(documents.digest(path.value()), ledgerNow.recordedHead(path)));
    } catch (NoSuchFileException e) {
      return Head.absent();
    }
  }

  @Override
  public Optional<Access> access(KbPath path) throws IOException {
    try {
      return Optional.of(safely(path, ledger(), () -> documents.access(path.value())));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
  }

  @Override
  public Optional<Document> readBefore(KbPath path, Digest planDigest) throws IOException {
    LedgerState ledgerNow = ledger();
    Optional<LedgerEntry.Claimed> claim = ledgerNow.openClaim(planDigest);
    if (claim.isPresent()) {
      long epoch = claim.get().epoch();
      for (LedgerEntry.Intent intent : ledgerNow.intents(epoch)) {
        if (intent.path().equals(path)
            && headPublishedBy(ledgerNow, epoch, intent.changeId()).isPresent()) {
          return intent.before() instanceof Head.Revision before
              ? Optional.of(new Document(before, kept(before)))
              : Optional.empty();
        }
      }
    }
    return read(path);
  }

  /** The head of the change's path, if this claim or its forerunners published it. */
  Optional<Head.Revision> headPublishedBy(LedgerState ledgerNow, long epoch, String changeId)
      throws IOException {
    Optional<LedgerEntry.Intent> intent =
        ledgerNow.intents(epoch).stream().filter(i -> i.changeId().equals(changeId)).findFirst();
    if (intent.isEmpty() || kindAt(intent.get().path(), ledgerNow) == Kind.ABSENT) {
      return Optional.empty();
    }
    KbPath path = intent.get().path();
    Head.Revision after = (Head.Revision) intent.get().after();
    // Its bytes can be there again because a later lane has published the same.
    boolean owned = ledgerNow.ownsHead(epoch, path, after);
    boolean made =
        state.same(intent.get().staged(), documents, path.value())
            || (owned && published(ledgerNow, epoch, changeId));
    boolean unchanged = documents.digest(path.value()).equals(after.sha256());
    return made && unchanged ? Optional.of(after) : Optional.empty();
  }

  static boolean published(LedgerState ledger, long epoch, String changeId) {
    return ledger.lastDone(epoch, changeId).filter("PUBLISHED"::equals).isPresent();
  }

  @Override
  public byte[] kept(Head.Revision before) throws IOException {
    Optional<byte[]> bytes = state.find(copyOf(before.sha256()), DOCUMENT_LIMIT);
    if (bytes.isEmpty()) {
      throw new IOException("the kept bytes of " + before + " are missing");
    }
    if (!Digest.of(bytes.get()).equals(before.sha256())) {
      throw new IOException("the kept bytes of " + before + " have changed");
    }
    return bytes.get();
  }

  /** Where the copy of replaced bytes is kept. */
  static String copyOf(Digest sha256) {
    return "replaced/" + sha256;
  }

  /** The recorded revision if these are its bytes; otherwise somebody made the next one. */
  private static Head.Revision revision(Digest sha256, Optional<Head> recorded) {
    if (recorded.isPresent() && recorded.get() instanceof Head.Revision head) {
      return head.sha256().equals(sha256) ? head : new Head.Revision(head.number() + 1, sha256);
    }
    return new Head.Revision(1, sha256);
  }

  @Override
  public Inventory inventory() throws IOException {
    LedgerState ledgerNow = ledger();
    Predicate<String> ignored = ledgerNow.ignoredNames().covering();
    marker.require();
    Map<KbPath, Head> recorded = ledgerNow.recordedHeads();
    TreeMap<KbPath, Head.Revision> heads = new TreeMap<>();
    Optional<Inventory.Large> large = Optional.empty();
    Map<String, Kind> all =
        documents.walk(Integer.MAX_VALUE, name -> name.equals(Marker.FOLDER) || ignored.test(name));
    for (Map.Entry<String, Kind> found : all.entrySet()) {
      String name = found.getKey();
      KbPath path = document(name, found.getValue());
      heads.put(path, revision(documents.digest(name), Optional.ofNullable(recorded.get(path))));
      long bytes = documents.size(name);
      if (bytes >= large.map(Inventory.Large::bytes).orElse(Inventory.LARGE)) {
        large = Optional.of(new Inventory.Large(path, bytes));
      }
    }
    return new Inventory(heads, large);
  }

  @Override
  public Verdict onOneVolume(Path workspaces) throws IOException {
    for (Path place : List.of(documents.path(), workspaces)) {
      if (!Named.onOneVolume(place, state.path())) {
        return Verdict.reject(
            RejectCode.VOLUMES_DIFFER,
            place.getFileName().toString(),
            "documents, ledger and workspaces on one volume",
            "a folder on another volume than the ledger's");
      }
    }
    return Verdict.pass();
  }

  private static KbPath document(String name, Kind kind) {
    if (kind != Kind.FILE) {
      throw foreign(name, "documents, which are regular files", "a link or another kind of file");
    }
    try {
      return new KbPath(name);
    } catch (IllegalArgumentException e) {
      throw foreign(
          name,
          "documents, whose names are of ASCII letters, digits, '.', '-' and '_' and begin with a"
              + " letter or a digit",
          "a file that is none by its name");
    }
  }

  private static RefusedException foreign(String name, String expected, String found) {
    return new RefusedException(
        Verdict.reject(
            RejectCode.FOREIGN_FILE, PlainText.visible(name, MOST_SHOWN), expected, found));
  }

  /** What is at a path; every part of it must be a real folder or file. */
  Kind kindAt(KbPath path, LedgerState ledgerNow) throws IOException {
    Kind kind = safely(path, ledgerNow, () -> documents.kind(path.value()));
    if (kind == Kind.FOLDER || kind == Kind.OTHER) {
      throw unsafe(path.value());
    }
    return kind;
  }

  private interface Look<T> {
    T at() throws IOException;
  }

  private <T> T safely(KbPath path, LedgerState ledgerNow, Look<T> look) throws IOException {
    marker.require();
    if (ledgerNow.ignoredNames().cover(path.value())) {
      throw new RefusedException(
          Verdict.reject(
              RejectCode.PATH_IGNORED,
              path.value(),
              "a path that the knowledge base does not ignore",
              "one of " + ledgerNow.ignoredNames().patterns()));
    }
    try {
      return look.at();
    } catch (WrongKindException e) {
      throw unsafe(path.value());
    }
  }

  @Override
  public Optional<String> collision(KbPath path) throws IOException {
    marker.require();
    String at = "";
    for (String segment : path.value().split("/")) {
      Kind folder = at.isEmpty() ? documents.kind() : documents.kind(at);
      if (folder != Kind.FOLDER) {
        return Optional.empty();
      }
      Optional<String> other =
          (at.isEmpty() ? documents.list() : documents.list(at))
              .stream()
                  .filter(name -> name.equalsIgnoreCase(segment) && !name.equals(segment))
                  .findFirst();
      if (other.isPresent()) {
        String above = at;
        return other.map(name -> above.isEmpty() ? name : above + "/" + name);
      }
      at = at.isEmpty() ? segment : at + "/" + segment;
    }
    return Optional.empty();
  }

  private static RefusedException unsafe(String path) {
    return new RefusedException(
        Verdict.reject(
            RejectCode.PATH_UNSAFE,
            path,
            "real folders and a regular file",
            "a symbolic link or another kind of file in its place or above it"));
  }
}
