package dev.lanekeeper.kb;

import dev.lanekeeper.authority.Grant;
import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.canonical.Json;
import dev.lanekeeper.files.Access;
import dev.lanekeeper.files.FaultText;
import dev.lanekeeper.files.Kind;
import dev.lanekeeper.files.Rights;
import dev.lanekeeper.files.Root;
import dev.lanekeeper.lane.Head;
import dev.lanekeeper.lane.IdRange;
import dev.lanekeeper.lane.KbPath;
import dev.lanekeeper.lane.Lane;
import dev.lanekeeper.lane.Plan;
import dev.lanekeeper.signature.Envelope;
import dev.lanekeeper.verdict.RejectCode;
import dev.lanekeeper.verdict.Verdict;
import dev.lanekeeper.workflow.Approval;
import dev.lanekeeper.workflow.Owner;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;

/**
 * A knowledge base in a folder, each document a file at its path.
 *
 * <p>A new document appears by linking a fully written and synced file under its path, which fails
 * if anything is there; an update by renaming such a file over the old one, of whose bytes a copy
 * is kept under their digest. The staged file stays linked, so that after a crash the same inode
 * proves whose document it is. A withdrawn document is moved away, not deleted. A new document has
 * the rights that the process's umask leaves, an updated one those that it had; all else is this
 * user's alone, but for the staged and withdrawn files, which are the documents themselves.
 */
public final class DirectoryKnowledgeBase extends DirectoryReader implements KnowledgeBase {

  /** How a claim ends whose documents were all withdrawn; also the outcome of each. */
  private static final String WITHDRAWN = "WITHDRAWN";

  private static final String IDENTITY = "identity.json";

  private final Root documents;
  private final Root state;
  private final Root staged;
  private final Path folder;
  private final Path stateFolder;
  private final Clock clock;
  private final List<CommitCheck> checks;
  private final FaultInjection faultInjection;

  /** What another writer may do at the worst moment; tests alone let it happen. */
  interface FaultInjection {
    /** Called before the document is put, replaced, read back, or taken away at this path. */
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
      Path documents,
      Path state,
      Clock clock,
      List<CommitCheck> checks,
      FaultInjection faultInjection)
      throws IOException {
    super(documents, state, clock);
    this.faultInjection = faultInjection;
    this.documents = documents();
    this.state = state();
    this.staged = staged(this.state);
    this.folder = documents;
    this.stateFolder = state;
    this.clock = clock;
    this.checks = List.copyOf(checks);
  }

  /** Files that are to become documents, with a document's rights. */
  private static Root staged(Root state) {
    return state.sub("staged", Rights.UMASK);
  }

  /** Whether a knowledge base exists there. */
  public static boolean exists(Path state) throws IOException {
    return state(state).kind(IDENTITY) != Kind.ABSENT;
  }

  /** Creates an empty knowledge base around whatever documents the folder holds. */
  public static void create(Path documents, Path state, KbIdentity identity) throws IOException {
    documents(documents).make();
    Root made = state(state);
    made.make();
    for (String folder : List.of("staged", "replaced", "withdrawn")) {
      made.folders(folder);
    }
    Ledger.create(made);
    made.lockFile("lock").close();
    Marker marker = new Marker(documents(documents), made, identity);
    marker.refuseAnother();
    made.replace(IDENTITY, Json.pretty(Json.tree(identity)));
    // If it does not come to that, the next that writes places it.
    marker.place();
  }

  /**
   * Says that a folder holds the documents of a knowledge base, whatever is in it: for a person who
   * has replaced its content.
   *
   * @throws RefusedException KB_UNREACHABLE when it holds another's
   */
  public static void mark(Path documents, Path state) throws IOException {
    new DirectoryReader(documents, state, Clock.systemUTC()).marker().place();
  }

  /**
   * Creates a knowledge base that begins with these documents at these revisions. There is no other
   * way to state a revision: later a document has the one that its changes give it.
   */
  public static void createWith(
      Path documents, Path state, KbIdentity identity, Map<KbPath, Document> present)
      throws IOException {
    create(documents, state, identity);
    Root root = documents(documents);
    Ledger ledger = new Ledger(state(state), Clock.systemUTC());
    for (Map.Entry<KbPath, Document> document : new TreeMap<>(present).entrySet()) {
      KbPath path = document.getKey();
      makeParent(root, path);
      root.create(path.value(), document.getValue().bytes());
      ledger.append(new LedgerEntry.DocumentAdded(path, document.getValue().head()));
    }
  }

  @Override
  public void record(LedgerEntry entry) throws IOException {
    // No document is looked at: a freeze is recorded also where they cannot be.
    try (StoreLock lock = StoreLock.take(state, "lock")) {
      append(entry);
    }
  }

  @Override
  public void begin(Owner owner, Instant scheduled) throws IOException {
    appendIfCurrent(owner, scheduled, new LedgerEntry.AttemptBegan(owner, scheduled));
  }

  @Override
  public void appendIfCurrent(Owner owner, Instant scheduled, LedgerEntry fact) throws IOException {
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
      Optional<LedgerEntry.RunEnded> effective = ledger.effectiveEnd(owner);
      if (effective.isPresent() && !ledger.changedSinceItsEnd(owner)) {
        return effective.get();
      }
      if (ledger.changedSince(owner, known)) {
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
  public LedgerEntry.Claimed claim(
      Owner owner, Plan plan, Optional<Instant> expires, OwnerProof proof) throws IOException {
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
        if (!claim.meets(paths, ids)) {
          continue;
        }
        boolean closed = proof.provenClosed(claim.owner());
        boolean samePlan = claim.planDigest().equals(plan.digest());
        if (closed && samePlan && !ledger.withdrawing(claim.epoch())) {
          adopts = Optional.of(claim.epoch());
        } else if ((closed && ledger.intents(claim.epoch()).isEmpty())
            || Leases.unused(ledger, claim, clock.instant())) {
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
        Optional<LedgerEntry.IdsReserved> reserved =
            ledger.reservedByAnotherPlan(range, plan.digest());
        if (reserved.isPresent()) {
          throw refuse(
              RejectCode.ID_IN_USE,
              range.toString(),
              "ids that no earlier lane reserved",
              "reserved by plan " + reserved.get().planDigest());
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
              adopts,
              expires);
      append(claim);
      return claim;
    }
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
      settle(ledger, publication.epoch(), change.id());
      Optional<Head.Revision> published = headPublishedBy(ledger, publication.epoch(), change.id());
      CommitCheck.Commit commit =
          new CommitCheck.Commit(
              publication, ledger, asBeforeThisPlan(published, change), clock.instant());
      for (CommitCheck check : checks) {
        RefusedException.unlessPassed(check.check(commit));
      }
      if (published.isPresent()) {
        if (!published(ledger, publication.epoch(), change.id())) {
          append(
              outcome(
                  publication.epoch(), change.id(), change.path(), "PUBLISHED", published.get()));
        }
        return new Published(published.get(), true);
      }
      Optional<String> collision = collision(change.path());
      if (collision.isPresent()) {
        throw collides(change.path(), collision.get());
      }
      return commit(publication, ledger);
    }
  }

  /**
   * What the checks see: the head as it was before this plan, where this very plan has published.
   */
  private KbReader asBeforeThisPlan(Optional<Head.Revision> published, Lane.Change change) {
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
        return published.isPresent() && path.equals(change.path())
            ? change.expect()
            : kb.head(path);
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
    KbPath path = change.path();
    Path target = documents.path(path.value());
    String fresh = publication.epoch() + "-" + UUID.randomUUID();
    staged.create(fresh, publication.bytes());
    Envelope envelope = Envelope.read(publication.grant());
    Grant grant = Grant.in(envelope);
    if (ledger.lastGrant(publication.epoch()).filter(grant.id()::equals).isEmpty()) {
      append(new LedgerEntry.GrantConsumed(grant.id(), envelope.digest(), publication.epoch()));
    }
    if (publication.plan().spec().approval().isPresent()) {
      useApproval(publication, ledger);
    }
    for (Lane.Reservation reservation : publication.plan().spec().reservations()) {
      if (reservation.addendum().equals(change.id())) {
        append(
            new LedgerEntry.IdsReserved(
                reservation.range(), publication.plan().digest(), Optional.of(change.id())));
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
            "staged/" + fresh,
            missingFolders(path)));
    try {
      makeParent(documents, path);
      faultInjection.before("putting", target);
      if (before instanceof Head.Revision revision) {
        replace(path, fresh, revision);
      } else {
        documents.link(path.value(), staged, fresh);
      }
      documents.syncParent(path.value());
    } catch (FileAlreadyExistsException e) {
      throw tooLate(publication, before, "other bytes");
    } catch (NoSuchFileException e) {
      if (before.present()) {
        throw tooLate(publication, before, "ABSENT");
      }
      // Only its folder can have gone; the next attempt makes it anew.
      throw e;
    }
    faultInjection.before("reading back", target);
    Head read = head(change.path());
    if (!read.equals(after)) {
      throw new IOException("read back " + read + " after publishing " + after);
    }
    append(outcome(publication.epoch(), change.id(), change.path(), "PUBLISHED", after));
    return new Published(after, false);
  }

  /** The approval that was checked just now serves this claim and no other. */
  private void useApproval(Publication publication, LedgerState ledger) throws IOException {
    Optional<String> envelope = ledger.approval(publication.plan().digest());
    if (envelope.isPresent()) {
      String id = Approval.in(Envelope.read(envelope.get().getBytes(StandardCharsets.UTF_8))).id();
      LedgerEntry.ApprovalUsed used = new LedgerEntry.ApprovalUsed(id, publication.epoch());
      if (ledger.all(LedgerEntry.ApprovalUsed.class).noneMatch(used::equals)) {
        append(used);
      }
    }
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
   * Puts the staged file in the place of the old one, of whose bytes a copy is kept. The old file
   * stays linked until it is sure that nobody edited it after its bytes were read.
   */
  private void replace(KbPath path, String fresh, Head.Revision before) throws IOException {
    Access access = documents.access(path.value());
    staged.link(was(fresh), documents, path.value());
    byte[] bytes = staged.read(was(fresh), DOCUMENT_LIMIT);
    if (!Digest.of(bytes).equals(before.sha256())) {
      staged.delete(was(fresh));
      throw new FileAlreadyExistsException(path.value());
    }
    keep(before.sha256(), bytes);
    staged.own(fresh, access);
    faultInjection.before("replacing", documents.path(path.value()));
    if (!staged.same(was(fresh), documents, path.value())) {
      staged.delete(was(fresh));
      throw new FileAlreadyExistsException(path.value());
    }
    String link = fresh + ".link";
    staged.link(link, staged, fresh);
    staged.moveOver(link, documents, path.value());
    if (!putBackIfEdited(path, fresh, before)) {
      return;
    }
    throw new FileAlreadyExistsException(path.value());
  }

  /** The name of the link to the file that a staged one replaces. */
  private static String was(String fresh) {
    return fresh + ".was";
  }

  /** Whether somebody edited the replaced file after its bytes were read; then it is put back. */
  private boolean putBackIfEdited(KbPath path, String fresh, Head.Revision before)
      throws IOException {
    boolean edited = !staged.digest(was(fresh)).equals(before.sha256());
    if (edited) {
      staged.moveOver(was(fresh), documents, path.value());
    } else {
      staged.delete(was(fresh));
    }
    return edited;
  }

  /** Keeps a copy of bytes under their digest; one that is not those bytes any more is renewed. */
  private void keep(Digest sha256, byte[] bytes) throws IOException {
    String copy = copyOf(sha256);
    if (state.kind(copy) == Kind.ABSENT || !state.digest(copy).equals(sha256)) {
      state.replace(copy, bytes);
    }
  }

  /** Finishes an update whose process died before it was sure that nobody had edited the old. */
  private void settle(LedgerState ledger, long epoch, String changeId) throws IOException {
    for (LedgerEntry.Intent intent : ledger.intents(epoch)) {
      String fresh = intent.staged().replaceFirst("^staged/", "");
      if (intent.changeId().equals(changeId)
          && intent.before() instanceof Head.Revision before
          && staged.kind(was(fresh)) == Kind.FILE) {
        if (staged.same(fresh, documents, intent.path().value())) {
          putBackIfEdited(intent.path(), fresh, before);
        } else {
          staged.delete(was(fresh));
        }
      }
    }
  }

  private static void makeParent(Root documents, KbPath path) throws IOException {
    int cut = path.value().lastIndexOf('/');
    if (cut > 0) {
      documents.folders(path.value().substring(0, cut));
    }
  }

  private List<KbPath> missingFolders(KbPath path) throws IOException {
    List<KbPath> missing = new ArrayList<>();
    String value = path.value();
    for (int cut = value.indexOf('/'); cut > 0; cut = value.indexOf('/', cut + 1)) {
      KbPath folder = new KbPath(value.substring(0, cut));
      if (documents.kind(folder.value()) == Kind.ABSENT) {
        missing.add(folder);
      }
    }
    return missing;
  }

  @Override
  public Withdrawal withdraw(Owner owner) throws IOException {
    try (StoreLock lock = lock()) {
      LedgerState ledger = ledger();
      if (ledger.isApplied(owner)) {
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
      Map<LedgerEntry.Intent, String> unusable = unusable(ledger, epoch, reversed);
      if (!unusable.isEmpty()) {
        return new Withdrawal(false, leftAlone(ledger, epoch, reversed, unusable));
      }
      List<Step> steps = new ArrayList<>();
      for (LedgerEntry.Intent intent : reversed) {
        steps.add(withdraw(ledger, epoch, intent));
      }
      DirectoryReader fresh = new DirectoryReader(folder, stateFolder, clock);
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

  /** The updates that cannot be undone, each with the reason: their kept bytes are not there. */
  private Map<LedgerEntry.Intent, String> unusable(
      LedgerState ledger, long epoch, List<LedgerEntry.Intent> intents) {
    Map<LedgerEntry.Intent, String> unusable = new LinkedHashMap<>();
    for (LedgerEntry.Intent intent : intents) {
      if (intent.before() instanceof Head.Revision before && remains(ledger, epoch, intent)) {
        try {
          kept(before);
        } catch (IOException e) {
          unusable.put(intent, FaultText.withoutPlace(e));
        }
      }
    }
    return unusable;
  }

  private boolean remains(LedgerState ledger, long epoch, LedgerEntry.Intent intent) {
    try {
      settle(ledger, epoch, intent.changeId());
      return headPublishedBy(ledger, epoch, intent.changeId()).isPresent();
    } catch (IOException | RefusedException e) {
      // Its own step says so.
      return false;
    }
  }

  /** Nothing is undone where not all can be; each document says why it is left. */
  private List<Step> leftAlone(
      LedgerState ledger,
      long epoch,
      List<LedgerEntry.Intent> intents,
      Map<LedgerEntry.Intent, String> unusable)
      throws IOException {
    String first = unusable.keySet().iterator().next().path().value();
    List<Step> steps = new ArrayList<>();
    for (LedgerEntry.Intent intent : intents) {
      String detail =
          Optional.ofNullable(unusable.get(intent))
              .orElse("left as it is, because " + first + " cannot be restored");
      Head left = headAfter(ledger, intent);
      append(outcome(epoch, intent.changeId(), intent.path(), "FAILED", left));
      steps.add(new Step(intent.changeId(), intent.path(), "FAILED", detail));
    }
    return steps;
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
                        new Step(o.changeId(), o.path(), o.outcome(), "by an earlier attempt")));
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
      if (!ledger.isApplied(owner) || claim.isEmpty()) {
        throw refuse(RejectCode.LANE_CLOSED, owner.runId().value(), "an applied run", "another");
      }
      long epoch = claim.get().epoch();
      for (LedgerEntry.Intent intent : ledger.intents(epoch)) {
        if (headPublishedBy(ledger, epoch, intent.changeId()).isEmpty()) {
          throw refuse(
              RejectCode.BUILT_UPON,
              intent.path().value(),
              intent.after().toString(),
              head(intent.path()).toString());
        }
      }
      for (LedgerEntry.Claimed other : ledger.openClaims()) {
        if (other.meets(claim.get().paths(), claim.get().ids())) {
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
      Optional<Head.Revision> published = headPublishedBy(ledger, epoch, intent.changeId());
      Head now = head(intent.path());
      if (published.isPresent()) {
        if (!published(ledger, epoch, intent.changeId())) {
          // Nobody recorded it; after the withdrawal nothing else would tell that it was there.
          append(outcome(epoch, intent.changeId(), intent.path(), "PUBLISHED", published.get()));
        }
        undo(intent);
        outcome = "WITHDRAWN";
        detail = published.get() + " -> " + intent.before();
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
      detail = FaultText.withoutPlace(e);
    }
    Head after = headAfter(ledger, intent);
    append(outcome(epoch, intent.changeId(), intent.path(), outcome, after));
    return new Step(intent.changeId(), intent.path(), outcome, detail);
  }

  /** The head now, or the one that was recorded last where it cannot be read. */
  private Head headAfter(LedgerState ledger, LedgerEntry.Intent intent) {
    try {
      Head found = head(intent.path());
      // After a withdrawal the head is the revision of before, not one more.
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
    String path = intent.path().value();
    Path target = documents.path(path);
    String away = "withdrawn/" + intent.epoch() + "-" + UUID.randomUUID();
    if (intent.before() instanceof Head.Revision before) {
      String restored = "restored-" + UUID.randomUUID();
      staged.create(restored, kept(before));
      staged.own(restored, documents.access(path));
      faultInjection.before("withdrawing", target);
      state.link(away, documents, path);
      staged.moveOver(restored, documents, path);
    } else {
      faultInjection.before("withdrawing", target);
      documents.move(path, state, away);
    }
    documents.syncParent(path);
    Digest moved = state.digest(away);
    if (!moved.equals(((Head.Revision) intent.after()).sha256())) {
      putBack(intent, away);
      throw new IOException("somebody changed the document while it was withdrawn: " + moved);
    }
  }

  /** Puts a document back that turned out to be another than was to be taken away. */
  private void putBack(LedgerEntry.Intent intent, String away) throws IOException {
    String path = intent.path().value();
    if (intent.before().present()) {
      String link = "back-" + UUID.randomUUID();
      staged.link(link, state, away);
      staged.moveOver(link, documents, path);
    } else {
      documents.link(path, state, away);
    }
  }

  private void removeFolders(List<KbPath> folders) throws IOException {
    List<KbPath> innermostFirst = new ArrayList<>(folders);
    Collections.reverse(innermostFirst);
    for (KbPath folder : innermostFirst) {
      try {
        documents.delete(folder.value());
      } catch (DirectoryNotEmptyException usedByAnother) {
        return;
      }
    }
  }

  @Override
  public int importDocuments(Map<KbPath, byte[]> imported, String by) throws IOException {
    try (StoreLock lock = lock()) {
      RefusedException.unlessPassed(CommitChecks.notFrozen(ledger()));
      Map<KbPath, byte[]> missing = new TreeMap<>();
      for (Map.Entry<KbPath, byte[]> document : imported.entrySet()) {
        if (!standsAlready(document.getKey(), Digest.of(document.getValue()))) {
          missing.put(document.getKey(), document.getValue());
        }
      }
      foldedOnce(missing);
      if (missing.isEmpty()) {
        return 0;
      }
      LedgerEntry.ImportBegan began = announce(missing, by);
      append(began);
      try {
        for (LedgerEntry.ImportBegan.Item item : began.items()) {
          makeParent(documents, item.path());
          faultInjection.before("importing", documents.path(item.path().value()));
          documents.link(item.path().value(), staged, item.staged());
          documents.syncParent(item.path().value());
        }
      } catch (IOException | RuntimeException e) {
        takeBack(began);
        throw e;
      }
      finishImport(began, 0);
      return missing.size();
    }
  }

  /** Whether these bytes are there already; other bytes, and a name in their way, are refused. */
  private boolean standsAlready(KbPath path, Digest wanted) throws IOException {
    if (head(path) instanceof Head.Revision present) {
      if (present.sha256().equals(wanted)) {
        return true;
      }
      throw refuse(
          RejectCode.DOCUMENT_PRESENT,
          path.value(),
          "ABSENT or sha256 " + wanted,
          present.toString());
    }
    Optional<String> collision = collision(path);
    if (collision.isPresent()) {
      throw collides(path, collision.get());
    }
    return false;
  }

  /** No two of the documents, and none of their folders, differ by letter case only. */
  static void foldedOnce(Map<KbPath, byte[]> documents) {
    Map<String, String> seen = new TreeMap<>();
    for (KbPath path : documents.keySet()) {
      String value = path.value();
      for (int cut = value.indexOf('/'); ; cut = value.indexOf('/', cut + 1)) {
        String part = cut < 0 ? value : value.substring(0, cut);
        String other = seen.putIfAbsent(new KbPath(part).folded(), part);
        if (other != null && !other.equals(part)) {
          throw collides(path, other);
        }
        if (cut < 0) {
          break;
        }
      }
    }
  }

  private static RefusedException collides(KbPath path, String other) {
    return refuse(
        RejectCode.PATH_COLLISION, path.value(), "no name that differs by letter case only", other);
  }

  /** Stages the bytes, and says what is to be put where. */
  private LedgerEntry.ImportBegan announce(Map<KbPath, byte[]> missing, String by)
      throws IOException {
    String id = "import-" + UUID.randomUUID();
    List<LedgerEntry.ImportBegan.Item> items = new ArrayList<>();
    for (Map.Entry<KbPath, byte[]> document : missing.entrySet()) {
      KbPath path = document.getKey();
      String fresh = id + "-" + items.size();
      staged.create(fresh, document.getValue());
      items.add(
          new LedgerEntry.ImportBegan.Item(
              path,
              new Head.Revision(1, Digest.of(document.getValue())),
              fresh,
              missingFolders(path)));
    }
    return new LedgerEntry.ImportBegan(id, by, items);
  }

  /**
   * All is there: from the first of these facts on, the import is finished, never undone.
   *
   * @param recorded how many of its documents are recorded already
   */
  private void finishImport(LedgerEntry.ImportBegan began, int recorded) throws IOException {
    for (LedgerEntry.ImportBegan.Item item :
        began.items().subList(recorded, began.items().size())) {
      append(new LedgerEntry.DocumentAdded(item.path(), item.head()));
    }
    append(new LedgerEntry.ImportEnded(began.id(), "IMPORTED"));
    forget(began);
  }

  /** Takes away what an import had put, and nothing else. */
  private void takeBack(LedgerEntry.ImportBegan began) throws IOException {
    for (LedgerEntry.ImportBegan.Item item : began.items()) {
      if (staged.same(item.staged(), documents, item.path().value())) {
        documents.move(
            item.path().value(), state, "withdrawn/" + began.id() + "-" + UUID.randomUUID());
      }
    }
    List<LedgerEntry.ImportBegan.Item> last = new ArrayList<>(began.items());
    Collections.reverse(last);
    for (LedgerEntry.ImportBegan.Item item : last) {
      removeFolders(item.createdFolders());
    }
    append(new LedgerEntry.ImportEnded(began.id(), "UNDONE"));
    forget(began);
  }

  private void forget(LedgerEntry.ImportBegan began) throws IOException {
    for (LedgerEntry.ImportBegan.Item item : began.items()) {
      staged.delete(item.staged());
    }
  }

  /** Finishes or undoes an import whose process died, before anything else is written. */
  private void finishImport() throws IOException {
    Optional<LedgerState.OpenImport> open = ledger().openImport();
    if (open.isPresent()) {
      marker().require();
    }
    if (open.isPresent() && open.get().recorded() == 0) {
      takeBack(open.get().began());
    } else if (open.isPresent()) {
      finishImport(open.get().began(), open.get().recorded());
    }
  }

  private StoreLock lock() throws IOException {
    StoreLock lock = StoreLock.take(state, "lock");
    try {
      markOlder();
      finishImport();
      return lock;
    } catch (IOException | RuntimeException e) {
      lock.close();
      throw e;
    }
  }

  /**
   * Marks the documents of a knowledge base that an earlier release made, if all that the ledger
   * knows of are there: then the volume is mounted.
   */
  private void markOlder() throws IOException {
    if (marker().placed() || documents.kind() != Kind.FOLDER) {
      return;
    }
    for (Map.Entry<KbPath, Head> recorded : ledger().recordedHeads().entrySet()) {
      if (recorded.getValue().present()
          && documents.kind(recorded.getKey().value()) == Kind.ABSENT) {
        return;
      }
    }
    marker().place();
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
}
