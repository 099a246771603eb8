package dev.lanekeeper.kb;

import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.lane.Head;
import dev.lanekeeper.lane.KbPath;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;

/** A knowledge base as it would be with its first documents, of which nothing is written. */
public final class NewDocuments implements KbReader {

  private final KbIdentity identity;
  private final NavigableMap<KbPath, Document> documents = new TreeMap<>();

  /**
   * A knowledge base that holds nothing else.
   *
   * @param bytes the documents
   * @throws RefusedException PATH_COLLISION as importing them would
   */
  public NewDocuments(KbIdentity identity, Map<KbPath, byte[]> bytes) {
    DirectoryKnowledgeBase.foldedOnce(bytes);
    this.identity = identity;
    bytes.forEach(
        (path, b) -> documents.put(path, new Document(new Head.Revision(1, Digest.of(b)), b)));
  }

  @Override
  public KbIdentity identity() {
    return identity;
  }

  @Override
  public Optional<Document> read(KbPath path) {
    return Optional.ofNullable(documents.get(path));
  }

  @Override
  public Optional<String> collision(KbPath path) {
    String folder = "";
    for (String segment : path.value().split("/")) {
      String at = folder;
      Optional<String> other =
          documents.keySet().stream()
              .map(KbPath::value)
              .filter(name -> name.startsWith(at))
              .map(name -> name.substring(at.length()).split("/", 2)[0])
              .filter(name -> name.equalsIgnoreCase(segment) && !name.equals(segment))
              .findFirst();
      if (other.isPresent()) {
        return other.map(name -> at + name);
      }
      folder = at + segment + "/";
    }
    return Optional.empty();
  }

  @Override
  public Inventory inventory() {
    NavigableMap<KbPath, Head.Revision> heads = new TreeMap<>();
    documents.forEach((path, document) -> heads.put(path, document.head()));
    return new Inventory(heads);
  }

  @Override
  public LedgerState ledger() {
    return new LedgerState(List.of());
  }
}
