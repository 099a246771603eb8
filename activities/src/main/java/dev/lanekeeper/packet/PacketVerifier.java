package dev.lanekeeper.packet;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lanekeeper.authority.Grant;
import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.canonical.Json;
import dev.lanekeeper.canonical.PlainText;
import dev.lanekeeper.canonical.Utf8;
import dev.lanekeeper.files.FaultText;
import dev.lanekeeper.kb.Attestation;
import dev.lanekeeper.lane.EvidenceFiles;
import dev.lanekeeper.signature.Envelope;
import dev.lanekeeper.signature.VerifyKey;
import dev.lanekeeper.stage.DiskFull;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Checks a packet as {@code RERUN.sh} does, in the same order, with the same answers: closed file
 * list and manifests (10), signatures from the owner's thumbprint down (11), S2 to S4 again (12);
 * 13 where a check could not be made.
 */
public final class PacketVerifier {

  /** How many checks a pass tells of. */
  public static final int CHECKS = 7;

  /** The answers; the numbers are exit codes. */
  public enum Answer {
    PASS(0),
    INTEGRITY(10),
    SIGNATURE(11),
    REEXECUTION(12),
    INCOMPLETE(13);

    private final int exitCode;

    Answer(int exitCode) {
      this.exitCode = exitCode;
    }

    /** The exit code. */
    public int exitCode() {
      return exitCode;
    }
  }

  /**
   * What was found.
   *
   * @param answer the answer
   * @param checks the checks that held, in words
   * @param problem the one that did not; empty on a pass
   * @param end how the lane ended, as the packet says; empty when not read
   */
  public record Finding(
      Answer answer, List<String> checks, Optional<String> problem, Optional<String> end) {}

  private static final class Stop extends Exception {
    private static final long serialVersionUID = 1L;
    private final Answer answer;

    Stop(Answer answer, String problem) {
      super(problem, null, false, false);
      this.answer = answer;
    }

    Answer answer() {
      return answer;
    }
  }

  private static final Pattern PLAIN = Pattern.compile("[A-Za-z0-9._/-]+");

  private static final Pattern THUMBPRINT = Pattern.compile("[0-9a-f]{64}");

  /** Printable ASCII that JSON shows unescaped: what a sealed value of bag-info.txt may be. */
  private static final Pattern SHOWN = Pattern.compile("[ -~&&[^\"\\\\]]+");

  /** The most bytes of a file that is read for its signatures. */
  private static final int MOST_BYTES = 16 << 20;

  private final Map<String, byte[]> files;
  private final Optional<String> ownerKey;
  private final List<String> held = new ArrayList<>();
  private Optional<String> end = Optional.empty();

  /**
   * A verification.
   *
   * @param files the packet's files by name
   * @param ownerKey the owner key's thumbprint, from another source than the packet
   */
  public PacketVerifier(Map<String, byte[]> files, Optional<String> ownerKey) {
    this.files = new TreeMap<>(files);
    this.ownerKey = ownerKey;
  }

  /**
   * Makes every check.
   *
   * @param workspace an empty folder for the re-execution
   */
  public Finding verify(Path workspace) {
    try {
      closedList();
      manifests();
      held.add("packet tree " + PacketFiles.packetTree(files));
      if (ownerKey.isEmpty()) {
        throw new Stop(
            Answer.INCOMPLETE,
            "signatures: expected --key with the owner's thumbprint, found none");
      }
      if (!THUMBPRINT.matcher(ownerKey.get()).matches()) {
        throw new Stop(
            Answer.INCOMPLETE,
            "--key: expected 64 lower-case hexadecimal digits (SHA-256), found another text");
      }
      signatures(ownerKey.get());
      Reexecution again = new Reexecution(files, workspace);
      List<String> differences = again.differences();
      if (!differences.isEmpty()) {
        throw new Stop(Answer.REEXECUTION, String.join("; ", differences));
      }
      held.add(again.summary());
      return new Finding(Answer.PASS, held, Optional.empty(), end);
    } catch (Stop stop) {
      return new Finding(stop.answer(), held, Optional.of(stop.getMessage()), end);
    } catch (IOException | IllegalArgumentException e) {
      if (e instanceof IOException fault && DiskFull.is(fault)) {
        return new Finding(Answer.INCOMPLETE, held, Optional.of(FaultText.withoutPlace(e)), end);
      }
      return new Finding(
          Answer.SIGNATURE, held, Optional.of("unreadable: " + FaultText.withoutPlace(e)), end);
    }
  }

  private void closedList() throws Stop {
    List<String> required = new ArrayList<>(PacketFiles.TAG_FILES);
    required.add(PacketFiles.TAG_MANIFEST);
    required.addAll(List.of(PacketFiles.LANE, PacketFiles.GRANT, PacketFiles.ATTESTATIONS));
    EvidenceFiles.ALL.forEach(name -> required.add("data/" + name));
    for (String name : required) {
      if (!files.containsKey(name)) {
        throw new Stop(Answer.INTEGRITY, name + ": expected the file, found nothing");
      }
    }
    for (String name : files.keySet()) {
      if (!PLAIN.matcher(name).matches()) {
        throw new Stop(Answer.INTEGRITY, "expected plain file names, found others");
      }
      if (!required.contains(name)
          && !name.startsWith(PacketFiles.DOCUMENTS)
          && !name.startsWith(PacketFiles.BEFORE)) {
        throw new Stop(Answer.INTEGRITY, name + ": expected no such file, found one");
      }
    }
    held.add("closed list of " + files.size() + " files");
  }

  private void manifests() throws Stop {
    same("bagit.txt", Bag.DECLARATION);
    same("manifest-sha256.txt", Bag.manifest(files, true));
    same(PacketFiles.TAG_MANIFEST, Bag.manifest(files, false));
    held.add("manifests");
  }

  private void same(String name, String expected) throws Stop {
    if (!Arrays.equals(files.get(name), expected.getBytes(StandardCharsets.UTF_8))) {
      throw new Stop(Answer.INTEGRITY, name + ": expected what the files give, found other bytes");
    }
  }

  private void signatures(String owner) throws Stop, IOException {
    for (String name : List.of(PacketFiles.ATTESTATIONS, PacketFiles.LOCK, PacketFiles.GRANT)) {
      if (files.get(name).length > MOST_BYTES) {
        throw new Stop(
            Answer.INCOMPLETE, name + ": expected at most " + MOST_BYTES + " bytes, found more");
      }
    }
    JsonNode keys = SignedJson.file(files.get(PacketFiles.LOCK)).path("volatile");
    if (!keys.has("ownerPem")) {
      throw new Stop(Answer.INCOMPLETE, "the packet holds no owner key: no grant was verified");
    }
    VerifyKey ownerKeyRead = key(keys, "owner", owner);
    Envelope envelope = Envelope.readCanonical(files.get(PacketFiles.GRANT));
    if (!envelope.payloadType().equals(Grant.PAYLOAD_TYPE)
        || envelope.signedBy(List.of(ownerKeyRead)).isEmpty()) {
      throw new Stop(Answer.SIGNATURE, "the grant: expected the owner's signature, found another");
    }
    ObjectNode grant = SignedJson.payload(envelope.payload());
    held.add("the grant is signed by owner key " + owner);
    Digest plan = Digest.of(files.get(PacketFiles.LANE));
    if (!text(grant.path("planDigest")).equals(plan.hex())) {
      throw new Stop(
          Answer.SIGNATURE,
          "data/lane.json: expected sha256 "
              + PlainText.visible(text(grant.path("planDigest")), 100)
              + ", found "
              + plan);
    }
    held.add("the plan is the granted one");
    statements(keys, grant);
  }

  /** A text, and nothing that only reads like one; empty where there is none. */
  private static String text(JsonNode node) {
    return node.isTextual() ? node.textValue() : "";
  }

  private static VerifyKey key(JsonNode keys, String role, String thumbprint) throws Stop {
    String pem = text(keys.path(role + "Pem"));
    VerifyKey key = VerifyKey.ofPem(pem);
    if (!key.pem().equals(pem) || !key.thumbprint().hex().equals(thumbprint)) {
      throw new Stop(
          Answer.SIGNATURE,
          "the "
              + role
              + " key: expected "
              + PlainText.visible(thumbprint, 100)
              + ", found "
              + key.thumbprint());
    }
    return key;
  }

  private void statements(JsonNode keys, ObjectNode grant) throws Stop, IOException {
    VerifyKey executor = key(keys, "executor", text(grant.path("executorKey")));
    String text = Utf8.decode(files.get(PacketFiles.ATTESTATIONS));
    if (!text.endsWith("\n")) {
      throw new Stop(Answer.SIGNATURE, "attestations: expected whole lines, found a torn one");
    }
    List<String> lines = List.of(text.substring(0, text.length() - 1).split("\n", -1));
    JsonNode last = Json.object();
    List<Subject> sealed = List.of();
    for (int i = 0; i < lines.size(); i++) {
      Envelope envelope = Envelope.readCanonical(lines.get(i).getBytes(StandardCharsets.UTF_8));
      JsonNode statement = SignedJson.payload(envelope.payload());
      String stage = text(statement.at("/predicate/stage"));
      // A lane that nobody reviewed may name a reviewer whose key nobody had.
      VerifyKey key =
          stage.equals("S7") ? key(keys, "reviewer", text(grant.path("reviewerKey"))) : executor;
      boolean atEnd = i == lines.size() - 1;
      // The reviewer seals what was applied; what was reviewed and not applied, the executor seals.
      boolean fits = atEnd ? List.of("S7", "SEAL").contains(stage) : !stage.equals("SEAL");
      if (!envelope.payloadType().equals(Attestation.PAYLOAD_TYPE)
          || !envelope.isBy(key)
          || !fits) {
        throw new Stop(
            Answer.SIGNATURE, "statement " + (i + 1) + ": expected a signed statement, found none");
      }
      sealed = subjects(i + 1, statement);
      if (!atEnd) {
        requireSignedSubjects(i + 1, sealed);
      }
      last = statement;
    }
    seal(last.path("predicate"), sealed, lines);
    held.add(lines.size() + " statements signed with the keys that the grant names");
  }

  private record Subject(String name, String sha256) {}

  /** The subjects of an in-toto statement of a stage, each a name and a SHA-256. */
  private static List<Subject> subjects(int line, JsonNode statement) throws Stop {
    List<Subject> subjects = new ArrayList<>();
    boolean whole =
        text(statement.path("_type")).equals(Attestation.TYPE)
            && text(statement.path("predicateType")).equals(Attestation.PREDICATE_TYPE)
            && statement.path("subject").isArray();
    for (JsonNode subject : statement.path("subject")) {
      String sha256 = text(subject.at("/digest/sha256"));
      whole &=
          subject.isObject()
              && subject.size() == 2
              && subject.path("name").isTextual()
              && subject.path("digest").size() == 1
              && THUMBPRINT.matcher(sha256).matches();
      subjects.add(new Subject(text(subject.path("name")), sha256));
    }
    if (!whole) {
      throw new Stop(
          Answer.SIGNATURE,
          "statement " + line + ": expected an in-toto statement of a stage, found another");
    }
    return subjects;
  }

  /** What a stage signed as a file of the packet is that file. */
  private void requireSignedSubjects(int line, List<Subject> subjects) throws Stop {
    for (Subject subject : subjects) {
      byte[] file = files.get(subject.name());
      boolean present = file != null && Digest.of(file).hex().equals(subject.sha256());
      if (subject.name().startsWith("data/") && !present) {
        throw new Stop(
            Answer.SIGNATURE,
            "statement "
                + line
                + ": expected the signed "
                + PlainText.visible(subject.name(), 200)
                + ", found another");
      }
    }
  }

  private void seal(JsonNode predicate, List<Subject> subjects, List<String> lines) throws Stop {
    StringBuilder before = new StringBuilder();
    lines.subList(0, lines.size() - 1).forEach(line -> before.append(line).append('\n'));
    if (!text(predicate.path("statements")).equals(Digest.of(before.toString()).hex())) {
      throw new Stop(Answer.SIGNATURE, "statements: expected the sealed ones, found others");
    }
    List<Subject> found = new ArrayList<>();
    PacketFiles.subjects(files)
        .forEach((name, digest) -> found.add(new Subject(name, digest.hex())));
    List<Subject> sealed = new ArrayList<>(subjects);
    sealed.sort(Comparator.comparing(Subject::name));
    if (!sealed.equals(found)) {
      throw new Stop(Answer.SIGNATURE, "files: expected the sealed ones, found others");
    }
    List<String> values =
        Stream.of("baggingDate", "bagSoftwareAgent", "externalIdentifier", "end")
            .map(name -> text(predicate.path(name)))
            .toList();
    Bag.Info info = new Bag.Info(values.get(0), values.get(1), values.get(2));
    if (!values.stream().allMatch(SHOWN.asMatchPredicate())
        || !Arrays.equals(
            files.get("bag-info.txt"), Bag.info(files, info).getBytes(StandardCharsets.UTF_8))) {
      throw new Stop(Answer.SIGNATURE, "bag-info.txt: expected the sealed values, found others");
    }
    end = Optional.of(values.get(3));
  }

  /** The finding as evidence. */
  public static ObjectNode json(Finding finding) {
    ObjectNode out = Json.object().put("answer", finding.answer().name());
    out.put("exitCode", finding.answer().exitCode());
    out.set("checks", Json.tree(finding.checks()));
    out.put("problem", finding.problem().orElse(""));
    return out;
  }
}
