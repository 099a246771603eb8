package dev.lanekeeper.governance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lanekeeper.kb.CommitChecks;
import dev.lanekeeper.kb.DirectoryKnowledgeBase;
import dev.lanekeeper.kb.KbIdentity;
import dev.lanekeeper.kb.KnowledgeBase;
import dev.lanekeeper.lane.KbPath;
import dev.lanekeeper.lane.Lane;
import dev.lanekeeper.testkit.NearMiss;
import dev.lanekeeper.testkit.TestLane;
import dev.lanekeeper.testkit.Triggers;
import dev.lanekeeper.verdict.RejectCode;
import dev.lanekeeper.verdict.Verdict;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Ids above a true ceiling, carried by the addendum, used by nobody else. */
final class ReservationsTest {

  @TempDir private Path folder;
  private TestLane lane;
  private KnowledgeBase kb;

  @BeforeEach
  void prepare() throws Exception {
    lane = new TestLane(Clock.systemUTC());
    DirectoryKnowledgeBase.create(
        folder.resolve("kb"), folder.resolve("ledger"), new KbIdentity("kb", "no-production"));
    kb =
        new DirectoryKnowledgeBase(
            folder.resolve("kb"),
            folder.resolve("ledger"),
            Clock.systemUTC(),
            CommitChecks.all(lane::trust));
    lane.addInitialDocuments(kb);
  }

  private Reservations of(int from, int to, int ceiling) {
    Lane.Reservation r = lane.plan().spec().reservations().get(0);
    return new Reservations(
        lane.plan().spec(),
        new Lane.Reservation(
            r.prefix(), from, to, ceiling, r.status(), r.applyNow(), r.addendum(), r.registries()));
  }

  private Reservations own() {
    return of(442, 461, 441);
  }

  private static void refused(Verdict verdict, RejectCode code, String subject) {
    assertThat(verdict)
        .isInstanceOfSatisfying(
            Verdict.Reject.class,
            r -> {
              assertThat(r.code()).isEqualTo(code);
              assertThat(r.subject()).isEqualTo(subject);
            });
  }

  private void document(String path, String text) throws Exception {
    Path file = folder.resolve("kb").resolve(path);
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
  }

  @Test
  @Triggers(RejectCode.ID_AT_OR_BELOW_CEILING)
  @NearMiss(RejectCode.ID_AT_OR_BELOW_CEILING)
  void firstId_liesAboveTheCeiling() {
    refused(of(441, 461, 441).aboveCeiling(), RejectCode.ID_AT_OR_BELOW_CEILING, "TKT-OBJ-441");
    refused(of(400, 461, 441).aboveCeiling(), RejectCode.ID_AT_OR_BELOW_CEILING, "TKT-OBJ-400");
    assertThat(of(442, 461, 441).aboveCeiling().passed()).isTrue();
  }

  @Test
  @Triggers(RejectCode.CEILING_MISMATCH)
  @NearMiss(RejectCode.CEILING_MISMATCH)
  void ceiling_isTheHighestIdOfTheRegistry() throws Exception {
    String registry = "governance/registry/tkt-obj-registry.json";
    refused(of(442, 461, 440).ceilingIsTrue(kb), RejectCode.CEILING_MISMATCH, registry);
    refused(of(443, 461, 442).ceilingIsTrue(kb), RejectCode.CEILING_MISMATCH, registry);
    assertThat(own().ceilingIsTrue(kb).passed()).isTrue();
  }

  @Test
  void ceiling_isMismatched_whenAnyRegistryDocumentShowsAHigherId_orTheRegistryIsGone()
      throws Exception {
    document("governance/00-index.md", "see TKT-OBJ-442\n");
    refused(own().ceilingIsTrue(kb), RejectCode.CEILING_MISMATCH, "governance/00-index.md");
    document("governance/00-index.md", "see TKT-OBJ-441\n");
    assertThat(own().ceilingIsTrue(kb).passed()).isTrue();
    Files.delete(folder.resolve("kb/governance/registry/tkt-obj-registry.json"));
    refused(
        own().ceilingIsTrue(kb),
        RejectCode.CEILING_MISMATCH,
        "governance/registry/tkt-obj-registry.json");
  }

  private static byte[] bytes(List<String> lines) {
    return String.join("\n", lines).getBytes(StandardCharsets.UTF_8);
  }

  @Test
  @Triggers(RejectCode.RESERVATION_NOT_CARRIED)
  @NearMiss(RejectCode.RESERVATION_NOT_CARRIED)
  void addendum_carriesEachIdWithItsStatusOnOneLine() {
    Reservations two = of(442, 443, 441);
    String first = "| TKT-OBJ-442 | PROPOSED | APPLY_NOW=NO |";
    String second = "| TKT-OBJ-443 | PROPOSED | APPLY_NOW=NO |";
    assertThat(two.carriedBy(bytes(List.of("# ids", second, first))).passed()).isTrue();
    for (String bad :
        List.of(
            "",
            "| TKT-OBJ-443 | CANONICAL | APPLY_NOW=NO |",
            "| TKT-OBJ-443 | PROPOSED | APPLY_NOW=YES |",
            "| TKT-OBJ-443 | PROPOSED |",
            "| TKT-OBJ-443 |\n| PROPOSED | APPLY_NOW=NO |",
            "| TKT-OBJ-4430 | PROPOSED | APPLY_NOW=NO |",
            "| TKT-OBJ-443..450 | PROPOSED | APPLY_NOW=NO |",
            "| TKT-OBJ-430..443 | PROPOSED | APPLY_NOW=NO |",
            "| XTKT-OBJ-443 | PROPOSED | APPLY_NOW=NO |",
            "| OBJ-443 | PROPOSED | APPLY_NOW=NO |")) {
      refused(
          two.carriedBy(bytes(List.of(first, bad))),
          RejectCode.RESERVATION_NOT_CARRIED,
          "TKT-OBJ-443");
    }
    refused(two.carriedBy(new byte[0]), RejectCode.RESERVATION_NOT_CARRIED, "TKT-OBJ-442");
  }

  @Test
  void addendum_ofTheExample_carriesItsTwenty_andNoTwentyFirst() {
    byte[] addendum = lane.document(lane.change("M-2"));
    assertThat(own().carriedBy(addendum).passed()).isTrue();
    refused(
        of(442, 462, 441).carriedBy(addendum), RejectCode.RESERVATION_NOT_CARRIED, "TKT-OBJ-462");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "TKT-OBJ-442",
        "TKT-OBJ-461",
        "x TKT-OBJ-450.",
        "\"TKT-OBJ-0450\"",
        "_TKT-OBJ-450_",
        "TKT\u2011OBJ\u2013450",
        "TKT-\u00adOBJ-4\u200b50",
        "\uff34KT-OBJ-\uff14\uff15\uff10"
      })
  @Triggers(RejectCode.ID_IN_USE)
  void id_thatAForeignDocumentUses_isInUse(String text) throws Exception {
    document("notes/a.md", "first line\n" + text + "\n");
    assertThat(own().unused(kb))
        .isInstanceOfSatisfying(
            Verdict.Reject.class,
            r -> {
              assertThat(r.code()).isEqualTo(RejectCode.ID_IN_USE);
              assertThat(r.actual()).isEqualTo("notes/a.md");
            });
    assertThat(own().use(kb).collisions()).hasSize(1);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "TKT-OBJ-441",
        "TKT-OBJ-462",
        "TKT-OBJ-4500",
        "XTKT-OBJ-450",
        "A-TKT-OBJ-450",
        "TKT-OBJ- 450",
        "TKT_OBJ_450",
        "450"
      })
  @NearMiss(RejectCode.ID_IN_USE)
  void id_thatOnlyLooksUsed_isFree(String text) throws Exception {
    document("notes/a.md", text + "\n");
    assertThat(own().unused(kb).passed()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"UTF-16", "UTF-16LE", "UTF-32", "ISO-8859-1"})
  void document_thatIsNoUtf8Text_isNotFreeOfIds(String encoding) throws Exception {
    byte[] bytes = "für TKT-OBJ-450\n".getBytes(Charset.forName(encoding));
    kb.importDocuments(Map.of(new KbPath("notes/a.md"), bytes), "test");
    assertThat(own().unused(kb))
        .isInstanceOfSatisfying(
            Verdict.Unknown.class, unknown -> assertThat(unknown.reason()).contains("notes/a.md"));
    assertThat(own().carriedBy(bytes)).isInstanceOf(Verdict.Unknown.class);
  }

  @Test
  void id_thatTheLanesOwnAddendumUses_isFree() throws Exception {
    Lane.Change addendum = lane.change("M-2");
    kb.importDocuments(
        Map.of(new KbPath(addendum.path().value()), lane.document(addendum)), "test");
    assertThat(own().unused(kb).passed()).isTrue();
    kb.importDocuments(Map.of(new KbPath("notes/copy.md"), lane.document(addendum)), "test");
    refused(own().unused(kb), RejectCode.ID_IN_USE, "TKT-OBJ-442");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "TKT-OBJ-430..450",
        "TKT-OBJ-430...450",
        "TKT-OBJ-430-450",
        "TKT-OBJ-430 - 450",
        "TKT-OBJ-430\u2013450",
        "TKT-OBJ-430 \u2014 TKT-OBJ-450",
        "TKT-OBJ-430\u2026450",
        "TKT-OBJ-430 to 450",
        "TKT-OBJ-430 through TKT-OBJ-450",
        "TKT-OBJ-450..430",
        "TKT-OBJ-430..2000",
        "TKT-OBJ-2000 to TKT-OBJ-430"
      })
  @Triggers(RejectCode.ID_IN_USE)
  void range_thatAForeignDocumentUses_isInUse(String text) throws Exception {
    document("notes/a.md", "first line\n" + text + "\n");
    refused(own().unused(kb), RejectCode.ID_IN_USE, "TKT-OBJ-442");
    assertThat(own().use(kb).collisions()).containsKeys("TKT-OBJ-442", "TKT-OBJ-450");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "TKT-OBJ-430..441",
        "TKT-OBJ-462 to 470",
        "TKT-OBJ-430-2026",
        "TKT-OBJ-430, 450",
        "TKT-OBJ-430 and then to 450 days"
      })
  @NearMiss(RejectCode.ID_IN_USE)
  void range_thatEndsBefore_orIsNone_isFree(String text) throws Exception {
    document("notes/a.md", text + "\n");
    assertThat(own().unused(kb).passed()).isTrue();
  }

  @Test
  void ceiling_isMismatched_whenARegistryNamesARangeAboveIt() throws Exception {
    document("governance/00-index.md", "TKT-OBJ-225..442\n");
    refused(own().ceilingIsTrue(kb), RejectCode.CEILING_MISMATCH, "governance/00-index.md");
    document("governance/00-index.md", "TKT-OBJ-225..441\n");
    assertThat(own().ceilingIsTrue(kb).passed()).isTrue();
  }
}
