package dev.lanekeeper.workflow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lanekeeper.canonical.Json;
import dev.lanekeeper.signature.Envelope;
import dev.lanekeeper.signature.SigningKey;
import java.io.IOException;
import org.junit.jupiter.api.Test;

/** What an approval must look like, whoever signed it. */
final class ApprovalFormTest {

  private static Envelope envelope(int formatVersion) {
    ObjectNode payload =
        Json.object()
            .put("formatVersion", formatVersion)
            .put("id", "approval-1")
            .put("planDigest", "a".repeat(64))
            .put("kbId", "kb-1")
            .put("expiresAt", "2026-06-12T10:00:00Z");
    return Envelope.sign(Approval.PAYLOAD_TYPE, Json.pretty(payload), SigningKey.generate());
  }

  /** A later version may mean something else by the same fields. */
  @Test
  void formatVersion_ofAnotherRelease_isRefused() throws Exception {
    for (int other : new int[] {0, 2}) {
      assertThatThrownBy(() -> Approval.in(envelope(other)))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("expected formatVersion 1, found " + other);
    }
    assertThat(Approval.in(envelope(1)).id()).isEqualTo("approval-1");
  }
}
