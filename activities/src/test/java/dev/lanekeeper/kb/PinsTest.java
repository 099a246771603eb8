package dev.lanekeeper.kb;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.lane.Head;
import dev.lanekeeper.lane.KbPath;
import dev.lanekeeper.lane.Lane;
import dev.lanekeeper.lane.Stage;
import dev.lanekeeper.testkit.NearMiss;
import dev.lanekeeper.testkit.Triggers;
import dev.lanekeeper.verdict.RejectCode;
import dev.lanekeeper.verdict.Verdict;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Pinned documents, and the heads that changes expect. */
final class PinsTest {

  private static final KbPath PATH = new KbPath("a/b.md");

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static Lane.Pin pin(String over, String text) {
    return new Lane.Pin("pin", PATH, over, Digest.of(text), Optional.empty(), Optional.empty());
  }

  private static String check(Lane.Pin pin, byte[] document) {
    return Pins.check(
            pin, Optional.of(new Document(new Head.Revision(1, Digest.of(document)), document)))
        .render();
  }

  @Test
  @Triggers({RejectCode.PIN_CHANGED, RejectCode.PIN_MISSING})
  @NearMiss({RejectCode.PIN_CHANGED, RejectCode.PIN_MISSING})
  void rawPin_countsEveryByte() {
    Lane.Pin raw = pin("raw", "text\n");
    assertThat(check(raw, bytes("text\n"))).isEqualTo("PASS");
    assertThat(check(raw, bytes("text"))).isEqualTo("PIN_CHANGED:pin");
    assertThat(check(raw, bytes("text\r\n"))).isEqualTo("PIN_CHANGED:pin");
    assertThat(Pins.check(raw, Optional.empty()).render()).isEqualTo("PIN_MISSING:pin");
  }

  @Test
  void textPin_countsWhatTheTextSays() {
    Lane.Pin text = pin("normalized-text", "text\n");
    assertThat(check(text, bytes("text \r\n\r\n"))).isEqualTo("PASS");
    assertThat(check(text, bytes("text\n<!-- OPERATIVE -->\n"))).isEqualTo("PIN_CHANGED:pin");
    assertThat(check(text, new byte[] {(byte) 0xff})).isEqualTo("PIN_CHANGED:pin");
  }

  private static Verdict head(Head expected, Head actual) {
    Lane.Change change =
        new Lane.Change(
            "C", "RB", Stage.S5, PATH, new KbPath("source.md"), expected, Optional.empty());
    return CommitChecks.headOf(change, actual);
  }

  @Test
  @Triggers({RejectCode.HEAD_CHANGED, RejectCode.DOCUMENT_PRESENT})
  @NearMiss({RejectCode.HEAD_CHANGED, RejectCode.DOCUMENT_PRESENT})
  void head_isTheExpectedOne_byRevisionAndBytes() {
    Head one = Head.revision(1, Digest.of("a"));
    assertThat(head(one, Head.revision(1, Digest.of("a"))).passed()).isTrue();
    assertThat(head(Head.absent(), Head.absent()).passed()).isTrue();
    assertThat(head(one, Head.revision(2, Digest.of("a"))).render())
        .isEqualTo("HEAD_CHANGED:a/b.md");
    assertThat(head(one, Head.revision(1, Digest.of("b"))).render())
        .isEqualTo("HEAD_CHANGED:a/b.md");
    assertThat(head(one, Head.absent()).render()).isEqualTo("HEAD_CHANGED:a/b.md");
    assertThat(head(Head.absent(), one).render()).isEqualTo("DOCUMENT_PRESENT:a/b.md");
  }
}
