package dev.lanekeeper.s0preflight;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.canonical.DirHash;
import dev.lanekeeper.evidence.Bundle;
import dev.lanekeeper.evidence.FileTree;
import dev.lanekeeper.evidence.LaneFolder;
import dev.lanekeeper.lane.KbPath;
import dev.lanekeeper.lane.Lane;
import dev.lanekeeper.lane.LaneName;
import dev.lanekeeper.lane.Plan;
import dev.lanekeeper.rollback.RollbackActivity;
import dev.lanekeeper.s1seal.S1SealVersusBytesActivity;
import dev.lanekeeper.s7review.S7ReviewActivity;
import dev.lanekeeper.seal.SealActivity;
import dev.lanekeeper.testkit.NearMiss;
import dev.lanekeeper.testkit.Plans;
import dev.lanekeeper.testkit.Readers;
import dev.lanekeeper.testkit.StageBench;
import dev.lanekeeper.testkit.TestLane;
import dev.lanekeeper.testkit.Triggers;
import dev.lanekeeper.verdict.RejectCode;
import dev.lanekeeper.workflow.LaneRequest;
import dev.lanekeeper.workflow.SealCall;
import dev.lanekeeper.workflow.StageCall;
import dev.lanekeeper.workflow.WithdrawCall;
import io.temporal.failure.ApplicationFailure;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What S0 finds by itself, where later stages and the commit would refuse the same. */
final class PreflightTest {

  @TempDir private Path folder;

  private StageBench bench() throws Exception {
    return new StageBench(folder.resolve("home"));
  }

  private StageBench bench(Lane.Spec spec) throws Exception {
    TestLane fix7 = new TestLane(Clock.systemUTC());
    Plan plan = Plans.with(fix7.plan(), spec);
    return new StageBench(
        folder.resolve("home"),
        new TestLane(Clock.systemUTC(), new Bundle(plan, fix7.bundle().files())));
  }

  private static Lane.Spec spec() throws Exception {
    return new TestLane(Clock.systemUTC()).plan().spec();
  }

  private static String found(StageBench bench) {
    return bench.preflight().result().verdict().render();
  }

  private static void write(Path file, String text) throws Exception {
    Files.createDirectories(file.getParent());
    Files.deleteIfExists(file);
    Files.writeString(file, text);
  }

  @Test
  void lane_asItShouldBe_passes() throws Exception {
    assertThat(found(bench())).isEqualTo("PASS");
  }

  @Test
  void pinnedDocument_thatChanged_isFound() throws Exception {
    StageBench bench = bench();
    for (Lane.Pin pin : bench.lane().plan().spec().pins()) {
      Path file = bench.file(pin.path());
      String before = Files.readString(file);
      write(file, before + "\nchanged");
      assertThat(found(bench)).startsWith("PIN_").endsWith(":" + pin.id());
      write(file, before);
    }
    assertThat(found(bench)).isEqualTo("PASS");
  }

  @Test
  void document_thatStandsAlready_isFound() throws Exception {
    StageBench bench = bench();
    for (Lane.Change change : bench.lane().plan().spec().changes()) {
      write(bench.file(change.path()), "foreign");
      assertThat(found(bench)).isEqualTo("DOCUMENT_PRESENT:" + change.path());
      Files.delete(bench.file(change.path()));
    }
  }

  @Test
  void document_ofAnotherCase_isFound() throws Exception {
    StageBench bench = bench();
    Lane.Change change = bench.lane().change("M-1");
    Path file = bench.file(change.path());
    write(file.resolveSibling(file.getFileName().toString().toUpperCase(Locale.ROOT)), "foreign");
    assertThat(found(bench)).isEqualTo("PATH_COLLISION:" + change.path());
  }

  @Test
  void input_thatIsNotWhatItShouldBe_isFound() throws Exception {
    Lane.Input fold = spec().inputs().get(0);
    List<Lane.PinnedFile> otherPins =
        fold.files().stream()
            .map(f -> new Lane.PinnedFile(f.path(), Digest.of("other bytes")))
            .toList();
    Lane.Input other =
        new Lane.Input(
            fold.id(), fold.title(), fold.provenance(), fold.tree(), otherPins, fold.asserts());
    assertThat(found(bench(Plans.inputs(spec(), List.of(other))))).startsWith("INPUT_");
  }

  @Test
  void reservation_atTheCeiling_isFound() throws Exception {
    Lane.Reservation r = spec().reservations().get(0);
    assertThat(found(bench(reserving(r, r.ceiling(), r.to(), r.ceiling()))))
        .startsWith("ID_AT_OR_BELOW_CEILING");
  }

  @Test
  void reservation_underAnUntrueCeiling_isFound() throws Exception {
    Lane.Reservation r = spec().reservations().get(0);
    assertThat(found(bench(reserving(r, r.from(), r.to(), r.ceiling() - 1))))
        .startsWith("CEILING_MISMATCH");
  }

  @Test
  void reservation_thatTheAddendumDoesNotCarry_isFound() throws Exception {
    Lane.Reservation r = spec().reservations().get(0);
    assertThat(found(bench(reserving(r, r.from(), r.to() + 1, r.ceiling()))))
        .isEqualTo("RESERVATION_NOT_CARRIED:" + r.prefix() + (r.to() + 1));
  }

  @Test
  void reservation_ofAnIdInUse_isFound() throws Exception {
    StageBench bench = bench();
    Lane.Reservation r = bench.lane().plan().spec().reservations().get(0);
    write(bench.file(new KbPath("foreign.md")), r.prefix() + r.to());
    assertThat(found(bench)).isEqualTo("ID_IN_USE:" + r.prefix() + r.to());
  }

  private static Lane.Spec reserving(Lane.Reservation r, int from, int to, int ceiling)
      throws Exception {
    return Plans.reservations(
        spec(),
        List.of(
            new Lane.Reservation(
                r.prefix(),
                from,
                to,
                ceiling,
                r.status(),
                r.applyNow(),
                r.addendum(),
                r.registries())));
  }

  @Test
  void change_outsideTheAllowedSurfaces_isFound() throws Exception {
    Lane.Surfaces s = spec().surfaces();
    List<Lane.EffectPattern> nothingInTheKb =
        s.allowed().stream().filter(a -> !a.kind().startsWith("kb.")).toList();
    assertThat(
            found(
                bench(
                    Plans.surfaces(
                        spec(), new Lane.Surfaces(nothingInTheKb, s.forbidden(), s.excluded())))))
        .startsWith("SURFACE_UNKNOWN");
  }

  @Test
  @Triggers(RejectCode.REPORT_OVERCLAIMS)
  void report_whoseWordsClaimWhatEvidenceMayNotShow_isFound() throws Exception {
    assertThat(found(bench(Plans.report(spec(), "It was independently reviewed."))))
        .startsWith("REPORT_OVERCLAIMS");
  }

  @Test
  @NearMiss(RejectCode.REPORT_OVERCLAIMS)
  void report_thatRefersToEvidence_passes() throws Exception {
    assertThat(found(bench(Plans.report(spec(), "{{post-execution-review.independence}}"))))
        .isEqualTo("PASS");
  }

  private static Lane.Surfaces excluding(Lane.Surfaces s, Lane.Excluded excluded) {
    return new Lane.Surfaces(s.allowed(), s.forbidden(), List.of(excluded));
  }

  private static String treatedAs(StageBench bench) throws Exception {
    var passed = bench.preflight().result().evidence().orElseThrow();
    return dev.lanekeeper.canonical.Json.parse(bench.executor().evidence().get(passed))
        .at("/files/scope-lock.json/excluded/0/treatedAs")
        .asText();
  }

  /** What is excluded is asked of the scope guard; without anything to ask, it is only said. */
  @Test
  void exclusion_isCalledForbidden_onlyWhereTheScopeGuardRefusesIt() throws Exception {
    assertThat(treatedAs(bench())).isEqualTo("FORBIDDEN");
    Lane.Surfaces s = spec().surfaces();
    Lane.Excluded x = s.excluded().get(1);
    Lane.Excluded words =
        new Lane.Excluded(
            x.id(), x.title(), x.classification(), x.reason(), List.of(), Optional.empty());
    FileTree.delete(folder.resolve("home"));
    StageBench said = bench(Plans.surfaces(spec(), excluding(s, words)));
    assertThat(treatedAs(said)).isEqualTo("SAID");
  }

  @Test
  void exclusion_ofWhatTheLaneAllows_isFound() throws Exception {
    Lane.Surfaces s = spec().surfaces();
    List<Lane.EffectPattern> allowed = new java.util.ArrayList<>(s.allowed());
    allowed.add(new Lane.EffectPattern("kb.document.update", "kb:governance/*"));
    List<Lane.Forbidden> others =
        s.forbidden().stream()
            .filter(f -> !f.name().equals("canonical-registry-and-ssot"))
            .toList();
    Lane.Excluded x = s.excluded().get(0);
    Lane.Excluded pin =
        new Lane.Excluded(
            x.id(), x.title(), x.classification(), x.reason(), List.of(), x.counterfactual());
    assertThat(
            found(bench(Plans.surfaces(spec(), new Lane.Surfaces(allowed, others, List.of(pin))))))
        .isEqualTo("SURFACE_FORBIDDEN:" + x.id());
  }

  @Test
  void exclusion_whoseUseWouldBreakNoPin_isFound() throws Exception {
    Lane.Surfaces s = spec().surfaces();
    Lane.Excluded x = s.excluded().get(0);
    Lane.Excluded harmless =
        new Lane.Excluded(
            x.id(),
            x.title(),
            x.classification(),
            x.reason(),
            x.surfaces(),
            Optional.of(new Lane.Counterfactual(x.counterfactual().orElseThrow().pin(), "\n")));
    assertThat(
            found(
                bench(
                    Plans.surfaces(
                        spec(), new Lane.Surfaces(s.allowed(), s.forbidden(), List.of(harmless))))))
        .startsWith("COUNTERFACTUAL_HARMLESS");
  }

  @Test
  void knowledgeBase_ofAnotherEnvironment_isFound() throws Exception {
    StageBench bench = bench();
    var elsewhere =
        bench.executor(
            () -> Readers.inEnvironment(bench.executor().freshReader().open(), "production"),
            bench.executor().evidence());
    assertThat(
            new S0PreflightActivity(elsewhere)
                .preflight(bench.request(), 0)
                .result()
                .verdict()
                .render())
        .isEqualTo("ENVIRONMENT_MISMATCH");
  }

  private static LaneRequest bundle(LaneName lane, Digest bundle) {
    return new LaneRequest(
        lane,
        Optional.of(bundle),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty());
  }

  @Test
  void bundle_thatIsNamed_isTakenWhateverTheCatalogueHolds() throws Exception {
    StageBench bench = bench();
    LaneName name = bench.request().lane();
    Bundle other = LaneFolder.read(TestLane.ROOT.resolve("examples/handbook-release"));
    bench.executor().evidence().putBundle(other);
    assertThat(verdict(bench, bundle(name, bench.planDigest()))).isEqualTo("PASS");
    assertThat(verdict(bench, bundle(name, other.plan().digest())))
        .startsWith("PLAN_DIGEST_MISMATCH:");
    assertThat(verdict(bench, bundle(name, Digest.of("no such bundle"))))
        .isEqualTo("BUNDLE_MISSING:" + name);
    assertThat(
            bench
                .preflight(bundle(other.plan().lane().metadata().name(), other.plan().digest()))
                .planDigest())
        .contains(other.plan().digest());
  }

  private static String verdict(StageBench bench, LaneRequest request) {
    return bench.preflight(request).result().verdict().render();
  }

  @Test
  void grant_thatIsNotThere_isMissed() throws Exception {
    StageBench bench = bench();
    LaneRequest request = bench.request();
    LaneRequest other =
        new LaneRequest(
            request.lane(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.of(Digest.of("no such grant")),
            Optional.empty(),
            Optional.empty(),
            Optional.empty());
    String hold = bench.preflight(other).result().verdict().rejection().orElseThrow().sentence();
    assertThat(hold)
        .startsWith("GRANT_MISSING:")
        .contains("expected the grant that the request names, " + Digest.of("no such grant"))
        .contains("after a resume any stored grant of this plan serves");
    var resumed = bench.preflight(other, 1);
    assertThat(resumed.result().verdict().passed()).isTrue();
    assertThat(resumed.grant()).isEqualTo(bench.preflight().grant());
  }

  /** A stage that finds itself on another knowledge base than its lane's harms nothing there. */
  @Test
  @Triggers(RejectCode.KB_MISMATCH)
  void lane_ofAnotherKnowledgeBase_isNotWorkedOn() throws Exception {
    StageBench bench = bench();
    LaneRequest r = bench.request();
    LaneRequest elsewhere =
        new LaneRequest(
            r.lane(),
            r.bundle(),
            r.planDigest(),
            Optional.of("kb-of-another"),
            r.grant(),
            r.requester(),
            r.note(),
            r.proof());
    int facts = bench.executor().kb().ledger().lines().size();
    assertThatThrownBy(() -> bench.preflight(elsewhere))
        .isInstanceOfSatisfying(
            ApplicationFailure.class,
            failure -> {
              assertThat(failure.getType()).isEqualTo("KB_MISMATCH");
              assertThat(failure.isNonRetryable()).isFalse();
            });
    StageCall call = bench.call(bench.preflight());
    int known = bench.executor().kb().ledger().lines().size();
    StageCall other =
        new StageCall(
            call.lane(),
            Optional.of("kb-of-another"),
            call.round(),
            call.planDigest(),
            call.grant());
    Optional<String> stranger = Optional.of("kb-of-another");
    for (ThrowingCallable work :
        List.<ThrowingCallable>of(
            () -> new S1SealVersusBytesActivity(bench.executor()).recheck(other),
            () -> new S7ReviewActivity(bench.reviewer()).review(other),
            () ->
                new RollbackActivity(bench.executor())
                    .withdraw(new WithdrawCall(Optional.empty(), Optional.empty(), stranger)),
            () ->
                new SealActivity(bench.executor())
                    .seal(new SealCall(Optional.empty(), stranger)))) {
      assertThatThrownBy(work)
          .isInstanceOfSatisfying(
              ApplicationFailure.class, f -> assertThat(f.getType()).isEqualTo("KB_MISMATCH"));
    }
    assertThat(bench.executor().kb().ledger().lines()).hasSize(known);
    assertThat(facts).isLessThan(known);
  }

  @Test
  @NearMiss(RejectCode.KB_MISMATCH)
  void lane_ofThisKnowledgeBase_byName_isWorkedOn() throws Exception {
    StageBench bench = bench();
    LaneRequest r = bench.request();
    LaneRequest here =
        new LaneRequest(
            r.lane(),
            r.bundle(),
            r.planDigest(),
            Optional.of(TestLane.KB_ID),
            r.grant(),
            r.requester(),
            r.note(),
            r.proof());
    assertThat(bench.preflight(here).result().verdict().passed()).isTrue();
  }

  /** Whoever may start workflows can do so as often as they like. */
  @Test
  void run_withoutAGrant_leavesABoundedLine_andNoEvidence() throws Exception {
    StageBench bench = bench();
    LaneRequest request =
        new LaneRequest(
            bench.request().lane(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.of(Digest.of("no such grant")),
            Optional.of("x".repeat(200)),
            Optional.of("y".repeat(1000)),
            Optional.empty());
    Path ledger = folder.resolve("home/ledger/ledger.jsonl");
    long before = Files.size(ledger);
    Digest evidence = DirHash.ofBytes(FileTree.read(folder.resolve("home/store")));
    for (int i = 0; i < 10; i++) {
      assertThat(bench.preflight(request).result().evidence()).isEmpty();
    }
    assertThat(Files.size(ledger) - before).isLessThan(10 * 2000);
    assertThat(DirHash.ofBytes(FileTree.read(folder.resolve("home/store")))).isEqualTo(evidence);
  }
}
