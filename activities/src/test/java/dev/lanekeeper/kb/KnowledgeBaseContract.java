package dev.lanekeeper.kb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.evidence.FileTree;
import dev.lanekeeper.evidence.LaneFolder;
import dev.lanekeeper.lane.Head;
import dev.lanekeeper.lane.KbPath;
import dev.lanekeeper.lane.Lane;
import dev.lanekeeper.lane.Stage;
import dev.lanekeeper.testkit.NearMiss;
import dev.lanekeeper.testkit.RunIds;
import dev.lanekeeper.testkit.TestLane;
import dev.lanekeeper.testkit.Triggers;
import dev.lanekeeper.verdict.RejectCode;
import dev.lanekeeper.workflow.LaneEnd;
import dev.lanekeeper.workflow.Owner;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What every knowledge base must do; each adapter's test extends it. */
public abstract class KnowledgeBaseContract {

  private static final KnowledgeBase.OwnerProof NOBODY_CLOSED = owner -> false;
  private static final KnowledgeBase.OwnerProof EVERYBODY_CLOSED = owner -> true;
  private static final Owner OTHER =
      new Owner("engine", "default", "workflow", RunIds.of("other-run"));

  private TestLane lane;
  private KnowledgeBase kb;

  /** An empty knowledge base with the id and environment of the test lane and all its checks. */
  protected abstract KnowledgeBase create(TestLane lane) throws Exception;

  /** Another handle on the same knowledge base, as another process would have. */
  protected abstract KnowledgeBase reopen(TestLane lane) throws Exception;

  /** Writes a document as a foreigner would, past the port. */
  protected abstract void foreignWrite(KbPath path, byte[] bytes) throws Exception;

  @BeforeEach
  void prepare() throws Exception {
    lane = new TestLane(Clock.systemUTC());
    kb = create(lane);
    lane.addInitialDocuments(kb);
  }

  private KnowledgeBase.Publication publication(String change, long epoch, long fence) {
    return publication(TestLane.OWNER, change, epoch, fence);
  }

  private KnowledgeBase.Publication publication(
      Owner owner, String change, long epoch, long fence) {
    Lane.Change c = lane.change(change);
    return new KnowledgeBase.Publication(
        owner, lane.plan(), lane.signedGrant(), epoch, fence, c, lane.document(c));
  }

  private long publishFirst() throws Exception {
    lane.clear(kb, TestLane.OWNER);
    long epoch = kb.claim(TestLane.OWNER, lane.plan(), NOBODY_CLOSED).epoch();
    kb.publish(publication("M-1", epoch, kb.raiseFence(epoch)));
    return epoch;
  }

  private static void assertRefused(ThrowingCallable call, RejectCode code) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            RefusedException.class, e -> assertThat(e.reject().code()).isEqualTo(code));
  }

  @Test
  @NearMiss({RejectCode.LANE_CLOSED, RejectCode.CLAIM_HELD, RejectCode.DOCUMENT_PRESENT})
  void publish_inOrder_standsAtRevisionOneInEveryHandle() throws Exception {
    publishFirst();
    Head head = reopen(lane).head(lane.change("M-1").path());
    assertThat(head).isEqualTo(Head.revision(1, Digest.of(lane.document(lane.change("M-1")))));
  }

  @Test
  void publish_twice_isAdoptedNotRepeated() throws Exception {
    long epoch = publishFirst();
    KnowledgeBase.Published again = kb.publish(publication("M-1", epoch, kb.raiseFence(epoch)));
    assertThat(again.adopted()).isTrue();
    assertThat(kb.ledger().all(LedgerEntry.Intent.class)).hasSize(1);
  }

  @Test
  @Triggers(RejectCode.DOCUMENT_PRESENT)
  void publish_overForeignDocument_isRefusedAndLeavesItAlone() throws Exception {
    byte[] foreign = "foreign".getBytes(StandardCharsets.UTF_8);
    foreignWrite(lane.change("M-1").path(), foreign);
    assertRefused(this::publishFirst, RejectCode.DOCUMENT_PRESENT);
    assertThat(kb.read(lane.change("M-1").path()).orElseThrow().bytes()).isEqualTo(foreign);
    assertThat(kb.ledger().all(LedgerEntry.Intent.class)).as("refused before any intent").isEmpty();
    assertThat(kb.ledger().all(LedgerEntry.GrantConsumed.class)).isEmpty();
  }

  @Test
  @Triggers(RejectCode.STALE_FENCE)
  @NearMiss(RejectCode.STALE_FENCE)
  void publish_behindAnOlderFence_isRefused() throws Exception {
    lane.clear(kb, TestLane.OWNER);
    long epoch = kb.claim(TestLane.OWNER, lane.plan(), NOBODY_CLOSED).epoch();
    long stale = kb.raiseFence(epoch);
    long current = kb.raiseFence(epoch);
    assertRefused(() -> kb.publish(publication("M-1", epoch, stale)), RejectCode.STALE_FENCE);
    assertThat(kb.publish(publication("M-1", epoch, current)).adopted()).isFalse();
  }

  @Test
  void attempt_thatALaterOneOvertook_canNeitherFenceNorAppend() throws Exception {
    Instant first = Instant.parse("2026-06-12T10:00:00Z");
    Instant second = first.plusMillis(1);
    kb.begin(TestLane.OWNER, first);
    long epoch = kb.claim(TestLane.OWNER, lane.plan(), NOBODY_CLOSED).epoch();
    kb.raiseFence(epoch, first);
    kb.begin(TestLane.OWNER, second);
    LedgerEntry fact =
        new LedgerEntry.RunOpened(
            TestLane.OWNER, lane.plan().lane().metadata().name(), Optional.empty(), "");
    assertRefused(() -> kb.raiseFence(epoch, first), RejectCode.STALE_FENCE);
    assertRefused(() -> kb.appendIfCurrent(TestLane.OWNER, first, fact), RejectCode.STALE_FENCE);
    assertRefused(() -> kb.begin(TestLane.OWNER, first), RejectCode.STALE_FENCE);
    kb.begin(new Owner("other", "default", "w", RunIds.of("r")), first);
    kb.appendIfCurrent(TestLane.OWNER, second, fact);
    assertThat(kb.raiseFence(epoch, second)).isEqualTo(2);
    assertThat(reopen(lane).ledger().newestAttempt(TestLane.OWNER)).isEqualTo(second);
  }

  @Test
  void attempt_ofARunThatWasWithdrawn_canAppendNothing() throws Exception {
    publishFirst();
    kb.withdraw(TestLane.OWNER);
    LedgerEntry fact =
        new LedgerEntry.RunOpened(
            TestLane.OWNER, lane.plan().lane().metadata().name(), Optional.empty(), "");
    assertRefused(() -> kb.begin(TestLane.OWNER, Instant.EPOCH), RejectCode.LANE_CLOSED);
    assertRefused(
        () -> kb.appendIfCurrent(TestLane.OWNER, Instant.EPOCH, fact), RejectCode.LANE_CLOSED);
  }

  /** A claim with a fence, and everything that a commit wants. */
  private long ready(TestLane of, KnowledgeBase on) throws Exception {
    of.clear(on, TestLane.OWNER);
    long epoch = on.claim(TestLane.OWNER, of.plan(), NOBODY_CLOSED).epoch();
    on.raiseFence(epoch);
    return epoch;
  }

  @Test
  void publish_afterAPinnedDocumentChanged_isRefused() throws Exception {
    long epoch = ready(lane, kb);
    foreignWrite(new KbPath("governance/00-index.md"), "x".getBytes(StandardCharsets.UTF_8));
    assertRefused(() -> kb.publish(publication("M-1", epoch, 1)), RejectCode.PIN_CHANGED);
  }

  @Test
  void publish_ofOtherBytes_isRefused() throws Exception {
    long epoch = ready(lane, kb);
    KnowledgeBase.Publication p = publication("M-1", epoch, 1);
    assertRefused(
        () ->
            kb.publish(
                new KnowledgeBase.Publication(
                    p.owner(), p.plan(), p.grant(), epoch, 1, p.change(), new byte[] {1})),
        RejectCode.DOCUMENT_DIGEST_MISMATCH);
  }

  @Test
  void publish_underAnUnsignedGrant_isRefused() throws Exception {
    long epoch = ready(lane, kb);
    KnowledgeBase.Publication p = publication("M-1", epoch, 1);
    byte[] forged = lane.grant().sign(lane.executor()).bytes();
    assertRefused(
        () ->
            kb.publish(
                new KnowledgeBase.Publication(
                    p.owner(), p.plan(), forged, epoch, 1, p.change(), p.bytes())),
        RejectCode.GRANT_FORGED);
  }

  @Test
  void publish_withoutS0ToS4_isRefused() throws Exception {
    long epoch = kb.claim(TestLane.OWNER, lane.plan(), NOBODY_CLOSED).epoch();
    kb.raiseFence(epoch);
    assertRefused(() -> kb.publish(publication("M-1", epoch, 1)), RejectCode.COMMIT_NOT_CLEARED);
  }

  @Test
  void publish_byALaneThatDoesNotAllowItsOwnChange_isRefused() throws Exception {
    Path folder = TestLane.copy(Files.createTempDirectory("lane"));
    Path file = folder.resolve("lane.yaml");
    String text = Files.readString(file);
    String closed =
        text.replace(
            "target: \"kb:governance/fix7/fix7-p0-operative",
            "target: \"kb:elsewhere/fix7-p0-operative");
    assertThat(closed).isNotEqualTo(text);
    Files.writeString(file, closed);
    TestLane other = new TestLane(Clock.systemUTC(), LaneFolder.read(folder));
    FileTree.delete(folder);
    KnowledgeBase on = reopen(other);
    long epoch = ready(other, on);
    Lane.Change change = other.change("M-1");
    assertRefused(
        () ->
            on.publish(
                new KnowledgeBase.Publication(
                    TestLane.OWNER,
                    other.plan(),
                    other.signedGrant(),
                    epoch,
                    1,
                    change,
                    other.document(change))),
        RejectCode.SURFACE_UNKNOWN);
  }

  /** A lane that updates documents. */
  protected static TestLane handbook() throws Exception {
    return new TestLane(
        Clock.systemUTC(), LaneFolder.read(TestLane.ROOT.resolve("examples/handbook-release")));
  }

  /** Its update in S5. */
  protected static Lane.Change update(TestLane handbook) {
    return handbook.plan().spec().changes().stream()
        .filter(c -> c.expect().present() && c.stage() == Stage.S5)
        .findFirst()
        .orElseThrow();
  }

  /** The documents that it starts from. */
  protected static void importHandbook(KnowledgeBase on) throws Exception {
    for (Map.Entry<String, byte[]> initial :
        FileTree.read(TestLane.ROOT.resolve("examples/handbook-release/kb")).entrySet()) {
      on.importDocuments(Map.of(new KbPath(initial.getKey()), initial.getValue()), "test");
    }
  }

  @Test
  @Triggers(RejectCode.HEAD_CHANGED)
  void publish_overAnotherRevisionThanExpected_isRefused() throws Exception {
    TestLane handbook = handbook();
    Lane.Change update = update(handbook);
    KnowledgeBase on = reopen(handbook);
    importHandbook(on);
    foreignWrite(update.path(), "somebody was here".getBytes(StandardCharsets.UTF_8));
    LedgerEntry.Claimed claim = on.claim(TestLane.OWNER, handbook.plan(), NOBODY_CLOSED);
    on.raiseFence(claim.epoch());
    KnowledgeBase.Publication p =
        new KnowledgeBase.Publication(
            TestLane.OWNER,
            handbook.plan(),
            handbook.signedGrant(),
            claim.epoch(),
            1,
            update,
            handbook.document(update));
    assertThat(
            CommitChecks.head(
                    new CommitCheck.Commit(p, on.ledger(), on, Clock.systemUTC().instant()))
                .render())
        .startsWith("HEAD_CHANGED:");
  }

  @Test
  @Triggers(RejectCode.LANE_CLOSED)
  void publish_afterWithdrawal_isRefusedForEver() throws Exception {
    long epoch = publishFirst();
    kb.withdraw(TestLane.OWNER);
    assertRefused(() -> kb.publish(publication("M-1", epoch, 99)), RejectCode.LANE_CLOSED);
    assertRefused(() -> kb.raiseFence(epoch), RejectCode.LANE_CLOSED);
    assertRefused(
        () -> kb.claim(TestLane.OWNER, lane.plan(), EVERYBODY_CLOSED), RejectCode.LANE_CLOSED);
  }

  @Test
  @Triggers(RejectCode.LANE_CLOSED)
  void claim_afterWithdrawalBeforeAnyClaim_isRefused() throws Exception {
    kb.withdraw(TestLane.OWNER);
    assertRefused(
        () -> kb.claim(TestLane.OWNER, lane.plan(), NOBODY_CLOSED), RejectCode.LANE_CLOSED);
  }

  @Test
  @Triggers(RejectCode.CLAIM_HELD)
  @NearMiss(RejectCode.CLAIM_HELD)
  void claim_heldByALiveRun_isRefusedAndByAClosedRunOfTheSamePlanAdopted() throws Exception {
    long epoch = publishFirst();
    assertRefused(() -> kb.claim(OTHER, lane.plan(), NOBODY_CLOSED), RejectCode.CLAIM_HELD);
    LedgerEntry.Claimed adopted = kb.claim(OTHER, lane.plan(), EVERYBODY_CLOSED);
    assertThat(adopted.epoch()).isGreaterThan(epoch);
    assertThat(adopted.adoptedFrom()).contains(epoch);
    lane.clear(kb, OTHER);
    KnowledgeBase.Published published =
        kb.publish(publication(OTHER, "M-1", adopted.epoch(), kb.raiseFence(adopted.epoch())));
    assertThat(published.adopted()).isTrue();
    assertRefused(() -> kb.raiseFence(epoch), RejectCode.LANE_CLOSED);
  }

  @Test
  @Triggers(RejectCode.CLAIM_HELD)
  void claim_beingWithdrawn_isNotAdopted() throws Exception {
    publishFirst();
    foreignWrite(lane.change("M-1").path(), "edited".getBytes(StandardCharsets.UTF_8));
    assertThat(kb.withdraw(TestLane.OWNER).complete()).isFalse();
    assertRefused(() -> kb.claim(OTHER, lane.plan(), EVERYBODY_CLOSED), RejectCode.CLAIM_HELD);
  }

  @Test
  @NearMiss(RejectCode.BUILT_UPON)
  void withdraw_afterPublication_leavesTheInventoryAsBefore() throws Exception {
    Digest before = kb.inventory().tree();
    publishFirst();
    assertThat(kb.inventory().tree()).isNotEqualTo(before);
    KnowledgeBase.Withdrawal withdrawal = kb.withdraw(TestLane.OWNER);
    assertThat(withdrawal.complete()).isTrue();
    assertThat(withdrawal.steps())
        .extracting(KnowledgeBase.Step::outcome)
        .containsExactly("WITHDRAWN");
    assertThat(reopen(lane).inventory().tree()).isEqualTo(before);
    assertThat(kb.withdraw(TestLane.OWNER).complete()).as("again").isTrue();
  }

  @Test
  @Triggers(RejectCode.BUILT_UPON)
  void withdraw_ofAChangedDocument_leavesItAloneAndUndoesTheRest() throws Exception {
    long epoch = publishFirst();
    kb.publish(publication("M-2", epoch, kb.ledger().fence(epoch)));
    byte[] edited = "edited".getBytes(StandardCharsets.UTF_8);
    foreignWrite(lane.change("M-1").path(), edited);
    KnowledgeBase.Withdrawal withdrawal = kb.withdraw(TestLane.OWNER);
    assertThat(withdrawal.complete()).isFalse();
    assertThat(withdrawal.steps())
        .extracting(s -> s.changeId() + " " + s.outcome())
        .containsExactly("M-2 WITHDRAWN", "M-1 BUILT_UPON");
    assertThat(kb.read(lane.change("M-1").path()).orElseThrow().bytes()).isEqualTo(edited);
    assertThat(kb.ledger().openClaim(TestLane.OWNER)).as("the claim stays").isPresent();
    assertRefused(() -> kb.raiseFence(epoch), RejectCode.LANE_CLOSED);
    assertRefused(
        () -> kb.publish(publication("M-2", epoch, kb.ledger().fence(epoch))),
        RejectCode.LANE_CLOSED);

    foreignWrite(lane.change("M-1").path(), lane.document(lane.change("M-1")));
    assertThat(kb.withdraw(TestLane.OWNER).complete()).as("after it was put right").isTrue();
    assertThat(kb.head(lane.change("M-1").path())).isEqualTo(Head.absent());
  }

  @Test
  void withdraw_goesOnPastADocumentThatItCannotUndo() throws Exception {
    long epoch = publishFirst();
    kb.publish(publication("M-2", epoch, kb.ledger().fence(epoch)));
    foreignWrite(lane.change("M-2").path(), "edited".getBytes(StandardCharsets.UTF_8));
    KnowledgeBase.Withdrawal withdrawal = kb.withdraw(TestLane.OWNER);
    assertThat(withdrawal.complete()).isFalse();
    assertThat(withdrawal.steps())
        .extracting(s -> s.changeId() + " " + s.outcome())
        .containsExactly("M-2 BUILT_UPON", "M-1 WITHDRAWN");
    assertThat(kb.head(lane.change("M-1").path())).isEqualTo(Head.absent());
  }

  @Test
  void withdraw_ofARunThatNeverClaimed_touchesNothing() throws Exception {
    publishFirst();
    Digest before = kb.inventory().tree();
    assertThat(kb.withdraw(OTHER).complete()).isTrue();
    assertThat(kb.inventory().tree()).isEqualTo(before);
  }

  @Test
  @Triggers(RejectCode.GRANT_CONSUMED)
  void consumedGrant_servesItsOwnClaimOnly() throws Exception {
    publishFirst();
    assertThat(kb.ledger().consumedGrants(lane.plan().digest())).isEmpty();
    kb.withdraw(TestLane.OWNER);
    assertThat(kb.ledger().consumedGrants(lane.plan().digest())).containsExactly("grant-test");
    lane.clear(kb, OTHER);
    long epoch = kb.claim(OTHER, lane.plan(), EVERYBODY_CLOSED).epoch();
    long fence = kb.raiseFence(epoch);
    assertRefused(
        () -> kb.publish(publication(OTHER, "M-1", epoch, fence)), RejectCode.GRANT_CONSUMED);
  }

  @Test
  void applied_closesTheClaimAndBarsTheSameRun() throws Exception {
    publishFirst();
    kb.record(
        new LedgerEntry.RunEnded(
            TestLane.OWNER,
            lane.plan().lane().metadata().name(),
            Optional.of(lane.plan().digest()),
            LaneEnd.APPLIED,
            Optional.empty()));
    assertThat(kb.ledger().openClaims()).isEmpty();
    assertRefused(
        () -> kb.claim(TestLane.OWNER, lane.plan(), EVERYBODY_CLOSED), RejectCode.LANE_CLOSED);
    assertRefused(() -> kb.withdraw(TestLane.OWNER), RejectCode.ALREADY_APPLIED);
    assertThat(kb.head(lane.change("M-1").path()).present()).isTrue();
  }

  @Test
  @Triggers(RejectCode.DOCUMENT_PRESENT)
  @NearMiss(RejectCode.DOCUMENT_PRESENT)
  void import_overOtherBytes_isRefused() throws Exception {
    KbPath path = new KbPath("governance/00-index.md");
    byte[] same = kb.read(path).orElseThrow().bytes();
    assertThat(kb.importDocuments(Map.of(path, same), "test")).isZero();
    assertRefused(
        () -> kb.importDocuments(Map.of(path, new byte[] {1}), "test"),
        RejectCode.DOCUMENT_PRESENT);
    assertThat(kb.read(path).orElseThrow().bytes()).isEqualTo(same);
  }

  @Test
  void claims_fromManyThreads_areGivenOnce() throws Exception {
    ExecutorService pool = Executors.newFixedThreadPool(8);
    CountDownLatch start = new CountDownLatch(1);
    List<Future<Boolean>> results = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      Owner owner = new Owner("engine", "default", "workflow", RunIds.of("run-" + i));
      KnowledgeBase handle = reopen(lane);
      results.add(pool.submit(() -> claims(handle, owner, start)));
    }
    start.countDown();
    int won = 0;
    for (Future<Boolean> result : results) {
      won += result.get() ? 1 : 0;
    }
    pool.shutdown();
    assertThat(won).isEqualTo(1);
    assertThat(kb.ledger().openClaims()).hasSize(1);
  }

  private boolean claims(KnowledgeBase handle, Owner owner, CountDownLatch start)
      throws IOException, InterruptedException {
    start.await();
    try {
      handle.claim(owner, lane.plan(), NOBODY_CLOSED);
      return true;
    } catch (RefusedException e) {
      assertThat(e.reject().code()).isEqualTo(RejectCode.CLAIM_HELD);
      return false;
    }
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  @Test
  void import_ofWhichOneDocumentIsRefused_addsNone() throws Exception {
    KbPath fresh = new KbPath("a/fresh.md");
    KbPath index = new KbPath("governance/00-index.md");
    KbPath otherCase = new KbPath("governance/00-INDEX.md");
    Inventory before = kb.inventory();
    assertRefused(
        () -> kb.importDocuments(Map.of(fresh, utf8("x"), index, utf8("other")), "test"),
        RejectCode.DOCUMENT_PRESENT);
    assertRefused(
        () -> kb.importDocuments(Map.of(fresh, utf8("x"), otherCase, utf8("x")), "test"),
        RejectCode.PATH_COLLISION);
    assertRefused(
        () ->
            kb.importDocuments(
                Map.of(new KbPath("n/a.md"), utf8("x"), new KbPath("N/b.md"), utf8("x")), "test"),
        RejectCode.PATH_COLLISION);
    assertThat(kb.inventory()).isEqualTo(before);
    assertThat(kb.importDocuments(Map.of(fresh, utf8("x")), "somebody")).isEqualTo(1);
    assertThat(reopen(lane).head(fresh)).isEqualTo(Head.revision(1, Digest.of("x")));
    assertThat(kb.ledger().all(LedgerEntry.ImportBegan.class).toList())
        .last()
        .extracting(LedgerEntry.ImportBegan::by)
        .isEqualTo("somebody");
  }

  @Test
  @Triggers(RejectCode.FROZEN)
  @NearMiss(RejectCode.FROZEN)
  void import_intoAFrozenKnowledgeBase_isRefused() throws Exception {
    KbPath fresh = new KbPath("a/fresh.md");
    kb.record(new LedgerEntry.Frozen("audit", "operator"));
    assertRefused(() -> kb.importDocuments(Map.of(fresh, utf8("x")), "test"), RejectCode.FROZEN);
    assertThat(kb.head(fresh)).isEqualTo(Head.absent());
    kb.record(new LedgerEntry.Unfrozen("operator"));
    assertThat(kb.importDocuments(Map.of(fresh, utf8("x")), "test")).isEqualTo(1);
  }
}
