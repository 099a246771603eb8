package dev.lanekeeper.kb;

import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.canonical.Json;
import dev.lanekeeper.lane.Head;
import dev.lanekeeper.lane.KbPath;
import dev.lanekeeper.verdict.RejectCode;
import dev.lanekeeper.verdict.Verdict;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Clock;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;

/** A read-only handle on a directory knowledge base. */
public class DirectoryReader implements KbReader {

  private final Path documents;
  private final KbIdentity identity;
  private final Ledger ledger;

  /**
   * Opens a knowledge base that exists.
   *
   * @param documents the folder with each document at its path
   * @param state the folder with identity, ledger and staged files
   */
  public DirectoryReader(Path documents, Path state, Clock clock) throws IOException {
    this.documents = documents;
    this.identity =
        Json.as(Json.parse(Files.readAllBytes(state.resolve("identity.json"))), KbIdentity.class);
    this.ledger = new Ledger(state.resolve("ledger.jsonl"), clock);
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
    return read(path, ledger());
  }

  Optional<Document> read(KbPath path, LedgerState state) throws IOException {
    Path file = resolve(path);
    if (!Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
      return Optional.empty();
    }
    try {
      byte[] bytes = Files.readAllBytes(file);
      return Optional.of(new Document(revision(path, Digest.of(bytes), state), bytes));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
  }

  /** The recorded revision if these are its bytes; otherwise somebody made the next one. */
  private static Head.Revision revision(KbPath path, Digest sha256, LedgerState state) {
    Optional<Head> recorded = state.recordedHead(path);
    if (recorded.isPresent() && recorded.get() instanceof Head.Revision head) {
      return head.sha256().equals(sha256) ? head : new Head.Revision(head.number() + 1, sha256);
    }
    return new Head.Revision(1, sha256);
  }

  @Override
  public Inventory inventory() throws IOException {
    LedgerState state = ledger();
    TreeMap<KbPath, Head.Revision> heads = new TreeMap<>();
    Files.walkFileTree(
        documents,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            String name = documents.relativize(file).toString();
            if (!attributes.isRegularFile()) {
              throw unsafe(name);
            }
            KbPath path;
            try {
              path = new KbPath(name);
            } catch (IllegalArgumentException e) {
              throw new RefusedException(
                  Verdict.reject(
                      RejectCode.PATH_UNSAFE, name, "documents with plain ASCII paths", name));
            }
            heads.put(path, revision(path, Digest.of(Files.readAllBytes(file)), state));
            return FileVisitResult.CONTINUE;
          }
        });
    return new Inventory(heads);
  }

  /** The file of a path; every part of it must be a real folder or file. */
  Path resolve(KbPath path) throws IOException {
    Path at = documents;
    String[] segments = path.value().split("/");
    for (int i = 0; i < segments.length; i++) {
      Path next = at.resolve(segments[i]);
      boolean last = i == segments.length - 1;
      boolean fits =
          last
              ? Files.isRegularFile(next, LinkOption.NOFOLLOW_LINKS)
              : Files.isDirectory(next, LinkOption.NOFOLLOW_LINKS);
      if (!fits && Files.exists(next, LinkOption.NOFOLLOW_LINKS)) {
        throw unsafe(path.value());
      }
      at = next;
    }
    return at;
  }

  @Override
  public Optional<String> collision(KbPath path) throws IOException {
    Path at = documents;
    for (String segment : path.value().split("/")) {
      if (!Files.isDirectory(at, LinkOption.NOFOLLOW_LINKS)) {
        return Optional.empty();
      }
      try (Stream<Path> names = Files.list(at)) {
        Optional<String> other =
            names
                .map(p -> p.getFileName().toString())
                .filter(name -> name.equalsIgnoreCase(segment) && !name.equals(segment))
                .findFirst();
        if (other.isPresent()) {
          return other;
        }
      }
      at = at.resolve(segment);
    }
    return Optional.empty();
  }

  private static RefusedException unsafe(String path) {
    return new RefusedException(
        Verdict.reject(
            RejectCode.PATH_UNSAFE,
            path,
            "real folders and a regular file",
            "a symbolic link or another kind of file"));
  }
}
