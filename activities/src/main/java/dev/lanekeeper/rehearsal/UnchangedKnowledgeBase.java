package dev.lanekeeper.rehearsal;

import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.files.Access;
import dev.lanekeeper.kb.Document;
import dev.lanekeeper.kb.Inventory;
import dev.lanekeeper.kb.KbIdentity;
import dev.lanekeeper.kb.KbReader;
import dev.lanekeeper.kb.KnowledgeBase;
import dev.lanekeeper.kb.LedgerEntry;
import dev.lanekeeper.kb.LedgerState;
import dev.lanekeeper.lane.Head;
import dev.lanekeeper.lane.KbPath;
import dev.lanekeeper.lane.Plan;
import dev.lanekeeper.verdict.Verdict;
import dev.lanekeeper.workflow.Owner;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A knowledge base as it is, with a ledger that goes on in memory only. No document of it can be
 * changed.
 */
final class UnchangedKnowledgeBase implements KnowledgeBase {

  private final KbReader documents;
  private final Path workspaces;
  private final Clock clock;
  private final List<LedgerState.Line> lines;
  private Optional<Inventory> inventory = Optional.empty();

  /**
   * Over documents that are only read.
   *
   * @param workspaces where a run would rehearse publishing
   */
  UnchangedKnowledgeBase(KbReader documents, Path workspaces, Clock clock) throws IOException {
    this.documents = documents;
    this.workspaces = workspaces;
    this.clock = clock;
    this.lines = new ArrayList<>(documents.ledger().lines());
  }

  @Override
  public KbIdentity identity() {
    return documents.identity();
  }

  @Override
  public Optional<Document> read(KbPath path) throws IOException {
    return documents.read(path);
  }

  @Override
  public Optional<Document> readBefore(KbPath path, Digest planDigest) throws IOException {
    return documents.readBefore(path, planDigest);
  }

  @Override
  public byte[] kept(Head.Revision before) throws IOException {
    return documents.kept(before);
  }

  @Override
  public Optional<Access> access(KbPath path) throws IOException {
    return documents.access(path);
  }

  @Override
  public Head head(KbPath path) throws IOException {
    return documents.head(path);
  }

  @Override
  public Optional<String> collision(KbPath path) throws IOException {
    return documents.collision(path);
  }

  /** Taken once: a rehearsal is about one moment. */
  @Override
  public Inventory inventory() throws IOException {
    if (inventory.isEmpty()) {
      inventory = Optional.of(documents.inventory());
    }
    return inventory.get();
  }

  /** Asked of the folder that a run would use. */
  @Override
  public Verdict onOneVolume(Path unused) throws IOException {
    return documents.onOneVolume(workspaces);
  }

  @Override
  public LedgerState ledger() {
    return new LedgerState(List.copyOf(lines));
  }

  @Override
  public void record(LedgerEntry entry) {
    lines.add(new LedgerState.Line(clock.instant(), entry));
  }

  @Override
  public void begin(Owner owner, Instant scheduled) {
    // Nobody else rehearses here.
  }

  @Override
  public void appendIfCurrent(Owner owner, Instant scheduled, LedgerEntry fact) {
    record(fact);
  }

  @Override
  public <T> T whileNewest(Owner owner, Instant scheduled, Act<T> act) {
    throw unsupported();
  }

  @Override
  public LedgerEntry.RunEnded end(Owner owner, int known, Act<LedgerEntry.RunEnded> act) {
    throw unsupported();
  }

  @Override
  public LedgerEntry.Claimed claim(
      Owner owner, Plan plan, Optional<Instant> expires, OwnerProof proof) {
    throw unsupported();
  }

  @Override
  public long raiseFence(long epoch, Instant scheduled) {
    throw unsupported();
  }

  @Override
  public Published publish(Publication publication) {
    throw unsupported();
  }

  @Override
  public Withdrawal withdraw(Owner owner) {
    throw unsupported();
  }

  @Override
  public void reopen(Owner owner, String grantId, Digest grant) {
    throw unsupported();
  }

  @Override
  public int importDocuments(Map<KbPath, byte[]> added, String by) {
    throw unsupported();
  }

  private static UnsupportedOperationException unsupported() {
    return new UnsupportedOperationException("a rehearsal changes no knowledge base");
  }
}
