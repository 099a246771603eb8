package dev.lanekeeper.kb;

import dev.lanekeeper.authority.Grant;
import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.canonical.Json;
import dev.lanekeeper.lane.Head;
import dev.lanekeeper.lane.IdRange;
import dev.lanekeeper.lane.KbPath;
import dev.lanekeeper.lane.Lane;
import dev.lanekeeper.lane.Plan;
import dev.lanekeeper.signature.Envelope;
import dev.lanekeeper.verdict.RejectCode;
import dev.lanekeeper.verdict.Verdict;
import dev.lanekeeper.workflow.Owner;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * A knowledge base in a folder, each document a file at its path.
 *
 * <p>A new document appears by linking a fully written and synced file under its path, which fails
 * if anything stands there; an update by renaming such a file over the old one, whose bytes are
 * kept. The staged file stays linked, so that after a crash the same inode proves whose document it
 * is. A withdrawn document is moved away, not deleted.
 */
public final class DirectoryKnowledgeBase extends DirectoryReader implements KnowledgeBase {

  /** How a claim ends whose documents were all withdrawn; also the outcome of each. */
  private static final String WITHDRAWN = "WITHDRAWN";

  private final Path documents;
  private final Path state;
  private final Clock clock;
  private final List<CommitCheck> checks;
  private final Interference interference;

  /** What another writer may do at the worst moment; tests alone let it happen. */
  interface Interference {
    /** Called before the document is put, read back, or taken away at this path. */
    void before(String step, Path target) throws IOException;
  }

  /**
   * Opens a knowledge base that exists.
   *
   * @param checks what must hold for a commit; {@link CommitChecks#all} but in tests of one alone
   */
  public DirectoryKnowledgeBase(Path documents, Path state, Clock clock, List<CommitCheck> checks)
      throws IOException {
    this(documents, state, clock, checks, (step, target) -> {});
  }

  DirectoryKnowledgeBase(
      Path documents, Path state, Clock clock, List<CommitCheck> checks, Interference interference)
      throws IOException {
    super(documents, state, clock);
    this.interference = interference;
    this.documents = documents;
    this.state = state;
    this.clock = clock;
    this.checks = List.copyOf(checks);
  }

  /** Whether a knowledge base exists there. */
  public static boolean exists(Path state) {
    return Files.exists(state.resolve("identity.json"));
  }

  /** Creates an empty knowledge base around whatever documents the folder holds. */
  public static void create(Path documents, Path state, KbIdentity identity) throws IOException {
    Files.createDirectories(documents);
    for (String folder : List.of("staged", "replaced", "withdrawn")) {
      Files.createDirectories(state.resolve(folder));
    }
    if (!Files.exists(state.resolve("ledger.jsonl"))) {
      Files.createFile(state.resolve("ledger.jsonl"));
    }
    Path fresh = state.resolve("identity.json.new");
    writeSynced(fresh, Json.pretty(Json.tree(identity)));
    Files.move(fresh, state.resolve("identity.json"), StandardCopyOption.ATOMIC_MOVE);
    sync(state);
  }

  @Override
  public void record(LedgerEntry entry) throws IOException {
    try (StoreLock lock = lock()) {
      append(entry);
    }
  }

  @Override
  public void begin(Owner owner, Instant scheduled) throws IOException {
    conclude(owner, scheduled, new LedgerEntry.AttemptBegan(owner, scheduled));
  }

  @Override
  public void conclude(Owner owner, Instant scheduled, LedgerEntry fact) throws IOException {
    LedgerEntry unused =
        whileNewest(
            owner,
            scheduled,
            () -> {
              append(fact);
              return fact;
            });
  }

  @Override
  public <T> T whileNewest(Owner owner, Instant scheduled, Act<T> act) throws IOException {
    try (StoreLock lock = lock()) {
      LedgerState ledger = ledger();
      requireOpen(ledger, owner);
      requireNewest(ledger, owner, scheduled);
      return act.perform();
    }
  }

  @Override
  public LedgerEntry.RunEnded end(Owner owner, int known, Act<LedgerEntry.RunEnded> act)
      throws IOException {
    try (StoreLock lock = lock()) {
      LedgerState ledger = ledger();
      Optional<LedgerEntry.RunEnded> stands = ledger.standingEnd(owner);
      if (stands.isPresent() && !ledger.wentOnAfterItsEnd(owner)) {
        return stands.get();
      }
      if (ledger.wentOn(owner, known)) {
        throw new IOException("the run " + owner.runId() + " went on while its end was sealed");
      }
      LedgerEntry.RunEnded ended = act.perform();
      append(ended);
      return ended;
    }
  }

  private static void requireOpen(LedgerState ledger, Owner owner) {
    if (ledger.barred(owner)
        || ledger.end(owner).isPresent()
        || ledger.successor(owner).isPresent()) {
      throw refuse(
          RejectCode.LANE_CLOSED,
          owner.runId().value(),
          "a run that is still open",
          "a closed run");
    }
  }

  private static void requireNewest(LedgerState ledger, Owner owner, Instant scheduled) {
    Instant newest = ledger.newestAttempt(owner);
    if (newest.isAfter(scheduled)) {
      throw refuse(
          RejectCode.STALE_FENCE,
          owner.runId().value(),
          "the newest attempt, scheduled at " + newest,
          "an earlier one, scheduled at " + scheduled);
    }
  }

  @Override
  public LedgerEntry.Claimed claim(Owner owner, Plan plan, OwnerProof proof) throws IOException {
    try (StoreLock lock = lock()) {
      LedgerState ledger = ledger();
      requireOpen(ledger, owner);
      List<KbPath> paths = plan.spec().changes().stream().map(Lane.Change::path).toList();
      List<IdRange> ids = plan.spec().reservations().stream().map(Lane.Reservation::range).toList();
      Optional<Long> adopts = Optional.empty();
      for (LedgerEntry.Claimed claim : ledger.openClaims()) {
        boolean sameRun = claim.owner().equals(owner);
        if (sameRun) {
          return claim;
        }
        if (!overlaps(claim, paths, ids)) {
          continue;
        }
        boolean closed = proof.provenClosed(claim.owner());
        boolean samePlan = claim.planDigest().equals(plan.digest());
        if (closed && samePlan && !ledger.withdrawing(claim.epoch())) {
          adopts = Optional.of(claim.epoch());
        } else if (closed && ledger.intents(claim.epoch()).isEmpty()) {
          append(new LedgerEntry.ClaimClosed(claim.epoch(), "ABANDONED"));
        } else {
          throw refuse(
              RejectCode.CLAIM_HELD,
              claim.lane().value(),
              "no other claim over these paths and ids",
              "epoch "
                  + claim.epoch()
                  + " of run "
                  + claim.owner().runId()
                  + (ledger.withdrawing(claim.epoch()) ? ", being withdrawn" : ""));
        }
      }
      for (IdRange range : ids) {
        Optional<LedgerEntry.IdsReserved> burned = ledger.burned(range, plan.digest());
        if (burned.isPresent()) {
          throw refuse(
              RejectCode.ID_IN_USE,
              range.toString(),
              "ids that no earlier lane reserved",
              "reserved by plan " + burned.get().planDigest());
        }
      }
      LedgerEntry.Claimed claim =
          new LedgerEntry.Claimed(
              ledger.nextEpoch(),
              owner,
              plan.lane().metadata().name(),
              plan.digest(),
              paths,
              ids,
              adopts);
      append(claim);
      return claim;
    }
  }

  private static boolean overlaps(
      LedgerEntry.Claimed claim, List<KbPath> paths, List<IdRange> ids) {
    return claim.paths().stream()
            .anyMatch(p -> paths.stream().anyMatch(q -> q.folded().equals(p.folded())))
        || claim.ids().stream().anyMatch(r -> ids.stream().anyMatch(r::overlaps));
  }

  @Override
  public long raiseFence(long epoch, Instant scheduled) throws IOException {
    try (StoreLock lock = lock()) {
      LedgerState ledger = ledger();
      if (ledger.withdrawing(epoch) || ledger.closed(epoch).isPresent() || ledger.adopted(epoch)) {
        throw refuse(RejectCode.LANE_CLOSED, "epoch " + epoch, "an open claim", "a closed one");
      }
      Optional<LedgerEntry.Claimed> claim = ledger.claim(epoch);
      if (claim.isPresent()) {
        requireNewest(ledger, claim.get().owner(), scheduled);
      }
      long fence = ledger.fence(epoch) + 1;
      append(new LedgerEntry.FenceRaised(epoch, fence, false));
      return fence;
    }
  }

  @Override
  public Published publish(Publication publication) throws IOException {
    try (StoreLock lock = lock()) {
      LedgerState ledger = ledger();
      Lane.Change change = publication.change();
      Optional<Head.Revision> ours = ours(ledger, publication.epoch(), change.id());
      CommitCheck.Commit commit =
          new CommitCheck.Commit(publication, ledger, beforeOurs(ours, change), clock.instant());
      for (CommitCheck check : checks) {
        RefusedException.unlessPassed(check.check(commit));
      }
      if (ours.isPresent()) {
        if (!published(ledger, publication.epoch(), change.id())) {
          append(outcome(publication.epoch(), change.id(), change.path(), "PUBLISHED", ours.get()));
        }
        return new Published(ours.get(), true);
      }
      Optional<String> collision = collision(change.path());
      if (collision.isPresent()) {
        throw refuse(
            RejectCode.PATH_COLLISION,
            change.path().value(),
            "no name that differs by letter case only",
            collision.get());
      }
      return commit(publication, ledger);
    }
  }

  /**
   * What the checks see: the head as it was before this plan, where this very plan has published.
   */
  private KbReader beforeOurs(Optional<Head.Revision> ours, Lane.Change change) {
    DirectoryKnowledgeBase kb = this;
    return new KbReader() {
      @Override
      public KbIdentity identity() {
        return kb.identity();
      }

      @Override
      public Optional<Document> read(KbPath path) throws IOException {
        return kb.read(path);
      }

      @Override
      public Head head(KbPath path) throws IOException {
        return ours.isPresent() && path.equals(change.path()) ? change.expect() : kb.head(path);
      }

      @Override
      public Optional<String> collision(KbPath path) throws IOException {
        return kb.collision(path);
      }

      @Override
      public Inventory inventory() throws IOException {
        return kb.inventory();
      }

      @Override
      public LedgerState ledger() throws IOException {
        return kb.ledger();
      }
    };
  }

  private Published commit(Publication publication, LedgerState ledger) throws IOException {
    Lane.Change change = publication.change();
    Head before = change.expect();
    int number = before instanceof Head.Revision revision ? revision.number() + 1 : 1;
    Head.Revision after = new Head.Revision(number, Digest.of(publication.bytes()));
    Path target = resolve(change.path());
    String staged = "staged/" + publication.epoch() + "-" + UUID.randomUUID();
    writeSynced(state.resolve(staged), publication.bytes());
    Envelope envelope = Envelope.read(publication.grant());
    Grant grant = Grant.in(envelope);
    if (ledger.lastGrant(publication.epoch()).filter(grant.id()::equals).isEmpty()) {
      append(new LedgerEntry.GrantConsumed(grant.id(), envelope.digest(), publication.epoch()));
    }
    for (Lane.Reservation reservation : publication.plan().spec().reservations()) {
      if (reservation.addendum().equals(change.id())) {
        append(new LedgerEntry.IdsReserved(reservation.range(), publication.plan().digest()));
      }
    }
    append(
        new LedgerEntry.Intent(
            publication.epoch(),
            publication.fence(),
            change.id(),
            change.path(),
            before,
            after,
            staged,
            missingFolders(change.path())));
    try {
      Files.createDirectories(target.getParent());
      interference.before("putting", target);
      if (before.present()) {
        replace(target, state.resolve(staged), (Head.Revision) before);
      } else {
        Files.createLink(target, state.resolve(staged));
      }
      sync(target.getParent());
    } catch (FileAlreadyExistsException e) {
      throw tooLate(publication, before, "other bytes");
    } catch (NoSuchFileException e) {
      if (before.present()) {
        throw tooLate(publication, before, "ABSENT");
      }
      // Only its folder can have gone; the next attempt makes it anew.
      throw e;
    }
    interference.before("reading back", target);
    Head read = head(change.path());
    if (!read.equals(after)) {
      throw new IOException("read back " + read + " after publishing " + after);
    }
    append(outcome(publication.epoch(), change.id(), change.path(), "PUBLISHED", after));
    return new Published(after, false);
  }

  /** Records and refuses a publication that another writer has overtaken after all checks. */
  private RefusedException tooLate(Publication publication, Head before, String found)
      throws IOException {
    Lane.Change change = publication.change();
    append(outcome(publication.epoch(), change.id(), change.path(), "FAILED", head(change.path())));
    return refuse(
        before.present() ? RejectCode.HEAD_CHANGED : RejectCode.DOCUMENT_PRESENT,
        change.path().value(),
        before.toString(),
        found + " when the document was to be put there");
  }

  /**
   * Puts the staged file in the place of the old one, whose bytes stay linked under {@code
   * replaced}, for each publication apart. The old file's digest is checked on that link, so what
   * is replaced is what was checked.
   */
  private void replace(Path target, Path staged, Head.Revision before) throws IOException {
    Path kept = kept(staged);
    Files.createLink(kept, target);
    if (!Digest.of(Files.readAllBytes(kept)).equals(before.sha256())) {
      throw new FileAlreadyExistsException(target.toString());
    }
    Path link = staged.resolveSibling(staged.getFileName() + ".link");
    Files.createLink(link, staged);
    Files.move(link, target, StandardCopyOption.ATOMIC_MOVE);
  }

  /** Where the bytes stay that a staged file replaces. */
  private Path kept(Path staged) {
    return state.resolve("replaced").resolve(staged.getFileName());
  }

  private List<KbPath> missingFolders(KbPath path) throws IOException {
    List<KbPath> missing = new ArrayList<>();
    String value = path.value();
    for (int cut = value.indexOf('/'); cut > 0; cut = value.indexOf('/', cut + 1)) {
      KbPath folder = new KbPath(value.substring(0, cut));
      if (!Files.exists(documents.resolve(folder.value()), LinkOption.NOFOLLOW_LINKS)) {
        missing.add(folder);
      }
    }
    return missing;
  }

  /** The head that stands at the change's path if this claim or its forerunners put it there. */
  private Optional<Head.Revision> ours(LedgerState ledger, long epoch, String changeId)
      throws IOException {
    Optional<LedgerEntry.Intent> intent =
        ledger.intents(epoch).stream().filter(i -> i.changeId().equals(changeId)).findFirst();
    if (intent.isEmpty()) {
      return Optional.empty();
    }
    Path target = resolve(intent.get().path());
    if (!Files.exists(target, LinkOption.NOFOLLOW_LINKS)) {
      return Optional.empty();
    }
    Head.Revision after = (Head.Revision) intent.get().after();
    Path staged = state.resolve(intent.get().staged());
    // Its bytes can stand there again because a later lane has published the same.
    boolean stands = ledger.leaves(epoch, intent.get().path(), after);
    boolean made =
        (Files.exists(staged) && Files.isSameFile(staged, target))
            || (stands && published(ledger, epoch, changeId));
    boolean unchanged = Digest.of(Files.readAllBytes(target)).equals(after.sha256());
    return made && unchanged ? Optional.of(after) : Optional.empty();
  }

  private static boolean published(LedgerState ledger, long epoch, String changeId) {
    return ledger.lastDone(epoch, changeId).filter("PUBLISHED"::equals).isPresent();
  }

  @Override
  public Withdrawal withdraw(Owner owner) throws IOException {
    try (StoreLock lock = lock()) {
      LedgerState ledger = ledger();
      if (ledger.standsApplied(owner)) {
        throw refuse(
            RejectCode.ALREADY_APPLIED,
            owner.runId().value(),
            "a run that is not applied",
            "an applied one");
      }
      if (!ledger.barred(owner)) {
        append(new LedgerEntry.OwnerBarred(owner));
      }
      Optional<LedgerEntry.Claimed> claim = ledger.openClaim(owner);
      if (claim.isEmpty()) {
        return new Withdrawal(true, stepsOfBefore(ledger, owner));
      }
      long epoch = claim.get().epoch();
      append(new LedgerEntry.FenceRaised(epoch, ledger.fence(epoch) + 1, true));
      List<LedgerEntry.Intent> reversed = new ArrayList<>(ledger.intents(epoch));
      Collections.reverse(reversed);
      List<Step> steps = new ArrayList<>();
      for (LedgerEntry.Intent intent : reversed) {
        steps.add(withdraw(ledger, epoch, intent));
      }
      DirectoryReader fresh = new DirectoryReader(documents, state, clock);
      boolean complete = true;
      for (int i = 0; i < steps.size(); i++) {
        Step step = steps.get(i);
        boolean done =
            step.outcome().equals("NEVER_PUBLISHED")
                || step.outcome().equals("ALREADY_WITHDRAWN")
                || (step.outcome().equals("WITHDRAWN")
                    && fresh.head(step.path()).equals(reversed.get(i).before()));
        complete &= done;
      }
      if (complete) {
        append(new LedgerEntry.ClaimClosed(epoch, WITHDRAWN));
      }
      return new Withdrawal(complete, steps);
    }
  }

  /** What an earlier attempt did, whose answer nobody heard. */
  private static List<Step> stepsOfBefore(LedgerState ledger, Owner owner) {
    List<Step> steps = new ArrayList<>();
    Optional<LedgerEntry.Claimed> claim = ledger.lastClaim(owner);
    if (claim.isPresent()
        && ledger.closed(claim.get().epoch()).filter(WITHDRAWN::equals).isPresent()) {
      List<LedgerEntry.Intent> reversed = new ArrayList<>(ledger.intents(claim.get().epoch()));
      Collections.reverse(reversed);
      for (LedgerEntry.Intent intent : reversed) {
        ledger
            .lastOutcome(claim.get().epoch(), intent.changeId())
            .ifPresent(
                o ->
                    steps.add(
                        new Step(
                            o.changeId(),
                            o.path(),
                            o.outcome(),
                            "by an earlier attempt",
                            o.head())));
      }
    }
    return steps;
  }

  @Override
  public void reopen(Owner owner, String grantId, Digest grant) throws IOException {
    try (StoreLock lock = lock()) {
      LedgerState ledger = ledger();
      if (ledger.reopened(owner).isPresent()) {
        return;
      }
      Optional<LedgerEntry.Claimed> claim = ledger.lastClaim(owner);
      if (!ledger.standsApplied(owner) || claim.isEmpty()) {
        throw refuse(RejectCode.LANE_CLOSED, owner.runId().value(), "an applied run", "another");
      }
      long epoch = claim.get().epoch();
      for (LedgerEntry.Intent intent : ledger.intents(epoch)) {
        if (ours(ledger, epoch, intent.changeId()).isEmpty()) {
          throw refuse(
              RejectCode.BUILT_UPON,
              intent.path().value(),
              intent.after().toString(),
              head(intent.path()).toString());
        }
      }
      for (LedgerEntry.Claimed other : ledger.openClaims()) {
        if (overlaps(other, claim.get().paths(), claim.get().ids())) {
          throw refuse(
              RejectCode.CLAIM_HELD,
              other.lane().value(),
              "no open claim over the documents of run " + owner.runId(),
              "epoch " + other.epoch() + " of run " + other.owner().runId());
        }
      }
      boolean consumed =
          ledger
              .all(LedgerEntry.GrantConsumed.class)
              .anyMatch(g -> g.grantId().equals(grantId) && g.epoch() != epoch);
      if (consumed) {
        throw refuse(
            RejectCode.GRANT_CONSUMED, grantId, "a grant that nothing has consumed", "a used one");
      }
      append(new LedgerEntry.GrantConsumed(grantId, grant, epoch));
      // Barred from being adopted before it is open: whatever happens next, it can only be
      // withdrawn.
      append(new LedgerEntry.FenceRaised(epoch, ledger.fence(epoch) + 1, true));
      append(new LedgerEntry.Reopened(owner, epoch, grant));
    }
  }

  /** One step; whatever goes wrong becomes its outcome, so that the next step still runs. */
  private Step withdraw(LedgerState ledger, long epoch, LedgerEntry.Intent intent)
      throws IOException {
    String outcome;
    String detail;
    try {
      Optional<Head.Revision> ours = ours(ledger, epoch, intent.changeId());
      Head now = head(intent.path());
      if (ours.isPresent()) {
        if (!published(ledger, epoch, intent.changeId())) {
          // Nobody recorded it; after the withdrawal nothing else would tell that it was there.
          append(outcome(epoch, intent.changeId(), intent.path(), "PUBLISHED", ours.get()));
        }
        undo(intent);
        outcome = "WITHDRAWN";
        detail = ours.get() + " -> " + intent.before();
      } else if (now.sameBytes(intent.before()) && published(ledger, epoch, intent.changeId())) {
        outcome = "WITHDRAWN";
        detail = "already " + now;
      } else if (published(ledger, epoch, intent.changeId())) {
        outcome = "BUILT_UPON";
        detail = "expected " + intent.after() + ", found " + now;
      } else if (alreadyWithdrawn(ledger, epoch, intent)) {
        outcome = "ALREADY_WITHDRAWN";
        detail = "by an earlier attempt; found " + now;
      } else if (!now.sameBytes(intent.before()) && !ledger.refused(intent)) {
        // Nobody recorded whether it was published before somebody else changed it.
        outcome = "BUILT_UPON";
        detail = "expected " + intent.before() + " or " + intent.after() + ", found " + now;
      } else {
        outcome = "NEVER_PUBLISHED";
        detail = "found " + now;
      }
      removeFolders(intent.createdFolders());
    } catch (IOException | RefusedException e) {
      outcome = "FAILED";
      detail = String.valueOf(e.getMessage());
    }
    Head after = headAfter(ledger, intent);
    append(outcome(epoch, intent.changeId(), intent.path(), outcome, after));
    return new Step(intent.changeId(), intent.path(), outcome, detail, after);
  }

  /** What stands now, or what was recorded last where it cannot be read. */
  private Head headAfter(LedgerState ledger, LedgerEntry.Intent intent) {
    try {
      Head found = head(intent.path());
      // What stands again after a withdrawal is the revision of before, not one more.
      return found.sameBytes(intent.before()) ? intent.before() : found;
    } catch (IOException | RefusedException e) {
      return ledger.recordedHead(intent.path()).orElse(intent.before());
    }
  }

  private static boolean alreadyWithdrawn(
      LedgerState ledger, long epoch, LedgerEntry.Intent intent) {
    return ledger.lastDone(epoch, intent.changeId()).filter("WITHDRAWN"::equals).isPresent();
  }

  private void undo(LedgerEntry.Intent intent) throws IOException {
    Path target = resolve(intent.path());
    Path away = state.resolve("withdrawn").resolve(intent.epoch() + "-" + UUID.randomUUID());
    if (intent.before() instanceof Head.Revision before) {
      Path kept = kept(state.resolve(intent.staged()));
      Path restored = state.resolve("staged").resolve("restored-" + UUID.randomUUID());
      byte[] bytes = Files.readAllBytes(kept);
      if (!Digest.of(bytes).equals(before.sha256())) {
        throw new IOException("the kept bytes of " + before + " have changed");
      }
      writeSynced(restored, bytes);
      interference.before("withdrawing", target);
      Files.createLink(away, target);
      Files.move(restored, target, StandardCopyOption.ATOMIC_MOVE);
    } else {
      interference.before("withdrawing", target);
      Files.move(target, away, StandardCopyOption.ATOMIC_MOVE);
    }
    sync(target.getParent());
    Digest moved = Digest.of(Files.readAllBytes(away));
    if (!moved.equals(((Head.Revision) intent.after()).sha256())) {
      if (!intent.before().present()) {
        Files.createLink(target, away);
      }
      throw new IOException("somebody changed the document while it was withdrawn: " + moved);
    }
  }

  private void removeFolders(List<KbPath> folders) throws IOException {
    List<KbPath> innermostFirst = new ArrayList<>(folders);
    Collections.reverse(innermostFirst);
    for (KbPath folder : innermostFirst) {
      try {
        Files.deleteIfExists(documents.resolve(folder.value()));
      } catch (DirectoryNotEmptyException usedByAnother) {
        return;
      }
    }
  }

  @Override
  public boolean addInitial(KbPath path, int revision, byte[] bytes) throws IOException {
    try (StoreLock lock = lock()) {
      Head.Revision wanted = new Head.Revision(revision, Digest.of(bytes));
      Optional<Document> present = read(path);
      if (present.isPresent()) {
        if (present.get().head().sha256().equals(wanted.sha256())) {
          return false;
        }
        throw refuse(
            RejectCode.DOCUMENT_PRESENT,
            path.value(),
            "ABSENT or sha256 " + wanted.sha256(),
            present.get().head().toString());
      }
      Optional<String> collision = collision(path);
      if (collision.isPresent()) {
        throw refuse(
            RejectCode.PATH_COLLISION,
            path.value(),
            "no name that differs by letter case only",
            collision.get());
      }
      Path target = resolve(path);
      Path staged = state.resolve("staged").resolve("added-" + UUID.randomUUID());
      writeSynced(staged, bytes);
      Files.createDirectories(target.getParent());
      Files.createLink(target, staged);
      Files.delete(staged);
      sync(target.getParent());
      append(new LedgerEntry.DocumentAdded(path, wanted));
      return true;
    }
  }

  private StoreLock lock() throws IOException {
    return StoreLock.take(state.resolve("lock"));
  }

  private void append(LedgerEntry entry) throws IOException {
    ledgerFile().append(entry);
  }

  private static LedgerEntry.Outcome outcome(
      long epoch, String changeId, KbPath path, String outcome, Head head) {
    return new LedgerEntry.Outcome(epoch, changeId, path, outcome, head);
  }

  private static RefusedException refuse(
      RejectCode code, String subject, String expected, String actual) {
    return new RefusedException(Verdict.reject(code, subject, expected, actual));
  }

  /** Writes a new file and forces it to disk. */
  static void writeSynced(Path file, byte[] bytes) throws IOException {
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW)) {
      ByteBuffer buffer = ByteBuffer.wrap(bytes);
      while (buffer.hasRemaining()) {
        channel.write(buffer);
      }
      channel.force(true);
    } catch (IOException e) {
      if (!(e instanceof FileAlreadyExistsException)) {
        Files.deleteIfExists(file);
      }
      throw e;
    }
  }

  /** Forces a folder's entries to disk. */
  static void sync(Path folder) throws IOException {
    try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }
}
