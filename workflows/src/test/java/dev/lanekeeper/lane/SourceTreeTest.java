package dev.lanekeeper.lane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPairGenerator;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A file from outside: bounded before it is read, and never repeated when it cannot be. */
@Timeout(120)
final class SourceTreeTest {

  private static final int MIB = 1 << 20;

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static LaneProblem refused(String file, String text) {
    InvalidLaneException refusal =
        catchThrowableOfType(
            InvalidLaneException.class, () -> SourceTree.read(file, bytes(text), "lane"));
    assertThat(refusal).as("the refusal").isNotNull();
    return refusal.problems().get(0);
  }

  private static void read(String file, String text) throws Exception {
    assertThat(SourceTree.read(file, bytes(text), "lane")).isNotNull();
  }

  @ParameterizedTest
  @ValueSource(strings = {"lane.yaml", "lane.json"})
  void brackets_byTheHundredThousand_areRefused(String file) {
    for (String open : List.of("[", "{\"a\":", "[{\"a\":")) {
      assertThat(refused(file, open.repeat(400_000 / open.length())).expected())
          .startsWith("well-formed");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"lane.yaml", "lane.json"})
  void nesting_of64Levels_isRead_andOneMoreRefused(String file) throws Exception {
    read(file, "[".repeat(64) + "]".repeat(64));
    assertThat(refused(file, "[".repeat(65) + "]".repeat(65)).found())
        .isIn(SourceTree.TOO_DEEP, "deeper nesting, or a longer name or number, than is read");
  }

  @Test
  void blocks_nestedByIndentation_areRefused() {
    StringBuilder blocks = new StringBuilder();
    for (int i = 0; i < 1_000; i++) {
      blocks.append(" ".repeat(i)).append("a:\n");
    }
    assertThat(refused("lane.yaml", blocks.toString()).expected()).isEqualTo("well-formed YAML");
    assertThat(refused("lane.yaml", "- ".repeat(100_000) + "a").expected())
        .isEqualTo("well-formed YAML");
  }

  /** Each anchor holds the one before ten times: a thousand million values in a kilobyte. */
  @Test
  void anchors_thatMultiply_areRefused() {
    StringBuilder laughs = new StringBuilder("a0: &a0 [x]\n");
    for (int i = 1; i < 10; i++) {
      laughs.append("a" + i + ": &a" + i + " [" + ("*a" + (i - 1) + ", ").repeat(10) + "]\n");
    }
    assertThat(refused("lane.yaml", laughs.toString()).found()).isEqualTo("the anchor &a0");
    assertThat(refused("lane.yaml", "&a [".repeat(100_000)).expected())
        .isEqualTo("well-formed YAML");
  }

  @ParameterizedTest
  @ValueSource(strings = {"lane.yaml", "lane.json"})
  void file_ofMoreThanAMebibyte_isRefused_beforeItIsParsed(String file) throws Exception {
    String text = "{\"a\":\"" + "x".repeat(60_000) + "\"}";
    read(file, text + " ".repeat(MIB - text.length()));
    assertThat(refused(file, text + " ".repeat(MIB - text.length() + 1)))
        .extracting(LaneProblem::expected, LaneProblem::found)
        .containsExactly("at most 1048576 bytes", "1048577 bytes");
    assertThat(refused(file, "[".repeat(100 << 20)).found()).isEqualTo((100 << 20) + " bytes");
  }

  @ParameterizedTest
  @ValueSource(strings = {"lane.yaml", "lane.json"})
  void values_andPathsWithoutEnd_areRefused(String file) throws Exception {
    read(file, "[" + "1,".repeat(40_000) + "1]");
    assertThat(refused(file, "[" + "1,".repeat(60_000) + "1]").expected())
        .contains("at most 50000 values");
    String key = "{\"" + "k".repeat(200) + "\":";
    read(file, key.repeat(4) + "1" + "}".repeat(4));
    assertThat(refused(file, key.repeat(5) + "1" + "}".repeat(5)).expected())
        .contains("path of 1000 characters");
    assertThat(refused(file, "{\"" + "k".repeat(201) + "\":1}").expected())
        .isEqualTo("at most 200 characters");
    assertThat(refused(file, "9".repeat(900_000)).expected()).isNotEmpty();
    assertThat(refused(file, "\"" + "x".repeat(65_537) + "\"").expected())
        .isEqualTo("at most 65536 characters");
  }

  @Test
  void key_withAControlCharacter_isRefused_andNotPassedOn() {
    LaneProblem problem = refused("lane.json", "{\"spec\":{\"a\\u001b[2Jb\":1}}");
    assertThat(problem.field()).isEqualTo("spec");
    assertThat(problem.found()).isEqualTo("U+001B as character 2");
  }

  @ParameterizedTest
  @ValueSource(strings = {"\\ud800", "\\udc00a", "\\uffff", "\\u2028", "\\u0085"})
  void escape_ofWhatIsNoText_isRefused(String escape) {
    assertThat(refused("lane.json", "[\"" + escape + "\"]").field()).isEqualTo("[0]");
    assertThat(refused("lane.yaml", "[\"" + escape + "\"]").expected()).isNotEmpty();
  }

  /** A link to a key, or a mistaken name: what is no lane may be a secret. */
  @ParameterizedTest
  @ValueSource(strings = {"lane.yaml", "lane.json"})
  void privateKey_givenAsALane_isNotRepeated(String file) throws Exception {
    String body = key();
    for (String secret :
        List.of(
            "-----BEGIN PRIVATE KEY-----\n" + body + "\n-----END PRIVATE KEY-----\n",
            "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\n" + body,
            body,
            "\"" + body.replace("\n", "") + "\"",
            "[" + body.replace("\n", "") + "]",
            "{" + body.replace("\n", "") + "}",
            "@" + body,
            "*" + body.replace("\n", ""),
            "key: {\n" + body,
            "{\"a\":" + body.replace("\n", ""))) {
      InvalidLaneException refusal =
          catchThrowableOfType(
              InvalidLaneException.class, () -> LaneReader.read(file, bytes(secret)));
      assertThat(refusal).as("the refusal").isNotNull();
      boolean parsed = secret.startsWith("[") || secret.startsWith("{M") || secret.startsWith("*");
      refusal.problems().forEach(p -> silent(body, parsed ? p.renderWithoutFound() : p.render()));
      if (!parsed) {
        silent(body, refusal.getMessage());
      }
      assertThat(refusal.getCause()).as("whose message would repeat it").isNull();
    }
  }

  private static void silent(String body, String message) {
    String key = body.replace("\n", "");
    for (int at = 0; at + 8 <= key.length(); at++) {
      assertThat(message).doesNotContain(key.substring(at, at + 8));
    }
  }

  private static String key() throws GeneralSecurityException {
    byte[] der =
        KeyPairGenerator.getInstance("Ed25519").generateKeyPair().getPrivate().getEncoded();
    return Base64.getMimeEncoder(32, bytes("\n")).encodeToString(der);
  }

  @Test
  void problem_shownToOthers_namesKnownFieldsOnly_andNothingThatStandsThere() {
    LaneProblem unknown =
        new LaneProblem("f", 2, "spec.hunter2", "one of id, title", "the field 'hunter2'");
    assertThat(unknown.render()).contains("hunter2");
    assertThat(unknown.renderWithoutFound()).isEqualTo("f:2: spec: expected one of id, title");
    LaneProblem wrong = new LaneProblem("f", 3, "spec.changes[0].path", "a path", "'hunter2'");
    assertThat(wrong.renderWithoutFound()).isEqualTo("f:3: spec.changes[0].path: expected a path");
  }

  @Test
  void problem_showsNoControlCharacters_andNoMoreThanHelps() {
    LaneProblem problem = new LaneProblem("f\n", 1, "a\u001b[2J", "b", "c\r\n" + "d".repeat(1000));
    assertThat(problem.render())
        .startsWith("f\\u000a:1: a\\u001b[2J: expected b, found c\\u000d\\u000add")
        .hasSizeLessThan(300)
        .endsWith("\u2026");
  }
}
