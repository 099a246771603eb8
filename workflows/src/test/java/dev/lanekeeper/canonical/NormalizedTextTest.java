package dev.lanekeeper.canonical;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Each rule of the normalized text, and what must still count. */
final class NormalizedTextTest {

  private static String normalize(String text) throws Exception {
    return new String(
        NormalizedText.normalize(text.getBytes(StandardCharsets.UTF_8)), StandardCharsets.UTF_8);
  }

  @Test
  void bytes_thatAreNotUtf8_areRefused() {
    assertThatThrownBy(() -> NormalizedText.normalize(new byte[] {'a', (byte) 0xe9, 'b'}))
        .isInstanceOf(CharacterCodingException.class);
  }

  @Test
  void byteOrderMark_isDroppedOnceAtTheStartOnly() throws Exception {
    assertThat(normalize("\uFEFFtext\n")).isEqualTo("text\n");
    assertThat(normalize("\uFEFF\uFEFFtext\n")).isEqualTo("\uFEFFtext\n");
    assertThat(normalize("te\uFEFFxt\n")).isEqualTo("te\uFEFFxt\n");
  }

  @Test
  void lineEnds_becomeLineFeeds() throws Exception {
    assertThat(normalize("a\r\nb\rc\nd\r\n")).isEqualTo("a\nb\nc\nd\n");
    assertThat(normalize("a\r\r\nb")).as("two line ends stay two").isEqualTo("a\n\nb\n");
  }

  @Test
  void characters_areComposed() throws Exception {
    assertThat(normalize("e\u0301\n")).isEqualTo("\u00e9\n");
    assertThat(normalize("\ufb01\n")).as("NFC, not NFKC").isEqualTo("\ufb01\n");
  }

  @Test
  void spacesAndTabs_atLineEnds_areDropped_otherSpacesAreNot() throws Exception {
    assertThat(normalize("a \t \nb\t\n")).isEqualTo("a\nb\n");
    assertThat(normalize("a\u00a0\n")).as("a no-break space counts").isEqualTo("a\u00a0\n");
    assertThat(normalize("a\u000b\n")).as("a vertical tab counts").isEqualTo("a\u000b\n");
  }

  @Test
  void lineFeeds_atTheEnd_becomeExactlyOne_unlessTheTextIsEmpty() throws Exception {
    assertThat(normalize("a")).isEqualTo("a\n");
    assertThat(normalize("a\n\n \n\t\n")).isEqualTo("a\n");
    assertThat(normalize("")).isEmpty();
    assertThat(normalize("\n \r\n")).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "title\n\nfirst\nsecond\n<!-- OPERATIVE -->\n",
        "title\nfirst\nsecond\n",
        "title\n\n\nfirst\nsecond\n",
        "\ntitle\n\nfirst\nsecond\n",
        "title\n\nsecond\nfirst\n",
        "Title\n\nfirst\nsecond\n",
        "title\n\n first\nsecond\n",
        "title\n\nfirst  \nsecond.\n",
        "title\n\nfir st\nsecond\n",
        "title\n\nfirst second\n",
        "title\n\nfirst\nsecond\n\u200b"
      })
  void text_thatSaysSomethingElse_stillCounts(String changed) throws Exception {
    assertThat(normalize(changed)).isNotEqualTo(normalize("title\n\nfirst\nsecond\n"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "title\r\n\r\nfirst\r\nsecond",
        "\uFEFFtitle \n\t\nfirst\nsecond\t\n\n",
        "title\r\rfirst\rsecond"
      })
  void text_thatSaysTheSame_isTheSame(String same) throws Exception {
    assertThat(normalize(same)).isEqualTo("title\n\nfirst\nsecond\n");
  }

  @Test
  void normalizing_twice_changesNothing() throws Exception {
    String once = normalize("\uFEFFa \r\ne\u0301\r\n\r\n");
    assertThat(normalize(once)).isEqualTo(once);
  }
}
