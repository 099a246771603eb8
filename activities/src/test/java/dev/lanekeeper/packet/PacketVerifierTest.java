package dev.lanekeeper.packet;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lanekeeper.canonical.CanonicalJson;
import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.canonical.Json;
import dev.lanekeeper.evidence.Bundle;
import dev.lanekeeper.kb.Attestation;
import dev.lanekeeper.lane.Stage;
import dev.lanekeeper.signature.Envelope;
import dev.lanekeeper.signature.SigningKey;
import dev.lanekeeper.testkit.TestLane;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Each check of a packet alone: everything before it is made to hold. {@code RERUN.sh} has to give
 * the same answer each time, and for the same reason: {@link PacketVerifierByScriptTest} asks it
 * each time, this class where a test is about the script.
 */
class PacketVerifierTest {

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

  private void answers(PacketVerifier.Answer answer, String problem) throws Exception {
    answers(answer, problem, problem);
  }

  private void answers(PacketVerifier.Answer answer, String problem, String ofTheScript)
      throws Exception {
    PacketVerifier.Finding finding = packet.verify(files, folder.resolve("again-" + round++));
    assertThat(finding.answer()).as(finding.toString()).isEqualTo(answer);
    assertThat(finding.problem().orElse("")).contains(problem);
    if (scriptIsAsked()) {
      assertScriptAnswers(answer, ofTheScript);
    }
  }

  /** Whether the script is asked about every packet; it starts some two hundred processes. */
  boolean scriptIsAsked() {
    return false;
  }

  private void assertScriptAnswers(PacketVerifier.Answer answer, String problem) throws Exception {
    Rerun script = rerun("true");
    boolean signed = answer == PacketVerifier.Answer.REEXECUTION;
    assertThat(script.exitCode()).as(script.out()).isEqualTo(signed ? 0 : answer.exitCode());
    assertThat(script.out()).contains(signed ? "" : problem);
  }

  private Path write() throws Exception {
    return Rerun.write(files, folder.resolve("packet-" + round++));
  }

  private String owner() {
    return packet.lane().owner().verifyKey().thumbprint().hex();
  }

  private Rerun rerun(String launcher) throws Exception {
    return Rerun.judge(write(), owner(), launcher);
  }

  private void integrity(String problem) throws Exception {
    answers(PacketVerifier.Answer.INTEGRITY, problem);
  }

  private void signature(String problem) throws Exception {
    fitManifests();
    answers(PacketVerifier.Answer.SIGNATURE, problem);
  }

  @Test
  void packet_asSealed_passes() throws Exception {
    answers(PacketVerifier.Answer.PASS, "");
    fitManifests();
    answers(PacketVerifier.Answer.PASS, "");
    assertScriptAnswers(PacketVerifier.Answer.PASS, "");
  }

  @Test
  void file_missingOrMore_failsTheClosedList() throws Exception {
    byte[] review = files.remove("data/post-execution-review.json");
    fitManifests();
    integrity("data/post-execution-review.json: expected the file");
    files.put("data/post-execution-review.json", review);
    files.put("data/more.json", bytes("{}"));
    fitManifests();
    integrity("data/more.json: expected no such file");
  }

  @Test
  void manifest_thatDoesNotFit_failsIntegrity() throws Exception {
    files.put("data/preflight.json", bytes("{}"));
    integrity("manifest-sha256.txt");
    files.put("manifest-sha256.txt", bytes(Bag.manifest(files, true)));
    integrity(PacketFiles.TAG_MANIFEST);
  }

  @Test
  void declaration_inAnotherForm_failsIntegrity() throws Exception {
    files.put("bagit.txt", bytes("BagIt-Version: 0.97\nTag-File-Character-Encoding: UTF-8\n"));
    fitManifests();
    integrity("bagit.txt");
  }

  @Test
  void file_changedUnderTheSeal_failsTheSignature() throws Exception {
    files.put("data/publication.json", bytes("{}"));
    signature("files: expected the sealed ones");
  }

  @Test
  void document_addedUnderTheSeal_failsTheSignature() throws Exception {
    files.put("data/documents/more.md", bytes("more"));
    signature("files: expected the sealed ones");
  }

  @Test
  void bagInfo_withOtherValues_failsTheSignature() throws Exception {
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
  void plan_thatIsNotTheGrantedOne_failsTheSignature() throws Exception {
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

  private String reviewer() {
    return packet.lane().reviewer().verifyKey().thumbprint().hex();
  }

  private static String statement(JsonNode statement, SigningKey key) {
    return text(
        Envelope.sign(Attestation.PAYLOAD_TYPE, CanonicalJson.bytes(statement), key).bytes());
  }

  @Test
  void seal_byTheExecutorOrAStranger_failsTheSignature() throws Exception {
    for (SigningKey key :
        new SigningKey[] {packet.lane().executor(), packet.lane().owner(), SigningKey.generate()}) {
      String line = statement(sealing(), key);
      String borrowed = line.replace(key.verifyKey().thumbprint().hex(), reviewer());
      for (String seal : List.of(line, borrowed)) {
        files.put(PacketFiles.ATTESTATIONS, bytes(before() + seal + "\n"));
        fitBag();
        signature("statement 8: expected a signed statement");
      }
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

  /** The same bytes in Base64 whose last character has other unused bits, where it has any. */
  private static String otherBits(String seal, String field) {
    int end = seal.indexOf('"', seal.indexOf(field) + field.length());
    int last = seal.charAt(end - 2) == '=' ? end - 3 : end - 2;
    assertThat(seal.charAt(end - 1)).as("Base64 of " + field).isEqualTo('=');
    return seal.substring(0, last) + (char) (seal.charAt(last) + 1) + seal.substring(last + 1);
  }

  /** Nobody signs the form of an envelope; so there is one form only. */
  @Test
  void envelope_inAnotherForm_failsTheSignature() throws Exception {
    String name = PacketFiles.ATTESTATIONS;
    String good = text(files.get(name));
    String seal = seal();
    String keyid = reviewer();
    String second = "\"},{\"keyid\":\"" + keyid + "\",\"sig\":\"AAAA\"}]}";
    for (String other :
        List.of(
            good.replace("\n", "\r\n"),
            good.replaceFirst("\n", "\r"),
            before() + seal.replace("\":\"", "\": \""),
            before() + seal.replace("\"payload\"", "\"pa\\u0079load\""),
            before() + seal.replace("\"}]}", second),
            before() + otherBits(seal, "\"payload\":\""),
            before() + otherBits(seal, "\"sig\":\""))) {
      files.put(name, bytes(other));
      fitBag();
      answers(PacketVerifier.Answer.SIGNATURE, "unreadable: ", "expected a signed statement");
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
    answers(
        PacketVerifier.Answer.SIGNATURE,
        "unreadable: expected canonical JSON",
        "the grant: expected the owner's signature");
  }

  @Test
  void file_withAnotherThanAPlainName_failsIntegrity() throws Exception {
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

  /** The last subject of a statement counts as the others do. */
  @Test
  void script_comparesEverySubjectOfAStatement() throws Exception {
    seal(about(Map.of("data/seal-vs-bytes.json", Digest.of("other"))));
    answers(PacketVerifier.Answer.SIGNATURE, "statement 7: expected the signed data/seal-vs-bytes");
    assertScriptAnswers(PacketVerifier.Answer.SIGNATURE, "expected the signed data/seal-vs-bytes");
  }

  @Test
  void statement_ofAnotherType_failsTheSignature() throws Exception {
    for (String field : List.of("_type", "predicateType")) {
      ObjectNode sealing = (ObjectNode) sealing();
      String good = text(files.get(PacketFiles.ATTESTATIONS));
      String line = statement(sealing.put(field, "other"), packet.lane().reviewer());
      files.put(PacketFiles.ATTESTATIONS, bytes(before() + line + "\n"));
      fitBag();
      answers(PacketVerifier.Answer.SIGNATURE, "statement 8: expected an in-toto statement");
      assertScriptAnswers(PacketVerifier.Answer.SIGNATURE, "expected an in-toto statement");
      files.put(PacketFiles.ATTESTATIONS, bytes(good));
    }
  }

  /** What is no thumbprint says nothing about the packet. */
  @Test
  void key_thatIsNoThumbprint_leavesThePacketUnchecked() throws Exception {
    String key = owner();
    for (String other :
        List.of(key.toUpperCase(java.util.Locale.ROOT), "sha256:" + key, " " + key, "owner.pub")) {
      assertThat(
              new PacketVerifier(files, Optional.of(other))
                  .verify(folder.resolve("again-" + round++))
                  .answer())
          .as(other)
          .isEqualTo(PacketVerifier.Answer.INCOMPLETE);
      assertThat(Rerun.judge(write(), other, "true").exitCode()).as(other).isEqualTo(13);
    }
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
    signature("statement 9: expected a signed statement");
    files.put(PacketFiles.ATTESTATIONS, bytes(stages + seal + seal));
    signature("statements: expected the sealed ones");
    ObjectNode sealing = (ObjectNode) sealing();
    ((ObjectNode) sealing.get("predicate")).put("stage", "SEAL");
    String executors = statement(sealing, packet.lane().executor()) + "\n";
    files.put(PacketFiles.ATTESTATIONS, bytes(stages + executors + seal));
    signature("statement 8: expected a signed statement");
    files.put(PacketFiles.ATTESTATIONS, bytes(stages));
    signature("statement 7: expected a signed statement");
  }

  @Test
  void attestations_withoutTheirLastLineFeed_areTorn() throws Exception {
    files.put(PacketFiles.ATTESTATIONS, bytes(text(files.get(PacketFiles.ATTESTATIONS)).strip()));
    signature("torn");
  }

  @Test
  void lock_withoutTheOwnersKey_leavesThePacketIncomplete() throws Exception {
    packet.at("delegation-and-authority-lock.json", "/volatile").remove("ownerPem");
    files = new TreeMap<>(packet.seal());
    answers(PacketVerifier.Answer.INCOMPLETE, "no owner key");
  }

  /** The script alone: it reads folders, the verifier reads what a folder's reader lets through. */
  @Test
  void script_ofAFolderWithALink_failsIntegrity() throws Exception {
    Path whole = write();
    Files.createSymbolicLink(whole.resolve("data/documents/more.md"), Path.of("nowhere"));
    Rerun found = Rerun.judge(whole, owner(), "true");
    assertThat(found.exitCode()).as(found.out()).isEqualTo(10);
    assertThat(found.out()).contains("expected files and folders only");
    byte[] lane = files.remove(PacketFiles.LANE);
    Path without = write();
    Path outside = Files.write(folder.resolve("lane.json"), lane);
    Files.createSymbolicLink(without.resolve(PacketFiles.LANE), outside);
    assertThat(Rerun.judge(without, owner(), "true").out())
        .contains("expected files and folders only");
  }

  @Test
  void script_saysPass_onlyWhenTheReexecutionSaysSo() throws Exception {
    assertThat(rerun("true").out()).contains("PASS packet of a lane that ended APPLIED");
    assertThat(rerun("false").exitCode()).isEqualTo(13);
    assertThat(rerun("nowhere").out())
        .contains("expected a program at nowhere")
        .contains("INCOMPLETE");
    assertThat(rerun("").out()).contains("expected --lanekeeper").contains("INCOMPLETE");
    Path differs = folder.resolve("differs");
    Files.writeString(differs, "#!/bin/sh\nexit 12\n");
    Files.setPosixFilePermissions(differs, PosixFilePermissions.fromString("rwxr-xr-x"));
    Rerun found = rerun(differs.toString());
    assertThat(found.exitCode()).as(found.out()).isEqualTo(12);
    assertThat(found.out()).doesNotContain("PASS");
  }

  private Path program(Path file, String text) throws Exception {
    Files.createDirectories(file.getParent());
    Files.writeString(file, "#!/bin/sh\n" + text);
    return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  private Rerun rerun(Path packet, String launcher, Path before) throws Exception {
    Map<String, String> path =
        Map.of("PATH", before + System.getProperty("path.separator") + System.getenv("PATH"));
    return Rerun.run(folder, path, "--key", owner(), "--lanekeeper", launcher, packet.toString());
  }

  /** Whoever can write to the packet waits until its files are hashed, and then changes one. */
  @Test
  void packet_changedWhileTheScriptRuns_isJudgedByTheBytesThatWereCopied() throws Exception {
    Path packet = write();
    Path seen = folder.resolve("seen");
    String change =
        "for f in data/publication.json data/lane.json data/grant.dsse.json"
            + " data/attestations.intoto.jsonl; do echo changed >"
            + packet
            + "/$f; done\n";
    String openssl = "PATH=${PATH#*:}\nexec openssl \"$@\"\n";
    program(folder.resolve("bin/openssl"), change + openssl);
    Path launcher =
        program(
            folder.resolve("launcher"),
            change + "cp -R \"$2\" " + seen + "\n[ \"$1\" = re-execute ]\n");

    Rerun found = rerun(packet, launcher.toString(), folder.resolve("bin"));

    assertThat(found.exitCode()).as(found.out()).isZero();
    assertThat(found.out())
        .contains("packet tree " + PacketFiles.packetTree(files))
        .contains("PASS packet of a lane that ended APPLIED");
    assertThat(Files.readString(packet.resolve(PacketFiles.LANE))).isEqualTo("changed\n");
    for (Map.Entry<String, byte[]> file : files.entrySet()) {
      assertThat(seen.resolve(file.getKey())).as("re-executed").hasBinaryContent(file.getValue());
    }
  }

  /** The other way round: a packet that is mended while it is checked stays what it was. */
  @Test
  void packet_mendedWhileTheScriptRuns_isJudgedByTheBytesThatWereCopied() throws Exception {
    byte[] lane = files.put(PacketFiles.LANE, bytes("{}"));
    fitBag();
    Path packet = write();
    Path good = Files.write(folder.resolve("good.json"), lane);
    program(
        folder.resolve("bin/openssl"),
        "cp "
            + good
            + " "
            + packet.resolve(PacketFiles.LANE)
            + "\nPATH=${PATH#*:}\n"
            + "exec openssl \"$@\"\n");

    Rerun found = rerun(packet, "true", folder.resolve("bin"));

    assertThat(found.exitCode()).as(found.out()).isEqualTo(11);
    assertThat(found.out()).contains("data/lane.json: expected sha256");
  }

  @Test
  void packet_thatBecomesALinkOrAPipeBeforeItIsCopied_failsIntegrity() throws Exception {
    Path packet = write();
    Path document = packet.resolve("data/documents/more.md");
    for (String kind : List.of("ln -s /etc/passwd ", "mkfifo ")) {
      program(
          folder.resolve("bin/mkdir"), kind + document + "\nPATH=${PATH#*:}\nexec mkdir \"$@\"\n");
      Rerun found = rerun(packet, "true", folder.resolve("bin"));
      assertThat(found.exitCode()).as(found.out()).isEqualTo(10);
      assertThat(found.out()).contains("expected files and folders only");
      Files.delete(document);
    }
  }

  @Test
  void packet_thatMayOnlyBeRead_isJudged_andNothingIsLeftBehind() throws Exception {
    Path packet = write();
    Path temporary = Files.createDirectory(folder.resolve("temporary"));
    for (String name : List.of("data/documents", "data", "")) {
      Files.setPosixFilePermissions(
          packet.resolve(name), PosixFilePermissions.fromString("r-xr-xr-x"));
    }
    Rerun found =
        Rerun.run(
            folder,
            Map.of("TMPDIR", temporary.toString()),
            "--key",
            owner(),
            "--lanekeeper",
            "true",
            packet.toString());
    for (String name : List.of("", "data", "data/documents")) {
      Files.setPosixFilePermissions(
          packet.resolve(name), PosixFilePermissions.fromString("rwxr-xr-x"));
    }
    assertThat(found.exitCode()).as(found.out()).isZero();
    assertThat(temporary).isEmptyDirectory();
  }

  @Test
  void script_withoutTheOwnersThumbprint_isIncomplete_andWithAnotherASignatureFailure()
      throws Exception {
    Rerun none = Rerun.judge(write(), "", "true");
    assertThat(none.exitCode()).as(none.out()).isEqualTo(13);
    assertThat(none.out()).contains("expected --key");
    Rerun other = Rerun.judge(write(), Digest.of("another key").hex(), "true");
    assertThat(other.exitCode()).as(other.out()).isEqualTo(11);
    assertThat(other.out()).contains("the owner key: expected");
  }

  /** A shell with CDPATH goes into another folder than the one that is named. */
  @Test
  void script_judgesTheFolderThatIsNamed_whateverCdpathSays() throws Exception {
    Path named = write();
    Path decoy = folder.resolve("decoy");
    Files.createDirectories(decoy.resolve(named.getFileName()));
    Rerun found =
        Rerun.run(
            folder,
            Map.of("CDPATH", decoy.toString()),
            "--key",
            owner(),
            "--lanekeeper",
            "true",
            named.getFileName().toString());
    assertThat(found.exitCode()).as(found.out()).isZero();
  }

  @Test
  void answers_haveTheExitCodesOfTheScript() {
    assertThat(PacketVerifier.Answer.values())
        .extracting(PacketVerifier.Answer::exitCode)
        .containsExactly(0, 10, 11, 12, 13);
  }
}
