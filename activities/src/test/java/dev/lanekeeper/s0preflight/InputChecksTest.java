package dev.lanekeeper.s0preflight;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lanekeeper.evidence.Bundle;
import dev.lanekeeper.evidence.LaneFolder;
import dev.lanekeeper.kb.RefusedException;
import dev.lanekeeper.lane.KbPath;
import dev.lanekeeper.lane.Lane;
import dev.lanekeeper.stage.Evidence;
import dev.lanekeeper.testkit.NearMiss;
import dev.lanekeeper.testkit.TestLane;
import dev.lanekeeper.testkit.Triggers;
import dev.lanekeeper.verdict.RejectCode;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Every input code, from tampered bytes; the same input untampered passes. */
final class InputChecksTest {

  private static final String SEAL = "inputs/authority-seal/N7.md";

  private Bundle bundle;
  private NavigableMap<KbPath, byte[]> files;

  @BeforeEach
  void read() throws Exception {
    bundle = LaneFolder.read(TestLane.FIX7);
    files = new TreeMap<>(bundle.files());
  }

  private Lane.Input input(String id) {
    return bundle.plan().spec().inputs().stream()
        .filter(i -> i.id().equals(id))
        .findFirst()
        .orElseThrow();
  }

  private String verify(Lane.Input input) throws Exception {
    InputChecks.Checked checked = new InputChecks(files).verify(input);
    ObjectNode evidence = checked.evidence();
    assertThat(evidence.path("verdict").asText()).isEqualTo(checked.verdict().word());
    for (JsonNode check : evidence.path("checks")) {
      assertThat(check.path("expected").asText()).isNotBlank();
      assertThat(check.has("actual")).isTrue();
    }
    return checked.verdict().render();
  }

  private void append(String path, String text) {
    KbPath at = new KbPath(path);
    String before = new String(files.get(at), StandardCharsets.UTF_8);
    files.put(at, (before + text).getBytes(StandardCharsets.UTF_8));
  }

  private void replace(String path, String from, String to) {
    KbPath at = new KbPath(path);
    String before = new String(files.get(at), StandardCharsets.UTF_8);
    assertThat(before).contains(from);
    files.put(at, before.replace(from, to).getBytes(StandardCharsets.UTF_8));
  }

  private static Lane.Input only(Lane.Input input, List<Lane.Assertion> asserts) {
    return new Lane.Input(
        input.id(), input.title(), input.provenance(), Optional.empty(), List.of(), asserts);
  }

  @Test
  @NearMiss({
    RejectCode.INPUT_DIGEST_MISMATCH,
    RejectCode.INPUT_TREE_MISMATCH,
    RejectCode.INPUT_TOKEN_MISSING,
    RejectCode.INPUT_VALUE_MISMATCH,
    RejectCode.INPUT_CASE_MISJUDGED,
    RejectCode.SEAL_MISMATCH
  })
  void inputs_asTheyWerePinned_allPass() throws Exception {
    for (Lane.Input input : bundle.plan().spec().inputs()) {
      assertThat(verify(input)).as(input.id()).isEqualTo("PASS");
    }
  }

  @Test
  @Triggers(RejectCode.INPUT_DIGEST_MISMATCH)
  void file_changedByOneByte_isAnotherFile() throws Exception {
    append("inputs/canonical-fold/owner-note.md", " ");
    assertThat(verify(input("canonical-fold")))
        .isEqualTo("INPUT_DIGEST_MISMATCH:inputs/canonical-fold/owner-note.md");
  }

  @Test
  @Triggers(RejectCode.INPUT_DIGEST_MISMATCH)
  void file_thatTheBundleLacks_isRefused() {
    files.remove(new KbPath("inputs/canonical-fold/owner-note.md"));
    assertThatThrownBy(() -> verify(input("canonical-fold")))
        .isInstanceOfSatisfying(
            RefusedException.class,
            e -> assertThat(e.reject().code()).isEqualTo(RejectCode.INPUT_DIGEST_MISMATCH));
  }

  @Test
  @Triggers(RejectCode.INPUT_TREE_MISMATCH)
  void tree_withAFileChangedAddedRemovedOrRenamed_isAnotherTree() throws Exception {
    String mismatch = "INPUT_TREE_MISMATCH:inputs/authority-seal";
    NavigableMap<KbPath, byte[]> good = new TreeMap<>(files);
    append(SEAL, " ");
    assertThat(verify(input("authority-seal"))).isEqualTo(mismatch);
    files = new TreeMap<>(good);
    files.put(new KbPath("inputs/authority-seal/N9.md"), new byte[0]);
    assertThat(verify(input("authority-seal"))).isEqualTo(mismatch);
    files = new TreeMap<>(good);
    files.put(new KbPath("inputs/authority-seal/sub/N7.md"), files.get(new KbPath(SEAL)));
    assertThat(verify(input("authority-seal"))).isEqualTo(mismatch);
    files = new TreeMap<>(good);
    files.put(new KbPath("inputs/authority-seal-2/N9.md"), new byte[0]);
    assertThat(verify(input("authority-seal"))).as("a neighbour").isEqualTo("PASS");
  }

  @Test
  @Triggers(RejectCode.INPUT_TOKEN_MISSING)
  void token_thatOneOfTheFilesLacks_isMissing() throws Exception {
    String token = "TKT_CANONICAL_GOVERNANCE_FOLD_225_441_APPLIED";
    String note = "inputs/canonical-fold/owner-note.md";
    Lane.Input fold = input("canonical-fold");
    replace(note, token, token.toLowerCase(java.util.Locale.ROOT));
    Lane.PinnedFile pinned =
        new Lane.PinnedFile(
            new KbPath(note), dev.lanekeeper.canonical.Digest.of(files.get(new KbPath(note))));
    Lane.Input repinned =
        new Lane.Input(
            fold.id(),
            fold.title(),
            fold.provenance(),
            Optional.empty(),
            List.of(fold.files().get(0), pinned),
            fold.asserts());
    assertThat(verify(repinned)).isEqualTo("INPUT_TOKEN_MISSING:" + note);
  }

  @Test
  @Triggers(RejectCode.INPUT_VALUE_MISMATCH)
  void value_thatIsAnother_orOfAnotherType_orGone_isAMismatch() throws Exception {
    Lane.Input review = input("t2-review");
    Lane.Input values = only(review, review.asserts());
    String file = "inputs/t2-review/t2-review.json";
    String mismatch = "INPUT_VALUE_MISMATCH:" + file + "#/verdict";
    assertThat(verify(values)).isEqualTo("PASS");
    for (String bad :
        List.of("{\"verdict\":\"FAIL\"}", "{\"verdict\":true}", "{}", "{\"Verdict\":\"PASS\"}")) {
      files.put(new KbPath(file), bad.getBytes(StandardCharsets.UTF_8));
      assertThat(verify(values)).isEqualTo(mismatch);
    }
    files.put(new KbPath(file), "{}".getBytes(StandardCharsets.UTF_8));
    assertThat(new InputChecks(files).verify(values).evidence().at("/checks/0/actual").asText())
        .isEqualTo("no value");
  }

  @Test
  @Triggers(RejectCode.SEAL_MISMATCH)
  void seal_overChangedBytes_isBroken() throws Exception {
    append(SEAL, "\n");
    Lane.Input seals = only(input("authority-seal"), input("authority-seal").asserts());
    assertThat(verify(seals)).isEqualTo("SEAL_MISMATCH:N7");
    Evidence evidence = new Evidence();
    InputChecks checks = new InputChecks(files);
    checks.seal(seals.asserts().get(1), evidence);
    assertThat(evidence.verdict().passed()).as("N8 is whole").isTrue();
    checks.seal(seals.asserts().get(0), evidence);
    assertThat(evidence.verdict().render()).isEqualTo("SEAL_MISMATCH:N7");
  }

  @Test
  @Triggers(RejectCode.INPUT_CASE_MISJUDGED)
  void case_thatTheGateJudgesOtherwise_isMisjudged() throws Exception {
    String packet = "inputs/rollback-validator-packet/";
    Lane.Input corpus = input("rollback-validator-packet");
    Lane.Input cases = only(corpus, corpus.asserts());
    NavigableMap<KbPath, byte[]> good = new TreeMap<>(files);
    files.put(
        new KbPath(packet + "variants/01-no-mutation.json"),
        files.get(new KbPath(packet + "frozen-evidence.json")));
    assertThat(verify(cases))
        .as("a variant that passes")
        .isEqualTo("INPUT_CASE_MISJUDGED:" + packet + "variants/01-no-mutation.json");
    files = good;
    replace(packet + "frozen-evidence.json", "NOT_APPLICABLE", "PROVEN");
    assertThat(verify(cases))
        .as("frozen evidence that fails")
        .isEqualTo("INPUT_CASE_MISJUDGED:" + packet + "frozen-evidence.json");
  }

  @Test
  void provenance_isSaidAsItIs() throws Exception {
    ObjectNode fixture = new InputChecks(files).verify(input("t2-review")).evidence();
    assertThat(fixture.path("provenance").asText()).isEqualTo("FIXTURE");
    Lane.Input r = input("t2-review");
    Lane.Input original =
        new Lane.Input(r.id(), r.title(), Optional.empty(), r.tree(), r.files(), r.asserts());
    assertThat(new InputChecks(files).verify(original).evidence().path("provenance").asText())
        .isEqualTo("ORIGINAL");
  }
}
