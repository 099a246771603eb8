package dev.lanekeeper.packet;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lanekeeper.canonical.CanonicalJson;
import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.canonical.Json;
import dev.lanekeeper.evidence.Bundle;
import dev.lanekeeper.grant.Envelope;
import dev.lanekeeper.grant.SigningKey;
import dev.lanekeeper.kb.Attestation;
import dev.lanekeeper.lane.Stage;
import dev.lanekeeper.testkit.TestLane;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Each check of a packet alone: everything before it is made to hold. */
final class PacketVerifierTest {

  @TempDir private Path folder;
  private TestPacket packet;
  private Map<String, byte[]> files;
  private int round;

  @BeforeEach
  void make() throws Exception {
    packet = new TestPacket(folder);
    files = new TreeMap<>(packet.seal());
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }

  private void fitManifests() {
    files.put("manifest-sha256.txt", bytes(Bag.manifest(files, true)));
    files.put(PacketFiles.TAG_MANIFEST, bytes(Bag.manifest(files, false)));
  }

  /** The whole bag, with the values that were sealed. */
  private void fitBag() {
    Bag.Info info =
        new Bag.Info(
            TestPacket.AT.toString().substring(0, 10),
            PacketBuilder.agent(),
            packet.lane().plan().lane().metadata().id());
    files.put("bag-info.txt", bytes(Bag.info(files, info)));
    fitManifests();
  }

  private void answers(PacketVerifier.Answer answer, String problem) {
    PacketVerifier.Finding finding = packet.verify(files, folder.resolve("again-" + round++));
    assertThat(finding.answer()).as(finding.toString()).isEqualTo(answer);
    assertThat(finding.problem().orElse("")).contains(problem);
  }

  private void integrity(String problem) {
    answers(PacketVerifier.Answer.INTEGRITY, problem);
  }

  private void signature(String problem) {
    fitManifests();
    answers(PacketVerifier.Answer.SIGNATURE, problem);
  }

  @Test
  void packet_asSealed_passes() {
    answers(PacketVerifier.Answer.PASS, "");
    fitManifests();
    answers(PacketVerifier.Answer.PASS, "");
  }

  @Test
  void file_missingOrMore_failsTheClosedList() {
    byte[] review = files.remove("data/post-execution-review.json");
    fitManifests();
    integrity("data/post-execution-review.json: expected the file");
    files.put("data/post-execution-review.json", review);
    files.put("data/more.json", bytes("{}"));
    fitManifests();
    integrity("data/more.json: expected no such file");
  }

  @Test
  void manifest_thatDoesNotFit_failsIntegrity() {
    files.put("data/preflight.json", bytes("{}"));
    integrity("manifest-sha256.txt");
    files.put("manifest-sha256.txt", bytes(Bag.manifest(files, true)));
    integrity(PacketFiles.TAG_MANIFEST);
  }

  @Test
  void declaration_inAnotherForm_failsIntegrity() {
    files.put("bagit.txt", bytes("BagIt-Version: 0.97\nTag-File-Character-Encoding: UTF-8\n"));
    fitManifests();
    integrity("bagit.txt");
  }

  @Test
  void file_changedUnderTheSeal_failsTheSignature() {
    files.put("data/publication.json", bytes("{}"));
    signature("files: expected the sealed ones");
  }

  @Test
  void document_addedUnderTheSeal_failsTheSignature() {
    files.put("data/documents/more.md", bytes("more"));
    signature("files: expected the sealed ones");
  }

  @Test
  void bagInfo_withOtherValues_failsTheSignature() {
    files.put(
        "bag-info.txt",
        bytes(text(files.get("bag-info.txt")).replace("Bagging-Date: 2026", "Bagging-Date: 2025")));
    signature("bag-info.txt");
  }

  @Test
  void grant_signedByAnother_failsTheSignature() throws Exception {
    files.put(PacketFiles.GRANT, packet.lane().grant().sign(SigningKey.generate()).bytes());
    signature("the grant: expected the owner's signature");
  }

  @Test
  void plan_thatIsNotTheGrantedOne_failsTheSignature() {
    byte[] plan = files.get(PacketFiles.LANE);
    files.put(PacketFiles.LANE, bytes(text(plan).replace("2026-06-12\"", "2026-06-13\"")));
    signature("data/lane.json: expected sha256");
  }

  /** The lines before the seal. */
  private String before() {
    String all = text(files.get(PacketFiles.ATTESTATIONS));
    return all.substring(0, all.lastIndexOf('\n', all.length() - 2) + 1);
  }

  /** The last line. */
  private String seal() {
    return text(files.get(PacketFiles.ATTESTATIONS)).substring(before().length());
  }

  private JsonNode sealing() throws Exception {
    return Json.parse(Envelope.read(bytes(seal().strip())).payload());
  }

  private static String statement(JsonNode statement, SigningKey key) {
    return text(
        Envelope.sign(Attestation.PAYLOAD_TYPE, CanonicalJson.bytes(statement), key).bytes());
  }

  @Test
  void seal_byTheExecutorOrAStranger_failsTheSignature() throws Exception {
    for (SigningKey key :
        new SigningKey[] {packet.lane().executor(), packet.lane().owner(), SigningKey.generate()}) {
      JsonNode sealing = sealing();
      files.put(PacketFiles.ATTESTATIONS, bytes(before() + statement(sealing, key) + "\n"));
      signature("statement 8: expected a signed statement");
      files = new TreeMap<>(packet.seal());
    }
  }

  @Test
  void seal_ofAnotherPayloadType_failsTheSignature() throws Exception {
    String line =
        text(
            Envelope.sign("text/plain", CanonicalJson.bytes(sealing()), packet.lane().reviewer())
                .bytes());
    files.put(PacketFiles.ATTESTATIONS, bytes(before() + line + "\n"));
    signature("statement 8: expected a signed statement");
  }

  /** The executor seals the end of a lane that was not applied; it cannot make one look so. */
  @Test
  void end_thatReadsLikeAnother_isAContradiction() throws Exception {
    ObjectNode sealing = (ObjectNode) sealing();
    ((ObjectNode) sealing.get("predicate")).put("stage", "SEAL").put("end", "APPLIED ");
    String line = statement(sealing, packet.lane().executor());
    files.put(PacketFiles.ATTESTATIONS, bytes(before() + line + "\n"));
    fitBag();
    answers(PacketVerifier.Answer.REEXECUTION, "the end: expected one of");
  }

  /** Nobody signs the form of an envelope; so there is one form only. */
  @Test
  void envelope_inAnotherForm_failsTheSignature() throws Exception {
    String name = PacketFiles.ATTESTATIONS;
    String good = text(files.get(name));
    String seal = seal();
    String keyid = packet.lane().reviewer().verifyKey().thumbprint().hex();
    String second = "\"},{\"keyid\":\"" + keyid + "\",\"sig\":\"AAAA\"}]}";
    for (String other :
        List.of(
            good.replace("\n", "\r\n"),
            good.replaceFirst("\n", "\r"),
            before() + seal.replace("\":\"", "\": \""),
            before() + seal.replace("\"payload\"", "\"pa\\u0079load\""),
            before() + seal.replace("\"}]}", second))) {
      files.put(name, bytes(other));
      fitBag();
      answers(PacketVerifier.Answer.SIGNATURE, "unreadable: ");
    }
    files.put(name, bytes(before() + seal.replace(keyid, "approved by the board")));
    fitBag();
    answers(PacketVerifier.Answer.SIGNATURE, "statement 8: expected a signed statement");
    files.put(name, bytes(good));
    fitBag();
    answers(PacketVerifier.Answer.PASS, "");
  }

  /** The script reads no other, so the whole packet would be one that it refuses. */
  @Test
  void grant_inAnotherForm_failsTheSignature_howeverWellItIsSealed() throws Exception {
    Bundle bundle = packet.lane().bundle();
    packet = new TestPacket(folder.resolve("other"), bundle, grant -> bytes(text(grant) + "\n"));
    files = new TreeMap<>(packet.seal());
    answers(PacketVerifier.Answer.SIGNATURE, "unreadable: expected canonical JSON");
  }

  @Test
  void file_withAnotherThanAPlainName_failsIntegrity() {
    files.put("data/documents/a\nb", bytes("more"));
    fitManifests();
    integrity("expected plain file names");
  }

  /** A statement of S6, truly signed. */
  private String about(Map<String, Digest> more) throws Exception {
    Map<String, Digest> subjects = packet.subjects(Stage.S6);
    subjects.putAll(more);
    return Attestation.sign(
        packet.lane().executor(),
        TestLane.OWNER,
        "S6",
        packet.lane().plan().digest(),
        "PASS",
        subjects,
        packet.details(0));
  }

  private void seal(String statement) throws Exception {
    packet.state(Stage.S6, Optional.of(statement));
    files = new TreeMap<>(packet.seal());
  }

  @Test
  void statement_aboutAFileAsItIs_passes_andAboutAnotherFails() throws Exception {
    String name = "data/preflight.json";
    seal(about(Map.of(name, Digest.of(files.get(name)))));
    answers(PacketVerifier.Answer.PASS, "");
    seal(about(Map.of(name, Digest.of("other"))));
    signature("statement 7: expected the signed " + name);
    seal(about(Map.of("data/nowhere.json", Digest.of("other"))));
    signature("statement 7: expected the signed data/nowhere.json");
  }

  @Test
  void statement_thatTheSealDoesNotName_failsTheSignature() throws Exception {
    files.put(PacketFiles.ATTESTATIONS, bytes(before() + about(Map.of()) + "\n" + seal()));
    signature("statements: expected the sealed ones");
  }

  @Test
  void seal_thatIsNotTheLastStatement_orIsMissing_failsTheSignature() throws Exception {
    String stages = before();
    String seal = seal();
    files.put(PacketFiles.ATTESTATIONS, bytes(stages + seal + about(Map.of()) + "\n"));
    signature("statement 8: expected a signed statement");
    files.put(PacketFiles.ATTESTATIONS, bytes(stages + seal + seal));
    signature("statement 8: expected a signed statement");
    files.put(PacketFiles.ATTESTATIONS, bytes(stages));
    signature("statement 7: expected a signed statement");
  }

  @Test
  void attestations_withoutTheirLastLineFeed_areTorn() {
    files.put(PacketFiles.ATTESTATIONS, bytes(text(files.get(PacketFiles.ATTESTATIONS)).strip()));
    signature("torn");
  }

  @Test
  void lock_withoutTheOwnersKey_leavesThePacketIncomplete() throws Exception {
    packet.at("delegation-and-authority-lock.json", "/volatile").remove("ownerPem");
    files = new TreeMap<>(packet.seal());
    answers(PacketVerifier.Answer.INCOMPLETE, "no owner key");
  }

  @Test
  void answers_haveTheExitCodesOfTheScript() {
    assertThat(PacketVerifier.Answer.values())
        .extracting(PacketVerifier.Answer::exitCode)
        .containsExactly(0, 10, 11, 12, 13);
  }
}
