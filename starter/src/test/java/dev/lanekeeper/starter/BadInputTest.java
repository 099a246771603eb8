package dev.lanekeeper.starter;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lanekeeper.authority.Grant;
import dev.lanekeeper.canonical.DirHash;
import dev.lanekeeper.canonical.Json;
import dev.lanekeeper.evidence.FileTree;
import dev.lanekeeper.signature.Envelope;
import dev.lanekeeper.signature.SigningKey;
import dev.lanekeeper.testkit.NearMiss;
import dev.lanekeeper.testkit.TestLane;
import dev.lanekeeper.testkit.Triggers;
import dev.lanekeeper.verdict.RejectCode;
import dev.lanekeeper.worker.LocalKeys;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** What bad input gets: a clear refusal, the right exit code, and the knowledge base as before. */
@Execution(ExecutionMode.CONCURRENT) // each has a home of its own, and waits much of its time
class BadInputTest {

  private static final String M1 =
      "governance/fix7/fix7-p0-operative-birth-blueprint-2026-06-12.md";

  @TempDir private Path folder;
  private Path lane;
  private Path home;

  @BeforeEach
  void copy() throws Exception {
    lane = TestLane.copy(folder.resolve("fix7-p0"));
    home = folder.resolve("home");
  }

  private String laneFile() throws IOException {
    return Files.readString(lane.resolve("lane.yaml"));
  }

  private void edit(UnaryOperator<String> change) throws IOException {
    String before = laneFile();
    String after = change.apply(before);
    assertThat(after).as("the edit changes the file").isNotEqualTo(before);
    Files.writeString(lane.resolve("lane.yaml"), after);
  }

  private Cli run(Object... more) {
    Object[] words = new Object[more.length + 4];
    words[0] = "run";
    words[1] = lane;
    words[2] = "--home";
    words[3] = home;
    System.arraycopy(more, 0, words, 4, more.length);
    return Cli.run(words);
  }

  private String tree() throws IOException {
    Path kb = home.resolve("kb");
    return Files.exists(kb) ? DirHash.ofBytes(FileTree.read(kb)).hex() : "none";
  }

  /** Runs once with what is wrong, and checks everything that a refusal must be. */
  private JsonNode refused(int exitCode, String code, Object... more) throws IOException {
    Object[] words = java.util.Arrays.copyOf(more, more.length + 1);
    words[more.length] = "--json";
    Cli cli = run(words);
    assertThat(cli.exitCode()).as(cli.err()).isEqualTo(exitCode);
    JsonNode json = cli.json();
    assertThat(json.path("exitCode").asInt()).isEqualTo(exitCode);
    assertThat(json.at("/reject/code").asText()).isEqualTo(code);
    for (String field : new String[] {"expected", "actual", "remedy"}) {
      assertThat(json.at("/reject/" + field).asText()).as(field).isNotBlank();
    }
    assertThat(cli.err()).contains(code).contains("command:  ").doesNotContain("\tat ");
    assertThat(home.resolve("kb").resolve(M1)).as("nothing published").doesNotExist();
    return json;
  }

  private void invalid(int line, String field, String expected, String found) throws IOException {
    JsonNode json = refused(ExitCode.USAGE, "LANE_INVALID");
    assertThat(json.at("/reject/subject").asText()).contains("lane.yaml:" + line).endsWith(field);
    assertThat(json.at("/reject/expected").asText()).contains(expected);
    assertThat(json.at("/reject/actual").asText()).contains(found);
    assertThat(home.resolve("kb")).doesNotExist();
  }

  private int lineOf(String text) throws IOException {
    return (int)
            laneFile().substring(0, laneFile().indexOf(text)).chars().filter(c -> c == '\n').count()
        + 1;
  }

  @Test
  void unknownField_isNamed() throws Exception {
    edit(s -> s.replaceFirst("\nkind: Lane", "\nkindness: x\nkind: Lane"));
    invalid(lineOf("kindness"), "kindness", "apiVersion", "unknown field 'kindness'");
  }

  @Test
  void duplicateKey_isNamed() throws Exception {
    edit(s -> s.replaceFirst("\nkind: Lane", "\nkind: Lane\nkind: Lane"));
    invalid(lineOf("kind: Lane") + 1, "kind", "each field once", "a second 'kind'");
  }

  @Test
  void trailingDocument_isRefused() throws Exception {
    edit(s -> s + "\n---\nmore: 1\n");
    JsonNode json = refused(ExitCode.USAGE, "LANE_INVALID");
    assertThat(json.at("/reject/expected").asText()).isEqualTo("the end of the file");
  }

  @Test
  void yamlAlias_isRefused() throws Exception {
    edit(s -> s.replaceFirst("environment: no-production", "environment: &e no-production"));
    JsonNode json = refused(ExitCode.USAGE, "LANE_INVALID");
    assertThat(json.at("/reject/actual").asText()).contains("the anchor &e");
  }

  @Test
  void wrongType_isNamed() throws Exception {
    edit(s -> s.replaceFirst("from: 442", "from: many"));
    invalid(lineOf("from: many"), "spec.reservations[0].from", "an integer", "\"many\"");
  }

  @Test
  void missingFile_isNamed() throws Exception {
    Files.delete(lane.resolve("documents/M-1.md"));
    JsonNode json = refused(ExitCode.USAGE, "LANE_INVALID");
    assertThat(json.at("/reject/subject").asText())
        .endsWith("lane.yaml:" + lineOf("source: documents/M-1.md") + ": spec.changes[0].source");
    assertThat(json.at("/reject/actual").asText()).contains("documents/M-1.md");
  }

  @Test
  void missingFilesOfInputs_areNamedWithTheirLinesAndPlaces() throws Exception {
    Files.delete(lane.resolve("inputs/canonical-fold/owner-note.md"));
    Files.delete(lane.resolve("inputs/rollback-validator-packet/frozen-evidence.json"));
    String err = Cli.run("validate", lane).err();
    assertThat(err).doesNotContain("lane.yaml: ");
    assertThat(err).containsPattern("lane\\.yaml:\\d+: spec\\.inputs\\[\\d]\\.files\\[\\d]\\.path");
    assertThat(err)
        .containsPattern(
            "lane\\.yaml:\\d+: spec\\.inputs\\[\\d]\\.asserts\\[\\d]\\.cases\\[\\d]\\.file");
  }

  @Test
  void missingLaneFile_isNamed() throws Exception {
    Files.delete(lane.resolve("lane.yaml"));
    refused(ExitCode.USAGE, "LANE_INVALID");
  }

  @Test
  void escapingPaths_areRefused() throws Exception {
    String original = laneFile();
    for (String bad :
        new String[] {
          "../outside.md", "/etc/passwd", "governance/é.md", "a//b.md", ".hidden/x.md"
        }) {
      Files.writeString(
          lane.resolve("lane.yaml"), original.replace("path: " + M1, "path: \"" + bad + "\""));
      JsonNode json = refused(ExitCode.USAGE, "LANE_INVALID");
      assertThat(json.at("/reject/subject").asText()).contains("spec.changes[0].path");
    }
  }

  @Test
  void sourceBehindASymbolicLink_isRefused() throws Exception {
    Path real = folder.resolve("secret.md");
    Files.move(lane.resolve("documents/M-1.md"), real);
    Files.createSymbolicLink(lane.resolve("documents/M-1.md"), real);
    JsonNode json = refused(ExitCode.USAGE, "LANE_INVALID");
    assertThat(json.at("/reject/actual").asText()).contains("a symbolic link");
  }

  @Test
  @Triggers(RejectCode.INPUT_DIGEST_MISMATCH)
  void wrongInputDigest_isRejected() throws Exception {
    Files.writeString(lane.resolve("inputs/canonical-fold/owner-note.md"), "other");
    refused(ExitCode.REJECTED, "INPUT_DIGEST_MISMATCH");
    Cli validate = Cli.run("validate", lane);
    assertThat(validate.exitCode()).as(validate.out()).isEqualTo(ExitCode.REJECTED);
    assertThat(validate.err()).contains("INPUT_DIGEST_MISMATCH");
  }

  @Test
  @Triggers(RejectCode.INPUT_TREE_MISMATCH)
  void wrongInputTree_isRejected() throws Exception {
    Files.writeString(lane.resolve("inputs/planning-packet/extra.md"), "extra");
    refused(ExitCode.REJECTED, "INPUT_TREE_MISMATCH");
  }

  @Test
  @Triggers(RejectCode.INPUT_TREE_MISMATCH)
  void wrongSeal_isRejected() throws Exception {
    Path seal = lane.resolve("inputs/authority-seal/N7.md");
    Files.writeString(seal, Files.readString(seal) + "more\n");
    refused(ExitCode.REJECTED, "INPUT_TREE_MISMATCH");
  }

  @Test
  @Triggers(RejectCode.PIN_CHANGED)
  @NearMiss(RejectCode.PIN_CHANGED)
  void wrongPin_isHeld_andRunsAfterItIsPutRight() throws Exception {
    run("--json");
    Path second = folder.resolve("second");
    home = second;
    Path index = lane.resolve("kb/governance/00-index.md");
    String good = Files.readString(index);
    Files.writeString(index, good + "changed\n");
    JsonNode json = refused(ExitCode.HELD, "PIN_CHANGED");
    assertThat(json.at("/hold/number").asInt()).isEqualTo(1);
    Files.writeString(home.resolve("kb/governance/00-index.md"), good);
    assertThat(run().exitCode()).isZero();
  }

  @Test
  @Triggers(RejectCode.DOCUMENT_PRESENT)
  @NearMiss(RejectCode.DOCUMENT_PRESENT)
  void documentAlreadyPresent_isHeld_andItsNextCommandGoesOn() throws Exception {
    knowledgeBase();
    Path there = home.resolve("kb").resolve(M1);
    Files.createDirectories(there.getParent());
    Files.writeString(there, "foreign");
    Cli cli = run("--json");
    assertThat(cli.exitCode()).isEqualTo(ExitCode.HELD);
    assertThat(cli.json().at("/reject/code").asText()).isEqualTo("DOCUMENT_PRESENT");
    assertThat(there).hasContent("foreign");
    assertThat(cli.json().path("ownerKey").asText()).hasSize(64);
    assertThat(cli.json().path("grantExpires").asText()).endsWith("Z");
    String next = cli.json().at("/hold/nextCommand").asText();
    assertThat(next).contains("mv ").contains(" run ");
    Process mv = new ProcessBuilder("sh", "-c", next.substring(0, next.lastIndexOf("&&"))).start();
    assertThat(waitFor(mv)).isZero();
    assertThat(run().exitCode()).isZero();
    assertThat(home.resolve("moved-away").resolve(there.getFileName())).hasContent("foreign");
  }

  private static int waitFor(Process process) {
    try {
      return process.waitFor();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  @Test
  @Triggers(RejectCode.ID_AT_OR_BELOW_CEILING)
  void idAtTheCeiling_isRejected_andOneAboveIsNot() throws Exception {
    edit(s -> s.replaceFirst("from: 442", "from: 441").replace("442..461", "441..461"));
    refused(ExitCode.REJECTED, "ID_AT_OR_BELOW_CEILING");
  }

  @Test
  @Triggers(RejectCode.ID_IN_USE)
  void idInUse_isRejected() throws Exception {
    knowledgeBase();
    Path other = home.resolve("kb/notes/use.md");
    Files.createDirectories(other.getParent());
    Files.writeString(other, "see TKT-OBJ-450\n");
    String before = tree();
    JsonNode json = refused(ExitCode.REJECTED, "ID_IN_USE");
    assertThat(json.at("/reject/actual").asText()).isEqualTo("notes/use.md");
    assertThat(other).hasContent("see TKT-OBJ-450\n");
    assertThat(before).isNotEqualTo("none");
  }

  @Test
  @NearMiss({RejectCode.ID_IN_USE, RejectCode.ID_AT_OR_BELOW_CEILING})
  void idThatOnlyLooksUsed_isNoCollision() throws Exception {
    knowledgeBase();
    Path other = home.resolve("kb/notes/use.md");
    Files.createDirectories(other.getParent());
    Files.writeString(other, "see TKT-OBJ-4500, XTKT-OBJ-450 and TKT-OBJ-44\n");
    assertThat(run().exitCode()).isZero();
  }

  @Test
  @Triggers(RejectCode.PATH_COLLISION)
  void pathThatCollidesByCase_isHeld() throws Exception {
    knowledgeBase();
    Path other = home.resolve("kb").resolve(M1.replace("fix7-p0-operative", "FIX7-P0-operative"));
    Files.createDirectories(other.getParent());
    Files.writeString(other, "x");
    Cli cli = run("--json");
    assertThat(cli.exitCode()).isEqualTo(ExitCode.HELD);
    assertThat(cli.json().at("/reject/code").asText()).isEqualTo("PATH_COLLISION");
  }

  @Test
  @Triggers(RejectCode.PATH_UNSAFE)
  void knowledgeBaseBehindASymbolicLink_isHeld() throws Exception {
    Path outside = Files.createDirectories(folder.resolve("outside"));
    knowledgeBase();
    Files.move(home.resolve("kb/governance"), folder.resolve("moved"));
    Files.createSymbolicLink(home.resolve("kb/governance"), outside);
    refused(ExitCode.HELD, "PATH_UNSAFE");
    assertThat(outside).isEmptyDirectory();
  }

  /** A knowledge base that holds what the lane pins. */
  private void knowledgeBase() {
    for (Cli done :
        List.of(
            Cli.run("kb", "create", "--environment", "no-production", "--home", home),
            Cli.run("kb", "import", TestLane.FIX7.resolve("kb"), "--home", home))) {
      assertThat(done.exitCode()).as(done.err()).isZero();
    }
  }

  @Test
  void homeThatCannotBeWritten_isAFault() throws Exception {
    Files.writeString(home, "a file");
    Cli cli = run("--json");
    assertThat(cli.exitCode()).isEqualTo(ExitCode.FAULT);
    assertThat(cli.json().at("/reject/code").asText()).isEqualTo("HOME_UNWRITABLE");
    assertThat(cli.err()).contains("command:  ").doesNotContain("\tat ");
  }

  @Test
  void usageErrors_exitWithTwo() {
    assertThat(Cli.run("run").exitCode()).isEqualTo(ExitCode.USAGE);
    assertThat(Cli.run("run", lane, "--hoem", home).exitCode()).isEqualTo(ExitCode.USAGE);
    assertThat(Cli.run("nonsense").exitCode()).isEqualTo(ExitCode.USAGE);
    assertThat(Cli.run("run", lane, "--hoem", home).err()).contains("command:  ");
  }

  /** Prepares a home with a grant that the test then spoils. */
  private Path grant(UnaryOperator<Map<String, Object>> change, boolean forge) throws Exception {
    knowledgeBase();
    Path file = folder.resolve("grant.json");
    assertThat(Cli.run("grant", "issue", lane, "--home", home, "--out", file).exitCode()).isZero();
    FileTree.delete(home.resolve("store/grants"));
    Grant good = Grant.in(Envelope.read(Files.readAllBytes(file)));
    @SuppressWarnings("unchecked") // an object node is a map
    Map<String, Object> fields = Json.strict().convertValue(Json.tree(good), TreeMap.class);
    Grant changed = Json.as(Json.tree(change.apply(fields)), Grant.class);
    SigningKey key =
        forge
            ? SigningKey.generate()
            : new LocalKeys(home.resolve("keys")).find("owner").orElseThrow();
    Files.write(file, changed.sign(key).bytes());
    return file;
  }

  private Path grantWith(String field, Object value) throws Exception {
    return grant(
        fields -> {
          fields.put(field, value);
          return fields;
        },
        false);
  }

  @Test
  @NearMiss({
    RejectCode.GRANT_MALFORMED,
    RejectCode.GRANT_FORGED,
    RejectCode.GRANT_EXPIRED,
    RejectCode.GRANT_NOT_YET_VALID,
    RejectCode.GRANT_CONSUMED,
    RejectCode.GRANT_PLAN_MISMATCH,
    RejectCode.GRANT_KB_MISMATCH,
    RejectCode.GRANT_ENVIRONMENT_MISMATCH,
    RejectCode.GRANT_DELEGATION_MISMATCH,
    RejectCode.GRANT_SCOPE_MISMATCH,
    RejectCode.GRANT_KEY_MISMATCH
  })
  void grantThatIsGood_passes() throws Exception {
    Path file = grant(UnaryOperator.identity(), false);
    assertThat(run("--grant", file).exitCode()).isZero();
  }

  @Test
  @Triggers(RejectCode.GRANT_FORGED)
  void grantThatIsForged_isHeld() throws Exception {
    Path file = grant(UnaryOperator.identity(), true);
    refused(ExitCode.HELD, "GRANT_FORGED", "--grant", file);
    assertThat(Cli.run("grant", "inspect", file, "--home", home).err())
        .contains("NOT signed by an owner whom this home trusts");
  }

  @Test
  @Triggers(RejectCode.GRANT_EXPIRED)
  void grantThatIsExpired_isHeld() throws Exception {
    Path file = grantWith("expiresAt", Instant.now().minusSeconds(1).toString());
    JsonNode json = refused(ExitCode.HELD, "GRANT_EXPIRED", "--grant", file);
    assertThat(json.at("/hold/nextCommand").asText())
        .as("also where the owner's key is: who asks under a grant may be somebody else")
        .contains("--grant GRANT_FILE")
        .doesNotContain("grant issue");
  }

  @Test
  @Triggers(RejectCode.GRANT_NOT_YET_VALID)
  void grantThatIsNotYetValid_isHeld() throws Exception {
    Path file = grantWith("notBefore", Instant.now().plusSeconds(600).toString());
    refused(ExitCode.HELD, "GRANT_NOT_YET_VALID", "--grant", file);
  }

  @Test
  @Triggers(RejectCode.GRANT_PLAN_MISMATCH)
  void grantForAnotherPlan_isHeld() throws Exception {
    Path file = grantWith("planDigest", "0".repeat(64));
    JsonNode json = refused(ExitCode.HELD, "GRANT_PLAN_MISMATCH", "--grant", file);
    assertThat(json.at("/hold/nextCommand").asText())
        .as("whoever was given a grant is not told to issue one")
        .contains("--grant GRANT_FILE")
        .doesNotContain("grant issue");
  }

  @Test
  @Triggers(RejectCode.GRANT_KB_MISMATCH)
  void grantForAnotherKnowledgeBase_isHeld() throws Exception {
    Path file = grantWith("kbId", "kb-other");
    refused(ExitCode.HELD, "GRANT_KB_MISMATCH", "--grant", file);
  }

  @Test
  @Triggers(RejectCode.GRANT_ENVIRONMENT_MISMATCH)
  void grantForAnotherEnvironment_isHeld() throws Exception {
    refused(
        ExitCode.HELD,
        "GRANT_ENVIRONMENT_MISMATCH",
        "--grant",
        grantWith("environment", "production"));
  }

  @Test
  @Triggers(RejectCode.GRANT_DELEGATION_MISMATCH)
  void grantOfAnotherDelegation_isHeld() throws Exception {
    refused(
        ExitCode.HELD,
        "GRANT_DELEGATION_MISMATCH",
        "--grant",
        grantWith("delegation", "AUTHORIZE_EVERYTHING"));
  }

  @Test
  @Triggers(RejectCode.GRANT_SCOPE_MISMATCH)
  void grantOverOtherDocuments_isHeld() throws Exception {
    refused(
        ExitCode.HELD,
        "GRANT_SCOPE_MISMATCH",
        "--grant",
        grantWith("documents", java.util.List.of()));
  }

  @Test
  @Triggers(RejectCode.GRANT_KEY_MISMATCH)
  void grantForOtherKeys_isHeld() throws Exception {
    refused(
        ExitCode.HELD, "GRANT_KEY_MISMATCH", "--grant", grantWith("executorKey", "0".repeat(64)));
  }

  /** Before anything is published, and its packet is as good as any. */
  @Test
  @Triggers(RejectCode.GRANT_KEY_MISMATCH)
  void grantForAReviewerWhomNobodyKnows_isHeld() throws Exception {
    Path file = grantWith("reviewerKey", "0".repeat(64));
    JsonNode json = refused(ExitCode.HELD, "GRANT_KEY_MISMATCH", "--grant", file);
    assertThat(json.at("/reject/subject").asText()).isEqualTo("reviewer");
    assertThat(json.at("/reject/stage").asText()).isEqualTo("S0");
    Cli rollback = Cli.run("rollback", "fix7-p0", "--home", home, "--json");
    assertThat(rollback.exitCode()).as(rollback.err()).isZero();
    Cli verify =
        Cli.run(
            "verify",
            rollback.json().path("packet").asText(),
            "--key",
            new LocalKeys(home.resolve("keys"))
                .find("owner")
                .orElseThrow()
                .verifyKey()
                .thumbprint());
    assertThat(verify.exitCode()).as(verify.err()).isZero();
  }

  @Test
  void packetWithoutAGrant_isNotSaidToBeCheckedWithAnOwnersKey() throws Exception {
    Cli create = Cli.run("kb", "create", "--environment", "elsewhere", "--home", home);
    assertThat(create.exitCode()).as(create.err()).isZero();
    Path file = Files.writeString(folder.resolve("grant.json"), "{\"payload\":\"\"}");
    Cli run = run("--grant", file);
    assertThat(run.exitCode()).as(run.err()).isEqualTo(ExitCode.REJECTED);
    assertThat(run.out()).contains("packet ").doesNotContain("check it");
  }

  @Test
  void grantThatAnEditorTouched_serves() throws Exception {
    Path file = grant(UnaryOperator.identity(), false);
    Files.write(file, Json.pretty(Json.parse(Files.readAllBytes(file))));
    Cli run = run("--grant", file, "--json");
    assertThat(run.exitCode()).as(run.err()).isZero();
    JsonNode json = run.json();
    assertThat(
            Cli.run("verify", json.path("packet").asText(), "--key", json.path("ownerKey").asText())
                .exitCode())
        .isZero();
  }

  @Test
  @Triggers(RejectCode.GRANT_MALFORMED)
  void grantThatIsNone_isHeld() throws Exception {
    knowledgeBase();
    Path file = folder.resolve("grant.json");
    Files.writeString(file, "{\"payload\":\"\"}");
    refused(ExitCode.HELD, "GRANT_MALFORMED", "--grant", file);
  }

  @Test
  void grantFileThatIsMissing_isAUsageError() throws Exception {
    knowledgeBase();
    refused(ExitCode.USAGE, "GRANT_MISSING", "--grant", folder.resolve("nowhere"));
  }

  @Test
  @Triggers(RejectCode.GRANT_CONSUMED)
  void grantThatIsConsumed_isHeld() throws Exception {
    Path file = grant(UnaryOperator.identity(), false);
    assertThat(run("--grant", file).exitCode()).isZero();
    byte[] used = Files.readAllBytes(file);
    withdrawByHand();
    Files.write(file, used);
    refused(ExitCode.HELD, "GRANT_CONSUMED", "--grant", file);
  }

  /**
   * Makes the ledger say that the applied lane was rolled back, as a later release's grant would.
   */
  private void withdrawByHand() throws IOException {
    Path ledger = home.resolve("ledger/ledger.jsonl");
    String text = Files.readString(ledger);
    String withdrawn =
        "{\"at\":\"2026-01-01T00:00:00Z\",\"fact\":"
            + "{\"end\":\"WITHDRAWN\",\"epoch\":1,\"type\":\"ClaimClosed\"}}\n";
    Files.writeString(
        ledger,
        text.replace("\"end\":\"APPLIED\",\"lane\"", "\"end\":\"ROLLED_BACK\",\"lane\"")
            + withdrawn);
    for (String document :
        new String[] {M1, M1.replace("operative-birth-blueprint", "governance-addendum")}) {
      Files.delete(home.resolve("kb").resolve(document));
    }
  }

  @Test
  @Triggers(RejectCode.GRANT_MISSING)
  @NearMiss(RejectCode.GRANT_MISSING)
  void grantMissing_whereSomebodyElseOwns_isHeld() throws Exception {
    Path elsewhere = folder.resolve("owner-keys");
    assertThat(Cli.run("key", "new", "boss", "--dir", elsewhere).exitCode()).isZero();
    assertThat(
            Cli.run(
                    "trust",
                    "add",
                    elsewhere.resolve("boss.pub"),
                    "--role",
                    "owner",
                    "--home",
                    home)
                .exitCode())
        .isZero();
    assertThat(Cli.run("key", "new", "owner", "--home", home).exitCode()).isZero();
    refused(ExitCode.HELD, "GRANT_MISSING");
    assertThat(home.resolve("store/grants")).as("signed by nobody").isEmptyDirectory();
    Path file = folder.resolve("grant.json");
    Cli issued =
        Cli.run(
            "grant",
            "issue",
            lane,
            "--home",
            home,
            "--key",
            elsewhere.resolve("boss.key"),
            "--out",
            file);
    assertThat(issued.exitCode()).as(issued.err()).isZero();
    assertThat(Cli.run("grant", "inspect", file, "--home", home).err())
        .contains("signed by the trusted owner key");
    assertThat(run("--grant", file).exitCode()).isZero();
  }

  @Test
  @Triggers(RejectCode.ALREADY_APPLIED)
  void secondRun_ofAnAppliedLane_saysSoAndChangesNothing() throws Exception {
    assertThat(run().exitCode()).isZero();
    String after = tree();
    Cli again = run();
    assertThat(again.exitCode()).isZero();
    assertThat(again.out())
        .contains("already applied by run")
        .doesNotContain("no longer as published");
    assertThat(tree()).isEqualTo(after);
    assertThat(Cli.run("plan", lane, "--home", home).out())
        .doesNotContain("no longer as published");
  }

  @Test
  void secondRun_ofAnAppliedLaneThatSomebodyChanged_saysWhatNoLongerStands() throws Exception {
    assertThat(run().exitCode()).isZero();
    Path document = home.resolve("kb").resolve(M1);
    Files.delete(document);
    Files.writeString(document, "edited");
    assertThat(run().out())
        .contains("already applied by run")
        .contains("1 of its documents are no longer as published");
    assertThat(run("--json").json().path("documents")).hasSize(1);
    assertThat(Cli.run("plan", lane, "--home", home).out())
        .contains("note: " + M1 + " is no longer as published");
  }

  @Test
  @Triggers(RejectCode.ROLLBACK_NEEDS_GRANT)
  void rollback_ofAnAppliedLane_isRefused() throws Exception {
    assertThat(run().exitCode()).isZero();
    String after = tree();
    Cli cli = Cli.run("rollback", "fix7-p0", "--home", home);
    assertThat(cli.exitCode()).isEqualTo(ExitCode.REJECTED);
    assertThat(cli.err()).contains("ROLLBACK_NEEDS_GRANT");
    assertThat(tree()).isEqualTo(after);
  }

  @Test
  void plan_changesNothing() throws Exception {
    Cli cli = Cli.run("plan", lane, "--home", home);
    assertThat(cli.exitCode()).isZero();
    assertThat(cli.out()).contains("plan digest ").contains("nothing stands in the way");
    assertThat(home).doesNotExist();
    assertThat(run().exitCode()).isZero();
    Map<String, byte[]> before = FileTree.read(home.resolve("ledger"));
    assertThat(Cli.run("plan", lane, "--home", home).out()).contains("applied already");
    assertThat(FileTree.read(home.resolve("ledger"))).usingRecursiveComparison().isEqualTo(before);
  }

  @Test
  void run_twiceInTwoHomes_givesTheSameStableTree() throws Exception {
    JsonNode one = run("--json").json();
    home = folder.resolve("another");
    JsonNode two = run("--json").json();
    assertThat(one.path("stableTree").asText()).isEqualTo(two.path("stableTree").asText());
    assertThat(one.path("packetTree").asText()).isNotEqualTo(two.path("packetTree").asText());
  }

  @Test
  void json_ofAnAppliedRun_hasEveryField() throws Exception {
    ObjectNode json = (ObjectNode) run("--json").json();
    assertThat(json.properties().stream().map(Map.Entry::getKey))
        .containsExactlyInAnyOrder(
            "formatVersion",
            "lane",
            "status",
            "statusToken",
            "exitCode",
            "planDigest",
            "workflowId",
            "runId",
            "ownerKey",
            "grantExpires",
            "packet",
            "packetTree",
            "stableTree",
            "report",
            "documents",
            "reject",
            "hold");
    assertThat(json.path("statusToken").asText())
        .isEqualTo("FIX7_P0_NO_PRODUCTION_IMPLEMENTATION_EXECUTION_AND_REVIEW_APPLIED");
    assertThat(json.path("documents")).hasSize(2);
    assertThat(json.at("/documents/0/revision").asInt()).isEqualTo(1);
    Path document = home.resolve("kb").resolve(json.at("/documents/0/path").asText());
    assertThat(Files.readAllBytes(document))
        .isEqualTo(Files.readAllBytes(lane.resolve("documents/M-1.md")));
    assertThat(new String(Json.pretty(json), StandardCharsets.UTF_8)).isNotEmpty();
  }
}
