package dev.lanekeeper.packet;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.canonical.Json;
import dev.lanekeeper.grant.Approvals;
import dev.lanekeeper.kb.Attestation;
import dev.lanekeeper.lane.Plan;
import dev.lanekeeper.lane.Stage;
import dev.lanekeeper.signature.Envelope;
import dev.lanekeeper.signature.SigningKey;
import dev.lanekeeper.testkit.EditedLane;
import dev.lanekeeper.testkit.RunIds;
import dev.lanekeeper.testkit.TestLane;
import dev.lanekeeper.workflow.Approval;
import dev.lanekeeper.workflow.LaneEnd;
import dev.lanekeeper.workflow.Owner;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A packet whose every signature holds must tell one whole story: what was left out or contradicts
 * is found.
 */
final class PacketConsistencyCheckTest {

  private static final String PROOF = "rollback-proof.json";
  private static final String GATE = "rollback-gate.json";
  private static final String PROBES = "execution-probes.json";
  private static final String REVIEW = "post-execution-review.json";
  private static final String PUBLICATION = "publication.json";
  private static final String LOCK = "delegation-and-authority-lock.json";
  private static final String SURFACES = "forbidden-surface-proof.json";

  @TempDir private Path folder;
  private TestPacket packet;
  private int round;

  @BeforeEach
  void make() throws Exception {
    packet = new TestPacket(folder);
  }

  private void answers(Map<String, byte[]> files, PacketVerifier.Answer answer, String problem) {
    PacketVerifier.Finding finding = packet.verify(files, folder.resolve("again-" + round++));
    assertThat(finding.answer()).as(finding.toString()).isEqualTo(answer);
    assertThat(finding.problem().orElse("")).contains(problem);
  }

  private void incoherent(String problem) throws Exception {
    answers(packet.seal(), PacketVerifier.Answer.REEXECUTION, problem);
  }

  @Test
  void packet_thatIsWhole_passes() throws Exception {
    answers(packet.seal(), PacketVerifier.Answer.PASS, "");
    assertThat(packet.verify(folder.resolve("counted")).checks()).hasSize(PacketVerifier.CHECKS);
  }

  @ParameterizedTest
  @ValueSource(strings = {PROOF, GATE, PROBES})
  void material_thatIsMissingOrOfAnotherKind_stopsTheReexecution(String name) throws Exception {
    packet.file(name).remove("material");
    incoherent(name + ": expected material, found none");
    packet.file(name).put("material", "x");
    incoherent(name + ": expected material, found none");
  }

  @ParameterizedTest
  @ValueSource(strings = {GATE, PROBES})
  void material_withAFileThatNothingNeeds_isADifference(String name) throws Exception {
    packet.at(name, "/material").put("more.json", "AAAA");
    incoherent("material");
  }

  @Test
  void standingDocument_thatThePlanDoesNotName_isADifference() throws Exception {
    packet.at(PROOF, "/material").putObject("more.md").put("revision", 1).put("base64", "AAAA");
    incoherent("S2 material: expected documents of");
  }

  @Test
  void material_thatIsEmpty_stopsTheReexecution() throws Exception {
    packet.at(GATE, "/material").removeAll();
    incoherent("re-execution stopped");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "delegation-and-authority-lock.json",
        "scope-lock.json",
        "preflight.json",
        "seal-vs-bytes.json",
        PROOF,
        GATE,
        PROBES
      })
  void file_ofAPassedStage_mustHaveRun(String name) throws Exception {
    packet.file(name).put("status", "NOT_RUN");
    incoherent(name + ": expected what S");
  }

  @ParameterizedTest
  @ValueSource(strings = {"publication.json", SURFACES, REVIEW, "execution-plan.json"})
  void file_ofTheReview_mustHaveRun(String name) throws Exception {
    packet.file(name).put("status", "NOT_RUN");
    incoherent(name + ": expected RUN");
  }

  @ParameterizedTest
  @ValueSource(strings = {"preflight.json", "seal-vs-bytes.json", PROOF, GATE, PROBES})
  void result_thatIsNotTheStatements_isAContradiction(String name) throws Exception {
    packet.file(name).set("result", Json.object().put("verdict", "REJECT"));
    incoherent(name + ", result: expected PASS, found REJECT");
  }

  @Test
  void result_withMoreThanTheVerdict_isADifference() throws Exception {
    packet.at(GATE, "/result").put("code", "GATE_SELFTEST_FAILED");
    incoherent("S3: result.code");
  }

  @ParameterizedTest
  @ValueSource(strings = {"formatVersion", "lane", "planDigest"})
  void header_ofAnother_isAContradiction(String field) throws Exception {
    packet.file("scope-lock.json").put(field, "other");
    incoherent("scope-lock.json, " + field);
  }

  /** No stage of its own stands behind these files: only the end says that they must be there. */
  @ParameterizedTest
  @ValueSource(strings = {"execution-plan.json", "production-readiness-blocker-map.json"})
  void header_ofAnother_inAFileOfTheWholeLane_isAContradiction(String name) throws Exception {
    packet.file(name).put("lane", "other");
    incoherent(name + ", lane");
  }

  @ParameterizedTest
  @ValueSource(strings = {"formatVersion", "lane", "planDigest"})
  void header_ofAnother_inARejectedLane_isAContradiction(String field) throws Exception {
    packet.rejectedAfter(Stage.S4);
    packet.file("scope-lock.json").put(field, "other");
    rejected(PacketVerifier.Answer.REEXECUTION, "scope-lock.json, " + field);
  }

  @ParameterizedTest
  @EnumSource(
      value = Stage.class,
      names = {"S0", "S1", "S2", "S3", "S4", "S5", "S6"})
  void appliedLane_hasAPassOfEachStage(Stage stage) throws Exception {
    packet.state(stage, Optional.empty());
    incoherent(stage + " statement: expected PASS, found nothing");
    packet.state(stage, Optional.of(packet.statement(stage, "REJECT", packet.details(0))));
    incoherent(stage + " statement: expected PASS, found REJECT");
  }

  @Test
  void statement_ofAnotherRunOrPlan_orThatNamesNoFile_isAContradiction() throws Exception {
    Plan plan = packet.lane().plan();
    packet.state(
        Stage.S1, Optional.of(signed(new Owner("e", "n", "w", RunIds.of("other")), plan.digest())));
    incoherent("S1 statement, run");
    packet.state(Stage.S1, Optional.of(signed(TestLane.OWNER, Digest.of("other"))));
    incoherent("S1 statement, plan");
    packet.state(Stage.S1, Optional.of(signed(TestLane.OWNER, plan.digest())));
    incoherent("seal-vs-bytes.json: expected a statement of S1 about it");
  }

  private String signed(Owner owner, Digest plan) throws Exception {
    return Attestation.sign(
        packet.lane().executor(), owner, "S1", plan, "PASS", Map.of(), packet.details(0));
  }

  @Test
  void statement_ofAStageThatIsThereTwice_isAContradiction() throws Exception {
    packet.state(Stage.S1, Optional.of(packet.statement(Stage.S0, "PASS", packet.details(0))));
    incoherent("statements: expected one of S0, found two");
  }

  @Test
  void documents_areThoseOfThePlan() throws Exception {
    packet.documents().put("extra/doc.md", "more".getBytes(StandardCharsets.UTF_8));
    incoherent("documents: expected");
  }

  @Test
  void proofs_thatAreMissing_areALie() throws Exception {
    ((ArrayNode) packet.at(PROOF, "/evidence").get("rollbacks")).remove(1);
    incoherent("S2: evidence.rollbacks");
    packet.at(PROOF, "/evidence").remove("rollbacks");
    incoherent("S2: evidence.rollbacks");
  }

  @Test
  void time_thatIsNone_stopsTheReexecution() throws Exception {
    packet.at(PROBES, "/volatile").put("evaluatedAt", "yesterday");
    incoherent("re-execution stopped");
  }

  @Test
  void review_mustHoldInEveryCheckOfThePlan() throws Exception {
    ArrayNode checks = (ArrayNode) packet.file(REVIEW).get("checks");
    ((ObjectNode) checks.get(3)).put("holds", false);
    incoherent(REVIEW + ", holds");
    checks.remove(3);
    incoherent(REVIEW + ", holds");
    packet = new TestPacket(folder.resolve("packet-" + round));
    packet.file(REVIEW).put("end", "REJECTED");
    incoherent(REVIEW + ", end");
    packet = new TestPacket(folder.resolve("packet-" + round));
    packet.file(REVIEW).set("result", Json.object().put("verdict", "REJECT"));
    incoherent(REVIEW + ", result");
  }

  @Test
  void tableD_mustHaveEverySurfaceUntouched() throws Exception {
    ArrayNode rows = (ArrayNode) packet.file(SURFACES).get("tableD");
    ((ObjectNode) rows.get(8)).put("status", "ATTEMPTED");
    incoherent(SURFACES + ", tableD");
    rows.remove(8);
    incoherent(SURFACES + ", tableD");
    packet = new TestPacket(folder.resolve("packet-" + round));
    packet.file(SURFACES).put("any_forbidden_surface_attempted", true);
    incoherent(SURFACES + ", attempted");
  }

  @ParameterizedTest
  @CsvSource({
    "scope-lock.json, /mutations/0, verdict, mutations",
    "scope-lock.json, /allowed/0, target, allowed",
    "scope-lock.json, /forbidden/3, title, forbidden",
    "scope-lock.json, /excluded/0, treatedAs, excluded",
    "scope-lock.json, /excluded/0, reason, excluded",
    "scope-lock.json, /excluded/0/counterfactual, wouldBecome, wouldBecome",
    "scope-lock.json, /excluded/0/counterfactual, append, append",
    "scope-lock.json, /excluded/0/counterfactual, breaksPin, breaksPin",
    "forbidden-surface-proof.json, /declarations/0, value, declarations",
    "forbidden-surface-proof.json, /kinds/0, admitted, kinds",
    "forbidden-surface-proof.json, /tableD/0, basis, tableD",
    "forbidden-surface-proof.json, /volatile/effects/0, sha256, effects"
  })
  void tablesBAndD_areDerivedFromPlanRecordAndPinnedBytes(
      String name, String pointer, String field, String problem) throws Exception {
    packet.at(name, pointer).put(field, "0".repeat(64));
    incoherent(problem);
    packet = new TestPacket(folder.resolve("packet-" + round));
    packet.at(name, pointer).remove(field);
    incoherent(problem);
  }

  /** A lane that was resumed too early: S0 came round again, and S2 did not. */
  @Test
  void counterfactual_ofALaterRoundThanS2s_isNotOfItsBytes() throws Exception {
    packet.rejectedAfter(Stage.S4);
    packet
        .at("scope-lock.json", "/excluded/0/counterfactual")
        .put("wouldBecome", "UNKNOWN")
        .put("breaksPin", false);
    rejected(PacketVerifier.Answer.REEXECUTION, "wouldBecome");
    packet.state(Stage.S0, Optional.of(packet.statement(Stage.S0, "PASS", packet.details(1))));
    rejected(PacketVerifier.Answer.PASS, "");
  }

  /** Not every lane asks for a whole inventory. */
  @Test
  void changeThatNobodyDeclared_isInProofAndReview_orInNeither() throws Exception {
    ((ArrayNode) packet.file(SURFACES).at("/volatile/undeclared"))
        .addObject()
        .put("kind", "kb.document.update")
        .put("target", "kb:notes.md");
    incoherent(SURFACES + ", undeclared");
    packet.file(REVIEW).putObject("inventory").putArray("undeclared").add("notes.md");
    answers(packet.seal(), PacketVerifier.Answer.PASS, "");
  }

  @Test
  void effect_onAForbiddenSurface_isAnAttempt_thatTableDMustShow() throws Exception {
    ((ArrayNode) packet.file(SURFACES).at("/volatile/effects"))
        .addObject()
        .put("kind", "lane.real-run")
        .put("target", "lane:fix7-p0")
        .put("admitted", false);
    incoherent(SURFACES + ", tableD");
  }

  @Test
  void publication_mustNameThePlansDocumentsAndDigests() throws Exception {
    ArrayNode documents = (ArrayNode) packet.file("publication.json").get("documents");
    ((ObjectNode) documents.get(0)).put("sha256", "0".repeat(64));
    incoherent("publication.json, documents");
    documents.remove(0);
    incoherent("publication.json, documents");
  }

  /** The reviewer, who seals, signs the file; what S5 and S6 signed is another's word. */
  @Test
  void publication_mustBeWhatS5AndS6Signed() throws Exception {
    ArrayNode documents = (ArrayNode) packet.file(PUBLICATION).get("documents");
    ((ObjectNode) documents.get(0)).put("revision", 7);
    incoherent(PUBLICATION + ": expected what S5 signed");
    packet = new TestPacket(folder.resolve("packet-" + round));
    packet.file(PUBLICATION).putArray("reservations");
    incoherent(PUBLICATION + ": expected what S6 signed");
    packet = new TestPacket(folder.resolve("packet-" + round));
    ((ArrayNode) packet.file(PUBLICATION).get("documents")).addObject().put("change", "M-9");
    incoherent(PUBLICATION + ", documents: expected 2, found 3");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/grant/delegation",
        "/grant/authority",
        "/grant/environment",
        "/grant/actorChain",
        "/grant/stages",
        "/grant/documents",
        "/grant/idRanges",
        "/volatile/grantId",
        "/volatile/issuer",
        "/volatile/subject",
        "/volatile/kbId",
        "/volatile/notBefore",
        "/volatile/expiresAt",
        "/volatile/grantSha256",
        "/volatile/ownerKey",
        "/volatile/executorKey",
        "/volatile/reviewerKey"
      })
  void authority_mustBeThatOfTheGrant(String pointer) throws Exception {
    int cut = pointer.lastIndexOf('/');
    packet.at(LOCK, pointer.substring(0, cut)).put(pointer.substring(cut + 1), "the board");
    incoherent(LOCK);
    incoherent(pointer.substring(cut + 1) + ": expected the grant's");
  }

  private void approved(Digest plan, String kbId, Instant until) throws Exception {
    Approval approval = new Approval(1, "approval-test", plan, kbId, until);
    Envelope envelope = Approvals.sign(approval, SigningKey.generate());
    packet.publication(Json.object().set("approval", Json.parse(envelope.bytes())));
  }

  @Test
  void approval_mustBeOfThisPlanAndPlace_andOfItsTime() throws Exception {
    packet =
        new TestPacket(
            folder.resolve("asks"),
            EditedLane.copyOf(TestLane.FIX7, folder.resolve("lane"))
                .edit("\n  next:\n", "\n  approval: {question: May they stand.}\n\n  next:\n")
                .bundle());
    Digest plan = packet.lane().plan().digest();
    Instant later = TestPacket.AT.plusSeconds(1);
    incoherent("expected the approval of S5, found none");
    approved(plan, TestLane.KB_ID, later);
    answers(packet.seal(), PacketVerifier.Answer.PASS, "");
    approved(Digest.of("other"), TestLane.KB_ID, later);
    incoherent("approval of S6, planDigest");
    approved(plan, "kb-other", later);
    incoherent("approval of S5, kbId");
    approved(plan, TestLane.KB_ID, TestPacket.AT);
    incoherent("approval of S5, expiresAt");
    approved(plan, TestLane.KB_ID, later);
    packet.at(PUBLICATION, "/volatile/S5/approval").putArray("signatures");
    incoherent("expected a signature, found none");
  }

  @ParameterizedTest
  @ValueSource(strings = {"2026-06-12T09:00:00Z", "2030-01-01T00:00:00Z", "never"})
  void appliedLane_hasEveryStageWhileItsGrantWasValid(String time) throws Exception {
    ObjectNode details = packet.details(0).put("startedAt", time);
    packet.state(Stage.S5, Optional.of(packet.statement(Stage.S5, "PASS", details)));
    incoherent("S5 statement, startedAt: expected a time while the grant was valid");
  }

  @Test
  void key_thatIsNone_makesThePacketUnreadable() throws Exception {
    packet.at(LOCK, "/volatile").put("ownerPem", "none");
    answers(packet.seal(), PacketVerifier.Answer.SIGNATURE, "unreadable: ");
  }

  @Test
  void finding_asEvidence_saysTheAnswerTheChecksAndTheProblem() throws Exception {
    packet.file(PROOF).remove("material");
    PacketVerifier.Finding finding = packet.verify(packet.seal(), folder.resolve("again"));
    ObjectNode json = PacketVerifier.json(finding);
    assertThat(json.path("answer").asText()).isEqualTo("REEXECUTION");
    assertThat(json.path("exitCode").asInt()).isEqualTo(12);
    assertThat(json.path("checks")).hasSize(finding.checks().size());
    assertThat(json.path("problem").asText()).isEqualTo(finding.problem().orElseThrow());
  }

  @Test
  void end_applied_isSealedByS7Alone() throws Exception {
    answers(
        packet.seal(packet.lane().executor(), "SEAL", LaneEnd.APPLIED),
        PacketVerifier.Answer.REEXECUTION,
        "the end: expected S7 to seal APPLIED");
    answers(
        packet.seal(packet.lane().reviewer(), "S7", LaneEnd.REJECTED),
        PacketVerifier.Answer.REEXECUTION,
        "the end: expected S7 to seal APPLIED");
  }

  private void rejected(PacketVerifier.Answer answer, String problem) throws Exception {
    answers(packet.seal(packet.lane().executor(), "SEAL", LaneEnd.REJECTED), answer, problem);
  }

  @Test
  void rejectedLane_thatWasReviewed_hasTheReviewersOwnWord() throws Exception {
    packet.rejectedByReview();
    rejected(PacketVerifier.Answer.PASS, "");
    packet.state(Stage.S7, Optional.empty());
    rejected(PacketVerifier.Answer.REEXECUTION, REVIEW + ": expected a statement of S7 about it");
  }

  @ParameterizedTest
  @CsvSource({"end, APPLIED", "token, NO_PRODUCTION_EXECUTION_CLEAN", "statusToken, X_APPLIED"})
  void rejectedLane_hasNoReviewThatSaysAppliedOrClean(String field, String value) throws Exception {
    packet.rejectedByReview();
    packet.file(REVIEW).put(field, value);
    packet.stateReview();
    rejected(PacketVerifier.Answer.REEXECUTION, REVIEW + ", " + field);
  }

  @Test
  void rejectedLane_hasNoReviewThatPassed() throws Exception {
    packet.state(Stage.S7, Optional.of(packet.statement(Stage.S7, "PASS", packet.details(0))));
    packet.file("production-readiness-blocker-map.json").set("result", pass());
    packet.file(SURFACES).set("result", pass());
    ObjectNode details = packet.details(0).put("worker", "reviewer@tests");
    packet.state(Stage.S7, Optional.of(packet.statement(Stage.S7, "PASS", details)));
    rejected(PacketVerifier.Answer.REEXECUTION, "found APPLIED");
    answers(
        packet.seal(packet.lane().executor(), "SEAL", LaneEnd.ROLLED_BACK),
        PacketVerifier.Answer.PASS,
        "");
  }

  private static ObjectNode pass() {
    return Json.object().put("verdict", "PASS");
  }

  @ParameterizedTest
  @EnumSource(
      value = Stage.class,
      names = {"S1", "S2", "S3", "S4"})
  void rejectedLane_passesWithTheStagesThatItReached(Stage last) throws Exception {
    packet.rejectedAfter(last);
    rejected(PacketVerifier.Answer.PASS, "");
  }

  @Test
  void rejectedLane_withAFileOfAStageThatHasNoStatement_isAContradiction() throws Exception {
    packet.rejectedAfter(Stage.S3);
    packet.file(PROBES).put("status", "RUN");
    rejected(PacketVerifier.Answer.REEXECUTION, PROBES + ", result: expected");
  }

  /** The probes as another grant made them, at a time when this one did not hold. */
  private void probesOfAnotherGrant(int round) throws Exception {
    String then = "2026-06-13T10:00:00Z";
    packet.at(PROBES, "/volatile").put("evaluatedAt", then);
    ObjectNode details = packet.details(round).put("grant", Digest.of("another").hex());
    details.put("startedAt", then).put("finishedAt", then);
    packet.state(Stage.S4, Optional.of(packet.statement(Stage.S4, "PASS", details)));
  }

  @Test
  void probes_underTheGrantBeforeAResumption_areNotJudgedByThisOne() throws Exception {
    packet.rejectedAfter(Stage.S4);
    probesOfAnotherGrant(0);
    packet.state(Stage.S0, Optional.of(packet.statement(Stage.S0, "REJECT", packet.details(1))));
    for (String name :
        List.of("delegation-and-authority-lock.json", "scope-lock.json", "preflight.json")) {
      packet.file(name).put("status", "NOT_RUN");
    }
    packet.file("delegation-and-authority-lock.json").put("status", "RUN");
    packet
        .file("delegation-and-authority-lock.json")
        .set("result", Json.object().put("verdict", "REJECT"));
    packet.state(Stage.S0, Optional.of(packet.statement(Stage.S0, "REJECT", packet.details(1))));
    rejected(PacketVerifier.Answer.PASS, "");
    ObjectNode details = packet.details(0).put("startedAt", "2026-06-13T10:00:00Z");
    details.put("finishedAt", "2026-06-13T10:00:00Z");
    packet.state(Stage.S4, Optional.of(packet.statement(Stage.S4, "PASS", details)));
    rejected(PacketVerifier.Answer.REEXECUTION, "S4: ");
  }

  @Test
  void appliedLane_hasEveryStageUnderItsGrant() throws Exception {
    probesOfAnotherGrant(0);
    incoherent("S4 statement, grant");
  }

  @Test
  void appliedLane_hasNoStageOfAnEarlierRoundThanTheOneBefore() throws Exception {
    packet.state(Stage.S2, Optional.of(packet.statement(Stage.S2, "PASS", packet.details(1))));
    incoherent("S3 statement, round: expected 1 or later");
    for (Stage later : List.of(Stage.S3, Stage.S4, Stage.S5, Stage.S6)) {
      packet.state(later, Optional.of(packet.statement(later, "PASS", packet.details(1))));
    }
    answers(packet.seal(), PacketVerifier.Answer.PASS, "");
  }
}
