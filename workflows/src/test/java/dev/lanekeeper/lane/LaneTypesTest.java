package dev.lanekeeper.lane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.canonical.InvalidFieldException;
import dev.lanekeeper.canonical.Json;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.NullAndEmptySource;
import org.junit.jupiter.params.provider.ValueSource;

/** Types that make a wrong value impossible. */
final class LaneTypesTest {

  private static final String SHA = "a".repeat(64);

  @ParameterizedTest
  @NullAndEmptySource
  @ValueSource(
      strings = {
        "/etc/passwd",
        "../a.md",
        "a/../b.md",
        "a/./b.md",
        "a/..",
        ".hidden",
        "a/.hidden",
        "-flag",
        "a/-flag",
        "a//b",
        "a/",
        "a\\b",
        "C:a",
        "a b",
        "a\nb",
        "a\n",
        "a\u0000b",
        "\u00e9.md",
        "\u0430.md",
        "a:b",
        "~a"
      })
  void kbPath_thatCouldLeadElsewhere_isRefused(String path) {
    assertThatThrownBy(() -> new KbPath(path)).isInstanceOf(IllegalArgumentException.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"a", "a.md", "_a/b-c/D.1", "0/1", "a..b", "a.", "a/b..c/d-"})
  void kbPath_thatOnlyLooksWrong_isAccepted(String path) {
    assertThat(new KbPath(path)).hasToString(path);
  }

  @Test
  void kbPath_ofLimitedLength_isAccepted_andOneLongerRefused() {
    assertThat(new KbPath("a".repeat(200)).value()).hasSize(200);
    assertThatThrownBy(() -> new KbPath("a".repeat(201)))
        .isInstanceOf(IllegalArgumentException.class);
    String long1000 = ("a".repeat(99) + "/").repeat(9) + "a".repeat(100);
    assertThat(new KbPath(long1000).value()).hasSize(1000);
    assertThatThrownBy(() -> new KbPath(long1000 + "a"))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void kbPath_foldsLetterCase_andSortsByItsValue() {
    assertThat(new KbPath("A/b.MD").folded()).isEqualTo(new KbPath("a/B.md").folded());
    assertThat(new KbPath("A/b.MD")).isNotEqualTo(new KbPath("a/B.md"));
    assertThat(new KbPath("a.b")).isLessThan(new KbPath("a/b"));
  }

  @ParameterizedTest
  @NullAndEmptySource
  @ValueSource(strings = {"Fix7", "-a", "a-", "a_b", "a.b", "a/b", "a b", "\u00e9", "a\n"})
  void laneName_ofAnotherForm_isRefused(String name) {
    assertThatThrownBy(() -> new LaneName(name)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void laneName_of63Characters_isAccepted_andOf64Refused() {
    assertThat(new LaneName("a".repeat(63)).value()).hasSize(63);
    assertThat(new LaneName("7")).hasToString("7");
    assertThatThrownBy(() -> new LaneName("a".repeat(64)))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @ParameterizedTest
  @NullAndEmptySource
  @ValueSource(
      strings = {
        "..",
        ".",
        ".a",
        "-a",
        "_a",
        "../a",
        "a/b",
        "a\\b",
        "a b",
        "a\nb",
        "a\n",
        "a:b",
        "a*",
        "a~",
        "\u00e9",
        "\u041c-1",
        "\uff2d",
        "a\u200d",
        "a\u0000"
      })
  void id_thatCouldBeSomethingElse_isRefused(String id) {
    assertThatThrownBy(() -> new Id(id)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new Lane.Delegation(id, List.of("owner")))
        .isInstanceOfSatisfying(
            InvalidFieldException.class, e -> assertThat(e.field()).isEqualTo("name"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"a", "M-1", "7", "TKT-OBJ-442..461-CANONICAL-FOLD", "a.", "A_b.C-d"})
  void id_thatOnlyLooksWrong_isAccepted(String id) {
    assertThat(new Id(id)).hasToString(id);
    assertThat(Json.tree(new Id(id)).textValue()).isEqualTo(id);
  }

  @Test
  void id_of100Characters_isAccepted_andOf101Refused() {
    assertThat(new Id("a".repeat(100)).value()).hasSize(100);
    assertThatThrownBy(() -> new Id("a".repeat(101))).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void idRange_whosePrefixIsNoBeginningOfAnId_isRefused() {
    for (String prefix : new String[] {"../", "-X", "", "X/", "X\n", "X".repeat(51)}) {
      assertThatThrownBy(() -> new IdRange(prefix, 1, 2))
          .isInstanceOfSatisfying(
              InvalidFieldException.class, e -> assertThat(e.field()).isEqualTo("prefix"));
    }
  }

  @Test
  void idRange_thatIsEmptyNegativeUnnamedOrHuge_isRefused() {
    assertThatThrownBy(() -> new IdRange("X-", 2, 1)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new IdRange("X-", -1, 1)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new IdRange(" ", 1, 1)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new IdRange("X-", 0, 100_000))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new IdRange("X-", 0, Integer.MAX_VALUE))
        .isInstanceOf(IllegalArgumentException.class);
    assertThat(new IdRange("X-", 0, 99_999).size()).isEqualTo(100_000);
    assertThat(new IdRange("X-", 7, 7)).hasToString("X-7..7");
  }

  @Test
  void idRange_overlapsWhereAnIdIsShared_andNotBeside() {
    IdRange range = new IdRange("X-", 10, 20);
    for (IdRange other :
        new IdRange[] {
          range,
          new IdRange("X-", 20, 30),
          new IdRange("X-", 0, 10),
          new IdRange("X-", 12, 13),
          new IdRange("X-", 0, 99)
        }) {
      assertThat(range.overlaps(other)).as(other.toString()).isTrue();
      assertThat(other.overlaps(range)).as(other.toString()).isTrue();
    }
    for (IdRange other :
        new IdRange[] {
          new IdRange("X-", 21, 30), new IdRange("X-", 0, 9), new IdRange("Y-", 10, 20)
        }) {
      assertThat(range.overlaps(other)).as(other.toString()).isFalse();
      assertThat(other.overlaps(range)).as(other.toString()).isFalse();
    }
  }

  private static Head head(String json) throws Exception {
    return Head.read(Json.parse(json.getBytes(StandardCharsets.UTF_8)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"absent\"",
        "\"\"",
        "null",
        "1",
        "{}",
        "{\"revision\":1}",
        "{\"sha256\":\"SHA\"}",
        "{\"revision\":0,\"sha256\":\"SHA\"}",
        "{\"revision\":-1,\"sha256\":\"SHA\"}",
        "{\"revision\":1.0,\"sha256\":\"SHA\"}",
        "{\"revision\":\"1\",\"sha256\":\"SHA\"}",
        "{\"revision\":9999999999,\"sha256\":\"SHA\"}",
        "{\"revision\":1,\"sha256\":\"a\"}",
        "{\"revision\":1,\"sha256\":7}",
        "{\"revision\":1,\"sha256\":\"SHA\",\"more\":1}",
        "[\"ABSENT\"]"
      })
  void head_ofAnotherForm_isRefused(String json) {
    assertThatThrownBy(() -> head(json.replace("SHA", SHA)))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void head_ofEitherForm_isReadAndWrittenAlike() throws Exception {
    Head absent = head("\"ABSENT\"");
    Head revision = head("{\"revision\":3,\"sha256\":\"" + SHA + "\"}");
    assertThat(absent).isEqualTo(Head.absent());
    assertThat(absent.present()).isFalse();
    assertThat(revision).isEqualTo(Head.revision(3, new Digest(SHA)));
    assertThat(revision.present()).isTrue();
    assertThat(Head.read(revision.json())).isEqualTo(revision);
    assertThat(Head.read(absent.json())).isEqualTo(absent);
    assertThat(revision).isNotEqualTo(Head.revision(4, new Digest(SHA)));
  }
}
