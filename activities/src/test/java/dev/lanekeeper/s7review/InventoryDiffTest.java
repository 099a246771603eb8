package dev.lanekeeper.s7review;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.canonical.Json;
import dev.lanekeeper.kb.Inventory;
import dev.lanekeeper.kb.LedgerEntry;
import dev.lanekeeper.kb.LedgerState;
import dev.lanekeeper.lane.Head;
import dev.lanekeeper.lane.KbPath;
import dev.lanekeeper.lane.Lane;
import dev.lanekeeper.lane.LaneName;
import dev.lanekeeper.testkit.RunIds;
import dev.lanekeeper.testkit.TestLane;
import dev.lanekeeper.workflow.Owner;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What another lane does at the very moment of the review. */
class InventoryDiffTest {

  private static final KbPath PATH = new KbPath("other/document.md");
  private static final Head.Revision PUT =
      new Head.Revision(1, Digest.of("other".getBytes(StandardCharsets.UTF_8)));
  private static final KbPath ELSEWHERE = new KbPath("other/elsewhere.md");
  private static final Head.Revision FOREIGN = new Head.Revision(1, Digest.of("foreign"));
  private static final LedgerEntry INTENT =
      new LedgerEntry.Intent(2, 1, "O-1", PATH, Head.absent(), PUT, "staged/2", List.of());

  private static final LedgerEntry CLAIM =
      new LedgerEntry.Claimed(
          2,
          new Owner("engine", "default", "other", RunIds.of("other")),
          new LaneName("other"),
          Digest.of("plan"),
          List.of(PATH),
          List.of(),
          Optional.empty());
  private static final LedgerEntry WITHDRAWS = new LedgerEntry.FenceRaised(2, 2, true);
  private static final LedgerEntry CLOSED = new LedgerEntry.ClaimClosed(2, "WITHDRAWN");

  private TestLane lane;

  @BeforeEach
  void read() throws Exception {
    lane = new TestLane(Clock.systemUTC());
  }

  private InventoryDiff diff(boolean before, boolean now, LedgerEntry... facts) {
    return diff(facts.length, before, now, facts);
  }

  private InventoryDiff diff(int known, boolean before, boolean now, LedgerEntry... facts) {
    return diff(known, before ? PUT : Head.absent(), now ? PUT : Head.absent(), facts);
  }

  private InventoryDiff diff(int known, Head before, Head now, LedgerEntry... facts) {
    TreeMap<KbPath, Head.Revision> heads = new TreeMap<>();
    for (Lane.Change change : lane.plan().spec().changes()) {
      heads.put(change.path(), new Head.Revision(1, lane.plan().sourceDigest(change)));
    }
    if (now instanceof Head.Revision stands) {
      heads.put(PATH, stands);
    }
    var was = Json.object();
    if (before.present()) {
      was.set(PATH.value(), before.json());
    }
    List<LedgerState.Line> lines =
        Stream.of(facts).map(f -> new LedgerState.Line(Instant.EPOCH, f)).toList();
    return InventoryDiff.of(
        was, new Inventory(heads), lane.plan(), new LedgerState(lines), known, List.of(1L));
  }

  @Test
  void document_thatNobodyNames_isUndeclared() {
    assertThat(diff(false, true).undeclared()).containsExactly(PATH);
  }

  private static LedgerEntry outcome(String outcome, Head head) {
    return new LedgerEntry.Outcome(2, "O-1", PATH, outcome, head);
  }

  @Test
  void document_thatAnotherLaneIsJustPublishing_isThatLanes() {
    assertThat(diff(false, true, CLAIM, INTENT).others()).containsExactly(PATH);
    assertThat(diff(false, true, CLAIM, INTENT).clean()).isTrue();
  }

  @Test
  void document_thatAnotherLaneIsJustWithdrawing_isThatLanes() {
    LedgerEntry published = outcome("PUBLISHED", PUT);
    assertThat(diff(true, false, CLAIM, INTENT, published, WITHDRAWS).others())
        .containsExactly(PATH);
    assertThat(diff(true, false, CLAIM, INTENT, published).undeclared())
        .as("not yet")
        .containsExactly(PATH);
  }

  @Test
  void document_thatAnotherLaneHasPublishedOrWithdrawn_isThatLanes() {
    assertThat(diff(false, true, CLAIM, INTENT, outcome("PUBLISHED", PUT)).clean()).isTrue();
    LedgerEntry gone = outcome("WITHDRAWN", Head.absent());
    assertThat(diff(true, false, CLAIM, INTENT, WITHDRAWS, gone, CLOSED).clean()).isTrue();
    assertThat(diff(false, true, new LedgerEntry.DocumentAdded(PATH, PUT)).clean()).isTrue();
  }

  @Test
  void document_whoseHeadTheLedgerNamedOnceButNotLast_isUndeclared() {
    LedgerEntry put = outcome("PUBLISHED", PUT);
    LedgerEntry gone = outcome("WITHDRAWN", Head.absent());
    assertThat(diff(true, false, put, gone, put).undeclared())
        .as("deleted by hand")
        .containsExactly(PATH);
    assertThat(diff(false, true, put, gone).undeclared())
        .as("put back by hand")
        .containsExactly(PATH);
  }

  @Test
  void document_thatALaneFoundAndDidNotMake_isUndeclared() {
    for (String found : List.of("FAILED", "BUILT_UPON", "NEVER_PUBLISHED", "ALREADY_WITHDRAWN")) {
      assertThat(diff(false, true, CLAIM, outcome(found, PUT)).undeclared())
          .as(found)
          .containsExactly(PATH);
    }
  }

  @Test
  void document_ofAClaimThatIsClosed_isNotUnderWayAnyMore() {
    assertThat(diff(true, false, CLAIM, INTENT, WITHDRAWS, CLOSED).undeclared())
        .containsExactly(PATH);
    assertThat(diff(false, true, CLAIM, INTENT, WITHDRAWS, CLOSED).undeclared())
        .containsExactly(PATH);
  }

  /** A claim that is open excuses nothing that it did not announce. */
  @Test
  void otherBytes_thanAnotherLaneIsJustPublishing_areUndeclared() {
    assertThat(diff(2, Head.absent(), FOREIGN, CLAIM, INTENT).undeclared()).containsExactly(PATH);
  }

  @Test
  void otherBytes_thanAnotherLaneIsJustPuttingBack_areUndeclared() {
    LedgerEntry put = outcome("PUBLISHED", PUT);
    assertThat(diff(4, PUT, FOREIGN, CLAIM, INTENT, put, WITHDRAWS).undeclared())
        .containsExactly(PATH);
  }

  @Test
  void document_thatALaneHasWithdrawn_isNotUnderWayAnyMore_thoughItsClaimIsOpen() {
    LedgerEntry put = outcome("PUBLISHED", PUT);
    LedgerEntry gone = outcome("WITHDRAWN", Head.absent());
    assertThat(diff(false, true, CLAIM, INTENT, put, WITHDRAWS, gone).undeclared())
        .as("put back by hand")
        .containsExactly(PATH);
    LedgerEntry added = new LedgerEntry.DocumentAdded(PATH, FOREIGN);
    assertThat(diff(true, false, CLAIM, INTENT, put, WITHDRAWS, gone, added).undeclared())
        .as("added anew and deleted by hand")
        .containsExactly(PATH);
  }

  @Test
  void sameBytes_thatTheLedgerNamesAtAnotherPath_areUndeclared() {
    LedgerEntry intent =
        new LedgerEntry.Intent(2, 1, "O-1", ELSEWHERE, Head.absent(), PUT, "staged/2", List.of());
    LedgerEntry put = new LedgerEntry.Outcome(2, "O-1", ELSEWHERE, "PUBLISHED", PUT);
    LedgerEntry added = new LedgerEntry.DocumentAdded(ELSEWHERE, PUT);
    assertThat(diff(false, true, CLAIM, intent).undeclared()).containsExactly(PATH);
    assertThat(diff(false, true, CLAIM, intent, put).undeclared()).containsExactly(PATH);
    assertThat(diff(false, true, added).undeclared()).containsExactly(PATH);
  }

  @Test
  void document_thatWasWithdrawnWhileTheReviewRead_isStillThatLanes() {
    LedgerEntry put = outcome("PUBLISHED", PUT);
    LedgerEntry gone = outcome("WITHDRAWN", Head.absent());
    assertThat(diff(1, false, true, put, gone).others()).containsExactly(PATH);
    assertThat(diff(2, false, true, put, gone).undeclared()).containsExactly(PATH);
  }

  /** Its revision is counted from the ledger of before, which names the later bytes. */
  @Test
  void update_thatIsWithdrawnWhileTheReviewReads_isStillThatLanes() {
    Head.Revision second = new Head.Revision(2, Digest.of("second"));
    Head.Revision asRead = new Head.Revision(3, PUT.sha256());
    LedgerEntry update =
        new LedgerEntry.Intent(2, 1, "O-1", PATH, PUT, second, "staged/2", List.of());
    LedgerEntry put = outcome("PUBLISHED", second);
    LedgerEntry back = outcome("WITHDRAWN", PUT);
    assertThat(diff(2, second, asRead, CLAIM, update, put, WITHDRAWS).others())
        .as("not recorded yet")
        .containsExactly(PATH);
    assertThat(diff(2, second, asRead, CLAIM, update, put, WITHDRAWS, back, CLOSED).others())
        .containsExactly(PATH);
    assertThat(diff(2, second, asRead, CLAIM, update, put).undeclared()).containsExactly(PATH);
  }

  @Test
  void document_thatALanePutThereBeforeItDied_isThatLanes_whileAnotherGoesOnFromIt() {
    LedgerEntry successor =
        new LedgerEntry.Claimed(
            3,
            new Owner("engine", "default", "other", RunIds.of("later")),
            new LaneName("other"),
            Digest.of("plan"),
            List.of(PATH),
            List.of(),
            Optional.of(2L));
    assertThat(diff(false, true, CLAIM, INTENT, successor).others()).containsExactly(PATH);
  }

  /** What the reviewed run did beside its plan is no other lane's work. */
  @Test
  void document_thatTheRunItselfPutBesideItsPlan_isUndeclared() {
    LedgerEntry own =
        new LedgerEntry.Claimed(
            1,
            new Owner("engine", "default", "own", RunIds.of("own")),
            new LaneName("own"),
            lane.plan().digest(),
            List.of(PATH),
            List.of(),
            Optional.empty());
    LedgerEntry intent =
        new LedgerEntry.Intent(1, 1, "M-1", PATH, Head.absent(), PUT, "staged/1", List.of());
    LedgerEntry put = new LedgerEntry.Outcome(1, "M-1", PATH, "PUBLISHED", PUT);
    assertThat(diff(false, true, own, intent).undeclared()).as("announced").containsExactly(PATH);
    assertThat(diff(false, true, own, put).undeclared()).as("recorded").containsExactly(PATH);
  }
}
