package dev.lanekeeper.grant;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonProperty;
import dev.lanekeeper.canonical.Digest;
import dev.lanekeeper.canonical.Json;
import dev.lanekeeper.canonical.PlainText;
import dev.lanekeeper.signature.VerifyKey;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/**
 * Whom this installation trusts, by role.
 *
 * @param revocationEpoch grants of an earlier epoch are revoked
 * @param keys the trusted keys
 */
public record TrustRoot(
    @JsonProperty(required = true) int formatVersion,
    @JsonProperty(required = true) int revocationEpoch,
    @JsonProperty(required = true) List<Entry> keys) {

  /** What a key may do. */
  public enum Role {
    OWNER,
    EXECUTOR,
    REVIEWER,
    APPROVER;

    /**
     * The role of exactly this name; a reader of its own would take blanks around it.
     *
     * @throws IllegalArgumentException when there is none
     */
    @JsonCreator
    public static Role of(String name) {
      for (Role role : values()) {
        if (role.name().equals(name)) {
          return role;
        }
      }
      throw new IllegalArgumentException(
          "expected one of OWNER, EXECUTOR, REVIEWER, APPROVER, found '" + name + "'");
    }
  }

  /** A key in a role; {@code spki} is the DER form in Base64. */
  public record Entry(
      @JsonProperty(required = true) Role role,
      @JsonProperty(required = true) String name,
      @JsonProperty(required = true) String spki) {

    /** Checks the name and the key. */
    public Entry {
      PlainText.line("name", name);
      VerifyKey.ofSpki(Base64.getDecoder().decode(spki));
    }

    /** The key. */
    public VerifyKey key() {
      return VerifyKey.ofSpki(Base64.getDecoder().decode(spki));
    }
  }

  /** Checks the format version; each entry has checked its key. */
  public TrustRoot {
    if (formatVersion != 1) {
      throw new IllegalArgumentException("expected formatVersion 1, found " + formatVersion);
    }
    keys = List.copyOf(keys);
  }

  /** A trust root that trusts nobody. */
  public static TrustRoot empty() {
    return new TrustRoot(1, 0, List.of());
  }

  /**
   * Reads a trust root.
   *
   * @throws IOException when it is not one
   */
  public static TrustRoot read(byte[] bytes) throws IOException {
    return Json.whole(Json.parse(bytes), TrustRoot.class);
  }

  /** The file form. */
  public byte[] bytes() {
    return Json.pretty(Json.tree(this));
  }

  /** The same with one more key; a key that has the role already changes nothing. */
  public TrustRoot with(Role role, String name, VerifyKey key) {
    if (of(role).stream().anyMatch(k -> k.thumbprint().equals(key.thumbprint()))) {
      return this;
    }
    List<Entry> more = new ArrayList<>(keys);
    more.add(new Entry(role, name, key.base64()));
    return new TrustRoot(1, revocationEpoch, more);
  }

  /** The keys in a role. */
  public List<VerifyKey> of(Role role) {
    return keys.stream().filter(e -> e.role() == role).map(Entry::key).toList();
  }

  /** The names that a key has, in whatever role. */
  public List<String> names(Digest thumbprint) {
    return keys.stream()
        .filter(e -> e.key().thumbprint().equals(thumbprint))
        .map(Entry::name)
        .distinct()
        .toList();
  }
}
