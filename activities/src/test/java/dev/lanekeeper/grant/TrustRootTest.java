package dev.lanekeeper.grant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lanekeeper.grant.TrustRoot.Role;
import dev.lanekeeper.signature.SigningKey;
import dev.lanekeeper.signature.VerifyKey;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

/** Who is trusted, and in which role only. */
final class TrustRootTest {

  private final VerifyKey key = SigningKey.generate().verifyKey();

  private static TrustRoot read(String text) throws IOException {
    return TrustRoot.read(text.getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void root_isReadBackAsWritten() throws Exception {
    TrustRoot root = TrustRoot.empty().with(Role.OWNER, "boss", key);
    assertThat(TrustRoot.read(root.bytes())).isEqualTo(root);
  }

  @Test
  void key_isTrustedInItsRoleOnly() {
    TrustRoot root = TrustRoot.empty().with(Role.EXECUTOR, "worker", key);
    assertThat(root.of(Role.EXECUTOR)).hasSize(1);
    for (Role role : new Role[] {Role.OWNER, Role.REVIEWER, Role.APPROVER}) {
      assertThat(root.of(role)).isEmpty();
    }
    assertThat(root.with(Role.OWNER, "worker", key).of(Role.OWNER)).hasSize(1);
  }

  @Test
  void key_addedTwice_standsOnce() {
    TrustRoot root = TrustRoot.empty().with(Role.OWNER, "boss", key);
    assertThat(root.with(Role.OWNER, "again", key)).isSameAs(root);
  }

  @Test
  void emptyRoot_trustsNobody() {
    for (Role role : Role.values()) {
      assertThat(TrustRoot.empty().of(role)).isEmpty();
    }
  }

  @Test
  void rootWithABadKeyOrForm_isRefused() {
    String small =
        Base64.getEncoder()
            .encodeToString(HexFormat.of().parseHex("302a300506032b6570032100" + "00".repeat(32)));
    String entry = "{\"formatVersion\":1,\"revocationEpoch\":0,\"keys\":[%s]}";
    for (String bad :
        new String[] {
          entry.formatted("{\"role\":\"OWNER\",\"name\":\"x\",\"spki\":\"" + small + "\"}"),
          entry.formatted("{\"role\":\"OWNER\",\"name\":\"x\",\"spki\":\"AAAA\"}"),
          entry.formatted("{\"role\":\"KING\",\"name\":\"x\",\"spki\":\"" + key.base64() + "\"}"),
          entry.formatted("{\"role\":0,\"name\":\"x\",\"spki\":\"" + key.base64() + "\"}"),
          entry.formatted("{\"role\":\"OWNER\",\"spki\":\"" + key.base64() + "\"}"),
          "{\"formatVersion\":2,\"revocationEpoch\":0,\"keys\":[]}",
          "{\"formatVersion\":1,\"keys\":[]}",
          "{\"formatVersion\":1,\"revocationEpoch\":0,\"keys\":[],\"more\":1}",
          "{\"formatVersion\":1,\"revocationEpoch\":0,\"keys\":[null]}",
          "{\"formatVersion\":1,\"revocationEpoch\":0,\"keys\":null}",
          "{}",
          "null",
          ""
        }) {
      assertThatThrownBy(() -> read(bad)).as(bad).isInstanceOf(IOException.class);
    }
  }

  @Test
  void key_thatWasRemoved_isRemembered_andTrustedAgainWhenNamed() throws Exception {
    TrustRoot both =
        TrustRoot.empty().with(Role.OWNER, "boss", key).with(Role.APPROVER, "boss", key);
    TrustRoot without = both.without(Role.OWNER, key.thumbprint());
    assertThat(without.of(Role.OWNER)).isEmpty();
    assertThat(without.of(Role.APPROVER)).hasSize(1);
    assertThat(without.removed(Role.OWNER, key.thumbprint())).isTrue();
    assertThat(without.removed(Role.APPROVER, key.thumbprint())).isFalse();
    assertThat(TrustRoot.read(without.bytes())).isEqualTo(without);
    assertThat(without.without(Role.OWNER, key.thumbprint())).isEqualTo(without);
    TrustRoot again = without.with(Role.OWNER, "boss", key);
    assertThat(again.of(Role.OWNER)).hasSize(1);
    assertThat(again.removed(Role.OWNER, key.thumbprint())).isFalse();
  }

  @Test
  void root_ofAnEarlierRelease_isRead_andWrittenWithoutWhatItHasNot() throws Exception {
    TrustRoot root =
        read(
            "{\"formatVersion\":1,\"revocationEpoch\":0,\"keys\":[{\"role\":\"OWNER\",\"name\":\"x\",\"spki\":\""
                + key.base64()
                + "\"}]}");
    assertThat(root.removed()).isEmpty();
    assertThat(new String(root.bytes(), StandardCharsets.UTF_8)).doesNotContain("removed");
  }

  @Test
  void key_thatIsTrustedAgain_leavesOthersRemoved() {
    VerifyKey other = SigningKey.generate().verifyKey();
    TrustRoot none =
        TrustRoot.empty()
            .with(Role.OWNER, "boss", key)
            .with(Role.OWNER, "other", other)
            .without(Role.OWNER, key.thumbprint())
            .without(Role.OWNER, other.thumbprint());
    TrustRoot again = none.with(Role.OWNER, "boss", key);
    assertThat(again.removed(Role.OWNER, key.thumbprint())).isFalse();
    assertThat(again.removed(Role.OWNER, other.thumbprint())).isTrue();
  }

  @Test
  void names_areThoseOfTheKey_inEveryRole_eachOnce() {
    TrustRoot root =
        TrustRoot.empty()
            .with(Role.OWNER, "boss", key)
            .with(Role.APPROVER, "boss", key)
            .with(Role.REVIEWER, "reader", key)
            .with(Role.OWNER, "other", SigningKey.generate().verifyKey());
    assertThat(root.names(key.thumbprint())).containsExactly("boss", "reader");
  }
}
