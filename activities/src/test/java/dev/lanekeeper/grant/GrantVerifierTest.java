package dev.lanekeeper.grant;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lanekeeper.authority.Grant;
import dev.lanekeeper.canonical.CanonicalJson;
import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.canonical.Json;
import dev.lanekeeper.evidence.DirectoryEvidenceStore;
import dev.lanekeeper.evidence.EvidenceStore;
import dev.lanekeeper.signature.Envelope;
import dev.lanekeeper.signature.SigningKey;
import dev.lanekeeper.signature.VerifyKey;
import dev.lanekeeper.testkit.NearMiss;
import dev.lanekeeper.testkit.TestLane;
import dev.lanekeeper.testkit.Triggers;
import dev.lanekeeper.verdict.RejectCode;
import dev.lanekeeper.verdict.Verdict;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Each reason for which a grant is refused, and the grant that comes close and holds. */
final class GrantVerifierTest {

  private static final Instant NOW = Instant.parse("2026-06-12T10:00:00Z");

  private TestLane lane;
  private Instant now = NOW;
  private Set<String> consumed = Set.of();
  private Set<String> revoked = Set.of();
  private String kbId = TestLane.KB_ID;
  private String environment = "no-production";
  private Optional<Digest> executor;
  private Optional<Digest> reviewer;
  private TrustRoot trust;

  @BeforeEach
  void prepare() throws Exception {
    lane = new TestLane(Clock.fixed(NOW, ZoneOffset.UTC));
    executor = Optional.of(lane.executor().verifyKey().thumbprint());
    reviewer = Optional.of(lane.reviewer().verifyKey().thumbprint());
    trust = lane.trust();
  }

  private GrantVerifier.Finding verify(Optional<byte[]> bytes) {
    return new GrantVerifier(trust)
        .verify(
            new GrantVerifier.Presented("presented", bytes),
            new GrantVerifier.Situation(
                lane.plan(), kbId, environment, executor, reviewer, now, consumed, revoked));
  }

  private void refused(byte[] bytes, RejectCode code) {
    refused(Optional.of(bytes), code);
  }

  private void refused(Optional<byte[]> bytes, RejectCode code) {
    GrantVerifier.Finding finding = verify(bytes);
    assertThat(finding.verdict())
        .isInstanceOfSatisfying(
            Verdict.Reject.class,
            r -> {
              assertThat(r.code()).isEqualTo(code);
              assertThat(r.expected()).isNotBlank();
              assertThat(r.actual()).isNotBlank().isNotEqualTo(r.expected());
            });
    assertThat(finding.grant()).as("a refused grant is not handed on").isEmpty();
    assertThat(finding.owner()).isEmpty();
  }

  private void accepted(byte[] bytes) {
    GrantVerifier.Finding finding = verify(Optional.of(bytes));
    assertThat(finding.verdict()).isEqualTo(Verdict.pass());
    assertThat(finding.grant()).isPresent();
    assertThat(finding.owner())
        .map(VerifyKey::thumbprint)
        .contains(lane.owner().verifyKey().thumbprint());
  }

  private byte[] with(String field, Object value) {
    return lane.signedGrantWith(
        fields -> {
          Map<String, Object> changed = new TreeMap<>(fields);
          changed.put(field, value);
          return changed;
        });
  }

  /** Packets and their script have one form; what an owner signed is kept in it. */
  @Test
  void received_isTheFormThatIsWritten_withTheOwnersSignatureAlone() throws Exception {
    byte[] good = lane.signedGrant();
    ObjectNode several = (ObjectNode) Json.parse(good);
    ((ArrayNode) several.path("signatures"))
        .insert(0, Json.object().put("keyid", "x").put("sig", "MTEx"));
    byte[] received = new GrantVerifier(trust).received(Json.pretty(several));
    assertThat(received).isEqualTo(good);
    accepted(received);
    byte[] foreign = Envelope.sign(Grant.PAYLOAD_TYPE, new byte[0], SigningKey.generate()).bytes();
    assertThat(new GrantVerifier(trust).received(foreign)).isEqualTo(foreign);
    assertThat(new GrantVerifier(trust).received(new byte[] {1})).containsExactly(1);
  }

  @Test
  @Triggers(RejectCode.GRANT_MISSING)
  void nothing_isMissing() {
    refused(Optional.empty(), RejectCode.GRANT_MISSING);
  }

  @Test
  @NearMiss({
    RejectCode.GRANT_MISSING,
    RejectCode.GRANT_PLAN_MISMATCH,
    RejectCode.GRANT_KB_MISMATCH,
    RejectCode.GRANT_ENVIRONMENT_MISMATCH,
    RejectCode.GRANT_DELEGATION_MISMATCH,
    RejectCode.GRANT_SCOPE_MISMATCH
  })
  void grant_ofExactlyThisPlan_holds() {
    accepted(lane.signedGrant());
  }

  /** What is signed is the payload; the bytes that go into the packet have one form only. */
  @Test
  @Triggers(RejectCode.GRANT_MALFORMED)
  @NearMiss(RejectCode.GRANT_MALFORMED)
  void envelope_inAnotherForm_isMalformed() {
    String good = new String(lane.signedGrant(), StandardCharsets.UTF_8);
    String keyid = lane.owner().verifyKey().thumbprint().hex();
    for (String other :
        List.of(
            good + "\n",
            good.replace(":", ": "),
            good.replace(keyid, "\\u00e9"),
            // Canonical JSON, which a shell reads as something else
            good.replace(keyid, "\u00e9"),
            good.replace(keyid, "\\\""),
            good.replace(keyid, "\\\\"),
            good.replace(keyid, "\u007f"),
            good.replace('"' + keyid + '"', "null"),
            good.replace("\"}]}", "\"},{\"keyid\":\"" + keyid + "\",\"sig\":\"AAAA\"}]}"))) {
      assertThat(other).isNotEqualTo(good);
      refused(other.getBytes(StandardCharsets.UTF_8), RejectCode.GRANT_MALFORMED);
    }
    accepted(good.getBytes(StandardCharsets.UTF_8));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "{}", "[]", "not json", "{\"payload\":\"\"}"})
  @Triggers(RejectCode.GRANT_MALFORMED)
  void bytes_thatAreNoEnvelope_areMalformed(String text) {
    refused(text.getBytes(StandardCharsets.UTF_8), RejectCode.GRANT_MALFORMED);
  }

  @Test
  @Triggers(RejectCode.GRANT_MALFORMED)
  void authoritySeal_isNoGrant() throws Exception {
    byte[] seal = Files.readAllBytes(TestLane.FIX7.resolve("inputs/authority-seal/P7.md"));
    refused(seal, RejectCode.GRANT_MALFORMED);
    byte[] signed = Envelope.sign(Grant.PAYLOAD_TYPE, seal, lane.owner()).bytes();
    refused(signed, RejectCode.GRANT_MALFORMED);
  }

  @Test
  @Triggers(RejectCode.GRANT_MALFORMED)
  void payload_ofAnotherTypeOrForm_isMalformed() {
    byte[] grant = CanonicalJson.bytes(Json.tree(lane.grant()));
    refused(
        Envelope.sign("application/vnd.in-toto+json", grant, lane.owner()).bytes(),
        RejectCode.GRANT_MALFORMED);
    ObjectNode more = (ObjectNode) Json.tree(lane.grant());
    more.put("also", "production");
    refused(signed(more), RejectCode.GRANT_MALFORMED);
    ObjectNode less = (ObjectNode) Json.tree(lane.grant());
    less.remove("expiresAt");
    refused(signed(less), RejectCode.GRANT_MALFORMED);
    ObjectNode later = (ObjectNode) Json.tree(lane.grant());
    later.put("formatVersion", 2);
    refused(signed(later), RejectCode.GRANT_MALFORMED);
    String twice =
        new String(grant, StandardCharsets.UTF_8)
            .replaceFirst("\"kbId\"", "\"kbId\":\"x\",\"kbId\"");
    refused(
        Envelope.sign(Grant.PAYLOAD_TYPE, twice.getBytes(StandardCharsets.UTF_8), lane.owner())
            .bytes(),
        RejectCode.GRANT_MALFORMED);
  }

  @Test
  @NearMiss(RejectCode.GRANT_MALFORMED)
  void payload_writtenInAnotherWay_holds() {
    accepted(
        Envelope.sign(Grant.PAYLOAD_TYPE, Json.pretty(Json.tree(lane.grant())), lane.owner())
            .bytes());
  }

  private byte[] signed(ObjectNode payload) {
    return Envelope.sign(Grant.PAYLOAD_TYPE, CanonicalJson.bytes(payload), lane.owner()).bytes();
  }

  @Test
  @Triggers(RejectCode.GRANT_FORGED)
  void signature_byNoOwner_isForged() throws Exception {
    refused(lane.grant().sign(SigningKey.generate()).bytes(), RejectCode.GRANT_FORGED);
    refused(lane.grant().sign(lane.executor()).bytes(), RejectCode.GRANT_FORGED);
    ObjectNode claimed = (ObjectNode) Json.parse(lane.grant().sign(lane.executor()).bytes());
    ((ObjectNode) claimed.path("signatures").path(0))
        .put("keyid", lane.owner().verifyKey().thumbprint().hex());
    refused(CanonicalJson.bytes(claimed), RejectCode.GRANT_FORGED);
    trust = TrustRoot.empty();
    refused(lane.signedGrant(), RejectCode.GRANT_FORGED);
  }

  @Test
  @NearMiss(RejectCode.GRANT_FORGED)
  void signature_byTheOwner_underAnotherKeyid_holds() throws Exception {
    ObjectNode hinted = (ObjectNode) Json.parse(lane.signedGrant());
    ((ObjectNode) hinted.path("signatures").path(0))
        .put("keyid", lane.executor().verifyKey().thumbprint().hex());
    accepted(CanonicalJson.bytes(hinted));
  }

  @Test
  @Triggers(RejectCode.GRANT_EXPIRED)
  @NearMiss(RejectCode.GRANT_EXPIRED)
  void expiry_isTheFirstMomentAtWhichItNoLongerHolds() {
    now = lane.grant().expiresAt();
    refused(lane.signedGrant(), RejectCode.GRANT_EXPIRED);
    now = lane.grant().expiresAt().minusNanos(1);
    accepted(lane.signedGrant());
  }

  @Test
  @Triggers(RejectCode.GRANT_NOT_YET_VALID)
  @NearMiss(RejectCode.GRANT_NOT_YET_VALID)
  void notBefore_isTheFirstMomentAtWhichItHolds() {
    now = lane.grant().notBefore().minusNanos(1);
    refused(lane.signedGrant(), RejectCode.GRANT_NOT_YET_VALID);
    now = lane.grant().notBefore();
    accepted(lane.signedGrant());
  }

  @Test
  @Triggers(RejectCode.GRANT_CONSUMED)
  @NearMiss(RejectCode.GRANT_CONSUMED)
  void grant_thatARunConsumed_isRefused_andAnotherIdIsNot() {
    consumed = Set.of("another", "grant-test");
    refused(lane.signedGrant(), RejectCode.GRANT_CONSUMED);
    consumed = Set.of("grant-tes", "Grant-test");
    accepted(lane.signedGrant());
  }

  @Test
  @Triggers(RejectCode.GRANT_REVOKED)
  @NearMiss(RejectCode.GRANT_REVOKED)
  void grant_ofAnEarlierEpoch_isRevoked_andOneOfThisEpochIsNot() {
    trust = new TrustRoot(1, 2, lane.trust().keys(), List.of());
    refused(with("revocationEpoch", 1), RejectCode.GRANT_REVOKED);
    accepted(with("revocationEpoch", 2));
  }

  @Test
  @Triggers(RejectCode.GRANT_REVOKED)
  @NearMiss(RejectCode.GRANT_REVOKED)
  void grant_thatWasRevokedByItsId_isRefused_andAnotherIdIsNot() {
    revoked = Set.of("another", "grant-test");
    refused(lane.signedGrant(), RejectCode.GRANT_REVOKED);
    revoked = Set.of("grant-tes", "Grant-test");
    accepted(lane.signedGrant());
  }

  @Test
  @Triggers(RejectCode.GRANT_PLAN_MISMATCH)
  void grant_forAnotherPlan_isRefused() {
    String digest = lane.plan().digest().hex();
    String near = (digest.charAt(0) == '0' ? "1" : "0") + digest.substring(1);
    refused(with("planDigest", near), RejectCode.GRANT_PLAN_MISMATCH);
  }

  @Test
  @Triggers(RejectCode.GRANT_KB_MISMATCH)
  void grant_forAnotherKnowledgeBase_isRefused() {
    refused(with("kbId", TestLane.KB_ID + "2"), RejectCode.GRANT_KB_MISMATCH);
    kbId = "kb-elsewhere";
    refused(lane.signedGrant(), RejectCode.GRANT_KB_MISMATCH);
  }

  @Test
  @Triggers(RejectCode.GRANT_ENVIRONMENT_MISMATCH)
  void grant_forAnotherEnvironment_isRefused() {
    refused(with("environment", "production"), RejectCode.GRANT_ENVIRONMENT_MISMATCH);
    environment = "production";
    refused(lane.signedGrant(), RejectCode.GRANT_ENVIRONMENT_MISMATCH);
  }

  @Test
  @Triggers(RejectCode.GRANT_DELEGATION_MISMATCH)
  void grant_ofAnotherDelegationAuthorityOrChain_isRefused() {
    refused(with("delegation", "AUTHORIZE_ALL"), RejectCode.GRANT_DELEGATION_MISMATCH);
    refused(with("authority", "PRODUCTION"), RejectCode.GRANT_DELEGATION_MISMATCH);
    refused(
        with("actorChain", List.of("user", "GPT", "helper")), RejectCode.GRANT_DELEGATION_MISMATCH);
    refused(with("actorChain", List.of("GPT", "user")), RejectCode.GRANT_DELEGATION_MISMATCH);
  }

  @Test
  @Triggers(RejectCode.GRANT_SCOPE_MISMATCH)
  void grant_overOtherStagesDocumentsOrIds_isRefused() {
    refused(with("stages", List.of("S0", "S1")), RejectCode.GRANT_SCOPE_MISMATCH);
    refused(with("idRanges", List.of()), RejectCode.GRANT_SCOPE_MISMATCH);
    refused(
        with("idRanges", List.of(Map.of("prefix", "TKT-OBJ-", "from", 442, "to", 462))),
        RejectCode.GRANT_SCOPE_MISMATCH);
    refused(with("documents", List.of()), RejectCode.GRANT_SCOPE_MISMATCH);
    for (String field : List.of("path", "expect", "sha256")) {
      refused(
          lane.signedGrantWith(
              fields -> {
                ObjectNode tree = (ObjectNode) Json.tree(fields);
                ObjectNode first = (ObjectNode) tree.path("documents").path(0);
                switch (field) {
                  case "path" -> first.put("path", "governance/elsewhere.md");
                  case "sha256" -> first.put("sha256", "0".repeat(64));
                  default ->
                      first.putObject("expect").put("revision", 1).put("sha256", "0".repeat(64));
                }
                Map<String, Object> changed = new TreeMap<>();
                tree.properties().forEach(e -> changed.put(e.getKey(), e.getValue()));
                return changed;
              }),
          RejectCode.GRANT_SCOPE_MISMATCH);
    }
  }

  @Test
  @Triggers(RejectCode.GRANT_KEY_MISMATCH)
  void grant_forOtherKeys_isRefused() {
    refused(with("executorKey", "0".repeat(64)), RejectCode.GRANT_KEY_MISMATCH);
    refused(with("reviewerKey", "0".repeat(64)), RejectCode.GRANT_KEY_MISMATCH);
    refused(
        with("executorKey", lane.reviewer().verifyKey().thumbprint().hex()),
        RejectCode.GRANT_KEY_MISMATCH);
  }

  @Test
  @NearMiss(RejectCode.GRANT_KEY_MISMATCH)
  void grant_forAKeyThatIsNotKnownHere_holds() {
    executor = Optional.empty();
    accepted(with("executorKey", "0".repeat(64)));
    reviewer = Optional.empty();
    accepted(with("reviewerKey", "0".repeat(64)));
  }

  @Test
  void refusal_ofAForgedGrant_namesTheOwners() {
    GrantVerifier.Finding finding =
        verify(Optional.of(lane.grant().sign(SigningKey.generate()).bytes()));
    assertThat(((Verdict.Reject) finding.verdict()).expected())
        .contains(lane.owner().verifyKey().thumbprint().hex());
  }

  @Test
  void grant_thatNamesAnAgentsKey_showsIt() {
    Digest agent = Digest.of("agent");
    assertThat(
            verify(Optional.of(with("agentKey", agent.hex())))
                .grant()
                .orElseThrow()
                .particulars()
                .path("agentKey")
                .asText())
        .isEqualTo(agent.hex());
    assertThat(lane.grant().particulars().has("agentKey")).isFalse();
  }

  /** A grant as it was stored, so that the one of a later minute is the newer one. */
  private static byte[] stored(Path folder, EvidenceStore evidence, byte[] grant, int minute)
      throws Exception {
    Path file = folder.resolve("store/grants").resolve(evidence.putGrant(grant) + ".dsse.json");
    Files.setLastModifiedTime(file, FileTime.from(NOW.plusSeconds(60L * minute)));
    return grant;
  }

  private GrantVerifier.Stored newest(EvidenceStore evidence) throws Exception {
    return new GrantVerifier(trust)
        .newest(
            evidence,
            new GrantVerifier.Situation(
                lane.plan(), kbId, environment, executor, reviewer, now, consumed, revoked));
  }

  @Test
  void newestStoredGrant_isTheNewestThatHolds_orElseTheNewestThatAFreshOneWouldReplace(
      @TempDir Path folder) throws Exception {
    EvidenceStore evidence = new DirectoryEvidenceStore(folder);
    assertThat(newest(evidence).bytes()).as("none").isEmpty();

    stored(folder, evidence, with("kbId", TestLane.KB_ID + "2"), 1);
    assertThat(newest(evidence).bytes()).as("one that no fresh one replaces").isEmpty();

    byte[] spent = stored(folder, evidence, with("id", "grant-spent"), 2);
    byte[] spentLater = stored(folder, evidence, with("id", "grant-spent-later"), 3);
    consumed = Set.of("grant-spent", "grant-spent-later");
    assertThat(newest(evidence).holds()).isFalse();
    assertThat(newest(evidence).bytes()).hasValue(spentLater);

    consumed = Set.of("grant-spent-later");
    assertThat(newest(evidence).holds()).isTrue();
    assertThat(newest(evidence).bytes()).as("an older one that holds").hasValue(spent);
    assertThat(newest(evidence).grant().id()).isEqualTo("grant-spent");
  }
}
