package dev.lanekeeper.s7review;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.canonical.Json;
import dev.lanekeeper.kb.Attestation;
import dev.lanekeeper.kb.KbReader;
import dev.lanekeeper.kb.LedgerEntry;
import dev.lanekeeper.kb.LedgerState;
import dev.lanekeeper.lane.Head;
import dev.lanekeeper.lane.KbPath;
import dev.lanekeeper.lane.Lane;
import dev.lanekeeper.lane.Plan;
import dev.lanekeeper.lane.Stage;
import dev.lanekeeper.packet.PacketBuilder;
import dev.lanekeeper.review.TableD;
import dev.lanekeeper.scope.Effect;
import dev.lanekeeper.signature.SigningKey;
import dev.lanekeeper.stage.Fragment;
import dev.lanekeeper.stage.StageEnvironment;
import dev.lanekeeper.stage.StageRunner;
import dev.lanekeeper.stage.StageWork;
import dev.lanekeeper.testkit.Environments;
import dev.lanekeeper.testkit.Plans;
import dev.lanekeeper.testkit.Readers;
import dev.lanekeeper.testkit.RunIds;
import dev.lanekeeper.testkit.StageBench;
import dev.lanekeeper.testkit.TestLane;
import dev.lanekeeper.verdict.Verdict;
import dev.lanekeeper.workflow.Owner;
import dev.lanekeeper.workflow.StageCall;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Each review check alone, on a lane that really published: with nothing wrong it passes, and with
 * one thing wrong in packet, ledger or knowledge base it says so though no other check is asked.
 */
final class ReviewChecksTest {

  @TempDir private Path folder;
  private StageBench bench;
  private StageCall call;

  @BeforeEach
  void publish() throws Exception {
    bench = new StageBench(folder.resolve("home"));
    call = bench.published();
  }

  /** What the checks read, each part of which a test may let lie. */
  private static final class Situation {
    private final KbReader kb;
    private LedgerState ledger;
    private final PacketBuilder packet;
    private final List<String> unexpectedEvents = new ArrayList<>();
    private String environment;

    Situation(StageWork work) throws IOException {
      kb = work.environment().freshReader().open();
      ledger = kb.ledger();
      environment = kb.identity().environment();
      packet =
          new PacketBuilder(
              work.evidence(), ledger, work.owner(), Optional.of(work.plan()), work.grantBytes());
    }

    ObjectNode file(String name) {
      return packet.files().get(name);
    }

    ObjectNode at(String name, String pointer) {
      return (ObjectNode) file(name).at(pointer);
    }

    /** Changes each fact; an empty answer removes it. */
    void lines(Function<LedgerState.Line, Optional<LedgerState.Line>> change) {
      ledger =
          new LedgerState(ledger.lines().stream().flatMap(l -> change.apply(l).stream()).toList());
    }

    /** Changes the facts of one type; an empty answer removes the fact. */
    <T extends LedgerEntry> void facts(Class<T> type, Function<T, Optional<T>> change) {
      lines(
          line ->
              type.isInstance(line.entry())
                  ? change
                      .apply(type.cast(line.entry()))
                      .map(entry -> new LedgerState.Line(line.at(), entry))
                  : Optional.of(line));
    }

    /** Table D, from what the ledger says that the run attempted and from its history. */
    TableD tableD(StageWork work) {
      List<Effect> attempts =
          ledger.effects(work.owner()).stream().map(LedgerEntry.EffectRecorded::effect).toList();
      return TableD.of(
          work.spec(),
          new TableD.Facts(attempts, unexpectedEvents, 1, List.of(), false, Optional.empty()));
    }

    void add(LedgerEntry entry) {
      List<LedgerState.Line> lines = new ArrayList<>(ledger.lines());
      lines.add(new LedgerState.Line(Instant.now(), entry));
      ledger = new LedgerState(lines);
    }
  }

  private Verdict check(String name, Consumer<Situation> lie) {
    return check(name, List.of(), lie);
  }

  private Verdict check(String name, List<String> subjects, Consumer<Situation> lie) {
    return check(bench.reviewer(), name, subjects, lie);
  }

  private Verdict check(
      StageEnvironment reviewer, String name, List<String> subjects, Consumer<Situation> lie) {
    return new StageRunner(reviewer)
        .run(Stage.S7, call, work -> alone(work, name, subjects, lie))
        .verdict();
  }

  private static Fragment alone(
      StageWork work, String name, List<String> subjects, Consumer<Situation> lie)
      throws IOException {
    Situation s = new Situation(work);
    lie.accept(s);
    List<Long> lineage = s.ledger.lineage(s.ledger.openClaim(work.owner()).orElseThrow().epoch());
    InventoryDiff diff =
        InventoryDiff.of(
            s.packet.file("preflight.json").at("/inventory/heads"),
            s.kb.inventory(),
            work.plan(),
            s.ledger,
            s.ledger.lines().size(),
            lineage);
    ReviewChecks checks =
        new ReviewChecks(
            work,
            Readers.inEnvironment(s.kb, s.environment),
            s.ledger,
            s.packet,
            s.tableD(work),
            diff,
            s.unexpectedEvents,
            lineage);
    Verdict verdict = checks.check(new Lane.ReviewCheck("alone", "alone", name, subjects));
    return new Fragment(verdict, Map.of(), Map.of(), "alone");
  }

  private static void nothing(Situation situation) {}

  private static void overwrite(Path file, String text) throws IOException {
    Files.delete(file); // documents are hard links; writing through would change the staged file
    Files.writeString(file, text);
  }

  @Test
  void everyCheck_ofARunThatIsAsItShouldBe_passes() {
    for (Lane.ReviewCheck check : bench.lane().plan().spec().review().checks()) {
      assertThat(check(check.check(), check.subjects(), ReviewChecksTest::nothing).render())
          .as(check.check())
          .isEqualTo("PASS");
    }
  }

  @Test
  void independentReviewer_wantsAnotherIdentityAndAnotherKey() {
    StageEnvironment other = bench.reviewer("another-worker");
    assertThat(check(other, "independent-reviewer", List.of(), ReviewChecksTest::nothing).render())
        .isEqualTo("PASS");
    assertThat(check("independent-reviewer", ReviewChecksTest::nothing).render())
        .isEqualTo("REVIEW_NOT_INDEPENDENT");
    StageEnvironment both = Environments.with(other, Map.of("bothRoles", true));
    assertThat(check(both, "independent-reviewer", List.of(), ReviewChecksTest::nothing).render())
        .isEqualTo("REVIEW_NOT_INDEPENDENT");
    StageEnvironment sameKey = Environments.with(other, Map.of("key", bench.lane().executor()));
    assertThat(
            check(sameKey, "independent-reviewer", List.of(), ReviewChecksTest::nothing).render())
        .isEqualTo("REVIEW_NOT_INDEPENDENT");
  }

  @Test
  void checkThatIsNotKnown_isUnknown() {
    assertThat(check("no-such-check", ReviewChecksTest::nothing))
        .isInstanceOf(Verdict.Unknown.class);
  }

  private static final String CHILD = "START_CHILD_WORKFLOW_EXECUTION_INITIATED";

  /** An attempt was made though it was refused. */
  private static void attempt(Situation situation) {
    situation.add(effect(Effect.of("sql.execute", "postgresql:production"), false));
  }

  private static void childWorkflow(Situation situation) {
    situation.unexpectedEvents.add(CHILD);
  }

  @Test
  void surfacesUntouched_refusesAnAttempt_andAForeignEvent() {
    assertThat(check("surfaces-untouched", ReviewChecksTest::attempt).render())
        .isEqualTo("REVIEW_CHECK_FAILED");
    assertThat(check("surfaces-untouched", ReviewChecksTest::childWorkflow).render())
        .isEqualTo("HISTORY_UNEXPECTED:" + CHILD);
  }

  @Test
  void noOverclaim_refusesSuccessAfterAnAttempt_andAfterAForeignEvent() {
    assertThat(check("no-overclaim", ReviewChecksTest::attempt).render())
        .isEqualTo("PASS_WHILE_FORBIDDEN_SURFACE:production-postgresql");
    assertThat(check("no-overclaim", ReviewChecksTest::childWorkflow).render())
        .isEqualTo("PASS_WHILE_FORBIDDEN_SURFACE:" + CHILD);
  }

  @Test
  void gatePassed_judgesTheEvidenceItself() {
    Verdict verdict =
        check(
            "gate-passed",
            s -> {
              ObjectNode proof = s.at("rollback-proof.json", "/evidence/rollbacks/0");
              proof.set("afterApply", proof.get("before"));
            });
    assertThat(verdict.render()).isEqualTo("ROLLBACK_APPLY_DID_NOT_MUTATE:RB-EXEC-1");
  }

  @Test
  void gatePassed_wantsAPassedSelfTestWithVariants() {
    Consumer<Situation> failed =
        s -> s.at("rollback-gate.json", "/selfTest").put("verdict", "REJECT");
    Consumer<Situation> empty = s -> s.at("rollback-gate.json", "/selfTest").put("variants", 0);
    assertThat(check("gate-passed", failed).render()).isEqualTo("REVIEW_CHECK_FAILED");
    assertThat(check("gate-passed", empty).render()).isEqualTo("REVIEW_CHECK_FAILED");
  }

  @Test
  void gatePassed_wantsTheSignedPassesOfS2AndS3() {
    wantsSignedPasses("gate-passed", Stage.S2, Stage.S3);
  }

  @Test
  void probesFailClosed_wantsTheSignedPassOfS4() {
    wantsSignedPasses("probes-fail-closed", Stage.S4);
  }

  @Test
  void noOverclaim_wantsTheSignedPassesOfAllStages() {
    wantsSignedPasses(
        "no-overclaim", Stage.S0, Stage.S1, Stage.S2, Stage.S3, Stage.S4, Stage.S5, Stage.S6);
  }

  private void wantsSignedPasses(String check, Stage... stages) {
    SigningKey executor = bench.lane().executor();
    SigningKey other = SigningKey.generate();
    Owner otherRun = new Owner("engine", "default", "workflow", RunIds.of("another-run"));
    for (Stage stage : stages) {
      Map<String, Optional<String>> lies =
          Map.of(
              "no record", Optional.empty(),
              "another key", Optional.of(statement(other, TestLane.OWNER, stage, "PASS")),
              "a reject", Optional.of(statement(executor, TestLane.OWNER, stage, "REJECT")),
              "another run", Optional.of(statement(executor, otherRun, stage, "PASS")),
              "another stage", Optional.of(statement(executor, TestLane.OWNER, Stage.S7, "PASS")));
      lies.forEach(
          (lie, attestation) ->
              assertThat(check(check, s -> restate(s, stage, attestation)).render())
                  .as(stage + ": " + lie)
                  .isEqualTo("REVIEW_CHECK_FAILED:" + stage));
    }
  }

  private String statement(SigningKey key, Owner run, Stage stage, String verdict) {
    return Attestation.sign(
        key, run, stage.name(), bench.planDigest(), verdict, Map.of(), Json.object());
  }

  private static void restate(Situation s, Stage stage, Optional<String> attestation) {
    s.facts(
        LedgerEntry.StageRecorded.class,
        r ->
            r.stage() != stage
                ? Optional.of(r)
                : attestation.map(
                    a ->
                        new LedgerEntry.StageRecorded(
                            r.owner(), r.stage(), r.round(), r.verdict(), r.fragment(), a)));
  }

  @Test
  void probesFailClosed_countsTheProbesItself() {
    String file = "execution-probes.json";
    List<Consumer<Situation>> lies =
        List.of(
            s -> s.at(file, "/probes/0").put("actual", "ALLOWED"),
            s -> s.at(file, "/probes/0").put("actual", "ALLOWED").put("expect", "ALLOWED"),
            s -> s.at(file, "/probes/0").put("reachedSink", true),
            s -> s.at(file, "/probes/0").remove("reachedSink"),
            s -> ((ArrayNode) s.file(file).get("probes")).remove(0),
            s -> s.file(file).put("any_fail_open", true),
            s -> s.file(file).remove("any_fail_open"),
            s -> s.file(file).put("controlsAllowed", false));
    for (int i = 0; i < lies.size(); i++) {
      assertThat(check("probes-fail-closed", lies.get(i)).render())
          .as("lie " + i)
          .isEqualTo("REVIEW_CHECK_FAILED");
    }
  }

  @Test
  void rollbackExists_wantsAnIntentWithTheHeadBefore_forEachChange() {
    for (Lane.Change change : bench.lane().plan().spec().changes()) {
      Verdict none =
          check(
              "rollback-exists",
              s ->
                  s.facts(
                      LedgerEntry.Intent.class,
                      i -> i.changeId().equals(change.id()) ? Optional.empty() : Optional.of(i)));
      Verdict other =
          check(
              "rollback-exists",
              s ->
                  s.facts(
                      LedgerEntry.Intent.class,
                      i ->
                          Optional.of(
                              i.changeId().equals(change.id())
                                  ? from(i, Head.revision(1, Digest.of("foreign")))
                                  : i)));
      assertThat(none.render()).isEqualTo("REVIEW_CHECK_FAILED:" + change.rollbackId());
      assertThat(other.render()).isEqualTo("REVIEW_CHECK_FAILED:" + change.rollbackId());
    }
  }

  private static LedgerEntry.Intent from(LedgerEntry.Intent i, Head before) {
    return new LedgerEntry.Intent(
        i.epoch(),
        i.fence(),
        i.changeId(),
        i.path(),
        before,
        i.after(),
        i.staged(),
        i.createdFolders());
  }

  @Test
  void noProductionMutation_readsTheEnvironmentAndEveryEffect() {
    Effect deploy = Effect.of("deploy.release", "production:web");
    assertThat(check("no-production-mutation", s -> s.environment = "production").render())
        .isEqualTo("ENVIRONMENT_MISMATCH");
    assertThat(check("no-production-mutation", s -> s.add(effect(deploy, true))).render())
        .isEqualTo("REVIEW_CHECK_FAILED:deploy.release");
    Effect allowed = Effect.of("workspace.write", "workspace:review");
    assertThat(check("no-production-mutation", s -> s.add(effect(allowed, true))).render())
        .isEqualTo("PASS");
    assertThat(check("no-production-mutation", s -> s.add(effect(allowed, false))).render())
        .isEqualTo("REVIEW_CHECK_FAILED:workspace.write");
  }

  private static LedgerEntry effect(Effect effect, boolean admitted) {
    return new LedgerEntry.EffectRecorded(TestLane.OWNER, "S6", effect, admitted, "");
  }

  @Test
  void pinsIntact_readsEachPinnedDocumentAgain() throws Exception {
    for (Lane.Pin pin : bench.lane().plan().spec().pins()) {
      Path file = bench.file(pin.path());
      String before = Files.readString(file);
      overwrite(file, before + "\nchanged");
      assertThat(check("pins-intact", ReviewChecksTest::nothing).render()).startsWith("PIN_");
      assertThat(check("pins-intact", List.of(pin.id()), ReviewChecksTest::nothing).render())
          .startsWith("PIN_")
          .endsWith(":" + pin.id());
      assertThat(check("pins-intact", List.of("another"), ReviewChecksTest::nothing).render())
          .isEqualTo("PASS");
      overwrite(file, before);
    }
  }

  @Test
  void governanceCorrect_readsThePublishedAddendumAndTheKnowledgeBase() throws Exception {
    Lane.Reservation r = bench.lane().plan().spec().reservations().get(0);
    Path addendum = bench.file(bench.lane().change(r.addendum()).path());
    String text = Files.readString(addendum);
    overwrite(addendum, text.replace(r.prefix() + r.from(), "none"));
    assertThat(governance()).isEqualTo("RESERVATION_NOT_CARRIED:" + r.prefix() + r.from());
    overwrite(addendum, text);
    assertThat(governance()).isEqualTo("PASS");

    Path foreign = bench.file(new KbPath("foreign.md"));
    Files.writeString(foreign, "uses " + r.prefix() + r.from());
    assertThat(governance()).isEqualTo("ID_IN_USE:" + r.prefix() + r.from());
    Files.delete(foreign);

    for (String id : r.registries()) {
      KbPath path =
          bench.lane().plan().spec().pins().stream()
              .filter(p -> p.id().equals(id))
              .findFirst()
              .orElseThrow()
              .path();
      Path registry = bench.file(path);
      String before = Files.readString(registry);
      overwrite(registry, before + "\nchanged");
      assertThat(governance()).startsWith("PIN_").endsWith(":" + id);
      overwrite(registry, before + "\n" + r.prefix() + (r.ceiling() + 1));
      assertThat(governance()).isEqualTo("CEILING_MISMATCH:" + path);
      overwrite(registry, before);
    }
  }

  @Test
  void governanceCorrect_wantsIdsAboveTheCeiling() {
    Plan plan = bench.lane().plan();
    Lane.Reservation r = plan.spec().reservations().get(0);
    Lane.Reservation low =
        new Lane.Reservation(
            r.prefix(),
            r.ceiling(),
            r.to(),
            r.ceiling(),
            r.status(),
            r.applyNow(),
            r.addendum(),
            r.registries());
    Plan other = Plans.with(plan, Plans.reservations(plan.spec(), List.of(low)));
    assertThat(checkUnder(other, "governance-correct", List.of()).render())
        .startsWith("ID_AT_OR_BELOW_CEILING");
  }

  private String governance() {
    return check("governance-correct", ReviewChecksTest::nothing).render();
  }

  @Test
  void priorVerdictsIntact_verifiesTheInputsAgain() {
    Plan plan = bench.lane().plan();
    String prior = "prior-verdicts-intact";
    for (Lane.Input input : plan.spec().inputs()) {
      Plan other = Plans.with(plan, Plans.inputs(plan.spec(), List.of(wanting(input))));
      List<String> itself = List.of(input.id());
      assertThat(checkUnder(other, prior, itself).render()).as(input.id()).startsWith("INPUT_");
      assertThat(checkUnder(other, prior, List.of()).passed()).as(input.id()).isFalse();
      assertThat(checkUnder(other, prior, List.of("another")).render()).isEqualTo("PASS");
    }
  }

  /** The same input, which now is to hold what it does not hold. */
  private static Lane.Input wanting(Lane.Input input) {
    Digest other = Digest.of("other bytes");
    return new Lane.Input(
        input.id(),
        input.title(),
        input.provenance(),
        input.tree().map(t -> new Lane.Tree(t.path(), other)),
        input.files().stream().map(f -> new Lane.PinnedFile(f.path(), other)).toList(),
        input.asserts());
  }

  private Verdict checkUnder(Plan plan, String name, List<String> subjects) {
    try {
      return new StageRunner(bench.reviewer())
          .run(
              Stage.S7,
              0,
              plan,
              Optional.of(bench.lane().signedGrant()),
              work -> alone(work, name, subjects, ReviewChecksTest::nothing))
          .verdict();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void noOverclaim_wantsAGrantThatHeldWhenEachDocumentAppeared() {
    Duration late = Duration.ofHours(5);
    assertThat(
            check(
                    "no-overclaim",
                    s ->
                        s.lines(
                            line ->
                                Optional.of(
                                    line.entry() instanceof LedgerEntry.Intent
                                        ? new LedgerState.Line(line.at().plus(late), line.entry())
                                        : line)))
                .render())
        .startsWith("GRANT_EXPIRED");
    assertThat(
            check(
                    "no-overclaim",
                    s -> s.facts(LedgerEntry.GrantConsumed.class, g -> Optional.empty()))
                .render())
        .startsWith("GRANT_MISSING");
  }

  /** What was revoked before a commit counts, and what was revoked after the last one does not. */
  @Test
  void noOverclaim_wantsAGrantThatWasNotRevokedBeforeADocumentAppeared() {
    LedgerEntry revoked =
        new LedgerEntry.GrantRevoked(bench.lane().grant().id(), "operator", "lost");
    assertThat(check("no-overclaim", s -> s.add(revoked)).passed()).isTrue();
    assertThat(
            check(
                    "no-overclaim",
                    s -> {
                      List<LedgerState.Line> lines = new ArrayList<>(s.ledger.lines());
                      lines.add(0, new LedgerState.Line(Instant.now(), revoked));
                      s.ledger = new LedgerState(lines);
                    })
                .render())
        .startsWith("GRANT_REVOKED");
  }

  @Test
  void noOverclaim_judgesEachCommitByTheGrantUnderWhichItWasMade() {
    assertThat(
            check(
                    "no-overclaim",
                    s -> {
                      List<LedgerState.Line> lines = new ArrayList<>();
                      for (LedgerState.Line line : s.ledger.lines()) {
                        if (line.entry() instanceof LedgerEntry.GrantConsumed g) {
                          lines.add(new LedgerState.Line(line.at(), another(g)));
                        }
                        lines.add(line);
                      }
                      s.ledger = new LedgerState(lines);
                    })
                .render())
        .as("an earlier grant of the same claim")
        .isEqualTo("PASS");
    assertThat(
            check(
                    "no-overclaim",
                    s ->
                        s.ledger
                            .all(LedgerEntry.GrantConsumed.class)
                            .findFirst()
                            .ifPresent(g -> s.add(another(g))))
                .render())
        .as("a later one")
        .isEqualTo("PASS");
  }

  private static LedgerEntry another(LedgerEntry.GrantConsumed grant) {
    return new LedgerEntry.GrantConsumed("another", Digest.of("nowhere"), grant.epoch());
  }

  @Test
  void noOverclaim_doesNotMindAGrantThatExpiredSince() {
    Clock later = Clock.offset(Clock.systemUTC(), Duration.ofHours(5));
    assertThat(
            check(bench.reviewer(later), "no-overclaim", List.of(), ReviewChecksTest::nothing)
                .render())
        .isEqualTo("PASS");
  }
}
