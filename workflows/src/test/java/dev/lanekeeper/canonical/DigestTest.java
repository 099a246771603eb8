package dev.lanekeeper.canonical;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.NullAndEmptySource;
import org.junit.jupiter.params.provider.ValueSource;

/** Digests of bytes and trees, against values that {@code sha256sum} printed. */
final class DigestTest {

  private static final String ABC =
      "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

  @Test
  void digest_ofKnownBytes_isWhatSha256sumPrints() {
    assertThat(Digest.of("abc").hex()).isEqualTo(ABC);
    assertThat(Digest.of(new byte[0]).hex())
        .isEqualTo("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    assertThat(Digest.of("abc").brief()).isEqualTo("ba7816bf8f01");
    assertThat(new Digest(ABC)).isEqualTo(Digest.of("abc")).hasToString(ABC);
  }

  @ParameterizedTest
  @NullAndEmptySource
  @ValueSource(
      strings = {
        "BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD",
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015a",
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015adf",
        "sha256:7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        "ga7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\n"
      })
  void digest_ofAnotherForm_isRefused(String hex) {
    assertThatThrownBy(() -> new Digest(hex)).isInstanceOf(IllegalArgumentException.class);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static Map<String, byte[]> tree() {
    Map<String, byte[]> files = new TreeMap<>();
    files.put("b/c.txt", bytes("c\n"));
    files.put("b.txt", bytes("dot\n"));
    files.put("a.txt", bytes("a\n"));
    files.put("empty", new byte[0]);
    return files;
  }

  @Test
  void dirHash_isSha256OverTheLinesOfSha256sum() {
    // for f in a.txt b.txt b/c.txt empty; do sha256sum $f; done | sha256sum
    assertThat(DirHash.ofBytes(tree()).hex())
        .isEqualTo("e284e5dba07796b9729597ca3f204a05bb338e7dbe7db6a5442f371c50c051d4");
    assertThat(DirHash.ofBytes(Map.of())).isEqualTo(Digest.of(new byte[0]));
  }

  @Test
  void dirHash_countsNamesAndBytes() {
    Digest before = DirHash.ofBytes(tree());
    Map<String, byte[]> renamed = tree();
    renamed.put("other", renamed.remove("empty"));
    Map<String, byte[]> swapped = tree();
    swapped.put("a.txt", tree().get("b.txt"));
    swapped.put("b.txt", tree().get("a.txt"));
    assertThat(DirHash.ofBytes(renamed)).isNotEqualTo(before);
    assertThat(DirHash.ofBytes(swapped)).isNotEqualTo(before);
  }

  @Test
  void dirHash_ofANameWithALineFeed_isRefused() {
    assertThatThrownBy(() -> DirHash.ofBytes(Map.of("a\nb", new byte[0])))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void dirHash_ofANameThatBeginsWithALineFeed_isRefused() {
    assertThatThrownBy(() -> DirHash.ofBytes(Map.of("\nb", new byte[0])))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void digest_isSortedByItsHexadecimalForm() {
    Digest low = new Digest("0".repeat(64));
    Digest high = new Digest("f".repeat(64));
    assertThat(low).isLessThan(high).isEqualByComparingTo(new Digest("0".repeat(64)));
    assertThat(high).isGreaterThan(low);
  }
}
