package dev.lanekeeper.starter;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lanekeeper.canonical.DirHash;
import dev.lanekeeper.client.LaneClient;
import dev.lanekeeper.evidence.FileTree;
import dev.lanekeeper.kb.LedgerEntry;
import dev.lanekeeper.kb.LedgerState;
import dev.lanekeeper.lane.Head;
import dev.lanekeeper.testkit.TestLane;
import dev.lanekeeper.workflow.LaneEnd;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Clock;
import java.util.List;
import java.util.TreeMap;

/** The FIX7 lane: what must stand in ledger and knowledge base once it has ended. */
final class Fix7 {

  /** Published by S5. */
  static final String PRIMARY = "fix7-p0-operative-birth-blueprint-2026-06-12.md";

  /** Published by S6. */
  static final String ADDENDUM = "fix7-p0-governance-addendum-2026-06-12.md";

  private static final String FOLDER = "governance/fix7/";

  private Fix7() {}

  /** The digest of all documents but this one. */
  static String treeWithout(TestBed bed, String document) throws IOException {
    var files = new TreeMap<>(FileTree.read(bed.home().resolve("kb")));
    files.remove(FOLDER + document);
    return DirHash.ofBytes(files).hex();
  }

  /**
   * A lane that has published in S5 and is held in S6 by a document that somebody else put there.
   */
  static LaneOnServer heldInS6(TestBed bed, StoreGate gate) throws Exception {
    LaneOnServer lane = LaneOnServer.start(bed, gate);
    assertThat(lane.standsBetweenItsPublications()).as("S6 was faster than the test").isTrue();
    Files.writeString(bed.document(ADDENDUM), "foreign");
    gate.open();
    LaneOnServer.await(
        "the hold",
        () -> {
          assertThat(lane.closed()).as(bed.said()).isFalse();
          return new LaneClient(bed.client()).status(lane.stub()).hold().isPresent();
        });
    return lane;
  }

  /** Each document once, byte for byte, as the plan says. */
  static void assertAppliedOnce(TestBed bed) throws Exception {
    LedgerState ledger = bed.ledger();
    assertThat(ledger.openClaims()).isEmpty();
    assertThat(ledger.all(LedgerEntry.Claimed.class)).hasSize(1);
    assertThat(ledger.all(LedgerEntry.RunEnded.class))
        .extracting(LedgerEntry.RunEnded::end)
        .containsExactly(LaneEnd.APPLIED);
    assertThat(ledger.all(LedgerEntry.Outcome.class))
        .extracting(
            o -> o.changeId() + " " + o.outcome() + " " + ((Head.Revision) o.head()).number())
        .containsExactly("M-1 PUBLISHED 1", "M-2 PUBLISHED 1");
    assertDocuments(bed);
  }

  private static void assertDocuments(TestBed bed) throws Exception {
    TestLane lane = new TestLane(Clock.systemUTC());
    for (String id : List.of("M-1", "M-2")) {
      assertThat(bed.home().resolve("kb").resolve(lane.change(id).path().value()))
          .hasBinaryContent(lane.document(lane.change(id)));
    }
  }

  /** Whether the newest end of a run is that the plan is applied. */
  static boolean applied(TestBed bed) throws Exception {
    return bed.ledger()
        .all(LedgerEntry.RunEnded.class)
        .reduce((first, second) -> second)
        .filter(e -> e.end() == LaneEnd.APPLIED)
        .isPresent();
  }

  /** The lane's run is applied, its documents stand, and no claim is open. */
  static void assertApplied(TestBed bed, LaneOnServer lane) throws Exception {
    assertThat(bed.ledger().openClaims()).isEmpty();
    assertThat(bed.ledger().all(LedgerEntry.RunEnded.class))
        .filteredOn(e -> e.owner().workflowId().equals(lane.id()))
        .extracting(LedgerEntry.RunEnded::end)
        .containsExactly(LaneEnd.APPLIED);
    assertDocuments(bed);
  }

  /** What was published is withdrawn, and the run ended so, once. */
  static void assertRolledBackOnce(TestBed bed) throws Exception {
    LedgerState ledger = bed.ledger();
    assertThat(ledger.openClaims()).isEmpty();
    assertThat(ledger.all(LedgerEntry.RunEnded.class))
        .extracting(LedgerEntry.RunEnded::end)
        .containsExactly(LaneEnd.ROLLED_BACK);
    assertThat(ledger.all(LedgerEntry.Outcome.class).map(LedgerEntry.Outcome::outcome))
        .containsOnlyOnce("PUBLISHED", "WITHDRAWN");
    assertThat(bed.document(PRIMARY)).doesNotExist();
  }
}
