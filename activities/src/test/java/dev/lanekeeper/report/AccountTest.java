package dev.lanekeeper.report;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.canonical.Json;
import dev.lanekeeper.lane.Head;
import dev.lanekeeper.lane.Lane;
import dev.lanekeeper.workflow.LaneEnd;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A report says of a run what its facts bear out, and no more. */
final class AccountTest {

  private static final Instant START = Instant.parse("2026-11-29T08:00:00.250Z");
  private static final Digest OLD = Digest.of("old");
  private static final Digest NEW = Digest.of("new");
  private static final Head BEFORE = Head.revision(3, OLD);
  private static final Head AFTER = Head.revision(4, NEW);

  private static final RunFacts.Stop STOP =
      new RunFacts.Stop("S5 Publish", "FROZEN", "no freeze", "a freeze", "wait");

  private static RunFacts.Change created(Optional<String> outcome, Optional<Head> now) {
    return new RunFacts.Change(
        "M-1",
        "A new page",
        "a/new.md",
        Head.absent(),
        Optional.empty(),
        NEW,
        outcome.map(o -> Head.revision(1, NEW)),
        outcome,
        now);
  }

  private static RunFacts.Change updated(Optional<String> outcome, Optional<Head> now) {
    return new RunFacts.Change(
        "M-2",
        "An old page",
        "a/old.md",
        BEFORE,
        Optional.of("data/before/a/old.md"),
        NEW,
        outcome.map(o -> AFTER),
        outcome,
        now);
  }

  private static RunFacts.People people(
      String issued, boolean approval, Optional<String> approver, Optional<String> rollback) {
    return new RunFacts.People(
        "agent-7",
        Optional.of(
            new RunFacts.Delegation(
                "RELEASE", "the owner", "agent-7", "owner → agent", "0".repeat(64), issued)),
        approval,
        approver,
        Optional.of(new RunFacts.Review("9@host-b", "1".repeat(64), "REVIEW_INDEPENDENT", "PASS")),
        rollback);
  }

  private static RunFacts facts(
      LaneEnd end,
      Optional<RunFacts.Stop> stop,
      List<RunFacts.Change> changes,
      RunFacts.People people) {
    return new RunFacts(
        end,
        true,
        stop,
        changes,
        List.of(
            new RunFacts.Step(
                "S0",
                "Preflight",
                "PASS",
                Optional.of(START.plusMillis(50)),
                Optional.of(START.plusMillis(1300)),
                "7@host-a"),
            new RunFacts.Step("S7", "Review", "NOT_RUN", Optional.empty(), Optional.empty(), "–")),
        START,
        START.plus(Duration.ofSeconds(75)),
        people,
        new RunFacts.Place("host-a", "kb-1", "production", "Directory", "e", "w"));
  }

  private static RunFacts facts(LaneEnd end, RunFacts.Change... changes) {
    return facts(
        end,
        end == LaneEnd.APPLIED ? Optional.empty() : Optional.of(STOP),
        List.of(changes),
        people("OWNER_ISSUED", false, Optional.empty(), Optional.empty()));
  }

  private static String story(RunFacts facts) {
    return text(new Account(facts).story());
  }

  private static String text(List<Fact> facts) {
    return facts.stream().map(Fact::text).collect(Collectors.joining(" "));
  }

  private static String report(RunFacts facts) throws ReportException {
    ObjectNode proof = Json.object().put("any_forbidden_surface_attempted", false);
    Map<String, Object> run = new TreeMap<>(new Account(facts).values());
    for (String name : List.of("title", "lane", "statusToken", "runId", "planDigest")) {
      run.put(name, new Fact("the " + name, Source.found(name)));
    }
    Map<String, Object> packet = new TreeMap<>();
    for (String name : List.of("files", "tree", "stableTree", "verification")) {
      packet.put(name, new Fact("the " + name, Source.found(name)));
    }
    return new ReportWriter(
            Map.of("forbidden-surface-proof.json", proof), Map.of("run", run, "packet", packet))
        .markdown(Optional.<Lane.Report>empty());
  }

  @Test
  void applied_countsWhatStands_andNotWhatWasPlanned() {
    assertThat(
            story(
                facts(
                    LaneEnd.APPLIED,
                    created(Optional.of("PUBLISHED"), Optional.of(Head.revision(1, NEW))),
                    updated(Optional.of("PUBLISHED"), Optional.of(AFTER)))))
        .isEqualTo(
            "This lane was applied. It created 1 document and updated 1 document in knowledge base"
                + " kb-1 (production), and each stands there with the bytes that the plan names.");
    assertThat(
            story(
                facts(
                    LaneEnd.APPLIED,
                    created(Optional.of("PUBLISHED"), Optional.of(Head.revision(1, NEW))),
                    updated(Optional.of("PUBLISHED"), Optional.empty()))))
        .isEqualTo(
            "This lane was applied. It created 1 document in knowledge base kb-1 (production). Not"
                + " as the plan names them: a/old.md (published; it could not be read at the"
                + " end).");
  }

  @Test
  void rejected_beforeItPublished_saysWhereAndWhy_andThatNothingWasPublished() {
    assertThat(
            story(facts(LaneEnd.REJECTED, created(Optional.empty(), Optional.of(Head.absent())))))
        .isEqualTo(
            "This lane was rejected: it was not applied. Stage S5 Publish stopped it with FROZEN:"
                + " expected no freeze, found a freeze. It published no document.");
  }

  @Test
  void rejected_afterItPublished_saysThatAllWasTakenBack_onlyIfItIs() {
    Optional<String> withdrawn = Optional.of("WITHDRAWN");
    assertThat(
            story(
                facts(
                    LaneEnd.REJECTED,
                    created(withdrawn, Optional.of(Head.absent())),
                    updated(withdrawn, Optional.of(Head.revision(5, OLD))))))
        .endsWith(
            "It had published 2 documents. Each was taken back, and what stood at its path before"
                + " stands there again.");
    assertThat(
            story(
                facts(
                    LaneEnd.ROLLBACK_FAILED,
                    created(withdrawn, Optional.of(Head.absent())),
                    updated(Optional.of("FAILED"), Optional.of(AFTER)))))
        .startsWith("This lane was not applied, and it could not be undone whole")
        .endsWith(
            "It had published 2 documents, of which 1 document was taken back. The others: a/old.md"
                + " (published, and stands).");
    assertThat(
            story(
                facts(
                    LaneEnd.ROLLBACK_FAILED,
                    created(withdrawn, Optional.empty()),
                    updated(Optional.of("BUILT_UPON"), Optional.of(Head.revision(5, NEW))))))
        .endsWith(
            "The others: a/new.md (published; it could not be read at the end), a/old.md"
                + " (published, and changed by somebody since).");
  }

  @Test
  void rolledBack_saysWhetherItHadBeenApplied() {
    RunFacts.Change change = created(Optional.of("WITHDRAWN"), Optional.of(Head.absent()));
    assertThat(story(facts(LaneEnd.ROLLED_BACK, change)))
        .startsWith("This lane was rolled back before it was applied.");
    assertThat(
            story(
                facts(
                    LaneEnd.ROLLED_BACK,
                    Optional.empty(),
                    List.of(change),
                    people("OWNER_ISSUED", false, Optional.empty(), Optional.of("sha256 ab")))))
        .startsWith(
            "This lane had been applied, and was rolled back later under a grant of its own.");
  }

  @Test
  void people_areNamed_andASelfIssuedGrantIsCalledSo() {
    String own =
        text(
            new Account(
                    facts(
                        LaneEnd.APPLIED,
                        Optional.empty(),
                        List.of(),
                        people(
                            "SELF_ISSUED",
                            true,
                            Optional.of("carol with key ab"),
                            Optional.of("sha256 cd"))))
                .people());
    assertThat(own)
        .contains("Asked for by: agent-7")
        .contains("Allowed by: the owner with owner's key " + "0".repeat(64))
        .contains("SELF_ISSUED: the key that signed the grant lies on the machine")
        .contains("Approved by: carol with key ab")
        .contains("Reviewed by: 9@host-b with key " + "1".repeat(64) + ": PASS")
        .contains("REVIEW_INDEPENDENT")
        .contains("Rolled back under: grant sha256 cd");
    assertThat(text(new Account(facts(LaneEnd.APPLIED)).people()))
        .contains("OWNER_ISSUED")
        .contains("Approved by: nobody. The lane does not ask for an approval.")
        .doesNotContain("SELF_ISSUED");
  }

  @Test
  void approvalThatNobodyGave_isSaid() {
    assertThat(
            text(
                new Account(
                        facts(
                            LaneEnd.ABORTED,
                            Optional.of(STOP),
                            List.of(),
                            people("OWNER_ISSUED", true, Optional.empty(), Optional.empty())))
                    .people()))
        .contains("Approved by: nobody, though the lane asks for an approval.");
  }

  @ParameterizedTest
  @EnumSource(LaneEnd.class)
  void everyEnd_hasAReport_withDocumentsTimesHostAndStore(LaneEnd end) throws Exception {
    Optional<String> outcome = Optional.of(end == LaneEnd.APPLIED ? "PUBLISHED" : "WITHDRAWN");
    Head now = end == LaneEnd.APPLIED ? AFTER : Head.revision(5, OLD);
    assertThat(report(facts(end, updated(outcome, Optional.of(now)))))
        .contains("### a/old.md")
        .contains("Before: rev3 sha256 " + OLD.hex())
        .contains("As this lane published it: rev4 sha256 " + NEW.hex())
        .contains("sha256 that the plan names: " + NEW.hex())
        .contains("Began 2026-11-29T08:00:00.250Z, ended 2026-11-29T08:01:15.250Z, took 1 min 15 s")
        .contains(
            "| S0 Preflight | PASS | 2026-11-29T08:00:00.300Z | 2026-11-29T08:00:01.550Z"
                + " | 1 s 250 ms | 7\\@host-a |")
        .contains("host host-a")
        .contains("Knowledge base kb-1, labelled production")
        .doesNotContain("Nothing of this lane stood");
  }

  @Test
  void length_isInTheTwoLargestUnits() {
    assertThat(Account.length(Duration.ofMillis(12_034))).isEqualTo("12 s 34 ms");
    assertThat(Account.length(Duration.ofMillis(34))).isEqualTo("34 ms");
    assertThat(Account.length(Duration.ofMillis(61_999))).isEqualTo("1 min 1 s");
    assertThat(Account.length(Duration.ofMinutes(125))).isEqualTo("2 h 5 min");
  }
}
