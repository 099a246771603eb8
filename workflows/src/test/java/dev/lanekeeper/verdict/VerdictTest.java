package dev.lanekeeper.verdict;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lanekeeper.canonical.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.EnumSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Verdicts and their codes. */
final class VerdictTest {

  /** What a person can put right while the lane waits. All else rejects. */
  private static final Set<RejectCode> HOLDING =
      EnumSet.of(
          RejectCode.GRANT_MISSING,
          RejectCode.GRANT_EXPIRED,
          RejectCode.GRANT_NOT_YET_VALID,
          RejectCode.GRANT_CONSUMED,
          RejectCode.BUNDLE_MISSING,
          RejectCode.APPROVAL_MISSING,
          RejectCode.APPROVAL_INVALID,
          RejectCode.APPROVAL_EXPIRED,
          RejectCode.PIN_CHANGED,
          RejectCode.PIN_MISSING,
          RejectCode.DOCUMENT_PRESENT,
          RejectCode.HEAD_CHANGED,
          RejectCode.PATH_COLLISION,
          RejectCode.PATH_UNSAFE,
          RejectCode.FOREIGN_FILE,
          RejectCode.VOLUMES_DIFFER,
          RejectCode.CLAIM_HELD,
          RejectCode.FROZEN,
          RejectCode.INVENTORY_CHANGED,
          RejectCode.REVIEW_NOT_INDEPENDENT,
          RejectCode.KB_UNREACHABLE,
          RejectCode.STORE_FULL,
          RejectCode.REVIEWER_ABSENT,
          RejectCode.STAGE_FAULT,
          RejectCode.KB_MISMATCH,
          RejectCode.RESULT_UNVERIFIED);

  /** A wrong or foreign grant, for which the owner can give another. */
  private static final Set<RejectCode> HOLDING_AT_FIRST =
      EnumSet.of(
          RejectCode.GRANT_MALFORMED,
          RejectCode.GRANT_FORGED,
          RejectCode.GRANT_PLAN_MISMATCH,
          RejectCode.GRANT_KB_MISMATCH,
          RejectCode.GRANT_ENVIRONMENT_MISMATCH,
          RejectCode.GRANT_DELEGATION_MISMATCH,
          RejectCode.GRANT_SCOPE_MISMATCH,
          RejectCode.GRANT_KEY_MISMATCH);

  @ParameterizedTest
  @EnumSource(RejectCode.class)
  void code_hasARemedyInOneLine(RejectCode code) {
    assertThat(code.remedy()).isNotBlank().doesNotContain("\n").doesNotEndWith(".");
  }

  @ParameterizedTest
  @EnumSource(RejectCode.class)
  void code_holdsOnlyWhereAPersonCanPutItRight(RejectCode code) {
    assertThat(code.holds()).isEqualTo(HOLDING.contains(code));
    assertThat(code.holds(true)).isEqualTo(HOLDING.contains(code));
    assertThat(code.holds(false))
        .isEqualTo(HOLDING.contains(code) || HOLDING_AT_FIRST.contains(code));
  }

  @Test
  void rejection_isRenderedWithItsSubject_orWithoutOne() {
    Verdict.Reject with = Verdict.reject(RejectCode.SURFACE_FORBIDDEN, "deploy", "a", "b");
    Verdict.Reject without = Verdict.reject(RejectCode.GRANT_MISSING, "", "a", "b");
    assertThat(with.render()).isEqualTo("SURFACE_FORBIDDEN:deploy");
    assertThat(without.render()).isEqualTo("GRANT_MISSING");
    assertThat(with.sentence()).isEqualTo("SURFACE_FORBIDDEN:deploy: expected a, found b");
    assertThat(with.passed()).isFalse();
    assertThat(with.word()).isEqualTo("REJECT");
  }

  @Test
  void unknown_isNoPass_andBecomesARejection() {
    Verdict.Unknown unknown = new Verdict.Unknown("nobody looked");
    assertThat(unknown.passed()).isFalse();
    assertThat(unknown.word()).isEqualTo("UNKNOWN");
    Verdict.Reject rejection = unknown.rejection().orElseThrow();
    assertThat(rejection.code()).isEqualTo(RejectCode.UNKNOWN_VERDICT);
    assertThat(rejection.actual()).isEqualTo("nobody looked");
    assertThat(rejection.code().holds()).isFalse();
  }

  @Test
  void pass_saysPass() {
    assertThat(Verdict.pass().passed()).isTrue();
    assertThat(Verdict.pass().render()).isEqualTo("PASS");
    assertThat(Verdict.pass().rejection()).isEmpty();
    assertThat(Verdict.pass().word()).isEqualTo("PASS");
  }

  @Test
  void verdict_isReadBackAsWritten_andAnotherWordIsRefused() throws Exception {
    for (Verdict verdict :
        new Verdict[] {
          Verdict.pass(),
          Verdict.reject(RejectCode.ID_IN_USE, "X-1", "a", "b"),
          new Verdict.Unknown("why")
        }) {
      String json = Json.strict().writerFor(Verdict.class).writeValueAsString(verdict);
      assertThat(read(json)).isEqualTo(verdict);
    }
    assertThatThrownBy(() -> read("{\"verdict\":\"OK\"}")).isInstanceOf(IOException.class);
    assertThatThrownBy(() -> read("{\"verdict\":\"PASS\",\"more\":1}"))
        .isInstanceOf(IOException.class);
  }

  private static Verdict read(String json) throws IOException {
    return Json.as(Json.parse(json.getBytes(StandardCharsets.UTF_8)), Verdict.class);
  }

  @Test
  void unknown_isRenderedAsThat_andDecidesAsARejection() {
    Verdict.Unknown unknown = new Verdict.Unknown("nobody could look");
    assertThat(unknown.render()).isEqualTo("UNKNOWN");
    assertThat(unknown.passed()).isFalse();
    assertThat(unknown.rejection().orElseThrow().code()).isEqualTo(RejectCode.UNKNOWN_VERDICT);
  }
}
