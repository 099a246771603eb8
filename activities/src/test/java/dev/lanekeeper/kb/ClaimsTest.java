package dev.lanekeeper.kb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lanekeeper.authority.Grant;
import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.evidence.Bundle;
import dev.lanekeeper.evidence.LaneFolder;
import dev.lanekeeper.lane.Head;
import dev.lanekeeper.lane.KbPath;
import dev.lanekeeper.lane.Lane;
import dev.lanekeeper.lane.Plan;
import dev.lanekeeper.signature.SigningKey;
import dev.lanekeeper.testkit.EditedLane;
import dev.lanekeeper.testkit.NearMiss;
import dev.lanekeeper.testkit.RunIds;
import dev.lanekeeper.testkit.TestLane;
import dev.lanekeeper.testkit.Triggers;
import dev.lanekeeper.verdict.RejectCode;
import dev.lanekeeper.workflow.LaneEnd;
import dev.lanekeeper.workflow.Owner;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a claim covers and when it is over; updates, whose bytes before must come back. */
final class ClaimsTest {

  private static final Owner OTHER =
      new Owner("engine", "default", "other", RunIds.of("other-run"));
  private static final String M1 =
      "path: governance/fix7/fix7-p0-operative-birth-blueprint-2026-06-12.md";
  private static final String M2 =
      "path: governance/fix7/fix7-p0-governance-addendum-2026-06-12.md";

  @TempDir private Path folder;
  private TestLane lane;

  @BeforeEach
  void create() throws Exception {
    lane = new TestLane(Clock.systemUTC());
    DirectoryKnowledgeBase.create(
        folder.resolve("kb"), folder.resolve("state"), new KbIdentity(TestLane.KB_ID, "any"));
  }

  private KnowledgeBase kb(CommitCheck... checks) throws Exception {
    return new DirectoryKnowledgeBase(
        folder.resolve("kb"), folder.resolve("state"), Clock.systemUTC(), List.of(checks));
  }

  private static void refused(ThrowingCallable call, RejectCode code) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            RefusedException.class, e -> assertThat(e.reject().code()).isEqualTo(code));
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private EditedLane other() throws Exception {
    return EditedLane.copyOf(TestLane.FIX7, folder.resolve("lane"))
        .edit("  name: fix7-p0\n", "  name: other-lane\n");
  }

  private KnowledgeBase.Publication publication(Plan plan, String change, long epoch, long fence) {
    Lane.Change c = lane.change(change);
    return new KnowledgeBase.Publication(
        TestLane.OWNER, plan, lane.signedGrant(), epoch, fence, c, lane.document(c));
  }

  @Test
  @Triggers(RejectCode.LANE_CLOSED)
  void publication_underAWithdrawingFence_isRefused() throws Exception {
    KnowledgeBase kb = kb(CommitChecks::fence);
    long epoch = kb.claim(TestLane.OWNER, lane.plan(), o -> false).epoch();
    kb.record(new LedgerEntry.FenceRaised(epoch, 7, true));
    refused(() -> kb.publish(publication(lane.plan(), "M-1", epoch, 7)), RejectCode.LANE_CLOSED);
  }

  @Test
  @Triggers(RejectCode.LANE_CLOSED)
  void publication_byABarredRun_isRefused() throws Exception {
    KnowledgeBase kb = kb(CommitChecks::fence);
    long epoch = kb.claim(TestLane.OWNER, lane.plan(), o -> false).epoch();
    long fence = kb.raiseFence(epoch);
    kb.record(new LedgerEntry.OwnerBarred(TestLane.OWNER));
    refused(
        () -> kb.publish(publication(lane.plan(), "M-1", epoch, fence)), RejectCode.LANE_CLOSED);
  }

  /** No fence was ever raised for it: its number would fit. */
  @Test
  @Triggers(RejectCode.LANE_CLOSED)
  void publication_underAnEpochThatNobodyClaimed_isRefused() throws Exception {
    KnowledgeBase kb = kb(CommitChecks::fence);
    long epoch = kb.claim(TestLane.OWNER, lane.plan(), o -> false).epoch();
    refused(
        () -> kb.publish(publication(lane.plan(), "M-1", epoch + 1, 0)), RejectCode.LANE_CLOSED);
  }

  @Test
  @Triggers(RejectCode.LANE_CLOSED)
  @NearMiss(RejectCode.LANE_CLOSED)
  void fence_ofAnAppliedClaim_isNotRaised() throws Exception {
    KnowledgeBase kb = kb();
    long epoch = kb.claim(TestLane.OWNER, lane.plan(), o -> false).epoch();
    assertThat(kb.raiseFence(epoch)).isEqualTo(1);
    kb.record(
        new LedgerEntry.RunEnded(
            TestLane.OWNER,
            lane.plan().lane().metadata().name(),
            Optional.of(lane.plan().digest()),
            LaneEnd.APPLIED,
            Optional.empty()));
    refused(() -> kb.raiseFence(epoch), RejectCode.LANE_CLOSED);
  }

  @Test
  @Triggers(RejectCode.PLAN_DIGEST_MISMATCH)
  void publication_ofAnotherPlanThanTheClaims_isRefused() throws Exception {
    KnowledgeBase kb = kb(CommitChecks::fence);
    long epoch = kb.claim(TestLane.OWNER, lane.plan(), o -> false).epoch();
    long fence = kb.raiseFence(epoch);
    Plan another = other().bundle().plan();
    refused(
        () -> kb.publish(publication(another, "M-1", epoch, fence)),
        RejectCode.PLAN_DIGEST_MISMATCH);
    assertThat(kb.publish(publication(lane.plan(), "M-1", epoch, fence)).adopted()).isFalse();
  }

  @Test
  @Triggers(RejectCode.DOCUMENT_DIGEST_MISMATCH)
  void publication_ofTheRightBytesAtAnotherPath_isRefused() throws Exception {
    KnowledgeBase kb = kb(CommitChecks::bytes);
    Lane.Change own = lane.change("M-1");
    Lane.Change elsewhere =
        new Lane.Change(
            own.id(),
            own.rollbackId(),
            own.stage(),
            new KbPath("elsewhere/document.md"),
            own.source(),
            own.expect(),
            own.title());
    long epoch = kb.claim(TestLane.OWNER, lane.plan(), o -> false).epoch();
    long fence = kb.raiseFence(epoch);
    refused(
        () ->
            kb.publish(
                new KnowledgeBase.Publication(
                    TestLane.OWNER,
                    lane.plan(),
                    lane.signedGrant(),
                    epoch,
                    fence,
                    elsewhere,
                    lane.document(own))),
        RejectCode.DOCUMENT_DIGEST_MISMATCH);
  }

  @Test
  @Triggers(RejectCode.CLAIM_HELD)
  void claim_overOtherPathsAndTheSameIds_isHeld() throws Exception {
    KnowledgeBase kb = kb();
    kb.claim(TestLane.OWNER, lane.plan(), o -> false);
    Plan sameIds =
        other()
            .edit(M1 + "\n", "path: governance/other/one.md\n")
            .edit(M2 + "\n", "path: governance/other/two.md\n")
            .bundle()
            .plan();
    refused(() -> kb.claim(OTHER, sameIds, o -> false), RejectCode.CLAIM_HELD);
  }

  @Test
  @Triggers(RejectCode.CLAIM_HELD)
  void claim_ofAClosedRunOfAnotherPlan_thatPublished_isNotAdopted() throws Exception {
    KnowledgeBase kb = kb();
    long epoch = kb.claim(TestLane.OWNER, lane.plan(), o -> false).epoch();
    kb.publish(publication(lane.plan(), "M-1", epoch, kb.raiseFence(epoch)));
    Plan another = other().bundle().plan();
    refused(() -> kb.claim(OTHER, another, o -> true), RejectCode.CLAIM_HELD);
  }

  private EditedLane otherIds() throws Exception {
    return other()
        .edit("    from: 442\n", "    from: 501\n")
        .edit("    to: 461\n", "    to: 502\n");
  }

  @Test
  @Triggers(RejectCode.CLAIM_HELD)
  void claim_overAPathThatDiffersByCaseOnly_isHeld() throws Exception {
    KnowledgeBase kb = kb();
    kb.claim(TestLane.OWNER, lane.plan(), o -> false);
    Plan sameFolded =
        otherIds()
            .edit(M1 + "\n", M1.replace("fix7-p0-operative", "FIX7-P0-operative") + "\n")
            .edit(M2 + "\n", "path: governance/other/two.md\n")
            .bundle()
            .plan();
    refused(() -> kb.claim(OTHER, sameFolded, o -> false), RejectCode.CLAIM_HELD);
  }

  @Test
  @NearMiss({RejectCode.CLAIM_HELD, RejectCode.ID_IN_USE})
  void claim_overOtherPathsAndOtherIds_isGivenBeside() throws Exception {
    KnowledgeBase kb = kb();
    kb.claim(TestLane.OWNER, lane.plan(), o -> false);
    Plan beside =
        otherIds()
            .edit(M1 + "\n", "path: governance/other/one.md\n")
            .edit(M2 + "\n", "path: governance/other/two.md\n")
            .bundle()
            .plan();
    kb.claim(OTHER, beside, o -> false);
    assertThat(kb.ledger().openClaims()).hasSize(2);
  }

  @Test
  @Triggers(RejectCode.ID_IN_USE)
  void ids_thatAnEarlierPlanReserved_stayReserved_alsoAfterItsWithdrawal() throws Exception {
    KnowledgeBase kb = kb();
    long epoch = kb.claim(TestLane.OWNER, lane.plan(), o -> false).epoch();
    kb.publish(publication(lane.plan(), "M-2", epoch, kb.raiseFence(epoch)));
    assertThat(kb.withdraw(TestLane.OWNER).complete()).isTrue();
    Plan another = other().bundle().plan();
    refused(() -> kb.claim(OTHER, another, o -> false), RejectCode.ID_IN_USE);
    assertThat(kb.claim(OTHER, lane.plan(), o -> false).epoch())
        .as("the same plan may go on with its own ids")
        .isGreaterThan(epoch);
  }

  /** The handbook's first change updates a document; every check is off. */
  private final class Update {
    private final KnowledgeBase kb = kb();
    private final Bundle bundle =
        LaneFolder.read(TestLane.ROOT.resolve("examples").resolve("handbook-release"));
    private final Lane.Change change = bundle.plan().spec().changes().get(0);
    private final byte[] before =
        Files.readAllBytes(TestLane.ROOT.resolve("examples/handbook-release/kb/" + change.path()));

    Update() throws Exception {
      kb.importDocuments(Map.of(change.path(), before), "test");
    }

    Path file() {
      return folder.resolve("kb").resolve(change.path().value());
    }

    void publish() throws Exception {
      SigningKey key = SigningKey.generate();
      Digest print = key.verifyKey().thumbprint();
      Grant.Terms terms =
          new Grant.Terms(
              "g", "o", "s", "kb", print, print, Instant.EPOCH, Instant.now().plusSeconds(9), 0);
      long epoch = kb.claim(TestLane.OWNER, bundle.plan(), o -> false).epoch();
      kb.publish(
          new KnowledgeBase.Publication(
              TestLane.OWNER,
              bundle.plan(),
              Grant.of(bundle.plan(), terms).sign(key).bytes(),
              epoch,
              kb.raiseFence(epoch),
              change,
              bundle.files().get(change.source())));
    }
  }

  @Test
  @NearMiss(RejectCode.HEAD_CHANGED)
  void update_isWithdrawnToTheRevisionAndBytesOfBefore() throws Exception {
    Update update = new Update();
    update.publish();
    assertThat(update.kb.head(update.change.path()))
        .isEqualTo(Head.revision(2, Digest.of(update.bundle.files().get(update.change.source()))));
    assertThat(update.kb.withdraw(TestLane.OWNER).complete()).isTrue();
    assertThat(update.kb.head(update.change.path()))
        .isEqualTo(Head.revision(1, Digest.of(update.before)));
    assertThat(update.file()).hasBinaryContent(update.before);
  }

  @Test
  @Triggers(RejectCode.HEAD_CHANGED)
  void update_ofOtherBytesThanExpected_replacesNothing_evenWithEveryCheckOff() throws Exception {
    Update update = new Update();
    Files.delete(update.file());
    Files.write(update.file(), bytes("somebody else's"));
    refused(update::publish, RejectCode.HEAD_CHANGED);
    assertThat(update.file()).hasContent("somebody else's");
  }

  @Test
  void update_whoseKeptBytesHaveChanged_isNotWithdrawnToThem() throws Exception {
    Update update = new Update();
    update.publish();
    try (Stream<Path> kept = Files.list(folder.resolve("state/replaced"))) {
      Path only = kept.toList().get(0);
      assertThat(only).hasBinaryContent(update.before);
      Files.write(only, bytes("tampered"));
    }
    KnowledgeBase.Withdrawal withdrawal = update.kb.withdraw(TestLane.OWNER);
    assertThat(withdrawal.complete()).isFalse();
    assertThat(withdrawal.steps())
        .extracting(KnowledgeBase.Step::outcome)
        .containsExactly("FAILED");
    assertThat(update.file())
        .as("what the lane published still stands")
        .hasBinaryContent(update.bundle.files().get(update.change.source()));
    assertThat(update.kb.ledger().openClaims()).as("the claim stays").hasSize(1);
  }

  @Test
  @Triggers(RejectCode.ROLLBACK_APPLY_EQUALS_BEFORE)
  void bytes_thatStandAlready_areNoUpdate() throws Exception {
    Update update = new Update();
    KnowledgeBase kb = kb(CommitChecks::bytes);
    long epoch = kb.claim(TestLane.OWNER, update.bundle.plan(), o -> false).epoch();
    long fence = kb.raiseFence(epoch);
    refused(
        () ->
            kb.publish(
                new KnowledgeBase.Publication(
                    TestLane.OWNER,
                    update.bundle.plan(),
                    lane.signedGrant(),
                    epoch,
                    fence,
                    update.change,
                    update.before)),
        RejectCode.ROLLBACK_APPLY_EQUALS_BEFORE);
  }

  /** A check that says nothing has not said yes. */
  @Test
  void check_thatGivesNoVerdict_admitsNothing() throws Exception {
    KnowledgeBase kb = kb(commit -> null);
    long epoch = kb.claim(TestLane.OWNER, lane.plan(), o -> false).epoch();
    long fence = kb.raiseFence(epoch);
    KnowledgeBase.Publication publication = publication(lane.plan(), "M-1", epoch, fence);
    assertThatThrownBy(() -> kb.publish(publication)).isInstanceOf(NullPointerException.class);
    assertThat(kb.head(publication.change().path()).present()).isFalse();
  }

  @Test
  void publication_underNoClaim_andUnderOneThatIsWithdrawn_isToldWhich() throws Exception {
    KnowledgeBase kb = kb(CommitChecks::fence);
    long epoch = kb.claim(TestLane.OWNER, lane.plan(), o -> false).epoch();
    assertThatThrownBy(() -> kb.publish(publication(lane.plan(), "M-1", epoch + 1, 0)))
        .hasMessageEndingWith("found none");
    kb.record(new LedgerEntry.FenceRaised(epoch, 7, true));
    assertThatThrownBy(() -> kb.publish(publication(lane.plan(), "M-1", epoch, 7)))
        .hasMessageEndingWith("found a claim that is being withdrawn");
  }
}
