package dev.lanekeeper.canonical;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What may be shown, and how the rest is shown all the same. */
final class PlainTextTest {

  @ParameterizedTest
  @ValueSource(
      ints = {
        0, 7, 8, 0xB, 0xD, 0x1B, 0x1F, 0x7F, 0x80, 0x85, 0x9B, 0x9F, 0xAD, 0x34F, 0x61C, 0x115F,
        0x180E, 0x200B, 0x200D, 0x200E, 0x200F, 0x2028, 0x2029, 0x202A, 0x202E, 0x2060, 0x2066,
        0x2069, 0x3164, 0xD800, 0xDFFF, 0xFDD0, 0xFE00, 0xFEFF, 0xFFF9, 0xFFFE, 0xFFFF, 0x1FFFE,
        0x10FFFF, 0xE0001, 0xE0041, 0xE01EF
      })
  void character_thatNobodySeesOrThatActs_isRefused_andMadeVisible(int c) {
    String text = "a" + Character.toString(c) + "b";
    assertThat(PlainText.problem(text, true, 10))
        .hasValueSatisfying(
            problem ->
                assertThat(problem).matches("expected .*, found U\\+[0-9A-F]{4,6} as character 2"));
    assertThat(PlainText.visible(text, 10)).matches("a(\\\\u[0-9a-f]{4})+b");
  }

  @ParameterizedTest
  @ValueSource(
      ints = {
        0x20, 0x7E, 0xA0, 0xE9, 0x416, 0x5D0, 0x627, 0x2010, 0x2026, 0x2027, 0x202F, 0x205F, 0x2714,
        0xFE0F, 0xFFFD, 0x1F600, 0x20000
      })
  void character_ofAScript_isText(int c) {
    String text = "a" + Character.toString(c);
    assertThat(PlainText.problem(text, false, 2)).isEmpty();
    assertThat(PlainText.visible(text, 2)).isEqualTo(text);
  }

  @Test
  void surrogates_thatBelongTogether_areOneCharacter_andAloneNone() {
    assertThat(PlainText.problem("\ud83d\ude00", false, 1)).isEmpty();
    assertThat(PlainText.problem("\ude00\ud83d", false, 2)).isPresent();
    assertThat(PlainText.problem("a\ud83d", false, 2)).isPresent();
  }

  @Test
  void lineFeedAndTab_standInTextsOfSeveralLinesOnly() {
    assertThat(PlainText.problem("a\n\tb", true, 4)).isEmpty();
    assertThat(PlainText.problem("a\nb", false, 4)).isPresent();
    assertThat(PlainText.problem("a\tb", false, 4)).isPresent();
  }

  @Test
  void text_longerThanTheLimit_isRefused_andCutWhenShown() {
    assertThat(PlainText.problem("abc", true, 3)).isEmpty();
    assertThat(PlainText.problem("abcd", true, 3))
        .contains("expected at most 3 characters, found more");
    assertThat(PlainText.visible("abcd", 3)).isEqualTo("abc\u2026");
    assertThat(PlainText.visible("abc", 3)).isEqualTo("abc");
  }

  @Test
  void line_thatSaysNothing_isRefused() {
    for (String text : new String[] {null, "", "  ", "\u2003"}) {
      assertThatThrownBy(() -> PlainText.line("title", text))
          .isInstanceOfSatisfying(
              InvalidFieldException.class, e -> assertThat(e.field()).isEqualTo("title"))
          .hasMessage("expected one line of text, found nothing");
    }
    assertThat(PlainText.line("title", " a ")).isEqualTo(" a ");
  }

  @Test
  void line_thatActsOrIsTooLong_isRefused() {
    for (String text : new String[] {"a\u001bb", "a\nb", "a".repeat(PlainText.LINE + 1)}) {
      assertThatThrownBy(() -> PlainText.line("title", text))
          .isInstanceOfSatisfying(
              InvalidFieldException.class, e -> assertThat(e.field()).isEqualTo("title"));
    }
    assertThat(PlainText.line("title", "a".repeat(PlainText.LINE))).hasSize(PlainText.LINE);
  }

  @Test
  void problem_saysWhetherTheTextMayHaveLines() {
    assertThat(PlainText.problem("\u0007", true, 9).orElse("")).startsWith("expected text ");
    assertThat(PlainText.problem("\u0007", false, 9).orElse("")).startsWith("expected one line ");
  }
}
