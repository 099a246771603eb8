package dev.lanekeeper.workflow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.canonical.Json;
import dev.lanekeeper.lane.LaneName;
import io.temporal.api.common.v1.Payload;
import io.temporal.common.converter.RawValue;
import io.temporal.failure.ApplicationFailure;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A lane starts with one small JSON object, and with nothing else. */
final class LaneRequestTest {

  private static LaneRequest read(String json) {
    return LaneRequest.read(
        new RawValue(Payload.newBuilder().setData(ByteString.copyFromUtf8(json)).build()));
  }

  @Test
  void lane_isEnough() {
    LaneRequest request = read("{\"lane\":\"fix7-p0\"}");
    assertThat(request.lane()).isEqualTo(new LaneName("fix7-p0"));
    assertThat(request.bundle()).isEmpty();
    assertThat(request.planDigest()).isEmpty();
    assertThat(request.grant()).isEmpty();
    assertThat(request.requester()).isEmpty();
    assertThat(request.note()).isEmpty();
  }

  @Test
  void everyField_isRead() {
    String sha = "a".repeat(64);
    LaneRequest request =
        read(
            "{\"lane\":\"x\",\"bundle\":\"%s\",\"planDigest\":\"%s\",\"grant\":\"%s\",\"requester\":\"r\",\"note\":\"n\"}"
                .formatted(sha, sha, sha));
    assertThat(request.bundle()).contains(new Digest(sha));
    assertThat(request.planDigest()).contains(new Digest(sha));
    assertThat(request.grant()).contains(new Digest(sha));
    assertThat(request.requester()).contains("r");
    assertThat(request.note()).contains("n");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "null",
        "fix7-p0",
        "\"fix7-p0\"",
        "[]",
        "7",
        "{}",
        "{\"lane\":null}",
        "{\"lane\":7}",
        "{\"lane\":\"Fix7\"}",
        "{\"lane\":\"../fix7\"}",
        "{\"lane\":\"x\",\"lane\":\"y\"}",
        "{\"lane\":\"x\",\"more\":1}",
        "{\"lane\":\"x\"} {}",
        "{\"lane\":\"x\",\"planDigest\":\"short\"}"
      })
  void anythingElse_failsCleanlyAndForGood(String json) {
    assertThatThrownBy(() -> read(json))
        .isInstanceOfSatisfying(
            ApplicationFailure.class,
            f -> {
              assertThat(f.getType()).isEqualTo("INVALID_LANE_INPUT");
              assertThat(f.isNonRetryable()).isTrue();
              assertThat(f.getOriginalMessage()).contains("Remedy: ").doesNotContain("\n");
            });
  }

  private static String with(String field, String text) {
    return Json.object().put("lane", "x").put(field, text).toString();
  }

  /** A requester's texts go into a ledger that only grows, and onto terminals. */
  @ParameterizedTest
  @CsvSource({"requester, 200", "note, 1000", "proof, 8000"})
  void text_isAsLongAsItsLimit_andPlain(String field, int most) {
    assertThat(read(with(field, "\u00e9".repeat(most)))).isNotNull();
    for (String bad : new String[] {"\u00e9".repeat(most + 1), "a\u001b[2Jb", "a\u202eb"}) {
      assertThatThrownBy(() -> read(with(field, bad)))
          .isInstanceOfSatisfying(
              ApplicationFailure.class,
              f -> assertThat(f.getType()).isEqualTo("INVALID_LANE_INPUT"))
          .hasMessageContaining(field);
    }
  }

  @Test
  void note_mayHaveLines_andNoOtherText() {
    assertThat(read(with("note", "a\nb")).note()).contains("a\nb");
    for (String field : new String[] {"requester", "proof"}) {
      assertThatThrownBy(() -> read(with(field, "a\nb"))).isInstanceOf(ApplicationFailure.class);
    }
  }

  @Test
  void noInput_failsCleanly() {
    assertThatThrownBy(() -> LaneRequest.read(null))
        .isInstanceOfSatisfying(
            ApplicationFailure.class, f -> assertThat(f.getType()).isEqualTo("INVALID_LANE_INPUT"));
  }

  @Test
  void unknownField_isNamedWithTheKnownOnes() {
    assertThatThrownBy(() -> read("{\"lane\":\"x\",\"gravt\":1}"))
        .hasMessageContaining(
            "field 'gravt': expected one of bundle, grant, kbId, lane, note, planDigest, proof, requester, found the unknown field 'gravt'");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "null",
        "{\"lane\":\"x\"}",
        "{\"lane\":\"x\",\"run\":null}",
        "{\"lane\":null,\"run\":{\"engine\":\"e\",\"namespace\":\"n\",\"workflowId\":\"w\",\"runId\":\"r\"}}"
      })
  void rollback_withoutLaneOrRun_failsCleanly(String json) {
    RawValue input =
        new RawValue(Payload.newBuilder().setData(ByteString.copyFromUtf8(json)).build());
    assertThatThrownBy(
            () -> Input.read(input, RollbackRequest.class, "a rollback request", "start it so"))
        .isInstanceOfSatisfying(
            ApplicationFailure.class,
            f -> {
              assertThat(f.getType()).isEqualTo("INVALID_LANE_INPUT");
              assertThat(f.getOriginalMessage()).endsWith(". Remedy: start it so.");
            });
  }
}
