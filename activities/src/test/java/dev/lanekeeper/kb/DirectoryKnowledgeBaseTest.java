package dev.lanekeeper.kb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.canonical.Json;
import dev.lanekeeper.grant.Approvals;
import dev.lanekeeper.grant.TrustRoot;
import dev.lanekeeper.lane.Head;
import dev.lanekeeper.lane.IdRange;
import dev.lanekeeper.lane.KbPath;
import dev.lanekeeper.lane.Lane;
import dev.lanekeeper.lane.Stage;
import dev.lanekeeper.signature.SigningKey;
import dev.lanekeeper.testkit.CutLedger;
import dev.lanekeeper.testkit.EditedLane;
import dev.lanekeeper.testkit.NearMiss;
import dev.lanekeeper.testkit.RunIds;
import dev.lanekeeper.testkit.TestLane;
import dev.lanekeeper.testkit.Triggers;
import dev.lanekeeper.verdict.RejectCode;
import dev.lanekeeper.verdict.Verdict;
import dev.lanekeeper.workflow.Approval;
import dev.lanekeeper.workflow.LaneEnd;
import dev.lanekeeper.workflow.Owner;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The directory adapter: the contract, its own dangers, and each commit check alone. */
class DirectoryKnowledgeBaseTest extends KnowledgeBaseContract {

  @TempDir private Path folder;

  private Path documents() {
    return folder.resolve("kb");
  }

  private Path state() {
    return folder.resolve("ledger");
  }

  private KnowledgeBase open(List<CommitCheck> checks) throws Exception {
    return new DirectoryKnowledgeBase(documents(), state(), Clock.systemUTC(), checks);
  }

  private void createEmpty() throws Exception {
    DirectoryKnowledgeBase.create(
        documents(), state(), new KbIdentity(TestLane.KB_ID, "no-production"));
  }

  @Override
  protected KnowledgeBase create(TestLane lane) throws Exception {
    createEmpty();
    return reopen(lane);
  }

  @Override
  protected KnowledgeBase reopen(TestLane lane) throws Exception {
    return open(CommitChecks.all(lane::trust));
  }

  @Override
  protected void foreignWrite(KbPath path, byte[] bytes) throws Exception {
    Path file = documents().resolve(path.value());
    Files.createDirectories(file.getParent());
    Path fresh = file.resolveSibling("foreign.tmp");
    Files.write(fresh, bytes);
    Files.move(fresh, file, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
  }

  private static void refused(ThrowingCallable call, RejectCode code) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            RefusedException.class, e -> assertThat(e.reject().code()).isEqualTo(code));
  }

  /** What somebody else does to a document's file. */
  private interface Deed {
    void to(Path target) throws IOException;
  }

  /** What only a folder can suffer. */
  @Nested
  class Folder {

    private final TestLane lane = lane();
    private final Lane.Change change = lane.change("M-1");

    private static TestLane lane() {
      try {
        return new TestLane(Clock.systemUTC());
      } catch (Exception e) {
        throw new IllegalStateException(e);
      }
    }

    private KnowledgeBase kb() throws Exception {
      KnowledgeBase kb = reopen(lane);
      lane.clear(kb, TestLane.OWNER);
      return kb;
    }

    private KnowledgeBase.Published publish(KnowledgeBase kb) throws Exception {
      return publish(kb, change, lane.signedGrant());
    }

    private KnowledgeBase.Published publish(KnowledgeBase kb, Lane.Change change, byte[] grant)
        throws Exception {
      long epoch = kb.claim(TestLane.OWNER, lane.plan(), o -> false).epoch();
      return kb.publish(
          new KnowledgeBase.Publication(
              TestLane.OWNER,
              lane.plan(),
              grant,
              epoch,
              kb.raiseFence(epoch),
              change,
              lane.document(change)));
    }

    private void refusedToPublish(KnowledgeBase kb, RejectCode code) {
      refused(() -> publish(kb), code);
    }

    @Test
    @Triggers(RejectCode.PATH_UNSAFE)
    void publish_throughASymbolicLink_isRefused() throws Exception {
      Path outside = Files.createDirectories(folder.resolve("outside"));
      Path governance = documents().resolve("governance/fix7");
      Files.move(governance, folder.resolve("moved"));
      Files.createSymbolicLink(governance, outside);
      refusedToPublish(kb(), RejectCode.PATH_UNSAFE);
      assertThat(outside).isEmptyDirectory();
    }

    @Test
    @Triggers(RejectCode.PATH_COLLISION)
    void publish_besideAPathThatDiffersByCase_isRefused() throws Exception {
      Path other =
          documents().resolve("governance/fix7/FIX7-P0-operative-birth-blueprint-2026-06-12.md");
      Files.writeString(other, "other");
      refusedToPublish(kb(), RejectCode.PATH_COLLISION);
    }

    /** A knowledge base in which somebody else writes the document just before a step. */
    private KnowledgeBase disturbed(String when) throws Exception {
      return disturbed(CommitChecks.all(lane::trust), when, this::overwrite);
    }

    private KnowledgeBase disturbed(List<CommitCheck> checks, String when, Deed deed)
        throws Exception {
      return new DirectoryKnowledgeBase(
          documents(),
          state(),
          Clock.systemUTC(),
          checks,
          (step, target) -> {
            if (step.equals(when)) {
              deed.to(target);
            }
          });
    }

    private void overwrite(Path target) throws IOException {
      Path fresh = folder.resolve("fresh");
      Files.writeString(fresh, "foreign");
      Files.move(fresh, target, StandardCopyOption.REPLACE_EXISTING);
    }

    @Test
    void creation_whereSomebodyWritesAtTheLastMoment_isRefused_andLeavesItAlone() throws Exception {
      kb();
      KnowledgeBase kb = disturbed("putting");
      refusedToPublish(kb, RejectCode.DOCUMENT_PRESENT);
      assertThat(documents().resolve(change.path().value())).hasContent("foreign");
      assertThat(kb.withdraw(TestLane.OWNER).steps())
          .extracting(KnowledgeBase.Step::outcome)
          .containsExactly("NEVER_PUBLISHED");
      assertThat(documents().resolve(change.path().value())).hasContent("foreign");
    }

    @Test
    void creation_whoseFolderIsTakenAwayAtTheLastMoment_isAFault_andPublishedLater()
        throws Exception {
      Files.move(documents().resolve("governance"), folder.resolve("aside"));
      KnowledgeBase kb =
          disturbed(List.of(), "putting", target -> Files.delete(target.getParent()));
      assertThatThrownBy(() -> publish(kb)).isInstanceOf(NoSuchFileException.class);
      assertThat(kb.ledger().all(LedgerEntry.Outcome.class)).isEmpty();
      assertThat(publish(open(List.of())).adopted()).isFalse();
    }

    @Test
    @Triggers(RejectCode.HEAD_CHANGED)
    void update_ofADocumentThatIsOverwrittenOrGoneAtTheLastMoment_isRefused() throws Exception {
      TestLane handbook = handbook();
      Lane.Change update = update(handbook);
      Path target = documents().resolve(update.path().value());
      importHandbook(open(List.of()));
      for (Deed deed : List.<Deed>of(this::overwrite, Files::delete)) {
        KnowledgeBase kb = disturbed(List.of(), "putting", deed);
        long epoch = kb.claim(TestLane.OWNER, handbook.plan(), o -> false).epoch();
        KnowledgeBase.Publication late =
            new KnowledgeBase.Publication(
                TestLane.OWNER,
                handbook.plan(),
                handbook.signedGrant(),
                epoch,
                kb.raiseFence(epoch),
                update,
                handbook.document(update));
        assertThatThrownBy(() -> kb.publish(late))
            .isInstanceOfSatisfying(
                RefusedException.class,
                e -> assertThat(e.reject().code()).isEqualTo(RejectCode.HEAD_CHANGED));
      }
      assertThat(target).as("nothing was put in the place of what somebody took").doesNotExist();
      KnowledgeBase.Withdrawal withdrawal = reopen(handbook).withdraw(TestLane.OWNER);
      assertThat(withdrawal.steps())
          .extracting(KnowledgeBase.Step::outcome)
          .containsExactly("NEVER_PUBLISHED");
      assertThat(target).doesNotExist();
    }

    private Map<KbPath, byte[]> three() {
      Map<KbPath, byte[]> documents = new TreeMap<>();
      for (String name : List.of("n/a.md", "n/m/b.md", "z.md")) {
        documents.put(new KbPath(name), name.getBytes(StandardCharsets.UTF_8));
      }
      return documents;
    }

    @Test
    void import_thatFailsAtItsLastDocument_takesBackTheOthers() throws Exception {
      Inventory before = reopen(lane).inventory();
      KnowledgeBase failing =
          disturbed(
              List.of(),
              "importing",
              target -> {
                if (target.endsWith("z.md")) {
                  throw new IOException("no room");
                }
              });
      assertThatThrownBy(() -> failing.importDocuments(three(), "test")).hasMessage("no room");
      assertThat(reopen(lane).inventory()).isEqualTo(before);
      assertThat(documents().resolve("n")).as("nor the folders that it made").doesNotExist();
      assertThat(reopen(lane).importDocuments(three(), "test")).isEqualTo(3);
    }

    /** The process dies by an error that nothing catches. */
    private static final class Died extends Error {
      private static final long serialVersionUID = 1L;
    }

    @Test
    void import_whoseProcessDied_isTakenBackByTheNextThatWrites() throws Exception {
      Inventory before = reopen(lane).inventory();
      KnowledgeBase dying =
          disturbed(
              List.of(),
              "importing",
              target -> {
                if (target.endsWith("z.md")) {
                  throw new Died();
                }
              });
      assertThatThrownBy(() -> dying.importDocuments(three(), "test")).isInstanceOf(Died.class);
      assertThat(documents().resolve("n/a.md")).as("half of it stands").exists();
      foreignWrite(new KbPath("n/foreign.md"), new byte[] {1});
      reopen(lane).record(new LedgerEntry.Frozen("reason", "operator"));
      assertThat(reopen(lane).ledger().openImport()).as("a freeze does not wait").isPresent();
      reopen(lane).record(new LedgerEntry.Unfrozen("operator"));
      assertThat(reopen(lane).importDocuments(Map.of(), "test")).isZero();
      assertThat(documents().resolve("n/a.md")).doesNotExist();
      assertThat(documents().resolve("n/m")).doesNotExist();
      assertThat(documents().resolve("n/foreign.md")).as("another's").exists();
      Files.delete(documents().resolve("n/foreign.md"));
      assertThat(reopen(lane).inventory()).isEqualTo(before);
    }

    @Test
    void import_whoseProcessDiedWhenAllWasThere_isFinishedByTheNextThatWrites() throws Exception {
      assertThat(reopen(lane).importDocuments(three(), "test")).isEqualTo(3);
      Files.delete(documents().resolve("z.md"));
      CutLedger.beforeTheLast("ImportEnded", state());
      CutLedger.beforeTheLast("DocumentAdded", state());
      foreignWrite(new KbPath("z.md"), "z.md".getBytes(StandardCharsets.UTF_8));
      reopen(lane).record(new LedgerEntry.Frozen("reason", "operator"));
      assertThat(reopen(lane).ledger().openImport()).as("a freeze does not wait").isPresent();
      reopen(lane).record(new LedgerEntry.Unfrozen("operator"));
      assertThat(reopen(lane).importDocuments(Map.of(), "test")).isZero();
      assertThat(documents().resolve("n/a.md")).exists();
      assertThat(reopen(lane).ledger().openImport()).isEmpty();
      assertThat(
              reopen(lane)
                  .ledger()
                  .all(LedgerEntry.DocumentAdded.class)
                  .filter(added -> added.path().value().equals("z.md")))
          .hasSize(1);
    }

    private KnowledgeBase.Publication late(TestLane handbook, KnowledgeBase kb) throws Exception {
      Lane.Change update = update(handbook);
      long epoch = kb.claim(TestLane.OWNER, handbook.plan(), o -> false).epoch();
      return new KnowledgeBase.Publication(
          TestLane.OWNER,
          handbook.plan(),
          handbook.signedGrant(),
          epoch,
          kb.raiseFence(epoch),
          update,
          handbook.document(update));
    }

    @Test
    @Triggers(RejectCode.HEAD_CHANGED)
    void update_ofADocumentThatIsEditedInPlaceAtTheLastMoment_keepsTheEdit() throws Exception {
      TestLane handbook = handbook();
      Path target = documents().resolve(update(handbook).path().value());
      importHandbook(open(List.of()));
      KnowledgeBase kb =
          disturbed(List.of(), "replacing", file -> Files.writeString(file, "edited in place"));
      KnowledgeBase.Publication late = late(handbook, kb);
      refused(() -> kb.publish(late), RejectCode.HEAD_CHANGED);
      assertThat(target).hasContent("edited in place");
      assertThat(reopen(handbook).withdraw(TestLane.OWNER).steps())
          .extracting(KnowledgeBase.Step::outcome)
          .containsExactly("NEVER_PUBLISHED");
      assertThat(target).hasContent("edited in place");
    }

    @Test
    void update_whoseProcessDiedBeforeItSawAnEdit_keepsTheEdit() throws Exception {
      TestLane handbook = handbook();
      Lane.Change update = update(handbook);
      Path target = documents().resolve(update.path().value());
      importHandbook(open(List.of()));
      KnowledgeBase kb = open(List.of());
      Path old = folder.resolve("old");
      Files.createLink(old, target);
      kb.publish(late(handbook, kb));
      // As if the old file's link had not been looked at yet, and an editor had written to it.
      CutLedger.afterTheLast("Intent", state());
      LedgerEntry.Intent intent =
          open(List.of()).ledger().all(LedgerEntry.Intent.class).findFirst().orElseThrow();
      Files.writeString(old, "edited in place");
      Files.createLink(state().resolve(intent.staged() + ".was"), old);
      refused(
          () -> open(List.of(CommitChecks::head)).publish(late(handbook, open(List.of()))),
          RejectCode.HEAD_CHANGED);
      assertThat(target).hasContent("edited in place");
    }

    @Test
    void update_keepsACopy_thatAnEditorOfTheOldFileCannotChange() throws Exception {
      TestLane handbook = handbook();
      Lane.Change update = update(handbook);
      Path target = documents().resolve(update.path().value());
      importHandbook(open(List.of()));
      byte[] before = Files.readAllBytes(target);
      Files.setPosixFilePermissions(target, PosixFilePermissions.fromString("rw-r-----"));
      Path old = folder.resolve("old");
      Files.createLink(old, target);
      KnowledgeBase kb = open(List.of());
      kb.publish(late(handbook, kb));
      Files.writeString(old, "edited through a link of before");
      Path copy = state().resolve("replaced/" + Digest.of(before));
      assertThat(copy).hasBinaryContent(before);
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(copy)))
          .isEqualTo("rw-------");
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(target)))
          .isEqualTo("rw-r-----");
      assertThat(kb.withdraw(TestLane.OWNER).complete()).isTrue();
      assertThat(target).hasBinaryContent(before);
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(target)))
          .isEqualTo("rw-r-----");
    }

    @Test
    void withdrawal_ofWhichOneKeptCopyIsMissing_withdrawsNothing() throws Exception {
      TestLane handbook = handbook();
      importHandbook(open(List.of()));
      KnowledgeBase kb = open(List.of());
      long epoch = kb.claim(TestLane.OWNER, handbook.plan(), o -> false).epoch();
      for (Lane.Change change : handbook.plan().spec().changes()) {
        kb.publish(
            new KnowledgeBase.Publication(
                TestLane.OWNER,
                handbook.plan(),
                handbook.signedGrant(),
                epoch,
                kb.raiseFence(epoch),
                change,
                handbook.document(change)));
      }
      Inventory published = kb.inventory();
      Head.Revision before = (Head.Revision) update(handbook).expect();
      Path copy = state().resolve("replaced/" + before.sha256());
      byte[] bytes = Files.readAllBytes(copy);
      Files.delete(copy);
      KnowledgeBase.Withdrawal withdrawal = kb.withdraw(TestLane.OWNER);
      assertThat(withdrawal.complete()).isFalse();
      assertThat(withdrawal.steps())
          .extracting(KnowledgeBase.Step::outcome)
          .containsOnly("FAILED")
          .hasSize(handbook.plan().spec().changes().size());
      assertThat(withdrawal.steps())
          .anySatisfy(step -> assertThat(step.detail()).contains("are missing"));
      assertThat(kb.inventory()).isEqualTo(published);
      assertThat(kb.ledger().openClaims()).as("the claim stays").hasSize(1);
      Files.write(copy, bytes);
      assertThat(kb.withdraw(TestLane.OWNER).complete()).isTrue();
    }

    @Test
    void readBefore_showsTheReplacedRevision_toTheVeryPlanThatReplacedIt() throws Exception {
      TestLane handbook = handbook();
      Lane.Change update = update(handbook);
      importHandbook(open(List.of()));
      KnowledgeBase kb = open(List.of());
      byte[] before = kb.read(update.path()).orElseThrow().bytes();
      kb.publish(late(handbook, kb));
      KbReader fresh = new DirectoryReader(documents(), state(), Clock.systemUTC());
      Document was = fresh.readBefore(update.path(), handbook.plan().digest()).orElseThrow();
      assertThat(was.head()).isEqualTo(update.expect());
      assertThat(was.bytes()).isEqualTo(before);
      Digest another = Digest.of("another plan");
      assertThat(fresh.readBefore(update.path(), another).orElseThrow().bytes())
          .isEqualTo(handbook.document(update));
      foreignWrite(update.path(), new byte[] {1});
      assertThat(fresh.readBefore(update.path(), handbook.plan().digest()).orElseThrow().bytes())
          .as("what another put there is not taken for ours")
          .isEqualTo(new byte[] {1});
    }

    /** Bits of no umask widen what is this user's alone, and none narrow it. */
    @Test
    void ledger_isItsOwnersAlone() throws Exception {
      publish(kb());
      for (String name : List.of("ledger.jsonl", "identity.json", "lock")) {
        assertThat(
                PosixFilePermissions.toString(Files.getPosixFilePermissions(state().resolve(name))))
            .as(name)
            .isEqualTo("rw-------");
      }
      for (String name : List.of("", "staged", "replaced", "withdrawn")) {
        assertThat(
                PosixFilePermissions.toString(Files.getPosixFilePermissions(state().resolve(name))))
            .as(name)
            .isEqualTo("rwx------");
      }
    }

    @Test
    void update_thatSomebodyOvertook_leavesTheKeptBytesOfOthersAlone() throws Exception {
      KnowledgeBase kb = open(List.of());
      Lane.Change twin = lane.change("M-2");
      byte[] same = "the same bytes".getBytes(StandardCharsets.UTF_8);
      Head first = new Head.Revision(1, Digest.of(same));
      kb.importDocuments(Map.of(change.path(), same), "test");
      kb.importDocuments(Map.of(twin.path(), same), "test");
      Owner earlier = applied(kb, "earlier", first, lane.document(change));
      for (Deed deed : List.<Deed>of(this::overwrite, Files::delete)) {
        KnowledgeBase overtaken = disturbed(List.of(), "putting", deed);
        assertThatThrownBy(() -> applied(overtaken, "later", twin, first, lane.document(twin)))
            .isInstanceOf(RefusedException.class);
      }
      assertThat(
              kb.withdraw(new Owner("engine", "default", "workflow", RunIds.of("later"))).steps())
          .extracting(KnowledgeBase.Step::outcome)
          .containsExactly("NEVER_PUBLISHED");
      withdrawn(kb, earlier, first);
      assertThat(documents().resolve(change.path().value())).hasBinaryContent(same);
    }

    @Test
    void update_ofADocumentThatNobodyRecorded_isPublishedAtOnce() throws Exception {
      KnowledgeBase kb = open(List.of());
      byte[] one = lane.document(change);
      applied(kb, "earlier", Head.absent(), one);
      foreignWrite(change.path(), "edited by hand".getBytes(StandardCharsets.UTF_8));
      Head edited = kb.head(change.path());
      Owner later = applied(kb, "later", edited, one);
      assertThat(kb.head(change.path())).isEqualTo(new Head.Revision(3, Digest.of(one)));
      assertThat(kb.ledger().all(LedgerEntry.Intent.class)).hasSize(2);
      withdrawn(kb, later, edited);
    }

    @Test
    void withdrawal_thatDiedAfterItsDeed_ofAPublicationThatNobodyRecorded_isToldAsWhatItWas()
        throws Exception {
      publish(kb());
      CutLedger.afterTheLast("Intent", state());
      assertThat(reopen(lane).withdraw(TestLane.OWNER).complete()).isTrue();
      CutLedger.beforeTheLast("Outcome", state());
      KnowledgeBase.Withdrawal again = reopen(lane).withdraw(TestLane.OWNER);
      assertThat(again.complete()).isTrue();
      assertThat(again.steps())
          .extracting(KnowledgeBase.Step::outcome)
          .containsExactly("WITHDRAWN");
    }

    @Test
    void publication_thatSomebodyOverwroteAtOnce_isNotSaidToStand() throws Exception {
      kb();
      KnowledgeBase kb = disturbed("reading back");
      assertThatThrownBy(() -> publish(kb))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("read back");
      assertThat(kb.ledger().all(LedgerEntry.Outcome.class)).isEmpty();
      KnowledgeBase.Withdrawal withdrawal = kb.withdraw(TestLane.OWNER);
      assertThat(withdrawal.complete()).as("the head of before is not back").isFalse();
      assertThat(withdrawal.steps())
          .extracting(KnowledgeBase.Step::outcome)
          .containsExactly("BUILT_UPON");
      assertThat(documents().resolve(change.path().value())).hasContent("foreign");
    }

    /** Applies a change of the first document by a run of its own. */
    private Owner applied(KnowledgeBase kb, String run, Head expect, byte[] bytes)
        throws Exception {
      return applied(kb, run, change, expect, bytes);
    }

    private Owner applied(
        KnowledgeBase kb, String run, Lane.Change change, Head expect, byte[] bytes)
        throws Exception {
      Owner owner = new Owner("engine", "default", "workflow", RunIds.of(run));
      long epoch = kb.claim(owner, lane.plan(), o -> false).epoch();
      Lane.Change next =
          new Lane.Change(
              change.id(),
              change.rollbackId(),
              change.stage(),
              change.path(),
              change.source(),
              expect,
              change.title());
      kb.publish(
          new KnowledgeBase.Publication(
              owner, lane.plan(), lane.signedGrant(), epoch, kb.raiseFence(epoch), next, bytes));
      kb.record(
          new LedgerEntry.RunEnded(
              owner,
              lane.plan().lane().metadata().name(),
              Optional.of(lane.plan().digest()),
              LaneEnd.APPLIED,
              Optional.empty()));
      return owner;
    }

    private void withdrawn(KnowledgeBase kb, Owner run, Head expected) throws Exception {
      kb.reopen(run, "leave-for-" + run.runId(), Digest.of(run.runId().value()));
      assertThat(kb.withdraw(run).complete()).isTrue();
      assertThat(kb.head(change.path())).isEqualTo(expected);
    }

    @Test
    @Triggers(RejectCode.BUILT_UPON)
    @NearMiss(RejectCode.BUILT_UPON)
    void appliedRun_whoseBytesALaterLanePublishedAnew_isWithdrawnOnlyAfterThatLane()
        throws Exception {
      KnowledgeBase kb = open(List.of());
      byte[] one = lane.document(change);
      byte[] other = "other".getBytes(StandardCharsets.UTF_8);
      Head first = new Head.Revision(1, Digest.of(one));
      Head second = new Head.Revision(2, Digest.of(other));
      Head third = new Head.Revision(3, Digest.of(one));
      Owner earliest = applied(kb, "earliest", Head.absent(), one);
      Owner middle = applied(kb, "middle", first, other);
      Owner latest = applied(kb, "latest", second, one);
      assertThat(kb.head(change.path())).isEqualTo(third);
      assertThatThrownBy(() -> kb.reopen(earliest, "leave", Digest.of("leave")))
          .isInstanceOfSatisfying(
              RefusedException.class,
              e -> {
                assertThat(e.reject().code()).isEqualTo(RejectCode.BUILT_UPON);
                assertThat(e.reject().actual()).isEqualTo(third.toString());
              });
      withdrawn(kb, latest, second);
      withdrawn(kb, middle, first);
      withdrawn(kb, earliest, Head.absent());
      assertThat(kb.withdraw(earliest).steps())
          .extracting(step -> step.outcome() + " " + step.detail())
          .as("whoever asks again hears what was done")
          .containsExactly("WITHDRAWN by an earlier attempt");
    }

    private static void builtUpon(KnowledgeBase kb, Owner run) {
      refusedToReopen(kb, run, RejectCode.BUILT_UPON);
    }

    private static void refusedToReopen(KnowledgeBase kb, Owner run, RejectCode code) {
      refused(() -> kb.reopen(run, "leave", Digest.of("leave")), code);
    }

    @Test
    @Triggers(RejectCode.LANE_CLOSED)
    void run_thatIsNotApplied_isNotOpenedAgain() throws Exception {
      KnowledgeBase kb = kb();
      publish(kb);
      refusedToReopen(kb, TestLane.OWNER, RejectCode.LANE_CLOSED);
    }

    @Test
    @Triggers(RejectCode.CLAIM_HELD)
    void appliedRun_overWhoseDocumentsAnotherRunHasAClaim_isNotOpenedAgain() throws Exception {
      KnowledgeBase kb = open(List.of());
      Owner run = applied(kb, "earlier", Head.absent(), lane.document(change));
      kb.claim(
          new Owner("engine", "default", "workflow", RunIds.of("later")), lane.plan(), o -> false);
      refusedToReopen(kb, run, RejectCode.CLAIM_HELD);
    }

    @Test
    @Triggers(RejectCode.GRANT_CONSUMED)
    void leave_thatOpenedOneRunAgain_opensNoOther() throws Exception {
      KnowledgeBase kb = open(List.of());
      Lane.Change second = lane.change("M-2");
      Owner one = applied(kb, "one", Head.absent(), lane.document(change));
      Owner two = applied(kb, "two", second, Head.absent(), lane.document(second));
      kb.reopen(one, "leave", Digest.of("leave"));
      assertThat(kb.withdraw(one).complete()).isTrue();
      refusedToReopen(kb, two, RejectCode.GRANT_CONSUMED);
    }

    @Test
    void appliedRun_whoseDocumentSomebodyAddedAnew_isNotWithdrawn() throws Exception {
      KnowledgeBase kb = open(List.of());
      byte[] one = lane.document(change);
      Owner run = applied(kb, "earlier", Head.absent(), one);
      Files.delete(documents().resolve(change.path().value()));
      kb.importDocuments(Map.of(change.path(), one), "test");
      builtUpon(kb, run);
    }

    @Test
    void withdrawal_besideADocumentThatSomebodyPutBack_isNotComplete() throws Exception {
      KnowledgeBase kb = kb();
      publish(kb);
      Lane.Change second = lane.change("M-2");
      publish(kb, second, lane.signedGrant());
      Path withdrawn = documents().resolve(second.path().value());
      Path last = documents().resolve(change.path().value());
      KnowledgeBase disturbed =
          disturbed(
              List.of(),
              "withdrawing",
              target -> {
                if (target.equals(last)) {
                  Files.writeString(withdrawn, "put back");
                }
              });
      KnowledgeBase.Withdrawal withdrawal = disturbed.withdraw(TestLane.OWNER);
      assertThat(withdrawal.steps())
          .extracting(KnowledgeBase.Step::outcome)
          .containsExactly("WITHDRAWN", "WITHDRAWN");
      assertThat(withdrawal.complete()).as("one head of before is not back").isFalse();
      assertThat(kb.ledger().openClaims()).hasSize(1);
    }

    /** That a withdrawal failed does not say that the publication had been refused. */
    @Test
    void withdrawal_thatFailedOfAPublicationThatNobodyRecorded_doesNotExcuseWhatStandsLater()
        throws Exception {
      publish(kb());
      CutLedger.afterTheLast("Intent", state());
      Path file = documents().resolve(change.path().value());
      Files.delete(file);
      Files.createSymbolicLink(file, folder.resolve("elsewhere"));
      assertThat(reopen(lane).withdraw(TestLane.OWNER).steps())
          .extracting(KnowledgeBase.Step::outcome)
          .containsExactly("FAILED");
      Files.delete(file);
      Files.writeString(file, "foreign");
      assertThat(reopen(lane).withdraw(TestLane.OWNER).steps())
          .extracting(KnowledgeBase.Step::outcome)
          .containsExactly("BUILT_UPON");
    }

    @Test
    @Triggers({RejectCode.FOREIGN_FILE, RejectCode.PATH_COLLISION})
    void inventory_ofALink_andADocumentAddedBesideItsNameInOtherCase_areRefused() throws Exception {
      KnowledgeBase kb = open(List.of());
      KbPath other = new KbPath("governance/00-INDEX.md");
      refused(
          () -> kb.importDocuments(Map.of(other, lane.document(change)), "test"),
          RejectCode.PATH_COLLISION);
      Files.createSymbolicLink(documents().resolve("link.md"), folder.resolve("elsewhere"));
      refused(kb::inventory, RejectCode.FOREIGN_FILE);
    }

    @ParameterizedTest
    @ValueSource(strings = {".a.md.swp", "notes draft.md", "über.md"})
    @Triggers(RejectCode.FOREIGN_FILE)
    void inventory_withAFileThatIsNoDocument_namesIt_untilItsNameIsIgnored(String name)
        throws Exception {
      KnowledgeBase kb = kb();
      Inventory before = kb.inventory();
      Files.writeString(documents().resolve("governance").resolve(name), "x");
      assertThatThrownBy(kb::inventory)
          .isInstanceOfSatisfying(
              RefusedException.class,
              e -> {
                assertThat(e.reject().code()).isEqualTo(RejectCode.FOREIGN_FILE);
                assertThat(e.reject().subject()).isEqualTo("governance/" + name);
              });
      kb.record(new LedgerEntry.NamesIgnored(List.of(name), "test"));
      assertThat(kb.inventory()).isEqualTo(before);
    }

    @Test
    @NearMiss({RejectCode.FOREIGN_FILE, RejectCode.PATH_IGNORED})
    void inventory_besideIgnoredNames_takesTheDocuments_andDoesNotLookIntoTheFolders()
        throws Exception {
      KnowledgeBase kb = kb();
      Inventory before = kb.inventory();
      Path lost = Files.createDirectory(documents().resolve("lost+found"));
      Files.createSymbolicLink(lost.resolve("a link"), folder.resolve("elsewhere"));
      assertThat(kb.inventory()).isEqualTo(before);
      kb.record(new LedgerEntry.NamesIgnored(List.of("*.swp", "~?"), "test"));
      refused(kb::inventory, RejectCode.FOREIGN_FILE);
      publish(kb);
    }

    @Test
    @Triggers(RejectCode.PATH_IGNORED)
    void publish_underAnIgnoredName_isRefused() throws Exception {
      KnowledgeBase kb = kb();
      kb.record(new LedgerEntry.NamesIgnored(List.of("governance"), "test"));
      refusedToPublish(kb, RejectCode.PATH_IGNORED);
      refused(() -> kb.head(change.path()), RejectCode.PATH_IGNORED);
    }

    /** Another, empty folder where the documents were: what a volume leaves that is not mounted. */
    private void unmount() throws Exception {
      Files.move(documents(), folder.resolve("volume"));
      Files.createDirectory(documents());
    }

    private void mount() throws Exception {
      Files.delete(documents());
      Files.move(folder.resolve("volume"), documents());
    }

    @Test
    @Triggers(RejectCode.KB_UNREACHABLE)
    void documentsOfAVolumeThatIsNotMounted_areNotAbsent_whoeverLooks() throws Exception {
      KnowledgeBase kb = kb();
      publish(kb);
      unmount();
      for (KnowledgeBase each : List.of(kb, reopen(lane))) {
        refused(() -> each.head(change.path()), RejectCode.KB_UNREACHABLE);
        refused(() -> each.read(change.path()), RejectCode.KB_UNREACHABLE);
        refused(() -> each.collision(change.path()), RejectCode.KB_UNREACHABLE);
        refused(each::inventory, RejectCode.KB_UNREACHABLE);
        refused(
            () -> each.importDocuments(Map.of(change.path(), new byte[1]), "test"),
            RejectCode.KB_UNREACHABLE);
      }
      refusedToPublish(kb, RejectCode.KB_UNREACHABLE);
      assertThat(documents()).isEmptyDirectory();
      kb.record(new LedgerEntry.Frozen("volume", "test"));
      KnowledgeBase.Withdrawal blind = kb.withdraw(TestLane.OWNER);
      assertThat(blind.complete()).isFalse();
      assertThat(blind.steps()).extracting(KnowledgeBase.Step::outcome).containsExactly("FAILED");
      mount();
      assertThat(kb.withdraw(TestLane.OWNER).complete()).isTrue();
    }

    @Test
    @Triggers(RejectCode.KB_UNREACHABLE)
    void documentsOfAnotherKnowledgeBase_areNotThisOnes() throws Exception {
      KnowledgeBase kb = kb();
      Path other = folder.resolve("other");
      DirectoryKnowledgeBase.create(
          other, folder.resolve("other-ledger"), new KbIdentity("kb-other", "no-production"));
      unmount();
      Files.delete(documents());
      Files.move(other, documents());
      assertThatThrownBy(kb::inventory).hasMessageContaining("kb-other");
      refused(() -> DirectoryKnowledgeBase.mark(documents(), state()), RejectCode.KB_UNREACHABLE);
    }

    @Test
    void foldersOfFileServices_besideTheMarker_sayNothing() throws Exception {
      KnowledgeBase kb = kb();
      Files.createDirectory(documents().resolve(Marker.FOLDER).resolve("@eaDir"));
      Files.createDirectory(documents().resolve(Marker.FOLDER).resolve(".AppleDouble"));
      assertThat(kb.inventory().heads()).isNotEmpty();
    }

    @Test
    void inventory_namesTheLargestDocument_whereHashingItTakesLong() throws Exception {
      KnowledgeBase kb = kb();
      assertThat(kb.inventory().large()).isEmpty();
      try (RandomAccessFile talk =
          new RandomAccessFile(documents().resolve("talk.mp4").toFile(), "rw")) {
        talk.setLength(Inventory.LARGE);
      }
      assertThat(kb.inventory().large()).map(Object::toString).contains("talk.mp4 of 256 MiB");
    }

    @Test
    @NearMiss(RejectCode.KB_UNREACHABLE)
    void documentsThatAPersonReplaced_andMarked_areRead() throws Exception {
      KnowledgeBase kb = kb();
      unmount();
      DirectoryKnowledgeBase.mark(documents(), state());
      assertThat(kb.inventory().heads()).isEmpty();
    }

    @Test
    void knowledgeBaseOfAnEarlierRelease_isMarked_onceAllItsDocumentsAreThere() throws Exception {
      KnowledgeBase kb = kb();
      publish(kb);
      Path marker = documents().resolve(Marker.FOLDER).resolve(TestLane.KB_ID);
      Files.delete(marker);
      Files.delete(marker.getParent());
      Files.delete(state().resolve("marked"));
      unmount();
      kb.raiseFence(1);
      assertThat(documents()).isEmptyDirectory();
      mount();
      kb.raiseFence(1);
      assertThat(marker).isEmptyDirectory();
      unmount();
      refused(kb::inventory, RejectCode.KB_UNREACHABLE);
    }

    @Test
    @Triggers(RejectCode.VOLUMES_DIFFER)
    void workspacesOnAnotherVolume_areNoRehearsal() throws Exception {
      Verdict elsewhere = kb().onOneVolume(Path.of("/proc/self"));
      assertThat(elsewhere.render()).isEqualTo("VOLUMES_DIFFER:self");
    }

    @Test
    @NearMiss(RejectCode.VOLUMES_DIFFER)
    void workspacesThatAreNotThereYet_areOnTheVolumeOfTheirParent() throws Exception {
      assertThat(kb().onOneVolume(folder.resolve("not/there")).passed()).isTrue();
    }

    @Test
    @NearMiss(RejectCode.ID_IN_USE)
    void idsOfALane_thatWasUndoneBeforeItsAddendumWasPublished_areFree() throws Exception {
      KnowledgeBase kb = kb();
      Lane.Change addendum = lane.change("M-2");
      IdRange ids = lane.plan().spec().reservations().get(0).range();
      assertThatThrownBy(
              () ->
                  publish(
                      disturbed(CommitChecks.all(lane::trust), "putting", this::overwrite),
                      addendum,
                      lane.signedGrant()))
          .isInstanceOf(RefusedException.class);
      Digest another = Digest.of(new byte[] {1});
      assertThat(kb.ledger().reservedByAnotherPlan(ids, another)).isPresent();
      kb.withdraw(TestLane.OWNER);
      assertThat(kb.ledger().reservedByAnotherPlan(ids, another)).isEmpty();
    }

    @Test
    @Triggers(RejectCode.ID_IN_USE)
    void idsOfAnAddendum_thatWasPublishedAndWithdrawn_stayReserved() throws Exception {
      KnowledgeBase kb = kb();
      publish(kb, lane.change("M-2"), lane.signedGrant());
      kb.withdraw(TestLane.OWNER);
      assertThat(
              kb.ledger()
                  .reservedByAnotherPlan(
                      lane.plan().spec().reservations().get(0).range(), Digest.of(new byte[] {1})))
          .isPresent();
    }

    @Test
    void attempt_thatSleptWhileAWithdrawalFailed_orAnEmptyClaimWasClosed_doesNotEndTheRun()
        throws Exception {
      KnowledgeBase kb = kb();
      LedgerEntry.RunEnded late = ended(LaneEnd.ROLLED_BACK);
      publish(kb);
      int known = kb.ledger().lines().size();
      foreignWrite(change.path(), "foreign".getBytes(StandardCharsets.UTF_8));
      assertThat(kb.withdraw(TestLane.OWNER).complete()).as("an outcome alone").isFalse();
      assertThatThrownBy(() -> kb.end(TestLane.OWNER, known, () -> late))
          .hasMessageContaining("went on while its end was sealed");

      Files.delete(documents().resolve(change.path().value()));
      assertThat(kb.withdraw(TestLane.OWNER).complete()).isTrue();
      Owner other = new Owner("engine", "default", "workflow", RunIds.of("other"));
      kb.claim(other, lane.plan(), o -> false);
      int before = kb.ledger().lines().size();
      assertThat(kb.withdraw(other).complete()).as("a closed claim alone").isTrue();
      assertThatThrownBy(() -> kb.end(other, before, () -> late))
          .hasMessageContaining("went on while its end was sealed");
    }

    @Test
    void attempt_thatSleptWhileTheRunWentOn_doesNotEndIt() throws Exception {
      KnowledgeBase kb = kb();
      publish(kb);
      int known = kb.ledger().lines().size();
      assertThat(kb.withdraw(TestLane.OWNER).complete()).isTrue();
      LedgerEntry.RunEnded late = ended(LaneEnd.ROLLBACK_FAILED);
      assertThatThrownBy(() -> kb.end(TestLane.OWNER, known, () -> late))
          .hasMessageContaining("went on while its end was sealed");
      LedgerEntry.RunEnded right = ended(LaneEnd.ROLLED_BACK);
      int all = kb.ledger().lines().size();
      assertThat(kb.end(TestLane.OWNER, all, () -> right)).isEqualTo(right);
      assertThat(kb.end(TestLane.OWNER, known, () -> late)).as("ended once").isEqualTo(right);
      assertThat(kb.ledger().all(LedgerEntry.RunEnded.class)).containsExactly(right);
    }

    private LedgerEntry.RunEnded ended(LaneEnd end) {
      return new LedgerEntry.RunEnded(
          TestLane.OWNER,
          lane.plan().lane().metadata().name(),
          Optional.of(lane.plan().digest()),
          end,
          Optional.empty());
    }

    @Test
    void appliedRun_whoseDocumentALaterLaneMadeAnew_isNotWithdrawn() throws Exception {
      KnowledgeBase kb = open(List.of());
      byte[] one = lane.document(change);
      Owner earliest = applied(kb, "earliest", Head.absent(), one);
      Files.delete(documents().resolve(change.path().value()));
      Owner latest = applied(kb, "latest", Head.absent(), one);
      builtUpon(kb, earliest);
      Head first = new Head.Revision(1, Digest.of(one));
      Owner update = applied(kb, "update", first, "other".getBytes(StandardCharsets.UTF_8));
      builtUpon(kb, latest);
      withdrawn(kb, update, first);
      builtUpon(kb, earliest);
      withdrawn(kb, latest, Head.absent());
    }

    @Test
    void grant_thatServesAgainAfterAnother_isRecordedAgain() throws Exception {
      KnowledgeBase kb = kb();
      byte[] another =
          lane.signedGrantWith(
              fields -> {
                fields.put("id", "another");
                return fields;
              });
      for (byte[] grant : List.of(lane.signedGrant(), another, lane.signedGrant())) {
        publish(kb, change, grant);
        Files.delete(documents().resolve(change.path().value()));
      }
      assertThat(kb.ledger().all(LedgerEntry.GrantConsumed.class))
          .extracting(LedgerEntry.GrantConsumed::grantId)
          .containsExactly("grant-test", "another", "grant-test");
    }

    @Test
    void withdrawal_ofADocumentThatCannotBeRead_goesOnWithTheOthers() throws Exception {
      KnowledgeBase kb = kb();
      publish(kb);
      Lane.Change second = lane.change("M-2");
      publish(kb, second, lane.signedGrant());
      Path file = documents().resolve(second.path().value());
      Files.delete(file);
      Files.createSymbolicLink(file, folder.resolve("elsewhere"));
      KnowledgeBase.Withdrawal withdrawal = kb.withdraw(TestLane.OWNER);
      assertThat(withdrawal.complete()).isFalse();
      assertThat(withdrawal.steps())
          .extracting(step -> step.changeId() + " " + step.outcome())
          .containsExactly("M-2 FAILED", "M-1 WITHDRAWN");
      assertThat(kb.ledger().openClaims()).hasSize(1);
      Files.delete(file);
      assertThat(kb.withdraw(TestLane.OWNER).steps())
          .extracting(step -> step.changeId() + " " + step.outcome())
          .as("gone by hand")
          .contains("M-1 ALREADY_WITHDRAWN");
    }

    @Test
    void withdrawal_whoseDocumentSomebodyOverwritesAtTheLastMoment_putsItBack() throws Exception {
      publish(kb());
      KnowledgeBase.Withdrawal withdrawal = disturbed("withdrawing").withdraw(TestLane.OWNER);
      assertThat(withdrawal.complete()).isFalse();
      assertThat(withdrawal.steps())
          .extracting(KnowledgeBase.Step::outcome)
          .containsExactly("FAILED");
      assertThat(documents().resolve(change.path().value())).hasContent("foreign");
    }

    @Test
    @NearMiss({RejectCode.PATH_UNSAFE, RejectCode.PATH_COLLISION})
    void crash_betweenIntentAndLink_leavesAbsent_andTheNextAttemptPublishes() throws Exception {
      KnowledgeBase kb = kb();
      publish(kb);
      Files.delete(documents().resolve(change.path().value()));
      CutLedger.afterTheLast("Intent", state());
      KnowledgeBase after = reopen(lane);
      assertThat(after.head(change.path())).isEqualTo(Head.absent());
      assertThat(publish(after).adopted()).isFalse();
    }

    @Test
    void crash_betweenLinkAndOutcome_isOursByItsInode_andAdopted() throws Exception {
      KnowledgeBase kb = kb();
      publish(kb);
      CutLedger.afterTheLast("Intent", state());
      KnowledgeBase after = reopen(lane);
      assertThat(publish(after).adopted()).isTrue();
      assertThat(after.withdraw(TestLane.OWNER).complete()).isTrue();
      assertThat(after.head(change.path())).isEqualTo(Head.absent());
    }

    @Test
    @Triggers(RejectCode.DOCUMENT_PRESENT)
    void crash_beforeLink_thenAForeignerWritesTheSameBytes_isNotOurs() throws Exception {
      KnowledgeBase kb = kb();
      publish(kb);
      CutLedger.afterTheLast("Intent", state());
      foreignWrite(change.path(), lane.document(change));
      KnowledgeBase after = reopen(lane);
      refusedToPublish(after, RejectCode.DOCUMENT_PRESENT);
      assertThat(after.withdraw(TestLane.OWNER).steps())
          .extracting(KnowledgeBase.Step::outcome)
          .as("nobody can say whether it was published and replaced")
          .containsExactly("BUILT_UPON");
      assertThat(after.head(change.path()).present()).as("left alone").isTrue();
      Files.delete(documents().resolve(change.path().value()));
      assertThat(after.withdraw(TestLane.OWNER).complete()).isTrue();
    }

    @Test
    void crash_afterLink_thenAnEdit_isNotSaidToBeUndone() throws Exception {
      KnowledgeBase kb = kb();
      publish(kb);
      CutLedger.afterTheLast("Intent", state());
      Files.writeString(documents().resolve(change.path().value()), "edited in place");
      KnowledgeBase.Withdrawal withdrawal = reopen(lane).withdraw(TestLane.OWNER);
      assertThat(withdrawal.complete()).isFalse();
      assertThat(withdrawal.steps())
          .extracting(KnowledgeBase.Step::outcome)
          .containsExactly("BUILT_UPON");
      assertThat(reopen(lane).withdraw(TestLane.OWNER).complete())
          .as("nor the next time")
          .isFalse();
    }

    @Test
    void tornLastLine_neverCounted_isCutOff() throws Exception {
      KnowledgeBase kb = kb();
      int before = kb.ledger().lines().size();
      Files.writeString(
          state().resolve("ledger.jsonl"), "{\"at\":\"2026", StandardOpenOption.APPEND);
      KnowledgeBase after = reopen(lane);
      assertThat(after.ledger().lines()).hasSize(before);
      after.record(new LedgerEntry.OwnerBarred(TestLane.OWNER));
      assertThat(reopen(lane).ledger().lines()).hasSize(before + 1);
    }

    @Test
    void withdraw_removesTheFoldersThatItMade_andNoOthers() throws Exception {
      Path fix7 = documents().resolve("governance/fix7");
      Files.move(fix7, folder.resolve("aside"));
      KnowledgeBase unpinned = open(List.of());
      publish(unpinned);
      assertThat(fix7).exists();
      unpinned.withdraw(TestLane.OWNER);
      assertThat(fix7).doesNotExist();
      assertThat(documents().resolve("governance")).exists();
    }
  }

  /** Each commit check with all the others switched off. */
  @Nested
  class OneCheckAlone {

    private final TestLane lane = Folder.lane();
    private final Lane.Change change = lane.change("M-1");
    private byte[] grant = lane.signedGrant();
    private byte[] bytes = lane.document(change);
    private long fenceOffset;

    private void refusedBy(CommitCheck check, RejectCode code) throws Exception {
      assertThatThrownBy(() -> publishUnder(check))
          .isInstanceOfSatisfying(
              RefusedException.class, e -> assertThat(e.reject().code()).isEqualTo(code));
      assertThat(reopen(lane).head(change.path()).present()).isFalse();
    }

    private void admittedBy(CommitCheck check) throws Exception {
      publishUnder(check);
      assertThat(reopen(lane).head(change.path()).present()).isTrue();
    }

    private void publishUnder(CommitCheck check) throws Exception {
      KnowledgeBase kb = open(List.of(check));
      long epoch = kb.claim(TestLane.OWNER, lane.plan(), o -> false).epoch();
      long fence = kb.raiseFence(epoch) + fenceOffset;
      kb.publish(
          new KnowledgeBase.Publication(
              TestLane.OWNER, lane.plan(), grant, epoch, fence, change, bytes));
    }

    @Test
    @Triggers(RejectCode.STALE_FENCE)
    @NearMiss(RejectCode.STALE_FENCE)
    void fence_alone_refusesAStaleFence() throws Exception {
      fenceOffset = -1;
      refusedBy(CommitChecks::fence, RejectCode.STALE_FENCE);
      fenceOffset = 0;
      admittedBy(CommitChecks::fence);
    }

    @Test
    @Triggers(RejectCode.GRANT_FORGED)
    @NearMiss(RejectCode.GRANT_FORGED)
    void grant_alone_refusesAForgedOne() throws Exception {
      CommitCheck check = commit -> CommitChecks.grant(commit, lane.trust());
      byte[] good = grant;
      grant = lane.grant().sign(SigningKey.generate()).bytes();
      refusedBy(check, RejectCode.GRANT_FORGED);
      grant = good;
      admittedBy(check);
    }

    @Test
    @Triggers(RejectCode.GRANT_REVOKED)
    void grant_alone_refusesOneThatWasRevokedAtThisMoment() throws Exception {
      CommitCheck check = commit -> CommitChecks.grant(commit, lane.trust());
      KnowledgeBase kb = open(List.of());
      kb.record(new LedgerEntry.GrantRevoked(lane.grant().id(), "operator", "lost"));
      refusedBy(check, RejectCode.GRANT_REVOKED);
    }

    @Test
    void requiredStagesPassed_alone_refusesAnExecutorWhoseKeyWasRemoved() throws Exception {
      lane.clear(open(List.of()), TestLane.OWNER);
      TrustRoot trust =
          lane.trust().with(TrustRoot.Role.EXECUTOR, "x", lane.executor().verifyKey());
      TrustRoot without =
          trust.without(TrustRoot.Role.EXECUTOR, lane.executor().verifyKey().thumbprint());
      refusedBy(c -> CommitChecks.requiredStagesPassed(c, without), RejectCode.COMMIT_NOT_CLEARED);
      admittedBy(c -> CommitChecks.requiredStagesPassed(c, trust));
    }

    @Test
    @Triggers(RejectCode.GRANT_EXPIRED)
    void grant_alone_refusesAnExpiredOne() throws Exception {
      CommitCheck check = commit -> CommitChecks.grant(commit, lane.trust());
      grant =
          lane.signedGrantWith(
              fields -> {
                fields.put(
                    "expiresAt",
                    Clock.systemUTC().instant().minus(Duration.ofSeconds(1)).toString());
                fields.put(
                    "notBefore", Clock.systemUTC().instant().minus(Duration.ofHours(5)).toString());
                return fields;
              });
      refusedBy(check, RejectCode.GRANT_EXPIRED);
    }

    @Test
    @Triggers(RejectCode.COMMIT_NOT_CLEARED)
    @NearMiss(RejectCode.COMMIT_NOT_CLEARED)
    void requiredStagesPassed_alone_refusesWithoutS0ToS4_andWithForgedOrFailedRecords()
        throws Exception {
      refusedBy(
          c -> CommitChecks.requiredStagesPassed(c, lane.trust()), RejectCode.COMMIT_NOT_CLEARED);
      KnowledgeBase kb = open(List.of());
      lane.clear(kb, TestLane.OWNER);
      for (Stage stage : List.of(Stage.S0, Stage.S1, Stage.S2, Stage.S3, Stage.S4)) {
        lane.record(kb, TestLane.OWNER, stage, "PASS", SigningKey.generate());
        refusedBy(
            c -> CommitChecks.requiredStagesPassed(c, lane.trust()), RejectCode.COMMIT_NOT_CLEARED);
        lane.record(kb, TestLane.OWNER, stage, "REJECT", lane.executor());
        refusedBy(
            c -> CommitChecks.requiredStagesPassed(c, lane.trust()), RejectCode.COMMIT_NOT_CLEARED);
        lane.record(kb, TestLane.OWNER, stage, "PASS", lane.executor());
      }
      admittedBy(c -> CommitChecks.requiredStagesPassed(c, lane.trust()));
    }

    @Test
    @Triggers(RejectCode.COMMIT_NOT_CLEARED)
    void requiredStagesPassed_alone_refusesARecordCopiedFromAnotherRun() throws Exception {
      KnowledgeBase kb = open(List.of());
      lane.clear(kb, TestLane.OWNER);
      var other =
          new dev.lanekeeper.workflow.Owner(
              "engine", "default", "workflow", RunIds.of("copied-run"));
      LedgerEntry.StageRecorded mine = kb.ledger().stage(TestLane.OWNER, Stage.S4).orElseThrow();
      lane.clear(kb, other);
      kb.record(
          new LedgerEntry.StageRecorded(
              TestLane.OWNER,
              Stage.S4,
              0,
              "PASS",
              mine.fragment(),
              kb.ledger().stage(other, Stage.S4).orElseThrow().attestation()));
      refusedBy(
          c -> CommitChecks.requiredStagesPassed(c, lane.trust()), RejectCode.COMMIT_NOT_CLEARED);
    }

    @Test
    @Triggers(RejectCode.DOCUMENT_DIGEST_MISMATCH)
    @NearMiss(RejectCode.DOCUMENT_DIGEST_MISMATCH)
    void bytes_alone_refusesOtherBytes() throws Exception {
      byte[] good = bytes;
      bytes = "other".getBytes(StandardCharsets.UTF_8);
      refusedBy(CommitChecks::bytes, RejectCode.DOCUMENT_DIGEST_MISMATCH);
      bytes = good;
      admittedBy(CommitChecks::bytes);
    }

    @Test
    void approval_alone_refusesUntilOneOfAnApproverIsRecorded() throws Exception {
      Asking asking = asking();
      refused(asking::publish, RejectCode.APPROVAL_MISSING);
      asking.record(SigningKey.generate(), Instant.now().plusSeconds(600));
      refused(asking::publish, RejectCode.APPROVAL_INVALID);
      asking.record(asking.approver, Instant.now().minusSeconds(1));
      refused(asking::publish, RejectCode.APPROVAL_EXPIRED);
      assertThat(reopen(lane).head(change.path()).present()).isFalse();
      asking.record(asking.approver, Instant.now().plusSeconds(600));
      assertThatCode(asking::publish).doesNotThrowAnyException();
    }

    private Asking asking() throws Exception {
      return new Asking(trust -> List.of(commit -> CommitChecks.approval(commit, trust)));
    }

    /** Refuses the approval that is recorded, and nothing but it. */
    private void invalid(Asking asking) throws Exception {
      refused(asking::publish, RejectCode.APPROVAL_INVALID);
      asking.record(asking.approver, Instant.now().plusSeconds(600));
      assertThatCode(asking::publish).doesNotThrowAnyException();
    }

    /** One person may hold both roles in the trust root, but not in one lane. */
    @Test
    void approval_ofTheReviewer_isRefused_thoughAnApproversKey() throws Exception {
      Asking asking = asking();
      asking.record(asking.lane.reviewer(), Instant.now().plusSeconds(600));
      invalid(asking);
    }

    @Test
    void approval_byAKeyOfAnotherRole_isRefused_thoughItDoesNotActInTheLane() throws Exception {
      Asking asking = asking();
      asking.record(asking.spare, Instant.now().plusSeconds(600));
      invalid(asking);
    }

    /** The ledger says for which plan an approval was recorded, and nobody signed that. */
    @Test
    void approval_ofAnotherPlan_isRefused_thoughRecordedForThisOne() throws Exception {
      Asking asking = asking();
      asking.record(asking.approver, Instant.now().plusSeconds(600), Digest.of("other"));
      invalid(asking);
    }

    @Test
    void allChecks_knowFreezeAndApproval() throws Exception {
      Asking asking = new Asking(trust -> CommitChecks.all(() -> trust));
      asking.lane.clear(asking.kb, TestLane.OWNER);
      refused(asking::publish, RejectCode.APPROVAL_MISSING);
      asking.record(asking.approver, Instant.now().plusSeconds(600));
      asking.kb.record(new LedgerEntry.Frozen("audit", "operator"));
      refused(asking::publish, RejectCode.FROZEN);
      asking.kb.record(new LedgerEntry.Unfrozen("operator"));
      assertThatCode(asking::publish).doesNotThrowAnyException();
    }

    /** A lane that asks for an approval, with its claim. */
    private final class Asking {
      private final TestLane lane;
      private final SigningKey approver = SigningKey.generate();
      private final SigningKey spare = SigningKey.generate();
      private final KnowledgeBase kb;
      private final byte[] grant;
      private final long epoch;
      private final long fence;

      Asking(Function<TrustRoot, List<CommitCheck>> checks) throws Exception {
        lane =
            new TestLane(
                Clock.systemUTC(),
                EditedLane.copyOf(TestLane.FIX7, folder.resolve("lane"))
                    .edit("\n  next:\n", "\n  approval: {question: May it stand.}\n\n  next:\n")
                    .bundle());
        grant = lane.signedGrant();
        kb =
            open(
                checks.apply(
                    lane.trust()
                        .with(TrustRoot.Role.EXECUTOR, "spare", spare.verifyKey())
                        .with(TrustRoot.Role.APPROVER, "also", lane.reviewer().verifyKey())
                        .with(TrustRoot.Role.APPROVER, "somebody-else", approver.verifyKey())));
        epoch = kb.claim(TestLane.OWNER, lane.plan(), o -> false).epoch();
        fence = kb.raiseFence(epoch);
      }

      void publish() throws IOException {
        kb.publish(
            new KnowledgeBase.Publication(
                TestLane.OWNER, lane.plan(), grant, epoch, fence, lane.change("M-1"), bytes));
      }

      void record(SigningKey key, Instant expires) throws IOException {
        record(key, expires, lane.plan().digest());
      }

      /** Records an approval for this lane's plan, whatever plan it is of. */
      void record(SigningKey key, Instant expires, Digest of) throws IOException {
        Approval approval = new Approval(1, "approval-1", of, kb.identity().id(), expires);
        String envelope = new String(Approvals.sign(approval, key).bytes(), StandardCharsets.UTF_8);
        kb.record(new LedgerEntry.Approved(lane.plan().digest(), envelope));
      }
    }

    @Test
    void freeze_alone_refusesWhileItLasts() throws Exception {
      KnowledgeBase kb = open(List.of());
      kb.record(new LedgerEntry.Frozen("audit", "operator"));
      refusedBy(CommitChecks::freeze, RejectCode.FROZEN);
      kb.record(new LedgerEntry.Unfrozen("operator"));
      admittedBy(CommitChecks::freeze);
    }

    @Test
    @Triggers(RejectCode.SURFACE_UNKNOWN)
    @NearMiss(RejectCode.SURFACE_UNKNOWN)
    void scope_alone_refusesAPathThatNothingAllows() throws Exception {
      Lane.Change outside =
          new Lane.Change(
              "X",
              "RB-X",
              Stage.S5,
              new KbPath("elsewhere/document.md"),
              change.source(),
              Head.absent(),
              java.util.Optional.empty());
      KnowledgeBase kb = open(List.of(CommitChecks::scope));
      long epoch = kb.claim(TestLane.OWNER, lane.plan(), o -> false).epoch();
      long fence = kb.raiseFence(epoch);
      assertThatThrownBy(
              () ->
                  kb.publish(
                      new KnowledgeBase.Publication(
                          TestLane.OWNER, lane.plan(), grant, epoch, fence, outside, bytes)))
          .isInstanceOfSatisfying(
              RefusedException.class,
              e -> assertThat(e.reject().code()).isEqualTo(RejectCode.SURFACE_UNKNOWN));
      admittedBy(CommitChecks::scope);
    }

    @Test
    @Triggers({RejectCode.PIN_CHANGED, RejectCode.PIN_MISSING})
    @NearMiss({RejectCode.PIN_CHANGED, RejectCode.PIN_MISSING})
    void pins_alone_refusesAfterAPinnedDocumentChanged() throws Exception {
      KbPath index = new KbPath("governance/00-index.md");
      byte[] good = reopen(lane).read(index).orElseThrow().bytes();
      foreignWrite(index, "changed".getBytes(StandardCharsets.UTF_8));
      refusedBy(CommitChecks::pins, RejectCode.PIN_CHANGED);
      Files.delete(documents().resolve(index.value()));
      refusedBy(CommitChecks::pins, RejectCode.PIN_MISSING);
      foreignWrite(index, good);
      admittedBy(CommitChecks::pins);
    }

    @Test
    void everyCheckOff_theLinkStillNeverOverwrites() throws Exception {
      byte[] foreign = "foreign".getBytes(StandardCharsets.UTF_8);
      foreignWrite(change.path(), foreign);
      KnowledgeBase kb = open(List.of());
      assertThatThrownBy(
              () -> {
                long epoch = kb.claim(TestLane.OWNER, lane.plan(), o -> false).epoch();
                kb.publish(
                    new KnowledgeBase.Publication(
                        TestLane.OWNER,
                        lane.plan(),
                        grant,
                        epoch,
                        kb.raiseFence(epoch),
                        change,
                        bytes));
              })
          .isInstanceOfSatisfying(
              RefusedException.class,
              e -> assertThat(e.reject().code()).isEqualTo(RejectCode.DOCUMENT_PRESENT));
      assertThat(reopen(lane).read(change.path()).orElseThrow().bytes()).isEqualTo(foreign);
    }

    @Test
    @Triggers(RejectCode.DOCUMENT_PRESENT)
    @NearMiss(RejectCode.DOCUMENT_PRESENT)
    void head_alone_refusesADocumentThatIsThere() throws Exception {
      foreignWrite(change.path(), "foreign".getBytes(StandardCharsets.UTF_8));
      assertThatThrownBy(() -> publishUnder(CommitChecks::head))
          .isInstanceOfSatisfying(
              RefusedException.class,
              e -> assertThat(e.reject().code()).isEqualTo(RejectCode.DOCUMENT_PRESENT));
      Files.delete(documents().resolve(change.path().value()));
      admittedBy(CommitChecks::head);
    }
  }

  @Test
  void digestOfLedgerLine_isCanonicalJson() throws Exception {
    for (String line : Files.readAllLines(state().resolve("ledger.jsonl"))) {
      byte[] bytes = line.getBytes(StandardCharsets.UTF_8);
      assertThat(Digest.of(bytes))
          .isEqualTo(dev.lanekeeper.canonical.CanonicalJson.digest(Json.parse(bytes)));
    }
  }
}
